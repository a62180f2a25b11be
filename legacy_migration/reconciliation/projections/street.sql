-- One row per street of a RES that the load told and the book had not had before; codes with one name are one street.
-- side: loaded
SELECT
    concat_ws(' ', t.res_code, t.locality, t.street_name) AS legacy_key, true AS is_there, min(t.file_id) AS file_id,
    min(t.row_no) AS row_no
FROM standing_street AS t
LEFT JOIN (
    SELECT u.code AS res_code, k.locality, k.street_name
    FROM ops.street AS k
    INNER JOIN ops.unit AS u ON u.unit_id = k.res_id
    WHERE k.source_id NOT IN (SELECT s.source_id FROM source_of_load AS s)
) AS k ON k.res_code = t.res_code AND k.locality = t.locality AND k.street_name = t.street_name
WHERE k.street_name IS NULL
GROUP BY t.res_code, t.locality, t.street_name
-- side: book
SELECT concat_ws(' ', u.code, k.locality, k.street_name) AS legacy_key, true AS is_there, k.source_id
FROM ops.street AS k
INNER JOIN ops.unit AS u ON u.unit_id = k.res_id
WHERE k.source_id IN (SELECT s.source_id FROM source_of_load AS s)
