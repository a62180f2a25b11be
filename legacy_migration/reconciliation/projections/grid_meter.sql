-- One row per meter of the network that the load told and the book had not had before.
-- side: loaded
SELECT
    t.code AS legacy_key, t.unit_code, t.digits, coalesce(t.ratio, 1)::numeric(12, 4) AS ratio, t.file_id, t.row_no
FROM standing_grid_meter AS t
LEFT JOIN ops.grid_meter AS k ON k.code = t.code AND k.source_id NOT IN (SELECT s.source_id FROM source_of_load AS s)
WHERE k.code IS NULL
-- side: book
SELECT k.code AS legacy_key, u.code AS unit_code, k.digits, k.ratio, k.source_id
FROM ops.grid_meter AS k
INNER JOIN ops.unit AS u ON u.unit_id = k.unit_id
WHERE k.source_id IN (SELECT s.source_id FROM source_of_load AS s)
