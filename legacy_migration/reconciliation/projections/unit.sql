-- One row per unit that the load told and the book had not had before; the book keeps what it has of others.
-- side: loaded
SELECT
    t.code AS legacy_key, t.level, t.parent_code, coalesce(t.name, t.code) AS name,
    CASE WHEN t.level IN ('substation', 'feeder', 'transformer_point') THEN t.voltage_kv END AS voltage_kv,
    CASE WHEN t.level IN ('substation', 'feeder', 'transformer_point') THEN t.busbar_node END AS busbar_node,
    t.file_id, t.row_no
FROM standing_unit AS t
LEFT JOIN ops.unit AS u ON u.code = t.code AND u.source_id NOT IN (SELECT s.source_id FROM source_of_load AS s)
WHERE u.unit_id IS NULL
-- side: book
SELECT
    u.code AS legacy_key, u.level, p.code AS parent_code, n.name, g.voltage_kv, g.busbar_node,
    greatest(u.source_id, l.source_id, g.source_id) AS source_id
FROM ops.unit AS u
LEFT JOIN ops.unit_placement AS l ON l.unit_id = u.unit_id AND l.known_to IS NULL AND l.valid_to IS NULL
LEFT JOIN ops.unit AS p ON p.unit_id = l.parent_unit_id
LEFT JOIN ops.unit_name AS n ON n.unit_id = u.unit_id AND n.locale = 'en' AND n.valid_to IS NULL
LEFT JOIN ops.grid_unit AS g ON g.unit_id = u.unit_id
WHERE u.source_id IN (SELECT s.source_id FROM source_of_load AS s)
