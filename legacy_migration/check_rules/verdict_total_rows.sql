-- What a total row of a file states, against the rows that it sums; a cell among them that is no number proves nothing.
INSERT INTO migration.difference (load_id, check_code, file_id, row_no, legacy_key, measure, stated, expected, sentence)
SELECT
    :load_id, 'TOTAL_MISMATCH', s.file_id, s.row_no, s.label, s.column_name, s.stated, s.summed,
    CASE
        WHEN s.unreadable_count > 0 THEN format(
            '%s, row %s ("%s"): %s of the %s rows that it sums hold no number in %s, so its total %s proves nothing; '
            'correct those cells.',
            f.path, s.row_no, s.label, s.unreadable_count, s.row_count, s.column_name, trim_scale(s.stated)
        )
        ELSE format(
            '%s, row %s ("%s"): states %s in %s, the %s rows that it sums come to %s, a difference of %s; ask for the '
            'file again or find the row.',
            f.path, s.row_no, s.label, trim_scale(s.stated), s.column_name, s.row_count, trim_scale(s.summed),
            trim_scale(s.stated - s.summed)
        )
    END
FROM landing.total_row AS s
INNER JOIN landing.file AS f ON f.file_id = s.file_id
WHERE f.load_id = :load_id AND (s.stated <> s.summed OR s.unreadable_count > 0);

INSERT INTO migration.check_result (
    load_id, stage, level, entity, unit, measure, source_value, target_value, difference, tolerance, status
)
SELECT
    :load_id, 'verdict', 'sum', 'file', s.path, 'total rows of ' || s.column_name, trim_scale(s.stated),
    trim_scale(s.summed), trim_scale(s.stated - s.summed), 0, CASE WHEN s.is_proved THEN 'equal' ELSE 'noted' END
FROM (
    SELECT
        f.path, r.column_name, sum(r.stated) AS stated, sum(r.summed) AS summed,
        bool_and(r.stated = r.summed AND r.unreadable_count = 0) AS is_proved
    FROM landing.total_row AS r
    INNER JOIN landing.file AS f ON f.file_id = r.file_id
    WHERE f.load_id = :load_id
    GROUP BY f.path, r.column_name
) AS s;
