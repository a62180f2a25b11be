-- What every operation at a metering point asks first: may this user, is the point free, is the day right. These parts
-- run with the rights of the operation that calls them; called alone they write nothing.

-- A point that the signed-in user may operate at, held until the end of the operation: two operations at one point, or
-- an operation and the undoing of another, wait for each other.
CREATE OR REPLACE FUNCTION ops.hold_point(point_code text)
RETURNS TABLE (
    metering_point_id bigint, account_id bigint, account_no text, res_id integer, code text, connected_on date,
    disconnected_for_good_on date
)
LANGUAGE plpgsql
AS $$
#variable_conflict use_column
DECLARE
    held record;
BEGIN
    SELECT
        p.metering_point_id, p.account_id, a.account_no, a.res_id, p.code, p.connected_on, p.disconnected_for_good_on
    INTO held
    FROM ops.metering_point AS p
    INNER JOIN ops.account AS a ON a.account_id = p.account_id
    WHERE p.code = point_code AND a.res_id = ANY (ops.visible_res_ids())
    FOR UPDATE OF p;
    IF NOT FOUND THEN
        PERFORM ops.refuse(
            'There is no metering point "%s" among those you may see; check the code (it looks like SA01/12/345#1).',
            point_code
        );
    END IF;
    PERFORM ops.require_right(current_setting('wattbook.user_login', true), 'operate_meters', held.res_id);
    RETURN QUERY SELECT
        held.metering_point_id, held.account_id, held.account_no, held.res_id, held.code, held.connected_on,
        held.disconnected_for_good_on;
END
$$;

CREATE OR REPLACE FUNCTION ops.require_inspection_type(wanted text)
RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    IF wanted IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM ops.inspection_type AS t WHERE t.inspection_type_code = wanted) THEN
        PERFORM ops.refuse(
            'There is no type of inspection "%s"; known are %s.', wanted,
            (SELECT string_agg(t.inspection_type_code, ', ' ORDER BY t.inspection_type_code)
             FROM ops.inspection_type AS t)
        );
    END IF;
END
$$;

-- The meter that hangs at a point now: the one named, or the only one.
CREATE OR REPLACE FUNCTION ops.standing_stay(at_metering_point_id bigint, point_code text, wanted_serial_no text)
RETURNS ops.meter_installation
LANGUAGE plpgsql
AS $$
DECLARE
    stay ops.meter_installation;
    hanging text;
    hanging_count bigint;
BEGIN
    SELECT string_agg(m.serial_no, ', ' ORDER BY m.serial_no), count(*) INTO hanging, hanging_count
    FROM ops.meter_installation AS i
    INNER JOIN ops.meter AS m ON m.meter_id = i.meter_id
    WHERE i.metering_point_id = at_metering_point_id AND i.known_to IS NULL AND i.valid_to IS NULL;
    IF hanging_count = 0 THEN
        PERFORM ops.refuse(
            'No meter hangs at %s; install one first (`wattbook meters install %s`).', point_code, point_code
        );
    END IF;
    IF wanted_serial_no IS NULL AND hanging_count > 1 THEN
        PERFORM ops.refuse('At %s hang the meters %s; say which is meant by its serial number.', point_code, hanging);
    END IF;
    SELECT i.* INTO stay
    FROM ops.meter_installation AS i
    INNER JOIN ops.meter AS m ON m.meter_id = i.meter_id
    WHERE i.metering_point_id = at_metering_point_id AND i.known_to IS NULL AND i.valid_to IS NULL
        AND (wanted_serial_no IS NULL OR m.serial_no = wanted_serial_no)
    FOR UPDATE OF m;
    IF NOT FOUND THEN
        PERFORM ops.refuse(
            'Meter "%s" does not hang at %s; there hangs %s.', wanted_serial_no, point_code, hanging
        );
    END IF;
    RETURN stay;
END
$$;

-- Readings of a point's meters (of one, where named) that were entered and not cancelled; also those in doubt.
CREATE OR REPLACE FUNCTION ops.entered_readings(at_metering_point_id bigint, of_meter_id bigint DEFAULT NULL)
RETURNS TABLE (reading_id bigint, meter_id bigint, zone_code text, read_on date, booked_month date, is_in_doubt boolean)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT
        r.reading_id, r.meter_id, r.zone_code, r.read_on, r.booked_month, coalesce(l.event = 'quarantined', false)
    FROM ops.metering_point AS p
    INNER JOIN ops.reading AS r ON r.account_id = p.account_id AND r.metering_point_id = p.metering_point_id
    LEFT JOIN LATERAL (
        SELECT e.event
        FROM ops.reading_event AS e
        WHERE e.reading_id = r.reading_id
        ORDER BY e.reading_event_id DESC
        LIMIT 1
    ) AS l ON true
    WHERE p.metering_point_id = at_metering_point_id AND (of_meter_id IS NULL OR r.meter_id = of_meter_id)
        AND r.meter_id IS NOT NULL AND l.event IS DISTINCT FROM 'cancelled';
END;

-- The month in which a value of a point and day is booked (ops.months_to_book).
CREATE OR REPLACE FUNCTION ops.month_to_book(at_metering_point_id bigint, on_day date)
RETURNS date
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    book record;
BEGIN
    SELECT m.not_before, m.booked_month INTO book
    FROM ops.months_to_book(ARRAY[at_metering_point_id], ARRAY[on_day]) AS m;
    IF book.booked_month IS NULL THEN
        PERFORM ops.refuse(
            'Month %s is not open for %s, so nothing of %s can be entered; close the months before it, or name an '
            'earlier day.', to_char(book.not_before, 'YYYY-MM'),
            (
                SELECT u.code
                FROM ops.metering_point AS p
                INNER JOIN ops.account AS a ON a.account_id = p.account_id
                INNER JOIN ops.unit AS u ON u.unit_id = a.res_id
                WHERE p.metering_point_id = at_metering_point_id
            ), on_day::text
        );
    END IF;
    RETURN book.booked_month;
END
$$;

-- A point takes one removal and one installation a day.
CREATE OR REPLACE FUNCTION ops.refuse_second_of_a_day(
    at_metering_point_id bigint, point_code text, on_day date, is_removal boolean
)
RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    IF EXISTS (
        SELECT 1
        FROM ops.meter_operation_standing AS o
        WHERE o.performed_on = on_day AND (
            (is_removal AND o.metering_point_id = at_metering_point_id AND o.kind IN ('remove', 'replace', 'relocate'))
            OR (NOT is_removal AND o.metering_point_id = at_metering_point_id AND o.kind IN ('install', 'replace'))
            OR (NOT is_removal AND o.to_metering_point_id = at_metering_point_id)
        )
    ) THEN
        PERFORM ops.refuse(
            'At %s a meter was %s on %s already; a point takes one removal and one installation a day, so name a later '
            'day or undo the last operation.', point_code, CASE WHEN is_removal THEN 'removed' ELSE 'installed' END,
            on_day::text
        );
    END IF;
END
$$;

-- What is done on a day comes after all readings of the meter, which a value of that day would otherwise contradict.
CREATE OR REPLACE FUNCTION ops.require_day_after_readings(
    at_metering_point_id bigint, point_code text, of_meter_id bigint, on_day date
)
RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    last_on date := (SELECT max(e.read_on) FROM ops.entered_readings(at_metering_point_id, of_meter_id) AS e);
BEGIN
    IF last_on >= on_day THEN
        PERFORM ops.refuse(
            'The last reading at %s is of %s, and %s is not later; name a later day, or cancel that reading first.',
            point_code, last_on::text, on_day::text
        );
    END IF;
END
$$;

-- The row of an operation, and the end of the open order that it rests on.
CREATE OR REPLACE FUNCTION ops.record_meter_operation(
    of_kind text, on_day date, at_metering_point_id bigint, to_point_id bigint, of_meter_id bigint,
    by_meter_id bigint, by_order ops.work_order, of_inspection text, cannot_be_read boolean, is_confirmed boolean,
    of_note text, of_source_id bigint
)
RETURNS bigint
LANGUAGE plpgsql
AS $$
DECLARE
    new_id bigint;
BEGIN
    PERFORM ops.require_inspection_type(of_inspection);
    PERFORM ops.require_note_of_confirmation(is_confirmed, of_note);
    INSERT INTO ops.meter_operation (
        kind, performed_on, metering_point_id, to_metering_point_id, meter_id, new_meter_id, work_order_id,
        inspection_type_code, is_unreadable, confirmed_by, note, source_id
    )
    VALUES (
        of_kind, on_day, at_metering_point_id, to_point_id, of_meter_id, by_meter_id, by_order.work_order_id,
        coalesce(of_inspection, by_order.inspection_type_code, 'round'), cannot_be_read,
        CASE WHEN is_confirmed THEN ops.current_user_id() END, of_note, of_source_id
    )
    RETURNING meter_operation_id INTO new_id;
    PERFORM ops.execute_work_order(by_order, new_id, on_day, of_source_id);
    RETURN new_id;
END
$$;
