-- What was done, for whoever may see it: row-level security of the asking user holds.

-- Operations at a point or on a meter, oldest first, with their values in words.
CREATE OR REPLACE FUNCTION ops.operations_of(at_point_code text, of_serial_no text)
RETURNS TABLE (
    operation_id bigint, kind text, performed_on date, point_code text, to_point_code text, serial_no text,
    new_serial_no text, order_no text, inspection_type text, readings text, gap_days integer, gap_kwh numeric,
    entered_by text, confirmed_by text, undone_because text
)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT
        o.meter_operation_id, o.kind, o.performed_on, p.code, t.code AS to_point_code, m.serial_no,
        n.serial_no AS new_serial_no, w.order_no,
        o.inspection_type_code, r.in_words AS readings, g.span_to - g.span_from, g.energy_kwh, b.login AS entered_by,
        c.login AS confirmed_by, u.reason
    FROM ops.meter_operation AS o
    INNER JOIN ops.meter AS m ON m.meter_id = o.meter_id
    INNER JOIN ops.source AS s ON s.source_id = o.source_id
    LEFT JOIN ops.meter AS n ON n.meter_id = o.new_meter_id
    LEFT JOIN ops.metering_point AS p ON p.metering_point_id = o.metering_point_id
    LEFT JOIN ops.metering_point AS t ON t.metering_point_id = o.to_metering_point_id
    LEFT JOIN ops.work_order AS w ON w.work_order_id = o.work_order_id
    LEFT JOIN ops.app_user AS b ON b.user_id = s.user_id
    LEFT JOIN ops.app_user AS c ON c.user_id = o.confirmed_by
    LEFT JOIN ops.meter_operation_gap AS g ON g.meter_operation_id = o.meter_operation_id
    LEFT JOIN ops.meter_operation_undo AS u ON u.meter_operation_id = o.meter_operation_id
    LEFT JOIN LATERAL (
        SELECT string_agg(
            concat_ws(' ', h.serial_no, nullif(h.zone_code, 'all'), trim_scale(h.value_kwh)), ', '
            ORDER BY h.purpose, h.serial_no, h.zone_code
        ) AS in_words
        FROM ops.readings_of_operation(o.meter_operation_id) AS h
    ) AS r ON true
    WHERE at_point_code IN (p.code, t.code) OR of_serial_no IN (m.serial_no, n.serial_no)
    ORDER BY o.meter_operation_id;
END;

-- What else happened to the meters that hung at a point, or to one meter, oldest first.
CREATE OR REPLACE FUNCTION ops.condition_events_of(at_point_code text, of_serial_no text)
RETURNS TABLE (happened_on date, serial_no text, what text)
LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH meant AS (
        SELECT m.meter_id, m.serial_no FROM ops.meter AS m WHERE m.serial_no = of_serial_no
        UNION
        SELECT m.meter_id, m.serial_no
        FROM ops.metering_point AS p
        INNER JOIN ops.meter_installation AS i
            ON i.metering_point_id = p.metering_point_id AND i.known_to IS NULL
        INNER JOIN ops.meter AS m ON m.meter_id = i.meter_id
        WHERE p.code = at_point_code
    ),
    event AS (
        SELECT v.meter_id, v.moved_on AS happened_on, format('moved to %s of %s', v.place_code, u.code) AS what
        FROM ops.meter_movement AS v
        INNER JOIN ops.unit AS u ON u.unit_id = v.unit_id
        WHERE v.meter_operation_id IS NULL
        UNION ALL
        SELECT
            v.meter_id, v.verified_on,
            CASE WHEN v.is_passed THEN format('verified until %s', v.next_due_on) ELSE 'failed its verification' END
        FROM ops.meter_verification AS v
        UNION ALL
        SELECT s.meter_id, s.put_on, format('seal %s put on %s by %s', s.seal_no, s.sealed_part, s.put_on_by)
        FROM ops.seal AS s
        UNION ALL
        SELECT s.meter_id, r.taken_off, format('seal %s taken off by %s: %s', s.seal_no, r.taken_off_by, r.reason)
        FROM ops.seal_removal AS r
        INNER JOIN ops.seal AS s ON s.seal_id = r.seal_id
        UNION ALL
        SELECT f.meter_id, f.valid_from, format('broken: %s', f.fault)
        FROM ops.meter_fault AS f
        WHERE f.known_to IS NULL
        UNION ALL
        SELECT w.meter_id, w.done_on, format('%s (%s)', w.work, w.done_by)
        FROM ops.meter_maintenance AS w
        UNION ALL
        SELECT
            o.meter_id, o.performed_on,
            concat(
                'tested: ', CASE WHEN t.is_within_class THEN 'within its class' ELSE 'outside its class' END,
                format(', error %s %%', trim_scale(t.error_percent))
            )
        FROM ops.meter_test AS t
        INNER JOIN ops.meter_operation AS o ON o.meter_operation_id = t.meter_operation_id
        LEFT JOIN ops.meter_operation_undo AS n ON n.meter_operation_id = t.meter_operation_id
        WHERE n.meter_operation_id IS NULL
    )
    SELECT e.happened_on, m.serial_no, e.what
    FROM meant AS m
    INNER JOIN event AS e ON e.meter_id = m.meter_id
    ORDER BY e.happened_on, m.serial_no, e.what;
END;
