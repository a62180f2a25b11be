-- The cell ledger of a load: one row per file, column, class and rule. Cells are first counted by pattern as if every row
-- were loaded; rows of which some fact was rejected are then taken out and counted by what their facts came to.
INSERT INTO migration.cell_count (load_id, file_id, column_name, class, rule, cell_count)
WITH sign AS (
    SELECT s.sign, s.class, s.rule, s.rank FROM (VALUES :signs) AS s (sign, class, rule, rank)
),
live AS (
    SELECT c.file_id, c.column_no, c.column_name, c.unused_rule, c.is_partly_read, f.deleted_count,
        f.row_count - f.deleted_count AS row_count
    FROM migration.cell_column AS c
    INNER JOIN landing.file AS f ON f.file_id = c.file_id
    WHERE c.load_id = :load_id
),
-- Every pattern sign by sign, counted as if its rows were loaded.
loaded AS (
    SELECT p.file_id, n.column_no, s.class, s.rule, sum(p.row_count) AS cell_count
    FROM fact_pattern AS p
    INNER JOIN migration.cell_pattern AS k
        ON k.file_id = p.file_id AND k.entity = p.entity AND k.part_no = p.part_no AND k.pattern_no = p.pattern_no
    CROSS JOIN string_to_table(k.row_classes, NULL) WITH ORDINALITY AS n (sign, column_no)
    INNER JOIN sign AS s ON s.sign = n.sign
    GROUP BY p.file_id, n.column_no, s.class, s.rule
),
-- Rows with a rejected fact: what all their facts came to, each distinct outcome once.
outcome AS (
    SELECT r.file_id, r.facts, count(*) AS row_count
    FROM (
        SELECT t.file_id, t.row_no, array_agg(
            concat_ws('|', t.entity, t.part_no, t.pattern_no, coalesce(t.reason_code, '')) ORDER BY t.entity, t.part_no
        ) AS facts
        FROM rejected_fact AS t
        GROUP BY t.file_id, t.row_no
    ) AS r
    GROUP BY r.file_id, r.facts
),
fact_of_outcome AS (
    SELECT
        o.file_id, o.facts, o.row_count, k.classes, k.row_classes, nullif(split_part(n.fact, '|', 4), '') AS reason_code
    FROM outcome AS o
    CROSS JOIN unnest(o.facts) AS n (fact)
    INNER JOIN migration.cell_pattern AS k
        ON k.file_id = o.file_id AND k.entity = split_part(n.fact, '|', 1)
        AND k.part_no = split_part(n.fact, '|', 2)::smallint AND k.pattern_no = split_part(n.fact, '|', 3)::bigint
),
taken_out AS (
    SELECT t.file_id, n.column_no, s.class, s.rule, -sum(t.row_count) AS cell_count
    FROM fact_of_outcome AS t
    CROSS JOIN string_to_table(t.row_classes, NULL) WITH ORDINALITY AS n (sign, column_no)
    INNER JOIN sign AS s ON s.sign = n.sign
    GROUP BY t.file_id, n.column_no, s.class, s.rule
),
-- A cell that several facts read: loaded by any is carried or transformed, by none is rejected.
as_it_came AS (
    SELECT b.file_id, b.column_no, b.class, b.rule, sum(b.row_count) AS cell_count
    FROM (
        SELECT DISTINCT ON (t.file_id, t.facts, n.column_no)
            t.file_id, n.column_no, t.row_count,
            CASE WHEN t.reason_code IS NULL THEN s.class ELSE 'rejected' END AS class,
            coalesce(t.reason_code, s.rule) AS rule
        FROM fact_of_outcome AS t
        CROSS JOIN string_to_table(t.classes, NULL) WITH ORDINALITY AS n (sign, column_no)
        INNER JOIN sign AS s ON s.sign = n.sign
        ORDER BY
            t.file_id, t.facts, n.column_no,
            -- Of several reasons the one that the others follow from.
            CASE WHEN t.reason_code IS NULL THEN s.rank WHEN t.reason_code LIKE '%\_REJECTED' THEN 4 ELSE 3 END,
            coalesce(t.reason_code, s.rule)
    ) AS b
    GROUP BY b.file_id, b.column_no, b.class, b.rule
),
counted AS (
    SELECT * FROM loaded
    UNION ALL
    SELECT * FROM taken_out
    UNION ALL
    SELECT * FROM as_it_came
    UNION ALL
    SELECT l.file_id, l.column_no, 'unused', 'ROW_DELETED', l.deleted_count FROM live AS l
    UNION ALL
    SELECT l.file_id, l.column_no, 'unused', l.unused_rule, l.row_count FROM live AS l
    WHERE l.unused_rule IS NOT NULL AND NOT l.is_partly_read
    UNION ALL
    SELECT l.file_id, l.column_no, 'unused', l.unused_rule, l.row_count - coalesce(n.cell_count, 0)
    FROM live AS l
    LEFT JOIN (
        SELECT p.file_id, p.column_no, sum(p.cell_count) AS cell_count FROM loaded AS p GROUP BY p.file_id, p.column_no
    ) AS n ON n.file_id = l.file_id AND n.column_no = l.column_no
    WHERE l.is_partly_read
)
SELECT :load_id, c.file_id, l.column_name, c.class, c.rule, sum(c.cell_count)
FROM counted AS c
INNER JOIN live AS l ON l.file_id = c.file_id AND l.column_no = c.column_no
GROUP BY c.file_id, l.column_name, c.class, c.rule
HAVING sum(c.cell_count) <> 0;

-- Per file: rows times columns = cells in all classes.
INSERT INTO migration.check_result (
    load_id, stage, level, entity, unit, measure, source_value, target_value, difference, tolerance, status
)
SELECT
    :load_id, 'verdict', 'count', n.described_as, n.path, 'cells', n.cell_count, n.counted, n.cell_count - n.counted, 0,
    CASE WHEN n.cell_count = n.counted THEN 'equal' ELSE 'differs' END
FROM (
    SELECT f.described_as, f.path, f.row_count * count(DISTINCT c.column_no) AS cell_count, coalesce(min(k.counted), 0) AS counted
    FROM landing.file AS f
    INNER JOIN migration.cell_column AS c ON c.file_id = f.file_id
    LEFT JOIN (
        SELECT k.file_id, sum(k.cell_count) AS counted FROM migration.cell_count AS k WHERE k.load_id = :load_id
        GROUP BY k.file_id
    ) AS k ON k.file_id = f.file_id
    WHERE f.load_id = :load_id
    GROUP BY f.file_id, f.described_as, f.path, f.row_count
) AS n;

-- A column whose classes do not make the file's rows, and one that no rule reads without anybody having said why.
INSERT INTO migration.check_result (
    load_id, stage, level, entity, unit, measure, source_value, target_value, difference, tolerance, status
)
SELECT
    :load_id, 'verdict', 'count', n.described_as, n.path, n.measure, n.source, n.target, n.source - n.target, 0, 'differs'
FROM (
    SELECT f.described_as, f.path, 'cells of ' || c.column_name AS measure, f.row_count::numeric AS source,
        coalesce(sum(k.cell_count), 0) AS target
    FROM landing.file AS f
    INNER JOIN migration.cell_column AS c ON c.file_id = f.file_id
    LEFT JOIN migration.cell_count AS k ON k.load_id = :load_id AND k.file_id = f.file_id AND k.column_name = c.column_name
    WHERE f.load_id = :load_id
    GROUP BY f.file_id, f.described_as, f.path, f.row_count, c.column_name
    HAVING f.row_count <> coalesce(sum(k.cell_count), 0) OR min(k.cell_count) < 0
    UNION ALL
    SELECT f.described_as, f.path, c.column_name || ' is read by a rule or declared unused', 1, 0
    FROM landing.file AS f
    INNER JOIN migration.cell_column AS c ON c.file_id = f.file_id
    WHERE f.load_id = :load_id AND c.unused_rule = :undeclared
) AS n;
