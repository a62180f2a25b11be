-- One row per reading and whether it counts: those of a point that is billed by half-hours are set aside.
-- side: loaded
SELECT
    concat_ws(' ', t.point_code, t.serial_no, t.read_on) AS legacy_key, t.value_kwh, t.kind,
    t.is_opening OR t.read_on = f.first_read_on AND NOT f.was_read AS is_opening, h.point_code IS NOT NULL AS is_set_aside,
    t.file_id, t.row_no
FROM standing_reading AS t
INNER JOIN (
    SELECT r.point_code, r.serial_no, min(r.read_on) AS first_read_on, bool_or(k.point_code IS NOT NULL) AS was_read
    FROM standing_reading AS r
    LEFT JOIN read_before AS k ON k.point_code = r.point_code AND k.serial_no = r.serial_no
    GROUP BY r.point_code, r.serial_no
) AS f ON f.point_code = t.point_code AND f.serial_no = t.serial_no
LEFT JOIN point_by_half_hours_told AS h ON h.point_code = t.point_code
-- side: book
SELECT
    concat_ws(' ', n.point_code, n.serial_no, r.read_on) AS legacy_key, r.value_kwh, r.kind, r.is_opening,
    e.reading_id IS NOT NULL AS is_set_aside, greatest(r.source_id, e.source_id) AS source_id
FROM ops.reading AS r
INNER JOIN ops.meter AS m ON m.meter_id = r.meter_id
INNER JOIN ops.metering_point AS p ON p.metering_point_id = r.metering_point_id
INNER JOIN ops.account AS a ON a.account_id = r.account_id
CROSS JOIN LATERAL (
    SELECT
        CASE
            WHEN p.code = a.account_no || '#1' THEN a.account_no
            ELSE substr(p.code, length(a.account_no) + 2)
        END AS point_code,
        CASE
            WHEN right(m.serial_no, length(p.code) + 1) = '@' || p.code THEN left(m.serial_no, -length(p.code) - 1)
            ELSE m.serial_no
        END AS serial_no
) AS n
LEFT JOIN (
    SELECT s.reading_id, max(k.source_id) AS source_id
    FROM ops.reading_set_aside AS s
    LEFT JOIN ops.reading_event AS k ON k.reading_id = s.reading_id
    GROUP BY s.reading_id
) AS e ON e.reading_id = r.reading_id
WHERE r.source_id IN (SELECT s.source_id FROM source_of_load AS s)
    -- Entered by somebody else within the days of the load.
    OR p.source_id IN (SELECT s.source_id FROM source_of_load AS s) AND r.read_on < :end_day
    AND r.source_id NOT IN (SELECT s.source_id FROM source_of_other_load AS s)
