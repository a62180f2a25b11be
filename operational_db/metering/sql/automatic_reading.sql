-- A contract is signed where no meter hangs yet: the point gets an automatic reading of 0 on the day of signing. It is
-- billed from the beginning, counts no energy and belongs to no meter; what is used is told by contract or by average
-- until a meter is hung, from the day of connection on.

-- Sets it, on the day of the account's signed contract where none is named. Returns the day, and whether it is new.
CREATE OR REPLACE FUNCTION ops.set_automatic_reading(point_code text, on_day date, of_source_id bigint)
RETURNS TABLE (read_on date, is_new boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
DECLARE
    point record;
    signed_day date := on_day;
    set_before date;
    hanging text;
    month date;
BEGIN
    SELECT * INTO point FROM ops.hold_point(point_code);
    IF signed_day IS NULL THEN
        SELECT max(c.signed_on) INTO signed_day
        FROM ops.contract AS c
        INNER JOIN ops.contract_status AS s
            ON s.contract_id = c.contract_id AND s.known_to IS NULL AND s.status = 'signed'
            AND daterange(s.valid_from, s.valid_to) @> current_date
        WHERE c.account_id = point.account_id;
    END IF;
    IF signed_day IS NULL THEN
        PERFORM ops.refuse(
            'No signed contract of account %s tells the day of signing; name it with --on.', point.account_no
        );
    END IF;
    IF signed_day > current_date THEN
        PERFORM ops.refuse('The contract of %s cannot be signed on %s, a day that has not come yet; check the day.',
            point.code, signed_day::text);
    END IF;
    SELECT r.read_on INTO set_before
    FROM ops.reading AS r
    WHERE r.account_id = point.account_id AND r.metering_point_id = point.metering_point_id AND r.kind = 'automatic';
    IF set_before = signed_day THEN
        RETURN QUERY SELECT signed_day, false;
        RETURN;
    END IF;
    IF set_before IS NOT NULL THEN
        PERFORM ops.refuse('The automatic reading of %s stands on %s already; a contract is signed once.', point.code,
            set_before::text);
    END IF;
    SELECT min(m.serial_no) INTO hanging
    FROM ops.meter_installation AS i
    INNER JOIN ops.meter AS m ON m.meter_id = i.meter_id
    WHERE i.metering_point_id = point.metering_point_id AND i.known_to IS NULL AND i.valid_from <= signed_day
        AND (i.valid_to IS NULL OR i.valid_to > signed_day);
    IF hanging IS NOT NULL THEN
        PERFORM ops.refuse(
            'Meter "%s" hung at %s on %s, so its own readings count; an automatic reading is for a point without a '
            'meter.', hanging, point.code, signed_day::text
        );
    END IF;
    SELECT min(o.booked_month) INTO month
    FROM ops.open_period AS o
    WHERE o.res_id = point.res_id AND o.booked_month >= date_trunc('month', signed_day)::date;
    IF month IS NULL THEN
        PERFORM ops.refuse('No month from %s on is open for %s; open one first.', to_char(signed_day, 'YYYY-MM'),
            (SELECT u.code FROM ops.unit AS u WHERE u.unit_id = point.res_id));
    END IF;
    INSERT INTO ops.reading (
        account_id, booked_month, reading_id, metering_point_id, meter_id, zone_code, read_on, value_kwh, kind,
        is_opening, res_id, source_id
    )
    VALUES (
        point.account_id, month, nextval('ops.reading_id_seq'), point.metering_point_id, NULL, 'all', signed_day, 0,
        'automatic', true, point.res_id, of_source_id
    );
    RETURN QUERY SELECT signed_day, true;
END
$$;
