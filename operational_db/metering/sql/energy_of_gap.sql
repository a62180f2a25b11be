-- Days on which a point had no meter are billed when the next one is hung, by what the point uses a day.

-- First day before an installation that no meter and nothing told accounts for. After a removal with its last value
-- that is the day of the removal; where the last value could not be read, the day of the last reading that stands;
-- where no meter hung before, the day of the connection. Days before the book's first month belong to whoever billed
-- them. Where a meter hangs beside another, only stays with its scales count, and days before the first are no gap.
CREATE OR REPLACE FUNCTION ops.first_day_without_meter(
    at_metering_point_id bigint, on_day date, of_zones text[]
)
RETURNS date
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    point record;
    stay record;
    last_read_on date;
    told_until date;
    has_half_hours boolean;
BEGIN
    SELECT
        p.account_id, p.code, p.connected_on,
        (SELECT min(b.booked_month) FROM ops.billing_period AS b WHERE b.res_id = a.res_id) AS book_from
    INTO point
    FROM ops.metering_point AS p
    INNER JOIN ops.account AS a ON a.account_id = p.account_id
    WHERE p.metering_point_id = at_metering_point_id;
    SELECT max(e.span_to), coalesce(bool_or(e.kind = 'half_hours'), false) INTO told_until, has_half_hours
    FROM ops.measured_energy AS e
    LEFT JOIN ops.measured_energy_set_aside AS a
        ON a.account_id = e.account_id AND a.booked_month = e.booked_month
        AND a.metering_point_id = e.metering_point_id AND a.direction = e.direction
        AND a.span_from = e.span_from AND a.span_no = e.span_no
    WHERE e.account_id = point.account_id AND e.metering_point_id = at_metering_point_id AND e.direction = 'consumed'
        AND e.span_from < on_day AND a.account_id IS NULL;
    SELECT i.meter_id, i.valid_from, i.valid_to INTO stay
    FROM ops.meter_installation AS i
    WHERE i.metering_point_id = at_metering_point_id AND i.known_to IS NULL AND i.valid_to <= on_day
        AND (
            of_zones IS NULL
            OR EXISTS (
                SELECT 1 FROM ops.meter_register AS g
                WHERE g.meter_id = i.meter_id AND g.known_to IS NULL AND g.zone_code = ANY (of_zones)
            )
        )
    ORDER BY i.valid_to DESC
    LIMIT 1;
    IF stay.meter_id IS NULL THEN
        RETURN CASE
            WHEN of_zones IS NULL THEN greatest(told_until, point.connected_on, point.book_from)
            ELSE on_day
        END;
    END IF;
    SELECT max(e.read_on) FILTER (WHERE NOT e.is_in_doubt) INTO last_read_on
    FROM ops.entered_readings(at_metering_point_id, stay.meter_id) AS e
    WHERE e.read_on BETWEEN stay.valid_from AND stay.valid_to;
    IF last_read_on < stay.valid_to AND EXISTS (
        SELECT 1 FROM ops.entered_readings(at_metering_point_id, stay.meter_id) AS e
        WHERE e.read_on = stay.valid_to AND e.is_in_doubt
    ) THEN
        PERFORM ops.refuse(
            'The reading at %s of %s, when the last meter was removed, stands in quarantine; release it, or undo the '
            'removal, before the next meter is installed.', point.code, stay.valid_to::text
        );
    END IF;
    RETURN greatest(
        -- A point that is billed by half-hours has readings for control alone: they tell nothing about its days.
        coalesce(last_read_on, CASE WHEN has_half_hours THEN stay.valid_to ELSE stay.valid_from END),
        told_until, point.connected_on, point.book_from
    );
END
$$;

-- Tells the energy of those days, to be billed with the month of the installation.
CREATE OR REPLACE FUNCTION ops.tell_energy_of_gap(
    of_operation_id bigint, at_metering_point_id bigint, on_day date, of_zones text[], of_source_id bigint
)
RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    point record;
    gap_from date := ops.first_day_without_meter(at_metering_point_id, on_day, of_zones);
    month date;
    free_no smallint;
    expected record;
BEGIN
    IF gap_from >= on_day THEN
        RETURN;
    END IF;
    SELECT p.account_id, p.code, a.res_id INTO point
    FROM ops.metering_point AS p
    INNER JOIN ops.account AS a ON a.account_id = p.account_id
    WHERE p.metering_point_id = at_metering_point_id;
    SELECT u.daily_kwh, u.basis INTO expected
    FROM ops.expected_daily_use(at_metering_point_id, gap_from, of_zones) AS u;
    IF expected.daily_kwh IS NULL THEN
        PERFORM ops.refuse(
            'From %s to %s no meter measured at %s, and neither measured use of 12 months nor a use by contract tells '
            'what those days used; enter the use by contract first.', gap_from::text, on_day::text, point.code
        );
    END IF;
    month := ops.month_to_book(at_metering_point_id, on_day);
    SELECT coalesce(max(e.span_no), 0) + 1 INTO free_no
    FROM ops.measured_energy AS e
    WHERE e.account_id = point.account_id AND e.booked_month = month AND e.metering_point_id = at_metering_point_id
        AND e.direction = 'consumed' AND e.span_from = gap_from;
    INSERT INTO ops.measured_energy (
        account_id, booked_month, metering_point_id, direction, span_from, span_no, span_to, energy_kwh, kind, res_id,
        source_id
    )
    VALUES (
        point.account_id, month, at_metering_point_id, 'consumed', gap_from, free_no, on_day,
        expected.daily_kwh * (on_day - gap_from), 'gap', point.res_id, of_source_id
    );
    INSERT INTO ops.meter_operation_gap (
        meter_operation_id, account_id, booked_month, metering_point_id, span_from, span_no, span_to, basis, daily_kwh,
        energy_kwh
    )
    VALUES (
        of_operation_id, point.account_id, month, at_metering_point_id, gap_from, free_no, on_day, expected.basis,
        expected.daily_kwh, expected.daily_kwh * (on_day - gap_from)
    );
END
$$;
