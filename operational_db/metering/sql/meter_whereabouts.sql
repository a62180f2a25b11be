-- What stands: operations that were not undone, where each meter is, how far each work order has come.

CREATE OR REPLACE VIEW ops.meter_operation_standing WITH (security_invoker = true) AS
SELECT
    o.meter_operation_id, o.kind, o.performed_on, o.metering_point_id, o.to_metering_point_id, o.meter_id,
    o.new_meter_id, o.work_order_id
FROM ops.meter_operation AS o
WHERE NOT EXISTS (SELECT 1 FROM ops.meter_operation_undo AS u WHERE u.meter_operation_id = o.meter_operation_id);

-- One row per meter. A meter of another RES is seen here as hanging, though not the account that it hangs at: one that
-- hangs anywhere must not look free. Empty place: it came with a load and was removed before.
CREATE OR REPLACE VIEW ops.meter_whereabouts AS
SELECT
    m.meter_id,
    CASE WHEN i.meter_id IS NOT NULL THEN 'point' ELSE l.place_code END AS place_code,
    coalesce(hung.res_id, l.unit_id, before.res_id) AS unit_id,
    i.metering_point_id,
    coalesce(i.valid_from, l.moved_on, before.valid_to) AS since
FROM ops.meter AS m
LEFT JOIN ops.meter_installation AS i ON i.meter_id = m.meter_id AND i.known_to IS NULL AND i.valid_to IS NULL
LEFT JOIN ops.metering_point AS p ON p.metering_point_id = i.metering_point_id
LEFT JOIN ops.account AS hung ON hung.account_id = p.account_id
LEFT JOIN LATERAL (
    SELECT v.place_code, v.unit_id, v.moved_on
    FROM ops.meter_movement AS v
    LEFT JOIN ops.meter_operation_undo AS u ON u.meter_operation_id = v.meter_operation_id
    WHERE v.meter_id = m.meter_id AND u.meter_operation_id IS NULL
    ORDER BY v.meter_movement_id DESC
    LIMIT 1
) AS l ON true
LEFT JOIN LATERAL (
    SELECT a.res_id, s.valid_to
    FROM ops.meter_installation AS s
    INNER JOIN ops.metering_point AS h ON h.metering_point_id = s.metering_point_id
    INNER JOIN ops.account AS a ON a.account_id = h.account_id
    WHERE s.meter_id = m.meter_id AND s.known_to IS NULL AND s.valid_to IS NOT NULL
    ORDER BY s.valid_to DESC
    LIMIT 1
) AS before ON l.place_code IS NULL;

-- One row per work order: issued, assigned, executed, not_executed or cancelled, and who does it.
CREATE OR REPLACE VIEW ops.work_order_state WITH (security_invoker = true) AS
SELECT
    w.work_order_id,
    CASE
        WHEN last.event IS NULL OR (last.event = 'reopened' AND who.executor IS NULL) THEN 'issued'
        WHEN last.event = 'reopened' THEN 'assigned'
        ELSE last.event
    END AS state,
    CASE WHEN last.event <> 'reopened' THEN last.happened_on END AS since,
    who.executor,
    CASE WHEN last.event <> 'reopened' THEN last.result END AS result
FROM ops.work_order AS w
LEFT JOIN LATERAL (
    SELECT e.event, e.happened_on, e.result
    FROM ops.work_order_event AS e
    WHERE e.work_order_id = w.work_order_id
    ORDER BY e.work_order_event_id DESC
    LIMIT 1
) AS last ON true
LEFT JOIN LATERAL (
    SELECT e.executor
    FROM ops.work_order_event AS e
    WHERE e.work_order_id = w.work_order_id AND e.executor IS NOT NULL
    ORDER BY e.work_order_event_id DESC
    LIMIT 1
) AS who ON true;

-- One row per meter: its plate, where it is, in what condition.
CREATE OR REPLACE VIEW ops.meter_state WITH (security_invoker = true) AS
SELECT
    m.meter_id, m.serial_no, m.meter_type_code, g.zones, g.digits, m.made_in_year, w.place_code, w.unit_id,
    u.code AS unit_code, p.code AS point_code, w.since, coalesce(v.verified_on, m.verified_on) AS verified_on,
    v.next_due_on, f.fault, f.valid_from AS broken_since,
    coalesce(k.is_ready, w.place_code IS NULL) AND f.fault IS NULL AND coalesce(v.is_passed, true) AS is_free
FROM ops.meter AS m
LEFT JOIN ops.meter_fault AS f ON f.meter_id = m.meter_id AND f.known_to IS NULL AND f.valid_to IS NULL
LEFT JOIN ops.meter_whereabouts AS w ON w.meter_id = m.meter_id
LEFT JOIN ops.meter_place AS k ON k.place_code = w.place_code
LEFT JOIN ops.unit AS u ON u.unit_id = w.unit_id
LEFT JOIN ops.metering_point AS p ON p.metering_point_id = w.metering_point_id
LEFT JOIN LATERAL (
    SELECT array_agg(r.zone_code ORDER BY z.sort_order) AS zones, max(r.digits) AS digits
    FROM ops.meter_register AS r
    INNER JOIN ops.zone AS z ON z.zone_code = r.zone_code
    WHERE r.meter_id = m.meter_id AND r.known_to IS NULL AND r.valid_to IS NULL
) AS g ON true
LEFT JOIN LATERAL (
    SELECT l.verified_on, l.is_passed, l.next_due_on
    FROM ops.meter_verification AS l
    WHERE l.meter_id = m.meter_id
    ORDER BY l.verified_on DESC
    LIMIT 1
) AS v ON true;

-- Units in whose places meters lie: the unit and all under it down to the RES.
CREATE OR REPLACE FUNCTION ops.places_under(root_unit_id integer)
RETURNS TABLE (unit_id integer)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT u.unit_id
    FROM ops.unit AS u
    INNER JOIN ops.unit_level AS l ON l.level = u.level
    INNER JOIN ops.unit_level AS r ON r.level = 'res' AND l.depth <= r.depth
    WHERE root_unit_id IN (SELECT a.unit_id FROM ops.unit_ancestry(u.unit_id, current_date) AS a);
END;
