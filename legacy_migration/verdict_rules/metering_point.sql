-- A unit that is not known, or not told: the point hangs on the next one up that is.
INSERT INTO migration.remark (load_id, entity, file_id, row_no, reason_code, field, value, legacy_key)
SELECT
    :load_id, 'metering_point', t.file_id, t.row_no,
    CASE WHEN t.unit_code IS NULL THEN 'NOT_HUNG' ELSE 'NO_UNIT' END, 'unit_code', t.unit_code, t.point_code
FROM standing_metering_point AS t
WHERE
    t.unit_code IS NULL
    OR t.unit_code NOT IN (SELECT u.code FROM standing_unit AS u UNION ALL SELECT u.code FROM ops.unit AS u);
