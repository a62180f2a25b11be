-- Each charge of the old program against its kWh at the tariff in force: the parts in each step at the price of the step.
INSERT INTO migration.difference (load_id, check_code, file_id, row_no, legacy_key, measure, stated, expected, sentence)
SELECT
    :load_id, 'CHARGE_MISMATCH', c.file_id, c.row_no, c.account_no || ' ' || to_char(c.service_month, 'YYYY-MM'),
    'charge_minor', c.charge_minor, c.expected_minor,
    format(
        '%s, row %s: account %s, %s: charged %s for %s kWh, which cost %s by the tariff %s; find out which figure is wrong.',
        c.path, c.row_no, c.account_no, to_char(c.service_month, 'YYYY-MM'), round(c.charge_minor / 100.0, 2),
        trim_scale(c.energy_kwh), round(c.expected_minor / 100.0, 2), c.tariff_code
    )
FROM (
    SELECT
        t.file_id, t.row_no, f.path, t.account_no, t.service_month, t.energy_kwh, t.charge_minor, p.tariff_code,
        s.expected_minor, s.step_count
    FROM standing_charge AS t
    INNER JOIN landing.file AS f ON f.file_id = t.file_id
    INNER JOIN standing_metering_point AS p ON p.account_no = t.account_no
    INNER JOIN ops.tariff_version AS v
        ON v.tariff_code = p.tariff_code AND v.known_to IS NULL AND v.price_includes_vat
        AND v.valid_from <= t.service_month
        AND (v.valid_to IS NULL OR v.valid_to >= t.service_month + interval '1 month')
    CROSS JOIN LATERAL (
        SELECT
            sum(round(
                greatest(least(t.energy_kwh, coalesce(k.up_to_kwh, t.energy_kwh)) - k.over_kwh, 0) * k.price_minor
            )) AS expected_minor,
            count(*) AS step_count
        FROM ops.tariff_step AS k
        WHERE k.tariff_version_id = v.tariff_version_id AND k.season_code = 'all'
    ) AS s
) AS c
-- Each step is rounded once, by the old program perhaps to the other side.
WHERE abs(c.charge_minor - c.expected_minor) > c.step_count;

INSERT INTO migration.check_result (
    load_id, stage, level, entity, unit, measure, source_value, target_value, difference, tolerance, status
)
SELECT
    :load_id, 'verdict', 'row', 'charge', '', 'charges that differ from kWh at the tariff', count(*), 0, count(*), 0,
    CASE WHEN count(*) = 0 THEN 'equal' ELSE 'noted' END
FROM migration.difference AS d
WHERE d.load_id = :load_id AND d.check_code = 'CHARGE_MISMATCH'
HAVING EXISTS (SELECT 1 FROM standing_charge);
