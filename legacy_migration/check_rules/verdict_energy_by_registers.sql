-- What each register counted between two values that follow each other, and the kWh that the old program charged for a
-- month against them, wherever values stand at both ends of the month.
CREATE TEMPORARY TABLE register_step ON COMMIT DROP AS
WITH chain AS (
    SELECT
        t.point_code, t.serial_no, t.file_id, t.row_no, t.read_on, t.value_kwh, t.is_opening,
        lag(t.value_kwh) OVER register AS value_before, lag(t.read_on) OVER register AS read_before
    FROM standing_reading AS t
    WINDOW register AS (PARTITION BY t.point_code, t.serial_no ORDER BY t.read_on)
)
SELECT
    c.point_code, c.serial_no, c.file_id, c.row_no, c.read_before, c.read_on,
    (c.value_kwh - c.value_before + CASE WHEN c.value_kwh < c.value_before THEN 10::numeric ^ m.digits ELSE 0 END)
    * coalesce(m.ratio, 1) AS energy_kwh
FROM chain AS c
INNER JOIN (
    SELECT k.point_code, k.serial_no, min(k.digits) AS digits, min(k.ratio) AS ratio
    FROM told_meter AS k
    GROUP BY k.point_code, k.serial_no
) AS m ON m.point_code = c.point_code AND m.serial_no = c.serial_no
WHERE c.read_before IS NOT NULL AND NOT c.is_opening;
ANALYZE register_step;

INSERT INTO migration.difference (load_id, check_code, file_id, row_no, legacy_key, measure, stated, expected, sentence)
WITH counted AS (
    -- The days of all steps within the month are the days of the month: no value is missing, no meter is counted twice.
    SELECT
        p.account_no, date_trunc('month', s.read_before)::date AS service_month, sum(s.energy_kwh) AS energy_kwh,
        sum(s.read_on - s.read_before) AS days, count(DISTINCT s.point_code) AS point_count
    FROM register_step AS s
    INNER JOIN told_metering_point AS p ON p.point_code = s.point_code
    WHERE s.read_on <= date_trunc('month', s.read_before) + interval '1 month'
    GROUP BY p.account_no, date_trunc('month', s.read_before)
),
alone AS (
    SELECT p.account_no FROM (SELECT DISTINCT t.account_no, t.point_code FROM told_metering_point AS t) AS p
    GROUP BY p.account_no
    HAVING count(*) = 1
)
SELECT
    :load_id, 'ENERGY_MISMATCH', c.file_id, c.row_no, c.account_no || ' ' || to_char(c.service_month, 'YYYY-MM'),
    'energy_kwh', c.energy_kwh, n.energy_kwh,
    format(
        '%s, row %s: account %s, %s: charged for %s kWh, but its registers went on by %s; find out which figure is wrong.',
        f.path, c.row_no, c.account_no, to_char(c.service_month, 'YYYY-MM'), trim_scale(c.energy_kwh),
        trim_scale(n.energy_kwh)
    )
FROM standing_charge AS c
INNER JOIN counted AS n ON n.account_no = c.account_no AND n.service_month = c.service_month
INNER JOIN alone AS a ON a.account_no = c.account_no
INNER JOIN landing.file AS f ON f.file_id = c.file_id
WHERE n.days = (c.service_month + interval '1 month')::date - c.service_month
    -- The old program charges whole kWh.
    AND abs(c.energy_kwh - n.energy_kwh) >= 1;

INSERT INTO migration.check_result (
    load_id, stage, level, entity, unit, measure, source_value, target_value, difference, tolerance, status
)
SELECT
    :load_id, 'verdict', 'row', 'charge', '', 'kWh charged that the registers did not count', count(*), 0, count(*), 0,
    CASE WHEN count(*) = 0 THEN 'equal' ELSE 'noted' END
FROM migration.difference AS d
WHERE d.load_id = :load_id AND d.check_code = 'ENERGY_MISMATCH'
HAVING EXISTS (SELECT 1 FROM standing_charge) AND EXISTS (SELECT 1 FROM register_step);
