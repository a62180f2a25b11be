-- A remark for each cell of a loaded row whose letters cannot be meant; a letter lost is named only where no rule did.
INSERT INTO migration.remark (load_id, entity, file_id, row_no, reason_code, field, value, legacy_key, sentence)
SELECT
    :load_id, k.entity, c.file_id, c.row_no, n.reason_code, c.column_name, c.value, k.legacy_key,
    replace(
        replace(
            replace(
                replace(
                    replace(replace(n.sentence, '{file}', f.path), '{row}', c.row_no::text), '{field}', c.column_name
                ), '{key}', coalesce(k.legacy_key, '')
            ), '{probably}', c.probably
        ), '{value}', c.value
    )
FROM landing.odd_cell AS c
INNER JOIN landing.file AS f ON f.file_id = c.file_id
INNER JOIN migration.reason AS n ON n.reason_code = CASE c.kind
    WHEN 'other_encoding' THEN 'MISREAD_LETTERS'
    WHEN 'lost_letter' THEN 'LOST_LETTERS'
    ELSE 'LOOK_ALIKE'
END
CROSS JOIN LATERAL (
    -- What the row was told as first; a row may tell several facts.
    SELECT e.entity, e.legacy_key
    FROM (
        SELECT 1 AS place, 'account' AS entity, t.account_no AS legacy_key
        FROM migration.account AS t
        WHERE t.load_id = :load_id AND t.file_id = c.file_id AND t.row_no = c.row_no AND NOT t.is_deleted
            AND t.bad_reason IS NULL
        UNION ALL
        SELECT 2, 'street', concat_ws(' ', t.res_code, t.street_code)
        FROM migration.street AS t
        WHERE t.load_id = :load_id AND t.file_id = c.file_id AND t.row_no = c.row_no AND NOT t.is_deleted
            AND t.bad_reason IS NULL
        UNION ALL
        SELECT 3, 'unit', t.code
        FROM migration.unit AS t
        WHERE t.load_id = :load_id AND t.file_id = c.file_id AND t.row_no = c.row_no AND NOT t.is_deleted
            AND t.bad_reason IS NULL
        UNION ALL
        SELECT 4, 'meter', concat_ws(' ', t.point_code, t.serial_no)
        FROM migration.meter AS t
        WHERE t.load_id = :load_id AND t.file_id = c.file_id AND t.row_no = c.row_no AND NOT t.is_deleted
            AND t.bad_reason IS NULL
        UNION ALL
        SELECT 5, 'reading', concat_ws(' ', t.point_code, t.serial_no, t.read_on)
        FROM migration.reading AS t
        WHERE t.load_id = :load_id AND t.file_id = c.file_id AND t.row_no = c.row_no AND NOT t.is_deleted
            AND t.bad_reason IS NULL
        UNION ALL
        SELECT 6, 'opening_balance', concat_ws(' ', t.account_no, t.year_of_origin)
        FROM migration.opening_balance AS t
        WHERE t.load_id = :load_id AND t.file_id = c.file_id AND t.row_no = c.row_no AND NOT t.is_deleted
            AND t.bad_reason IS NULL
        UNION ALL
        SELECT 7, 'payment', concat_ws(' ', t.channel_code, t.external_id)
        FROM migration.payment AS t
        WHERE t.load_id = :load_id AND t.file_id = c.file_id AND t.row_no = c.row_no AND NOT t.is_deleted
            AND t.bad_reason IS NULL
    ) AS e
    ORDER BY e.place
    LIMIT 1
) AS k
WHERE f.load_id = :load_id
    AND NOT EXISTS (
        SELECT 1
        FROM migration.remark AS r
        WHERE r.load_id = :load_id AND r.file_id = c.file_id AND r.row_no = c.row_no AND r.field = c.column_name
            AND r.reason_code = n.reason_code
    );
