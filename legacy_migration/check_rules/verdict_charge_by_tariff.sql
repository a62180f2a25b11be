-- Each charge of the old program against its kWh at the tariff in force, priced by the statement that bills.
CREATE TEMPORARY TABLE charged_fact ON COMMIT DROP AS
SELECT t.file_id, t.row_no, t.account_no, t.service_month, t.energy_kwh, t.charge_minor, p.tariff_code
FROM standing_charge AS t
INNER JOIN standing_metering_point AS p ON p.account_no = t.account_no;

-- Thousands of consumers use the same kWh in the same month at the same tariff: each such volume is priced once.
CREATE TEMPORARY TABLE charged_month ON COMMIT DROP AS
SELECT
    row_number() OVER (ORDER BY c.tariff_code, c.service_month, c.energy_kwh)::bigint AS volume_no, c.tariff_code,
    c.service_month, c.energy_kwh
FROM charged_fact AS c
GROUP BY c.tariff_code, c.service_month, c.energy_kwh;
ANALYZE charged_fact, charged_month;

INSERT INTO migration.difference (load_id, check_code, file_id, row_no, legacy_key, measure, stated, expected, sentence)
SELECT
    :load_id, 'CHARGE_MISMATCH', c.file_id, c.row_no, c.account_no || ' ' || to_char(c.service_month, 'YYYY-MM'),
    'charge_minor', c.charge_minor, e.charge_minor,
    format(
        '%s, row %s: account %s, %s: charged %s for %s kWh, which cost %s by the tariff %s; find out which figure is wrong.',
        f.path, c.row_no, c.account_no, to_char(c.service_month, 'YYYY-MM'), round(c.charge_minor / 100.0, 2),
        trim_scale(c.energy_kwh), round(e.charge_minor / 100.0, 2), c.tariff_code
    )
FROM charged_fact AS c
INNER JOIN charged_month AS m
    ON m.tariff_code = c.tariff_code AND m.service_month = c.service_month AND m.energy_kwh = c.energy_kwh
INNER JOIN ops.charge_whole_months('pg_temp.charged_month') AS e ON e.volume_no = m.volume_no
INNER JOIN landing.file AS f ON f.file_id = c.file_id
-- Each line is rounded once, by the old program perhaps to the other side.
WHERE abs(c.charge_minor - e.charge_minor) > e.line_count;

INSERT INTO migration.check_result (
    load_id, stage, level, entity, unit, measure, source_value, target_value, difference, tolerance, status
)
SELECT
    :load_id, 'verdict', 'row', 'charge', '', 'charges that differ from kWh at the tariff', count(*), 0, count(*), 0,
    CASE WHEN count(*) = 0 THEN 'equal' ELSE 'noted' END
FROM migration.difference AS d
WHERE d.load_id = :load_id AND d.check_code = 'CHARGE_MISMATCH'
HAVING EXISTS (SELECT 1 FROM standing_charge);
