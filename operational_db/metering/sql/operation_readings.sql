-- The values that an operation on a meter enters.

-- The registers of a meter as they count up to a day (closing) or from it on (opening).
CREATE OR REPLACE FUNCTION ops.registers_on(of_meter_id bigint, on_day date, of_purpose text)
RETURNS TABLE (zone_code text, digits smallint)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT g.zone_code, g.digits
    FROM ops.meter_register AS g
    WHERE g.meter_id = of_meter_id AND g.known_to IS NULL
        AND CASE of_purpose
            WHEN 'closing' THEN
                (g.valid_from IS NULL OR g.valid_from < on_day) AND (g.valid_to IS NULL OR on_day <= g.valid_to)
            ELSE (g.valid_from IS NULL OR g.valid_from <= on_day) AND (g.valid_to IS NULL OR on_day < g.valid_to)
        END;
END;

-- Enters the values of a meter on a day of an operation, one for each scale that it counts on then. Before a closing
-- value that no standing one precedes there is nothing to count from: it is kept as a control.
CREATE OR REPLACE FUNCTION ops.enter_operation_readings(
    of_operation_id bigint, at_metering_point_id bigint, of_meter_id bigint, on_day date, given jsonb, of_purpose text,
    of_kind text, of_ratio numeric, is_confirmed boolean, of_source_id bigint
)
RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    point record;
    serial text := (SELECT m.serial_no FROM ops.meter AS m WHERE m.meter_id = of_meter_id);
    month date := ops.month_to_book(at_metering_point_id, on_day);
    wanted text;
    register record;
    before record;
    new_value numeric;
    new_id bigint;
BEGIN
    SELECT p.account_id, p.code, a.res_id INTO point
    FROM ops.metering_point AS p
    INNER JOIN ops.account AS a ON a.account_id = p.account_id
    WHERE p.metering_point_id = at_metering_point_id;
    SELECT string_agg(g.zone_code, ', ' ORDER BY z.sort_order) INTO wanted
    FROM ops.registers_on(of_meter_id, on_day, of_purpose) AS g
    INNER JOIN ops.zone AS z ON z.zone_code = g.zone_code;
    IF (SELECT array_agg(k ORDER BY k) FROM jsonb_object_keys(coalesce(given, '{}')) AS k)
        IS DISTINCT FROM
        (SELECT array_agg(g.zone_code ORDER BY g.zone_code) FROM ops.registers_on(of_meter_id, on_day, of_purpose) AS g)
    THEN
        PERFORM ops.refuse(
            'Meter "%s" counts on %s; give its value of %s for each scale, no more and no fewer (given: %s).', serial,
            coalesce(wanted, 'no scale'), on_day::text,
            coalesce((SELECT string_agg(k, ', ') FROM jsonb_object_keys(coalesce(given, '{}')) AS k), 'none')
        );
    END IF;
    FOR register IN SELECT * FROM ops.registers_on(of_meter_id, on_day, of_purpose) AS g ORDER BY g.zone_code LOOP
        new_value := (given ->> register.zone_code)::numeric;
        IF new_value < 0 OR new_value >= power(10::numeric, register.digits) OR new_value <> round(new_value, 6) THEN
            PERFORM ops.refuse(
                'The value %s cannot stand on meter "%s": its scale %s has %s whole digits and at most 6 after the '
                'point; check the value.', new_value::text, serial, register.zone_code, register.digits::text
            );
        END IF;
        SELECT r.value_kwh, r.read_on INTO before
        FROM ops.reading AS r
        WHERE r.account_id = point.account_id AND r.metering_point_id = at_metering_point_id
            AND r.meter_id = of_meter_id AND r.zone_code = register.zone_code
            AND NOT EXISTS (SELECT 1 FROM ops.reading_set_aside AS a WHERE a.reading_id = r.reading_id)
        ORDER BY r.read_on DESC, r.reading_id DESC
        LIMIT 1;
        IF of_purpose = 'closing' AND new_value < before.value_kwh AND NOT is_confirmed
            AND NOT ops.is_plausible_rollover(
                before.value_kwh, new_value, register.digits, of_ratio,
                (SELECT u.daily_kwh * (on_day - before.read_on)
                 FROM ops.expected_daily_use(at_metering_point_id, on_day) AS u)
            ) THEN
            PERFORM ops.refuse(
                'The value %s of meter "%s" (scale %s) on %s is below the last one, %s on %s, and a passage through '
                'zero would be %s kWh: that looks like a slip. Check the value, or confirm it if the register did pass '
                'zero.', trim_scale(new_value)::text, serial, register.zone_code, on_day::text,
                trim_scale(before.value_kwh)::text, before.read_on::text,
                trim_scale(
                    ops.register_energy_kwh(before.value_kwh, new_value, register.digits, of_ratio)
                )::text
            );
        END IF;
        INSERT INTO ops.reading (
            account_id, booked_month, reading_id, metering_point_id, meter_id, zone_code, read_on, value_kwh, kind,
            is_opening, res_id, source_id
        )
        VALUES (
            point.account_id, month, nextval('ops.reading_id_seq'), at_metering_point_id, of_meter_id,
            register.zone_code, on_day, new_value, of_kind, of_purpose = 'opening', point.res_id, of_source_id
        )
        RETURNING reading_id INTO new_id;
        INSERT INTO ops.meter_operation_reading (reading_id, meter_operation_id, account_id, booked_month, purpose)
        VALUES (new_id, of_operation_id, point.account_id, month, of_purpose);
        IF of_purpose = 'closing' AND before.read_on IS NULL THEN
            INSERT INTO ops.reading_event (account_id, booked_month, reading_id, event, reason, source_id)
            VALUES (
                point.account_id, month, new_id, 'quarantined',
                'Control reading: no reading of this scale stands before it, so no energy is counted up to it.',
                of_source_id
            );
        END IF;
    END LOOP;
END
$$;

-- The values of an operation with the energy that each closes, counted as billing counts it: from the last standing
-- value of the scale before. Empty energy: an opening value, or one that is kept as a control.
CREATE OR REPLACE FUNCTION ops.readings_of_operation(of_operation_id bigint)
RETURNS TABLE (
    serial_no text, point_code text, zone_code text, purpose text, read_on date, value_kwh numeric, kind text,
    booked_month date, counted_from date, counted_from_kwh numeric, ratio numeric, energy_kwh numeric
)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT
        m.serial_no, p.code, r.zone_code, o.purpose, r.read_on, r.value_kwh, r.kind, r.booked_month,
        before.read_on AS counted_from, before.value_kwh AS counted_from_kwh, i.ratio,
        ops.register_energy_kwh(before.value_kwh, r.value_kwh, g.digits, i.ratio)
    FROM ops.meter_operation_reading AS o
    INNER JOIN ops.reading AS r
        ON r.account_id = o.account_id AND r.booked_month = o.booked_month AND r.reading_id = o.reading_id
    INNER JOIN ops.meter AS m ON m.meter_id = r.meter_id
    INNER JOIN ops.metering_point AS p ON p.metering_point_id = r.metering_point_id
    INNER JOIN ops.zone AS z ON z.zone_code = r.zone_code
    LEFT JOIN LATERAL (
        SELECT b.read_on, b.value_kwh
        FROM ops.reading AS b
        WHERE b.account_id = r.account_id AND b.metering_point_id = r.metering_point_id AND b.meter_id = r.meter_id
            AND b.zone_code = r.zone_code AND b.read_on < r.read_on
            AND NOT EXISTS (SELECT 1 FROM ops.reading_set_aside AS a WHERE a.reading_id = b.reading_id)
        ORDER BY b.read_on DESC, b.reading_id DESC
        LIMIT 1
    ) AS before ON o.purpose = 'closing'
    LEFT JOIN ops.meter_register AS g
        ON g.meter_id = r.meter_id AND g.zone_code = r.zone_code AND g.known_to IS NULL
        AND (g.valid_from IS NULL OR g.valid_from < r.read_on) AND (g.valid_to IS NULL OR r.read_on <= g.valid_to)
    LEFT JOIN ops.meter_installation AS i
        ON i.meter_id = r.meter_id AND i.metering_point_id = r.metering_point_id AND i.known_to IS NULL
        AND i.valid_from < r.read_on AND (i.valid_to IS NULL OR r.read_on <= i.valid_to)
    WHERE o.meter_operation_id = of_operation_id
    ORDER BY o.purpose, m.serial_no, z.sort_order;
END;

-- The last standing value of each scale of the meters that hang at a point.
CREATE OR REPLACE FUNCTION ops.last_readings(at_point_code text)
RETURNS TABLE (serial_no text, zone_code text, read_on date, value_kwh numeric, kind text)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT m.serial_no, g.zone_code, last.read_on, last.value_kwh, last.kind
    FROM ops.metering_point AS p
    INNER JOIN ops.meter_installation AS i
        ON i.metering_point_id = p.metering_point_id AND i.known_to IS NULL AND i.valid_to IS NULL
    INNER JOIN ops.meter AS m ON m.meter_id = i.meter_id
    INNER JOIN ops.meter_register AS g ON g.meter_id = m.meter_id AND g.known_to IS NULL AND g.valid_to IS NULL
    INNER JOIN ops.zone AS z ON z.zone_code = g.zone_code
    CROSS JOIN LATERAL (
        SELECT r.read_on, r.value_kwh, r.kind
        FROM ops.reading AS r
        WHERE r.account_id = p.account_id AND r.metering_point_id = p.metering_point_id AND r.meter_id = m.meter_id
            AND r.zone_code = g.zone_code
            AND NOT EXISTS (SELECT 1 FROM ops.reading_set_aside AS a WHERE a.reading_id = r.reading_id)
        ORDER BY r.read_on DESC, r.reading_id DESC
        LIMIT 1
    ) AS last
    WHERE p.code = at_point_code
    ORDER BY m.serial_no, z.sort_order;
END;
