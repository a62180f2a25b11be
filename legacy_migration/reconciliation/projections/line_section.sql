-- One row per section of line that the load told and the book had not had before, with what its conductor adds.
-- side: loaded
SELECT
    concat_ws(' ', t.kind, t.unit_code, t.code) AS legacy_key, t.from_node, t.to_node, t.length_m, t.conductor,
    coalesce(t.resistance_ohm_per_km, c.resistance_ohm_per_km) AS resistance_ohm_per_km,
    coalesce(t.reactance_ohm_per_km, c.reactance_ohm_per_km) AS reactance_ohm_per_km, c.rated_current_a,
    t.file_id, t.row_no
FROM standing_line_section AS t
LEFT JOIN told_conductor AS c ON c.code = t.conductor
LEFT JOIN (
    SELECT u.code AS unit_code, k.kind, k.code
    FROM ops.line_section AS k
    INNER JOIN ops.unit AS u ON u.unit_id = k.unit_id
    WHERE k.source_id NOT IN (SELECT s.source_id FROM source_of_load AS s)
) AS k ON k.unit_code = t.unit_code AND k.kind = t.kind AND k.code = t.code
WHERE k.code IS NULL
-- side: book
SELECT
    concat_ws(' ', k.kind, u.code, k.code) AS legacy_key, k.from_node, k.to_node, k.length_m, k.conductor,
    k.resistance_ohm_per_km, k.reactance_ohm_per_km, k.rated_current_a, k.source_id
FROM ops.line_section AS k
INNER JOIN ops.unit AS u ON u.unit_id = k.unit_id
WHERE k.known_to IS NULL AND k.source_id IN (SELECT s.source_id FROM source_of_load AS s)
