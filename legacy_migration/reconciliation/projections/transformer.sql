-- One row per transformer that the load told and the book had not had before.
-- side: loaded
SELECT
    concat_ws(' ', t.unit_code, t.code) AS legacy_key, t.rated_kva, t.no_load_kw, t.load_loss_kw, t.file_id, t.row_no
FROM standing_transformer AS t
LEFT JOIN (
    SELECT u.code AS unit_code, k.code
    FROM ops.transformer AS k
    INNER JOIN ops.unit AS u ON u.unit_id = k.unit_id
    WHERE k.source_id NOT IN (SELECT s.source_id FROM source_of_load AS s)
) AS k ON k.unit_code = t.unit_code AND k.code = t.code
WHERE k.code IS NULL
-- side: book
SELECT concat_ws(' ', u.code, k.code) AS legacy_key, k.rated_kva, k.no_load_kw, k.load_loss_kw, k.source_id
FROM ops.transformer AS k
INNER JOIN ops.unit AS u ON u.unit_id = k.unit_id
WHERE k.known_to IS NULL AND k.source_id IN (SELECT s.source_id FROM source_of_load AS s)
