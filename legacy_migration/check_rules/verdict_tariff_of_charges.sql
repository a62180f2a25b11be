-- Accounts of which every charge contradicts the tariff in their row and agrees with one and the same other tariff of
-- the dump: the code is wrong, not the charges. Uses charged_fact of verdict_charge_by_tariff.
CREATE TEMPORARY TABLE charged_otherwise ON COMMIT DROP AS
WITH contradicted AS (
    SELECT c.account_no, min(c.tariff_code) AS tariff_code
    FROM charged_fact AS c
    LEFT JOIN migration.difference AS d
        ON d.load_id = :load_id AND d.check_code = 'CHARGE_MISMATCH' AND d.file_id = c.file_id AND d.row_no = c.row_no
    WHERE c.energy_kwh <> 0
    GROUP BY c.account_no
    HAVING count(*) = count(d.difference_id) AND count(*) > 1 AND count(DISTINCT c.tariff_code) = 1
),
other_tariff AS (SELECT DISTINCT p.tariff_code FROM standing_metering_point AS p WHERE p.tariff_code IS NOT NULL)
SELECT
    row_number() OVER (ORDER BY c.account_no, o.tariff_code, c.service_month)::bigint AS volume_no, o.tariff_code,
    c.service_month, c.energy_kwh, c.account_no, c.charge_minor, k.tariff_code AS told_tariff_code
FROM contradicted AS k
INNER JOIN charged_fact AS c ON c.account_no = k.account_no AND c.energy_kwh <> 0
INNER JOIN other_tariff AS o ON o.tariff_code <> k.tariff_code;
ANALYZE charged_otherwise;

INSERT INTO migration.difference (load_id, check_code, file_id, row_no, legacy_key, measure, stated, expected, sentence)
SELECT
    :load_id, 'TARIFF_OF_CHARGES', p.file_id, p.row_no, p.account_no, 'tariff_code', NULL, NULL,
    format(
        '%s, row %s: account %s has the tariff %s, but all its %s charges are those of %s; find out which is right.',
        f.path, p.row_no, p.account_no, n.told_tariff_code, n.charge_count, n.tariff_codes
    )
FROM (
    SELECT
        m.account_no, m.told_tariff_code, min(m.charge_count) AS charge_count,
        string_agg(m.tariff_code, ' or ' ORDER BY m.tariff_code) AS tariff_codes
    FROM (
        SELECT c.account_no, c.told_tariff_code, c.tariff_code, count(*) AS charge_count
        FROM charged_otherwise AS c
        LEFT JOIN ops.charge_whole_months('pg_temp.charged_otherwise') AS e ON e.volume_no = c.volume_no
        GROUP BY c.account_no, c.told_tariff_code, c.tariff_code
        -- Each line is rounded once, by the old program perhaps to the other side.
        HAVING bool_and(coalesce(abs(c.charge_minor - e.charge_minor) <= e.line_count, false))
    ) AS m
    GROUP BY m.account_no, m.told_tariff_code
) AS n
INNER JOIN standing_metering_point AS p ON p.account_no = n.account_no
INNER JOIN landing.file AS f ON f.file_id = p.file_id;

INSERT INTO migration.check_result (
    load_id, stage, level, entity, unit, measure, source_value, target_value, difference, tolerance, status
)
SELECT
    :load_id, 'verdict', 'row', 'metering_point', '', 'tariffs that all charges of the account contradict', count(*), 0,
    count(*), 0, CASE WHEN count(*) = 0 THEN 'equal' ELSE 'noted' END
FROM migration.difference AS d
WHERE d.load_id = :load_id AND d.check_code = 'TARIFF_OF_CHARGES'
HAVING EXISTS (SELECT 1 FROM standing_charge);
DROP TABLE charged_otherwise;
