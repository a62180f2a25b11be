-- Rows that should be there, since the dump has them for nearly everybody: a charge of a month in which the registers
-- went on, a reading between two others. Where a row was rejected, that one is named and tells of it.

-- Each value with the one before it, and how long its register is read: asked for several times below.
CREATE TEMPORARY TABLE read_value ON COMMIT DROP AS
SELECT
    p.res_code, p.account_no, r.point_code, r.serial_no, r.file_id, r.row_no, r.read_on,
    lag(r.read_on) OVER (PARTITION BY r.point_code, r.serial_no ORDER BY r.read_on) AS read_before,
    lead(r.read_on) OVER (PARTITION BY r.point_code, r.serial_no ORDER BY r.read_on) AS read_after
FROM standing_reading AS r
INNER JOIN standing_metering_point AS p ON p.point_code = r.point_code;
ANALYZE read_value;

CREATE TEMPORARY TABLE charged_account ON COMMIT DROP AS
WITH told AS (
    SELECT t.account_no, min(t.service_month) AS first_month, max(t.service_month) AS last_month
    FROM migration.charge AS t
    WHERE t.load_id = :load_id AND NOT t.is_deleted
    GROUP BY t.account_no
),
registered AS (
    SELECT r.account_no, min(r.read_on) AS first_on, max(r.read_on) AS last_on
    FROM read_value AS r
    GROUP BY r.account_no
)
SELECT a.account_no, a.res_code, t.first_month, t.last_month, r.first_on, r.last_on
FROM standing_account AS a
INNER JOIN told AS t ON t.account_no = a.account_no
LEFT JOIN registered AS r ON r.account_no = a.account_no
WHERE NOT coalesce(a.is_archived, false);
ANALYZE charged_account;

INSERT INTO migration.difference (load_id, check_code, file_id, row_no, legacy_key, measure, stated, expected, sentence)
WITH usual_month AS (
    -- Months in which nine of ten accounts of the RES are charged; of fewer than ten nothing is usual.
    SELECT a.res_code, c.service_month
    FROM charged_account AS a
    INNER JOIN standing_charge AS c ON c.account_no = a.account_no
    INNER JOIN (
        SELECT n.res_code, count(*) AS account_count FROM charged_account AS n GROUP BY n.res_code
    ) AS n ON n.res_code = a.res_code
    GROUP BY a.res_code, c.service_month, n.account_count
    HAVING n.account_count >= 10 AND count(DISTINCT c.account_no) >= 0.9 * n.account_count
),
lacking AS (
    SELECT a.account_no, u.service_month
    FROM charged_account AS a
    INNER JOIN usual_month AS u ON u.res_code = a.res_code
    WHERE (
        u.service_month BETWEEN a.first_month AND a.last_month
        OR (a.first_on <= u.service_month AND a.last_on >= u.service_month + interval '1 month')
    )
    EXCEPT
    SELECT c.account_no, c.service_month FROM standing_charge AS c
)
SELECT
    :load_id, 'LOST_CHARGE', c.file_id, c.row_no, k.account_no || ' ' || to_char(k.service_month, 'YYYY-MM'), 'rows',
    0, 1,
    format(
        '%s: account %s has no row for %s, though nearly all others have and it is charged in other months (row %s); '
        'find the row.',
        f.path, k.account_no, to_char(k.service_month, 'YYYY-MM'), c.row_no
    )
FROM lacking AS k
CROSS JOIN LATERAL (
    SELECT n.file_id, n.row_no
    FROM standing_charge AS n
    WHERE n.account_no = k.account_no
    ORDER BY abs(n.service_month - k.service_month), n.service_month
    LIMIT 1
) AS c
INNER JOIN landing.file AS f ON f.file_id = c.file_id
WHERE k.account_no NOT IN (
    SELECT t.account_no
    FROM migration.verdict AS d
    INNER JOIN migration.charge AS t
        ON t.load_id = d.load_id AND t.file_id = d.file_id AND t.row_no = d.row_no AND t.part_no = d.part_no
    WHERE d.load_id = :load_id AND d.entity = 'charge' AND d.verdict = 'rejected' AND t.account_no IS NOT NULL
);

INSERT INTO migration.difference (load_id, check_code, file_id, row_no, legacy_key, measure, stated, expected, sentence)
WITH day_change AS (
    -- Registers that begin and end to be read, and values, by RES and day: registers times days would be many.
    SELECT
        r.res_code, r.read_on, count(*) FILTER (WHERE r.read_before IS NULL) AS begun, count(*) AS read_count
    FROM read_value AS r
    GROUP BY r.res_code, r.read_on
    UNION ALL
    SELECT r.res_code, r.read_on + 1, -count(*), 0
    FROM read_value AS r
    WHERE r.read_after IS NULL
    GROUP BY r.res_code, r.read_on
),
read_day AS (
    SELECT
        c.res_code, c.read_on, sum(c.read_count) AS read_count,
        sum(sum(c.begun)) OVER (PARTITION BY c.res_code ORDER BY c.read_on) AS register_count
    FROM day_change AS c
    GROUP BY c.res_code, c.read_on
),
usual_day AS (
    -- Days on which nine of ten registers that are read before or on them and behind have a value.
    SELECT d.res_code, d.read_on FROM read_day AS d
    WHERE d.read_count >= 10 AND d.read_count >= 0.9 * d.register_count
)
SELECT
    :load_id, 'LOST_READING', s.file_id, s.row_no, concat_ws(' ', s.point_code, s.serial_no, u.read_on), 'rows', 0, 1,
    format(
        '%s: meter %s of %s has no value of %s, though nearly all others have and it has values before and after '
        '(row %s); find the row.',
        f.path, s.serial_no, s.point_code, u.read_on, s.row_no
    )
FROM read_value AS s
INNER JOIN usual_day AS u ON u.res_code = s.res_code AND u.read_on > s.read_before AND u.read_on < s.read_on
INNER JOIN landing.file AS f ON f.file_id = s.file_id
WHERE concat_ws(' ', s.point_code, s.serial_no) NOT IN (
    SELECT concat_ws(' ', t.point_code, t.serial_no)
    FROM migration.verdict AS d
    INNER JOIN migration.reading AS t
        ON t.load_id = d.load_id AND t.file_id = d.file_id AND t.row_no = d.row_no AND t.part_no = d.part_no
    WHERE d.load_id = :load_id AND d.entity = 'reading' AND d.verdict IN ('rejected', 'out_of_scope')
);

INSERT INTO migration.check_result (
    load_id, stage, level, entity, unit, measure, source_value, target_value, difference, tolerance, status
)
SELECT
    :load_id, 'verdict', 'row', n.entity, '', n.measure, count(d.difference_id), 0, count(d.difference_id), 0,
    CASE WHEN count(d.difference_id) = 0 THEN 'equal' ELSE 'noted' END
FROM (
    VALUES
    ('charge', 'rows of months that nearly all others have', 'LOST_CHARGE'),
    ('reading', 'values of days that nearly all others have', 'LOST_READING')
) AS n (entity, measure, check_code)
LEFT JOIN migration.difference AS d ON d.load_id = :load_id AND d.check_code = n.check_code
WHERE n.entity = 'charge' AND EXISTS (SELECT 1 FROM standing_charge)
    OR n.entity = 'reading' AND EXISTS (SELECT 1 FROM standing_reading)
GROUP BY n.entity, n.measure, n.check_code;
DROP TABLE charged_account;
DROP TABLE read_value;
