-- Undoing the last operation: its readings and its gap are cancelled, the facts that it changed return as new versions,
-- and the row of the undoing stays.

-- Readings of an operation go with their operation and not otherwise; what went with it does not come back either.
CREATE OR REPLACE FUNCTION ops.refuse_event_on_reading_of_operation()
RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
DECLARE
    made_by record;
BEGIN
    SELECT o.meter_operation_id, o.kind, o.performed_on, u.meter_operation_id IS NOT NULL AS is_undone INTO made_by
    FROM ops.meter_operation_reading AS r
    INNER JOIN ops.meter_operation AS o ON o.meter_operation_id = r.meter_operation_id
    LEFT JOIN ops.meter_operation_undo AS u ON u.meter_operation_id = o.meter_operation_id
    WHERE r.reading_id = NEW.reading_id;
    IF made_by.meter_operation_id IS NULL OR made_by.is_undone = (NEW.event = 'cancelled') THEN
        RETURN NEW;
    END IF;
    IF made_by.is_undone THEN
        PERFORM ops.refuse(
            'The reading was made by operation %s (%s of %s), which was undone; enter it anew.',
            made_by.meter_operation_id::text, made_by.kind, made_by.performed_on::text
        );
    ELSIF NEW.event = 'cancelled' THEN
        PERFORM ops.refuse(
            'The reading was made by operation %s (%s of %s) and goes only with it; undo the operation '
            '(`wattbook meters undo`) while it is the last one.', made_by.meter_operation_id::text, made_by.kind,
            made_by.performed_on::text
        );
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER refuse_event_on_reading_of_operation BEFORE INSERT ON ops.reading_event
FOR EACH ROW EXECUTE FUNCTION ops.refuse_event_on_reading_of_operation();

CREATE OR REPLACE FUNCTION ops.refuse_event_on_gap_of_operation()
RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
DECLARE
    made_by bigint;
BEGIN
    SELECT g.meter_operation_id INTO made_by
    FROM ops.meter_operation_gap AS g
    WHERE g.account_id = NEW.account_id AND g.booked_month = NEW.booked_month
        AND g.metering_point_id = NEW.metering_point_id AND g.span_from = NEW.span_from AND g.span_no = NEW.span_no
        AND NEW.direction = 'consumed'
        AND NOT EXISTS (
            SELECT 1 FROM ops.meter_operation_undo AS u WHERE u.meter_operation_id = g.meter_operation_id
        );
    IF made_by IS NOT NULL THEN
        PERFORM ops.refuse(
            'The energy of days without a meter was told by operation %s and goes only with it; undo the operation '
            '(`wattbook meters undo`) while it is the last one.', made_by::text
        );
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER refuse_event_on_gap_of_operation BEFORE INSERT ON ops.measured_energy_event
FOR EACH ROW EXECUTE FUNCTION ops.refuse_event_on_gap_of_operation();

-- The last standing operation of a point, or of a meter.
CREATE OR REPLACE FUNCTION ops.last_meter_operation(of_metering_point_id bigint, of_meter_id bigint)
RETURNS ops.meter_operation
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT o
    FROM ops.meter_operation AS o
    WHERE (
        of_metering_point_id IN (o.metering_point_id, o.to_metering_point_id)
        OR of_meter_id IN (o.meter_id, o.new_meter_id)
    )
        AND NOT EXISTS (SELECT 1 FROM ops.meter_operation_undo AS u WHERE u.meter_operation_id = o.meter_operation_id)
    ORDER BY o.meter_operation_id DESC
    LIMIT 1;
END;

-- Why an operation cannot be undone any more, in one sentence; nothing when it can.
CREATE OR REPLACE FUNCTION ops.refuse_undo(undone ops.meter_operation)
RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    after ops.meter_operation;
    in_the_way record;
BEGIN
    FOR after IN
        SELECT l.*
        FROM (
            VALUES
            (undone.metering_point_id, NULL), (undone.to_metering_point_id, NULL), (NULL, undone.meter_id),
            (NULL, undone.new_meter_id)
        ) AS k (point_id, meter_id)
        CROSS JOIN LATERAL ops.last_meter_operation(k.point_id, k.meter_id) AS l
        WHERE l.meter_operation_id > undone.meter_operation_id
    LOOP
        PERFORM ops.refuse(
            'Operation %s (%s of %s) came after it%s; undo that one first.', after.meter_operation_id::text, after.kind,
            after.performed_on::text,
            (SELECT ' at ' || p.code FROM ops.metering_point AS p WHERE p.metering_point_id = after.metering_point_id)
        );
    END LOOP;
    SELECT l.booked_month, l.bill_no, r.read_on, r.value_kwh INTO in_the_way
    FROM ops.meter_operation_reading AS m
    INNER JOIN ops.reading AS r
        ON r.account_id = m.account_id AND r.booked_month = m.booked_month AND r.reading_id = m.reading_id
    INNER JOIN ops.bill_line AS l
        ON l.account_id = m.account_id AND m.reading_id IN (l.closing_reading_id, l.opening_reading_id)
    WHERE m.meter_operation_id = undone.meter_operation_id
    LIMIT 1;
    IF FOUND THEN
        PERFORM ops.refuse(
            'The reading %s of %s, which operation %s made, is billed already (bill %s of %s), so the operation stays; '
            'put things right by another operation.', trim_scale(in_the_way.value_kwh)::text, in_the_way.read_on::text,
            undone.meter_operation_id::text, in_the_way.bill_no::text, to_char(in_the_way.booked_month, 'YYYY-MM')
        );
    END IF;
    SELECT l.booked_month, l.bill_no, g.span_from, g.span_to INTO in_the_way
    FROM ops.meter_operation_gap AS g
    INNER JOIN ops.bill_line AS l
        ON l.account_id = g.account_id AND l.metering_point_id = g.metering_point_id
        AND l.booked_month = g.booked_month AND l.closing_reading_id IS NULL
        AND l.span_from < g.span_to AND l.span_to > g.span_from
    WHERE g.meter_operation_id = undone.meter_operation_id
    LIMIT 1;
    IF FOUND THEN
        PERFORM ops.refuse(
            'The days from %s to %s without a meter are billed already (bill %s of %s), so operation %s stays; put '
            'things right by another operation.', in_the_way.span_from::text, in_the_way.span_to::text,
            in_the_way.bill_no::text, to_char(in_the_way.booked_month, 'YYYY-MM'), undone.meter_operation_id::text
        );
    END IF;
    -- What only puts the book right has no day that a reading could come after.
    SELECT e.read_on, p.code INTO in_the_way
    FROM ops.metering_point AS p
    CROSS JOIN LATERAL ops.entered_readings(p.metering_point_id) AS e
    WHERE p.metering_point_id IN (undone.metering_point_id, undone.to_metering_point_id)
        AND e.read_on >= undone.performed_on AND undone.kind <> 'edit'
        AND (undone.kind <> 'test' OR EXISTS (
            SELECT 1 FROM ops.meter_operation_reading AS m WHERE m.meter_operation_id = undone.meter_operation_id
        ))
        AND NOT EXISTS (
            SELECT 1 FROM ops.meter_operation_reading AS m
            WHERE m.meter_operation_id = undone.meter_operation_id AND m.reading_id = e.reading_id
        )
        -- A removal earlier on the day of an installation stands before it.
        AND NOT EXISTS (
            SELECT 1 FROM ops.meter_operation_reading AS m
            WHERE m.meter_operation_id < undone.meter_operation_id AND m.reading_id = e.reading_id
        )
    ORDER BY e.read_on DESC
    LIMIT 1;
    IF FOUND THEN
        PERFORM ops.refuse(
            'The reading of %s at %s comes after operation %s of %s, so the operation stays; cancel that reading '
            'first.',
            in_the_way.read_on::text, in_the_way.code, undone.meter_operation_id::text, undone.performed_on::text
        );
    END IF;
    SELECT m.serial_no INTO in_the_way FROM ops.meter AS m
    WHERE m.serial_no = undone.changes -> 'serial_no' ->> 0 AND m.meter_id <> undone.meter_id;
    IF FOUND THEN
        PERFORM ops.refuse(
            'Another meter has the serial number "%s" by now, so the meter cannot have it back; edit that one first.',
            in_the_way.serial_no
        );
    END IF;
    -- A removed meter must still be where the removal put it.
    SELECT m.serial_no INTO in_the_way
    FROM ops.meter_movement AS v
    INNER JOIN ops.meter_whereabouts AS w ON w.meter_id = v.meter_id
    INNER JOIN ops.meter AS m ON m.meter_id = v.meter_id
    WHERE v.meter_operation_id = undone.meter_operation_id AND undone.kind IN ('remove', 'replace')
        AND v.meter_id = undone.meter_id AND (w.place_code, w.unit_id) IS DISTINCT FROM (v.place_code, v.unit_id);
    IF FOUND THEN
        PERFORM ops.refuse(
            'Meter "%s" is %s since; move it back to where the removal put it, then undo the removal.',
            in_the_way.serial_no, ops.whereabouts_in_words(undone.meter_id)
        );
    END IF;
END
$$;

-- Undoes the last operation of a point, or of a meter where no point is named; returns its number.
CREATE OR REPLACE FUNCTION ops.undo_last_meter_operation(
    point_code text, of_serial_no text, why text, of_source_id bigint
)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
DECLARE
    undone ops.meter_operation;
    booked record;
BEGIN
    IF point_code IS NOT NULL THEN
        SELECT l.* INTO undone
        FROM ops.hold_point(point_code) AS h
        CROSS JOIN LATERAL ops.last_meter_operation(h.metering_point_id, NULL) AS l;
    ELSE
        undone := ops.last_meter_operation(NULL, (ops.hold_meter_in_place(of_serial_no)).meter_id);
    END IF;
    IF undone.meter_operation_id IS NULL THEN
        PERFORM ops.refuse(
            'No operation stands %s that could be undone; `wattbook meters show` shows what was done.',
            coalesce('at ' || point_code, 'for meter "' || of_serial_no || '"')
        );
    END IF;
    PERFORM ops.hold_point(p.code)
    FROM ops.metering_point AS p
    WHERE p.metering_point_id IN (undone.metering_point_id, undone.to_metering_point_id);
    PERFORM 1
    FROM ops.meter AS m
    WHERE m.meter_id IN (undone.meter_id, undone.new_meter_id)
    ORDER BY m.meter_id
    FOR UPDATE;
    -- Nobody bills the month meanwhile; a run that is at it already is waited for, and its bills are seen then.
    FOR booked IN
        SELECT DISTINCT b.booked_month, a.res_id
        FROM (
            SELECT r.account_id, r.booked_month FROM ops.meter_operation_reading AS r
            WHERE r.meter_operation_id = undone.meter_operation_id
            UNION
            SELECT g.account_id, g.booked_month FROM ops.meter_operation_gap AS g
            WHERE g.meter_operation_id = undone.meter_operation_id
        ) AS b
        INNER JOIN ops.account AS a ON a.account_id = b.account_id
        INNER JOIN ops.open_period AS o ON o.res_id = a.res_id AND o.booked_month = b.booked_month
        ORDER BY b.booked_month, a.res_id
    LOOP
        PERFORM ops.lock_open_month(ARRAY[booked.res_id], booked.booked_month, true);
    END LOOP;
    PERFORM ops.refuse_undo(undone);

    INSERT INTO ops.meter_operation_undo (meter_operation_id, reason, source_id)
    VALUES (undone.meter_operation_id, why, of_source_id);
    INSERT INTO ops.reading_event (account_id, booked_month, reading_id, event, reason, source_id)
    SELECT
        r.account_id, r.booked_month, r.reading_id, 'cancelled',
        format('Operation %s (%s) was undone: %s', undone.meter_operation_id, undone.kind, why), of_source_id
    FROM ops.meter_operation_reading AS r
    WHERE r.meter_operation_id = undone.meter_operation_id
    ORDER BY r.reading_id;
    INSERT INTO ops.measured_energy_event (
        account_id, booked_month, metering_point_id, direction, span_from, span_no, event, reason, source_id
    )
    SELECT
        g.account_id, g.booked_month, g.metering_point_id, 'consumed', g.span_from, g.span_no, 'cancelled',
        format('Operation %s (%s) was undone: %s', undone.meter_operation_id, undone.kind, why), of_source_id
    FROM ops.meter_operation_gap AS g
    WHERE g.meter_operation_id = undone.meter_operation_id;

    UPDATE ops.meter_installation AS i SET known_to = now()
    WHERE i.meter_id IN (undone.meter_id, undone.new_meter_id)
        AND i.meter_operation_id = undone.meter_operation_id AND i.known_to IS NULL;
    INSERT INTO ops.meter_installation (
        metering_point_id, meter_id, ratio, current_ratio, voltage_ratio, address_id, stands_beside, meter_operation_id,
        valid_from, valid_to, source_id
    )
    SELECT
        i.metering_point_id, i.meter_id, i.ratio, i.current_ratio, i.voltage_ratio, i.address_id, i.stands_beside,
        i.meter_operation_id, i.valid_from, i.valid_to, of_source_id
    FROM ops.meter_installation AS i
    WHERE i.meter_id IN (undone.meter_id, undone.new_meter_id)
        AND i.replaced_by_operation_id = undone.meter_operation_id
    ORDER BY i.meter_installation_id;
    UPDATE ops.meter_register AS g SET known_to = now()
    WHERE g.meter_id IN (undone.meter_id, undone.new_meter_id)
        AND g.meter_operation_id = undone.meter_operation_id AND g.known_to IS NULL;
    INSERT INTO ops.meter_register (meter_id, zone_code, digits, meter_operation_id, valid_from, valid_to)
    SELECT g.meter_id, g.zone_code, g.digits, g.meter_operation_id, g.valid_from, g.valid_to
    FROM ops.meter_register AS g
    WHERE g.meter_id IN (undone.meter_id, undone.new_meter_id)
        AND g.replaced_by_operation_id = undone.meter_operation_id
    ORDER BY g.meter_register_id;
    IF undone.changes ? 'digits' THEN
        PERFORM ops.require_digits_to_fit(undone.meter_id, (undone.changes -> 'digits' ->> 0)::integer);
    END IF;
    PERFORM ops.write_meter_properties(undone.meter_id, undone.changes, 0) WHERE undone.changes IS NOT NULL;

    -- An order that the operation executed is open again.
    INSERT INTO ops.work_order_event (work_order_id, event, happened_on, meter_operation_id, source_id)
    SELECT e.work_order_id, 'reopened', e.happened_on, undone.meter_operation_id, of_source_id
    FROM ops.work_order_event AS e
    WHERE e.meter_operation_id = undone.meter_operation_id AND e.event = 'executed';
    RETURN undone.meter_operation_id;
END
$$;
