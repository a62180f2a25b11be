-- Each bill in its class: the first that holds. Two things that differ at once explain nothing.
CREATE TEMPORARY TABLE shadow_result ON COMMIT DROP AS
WITH classed AS (
    SELECT
        s.*, k.told,
        CASE
            WHEN s.rated_minor IS NULL AND (s.charge_minor <> 0 OR s.energy_kwh <> 0) THEN 'unexplained'
            WHEN s.charge_minor = 0 AND s.energy_kwh = 0 AND s.our_kwh IS NULL THEN 'equal'
            WHEN s.energy_state = 'agrees' AND s.charge_minor = s.rated_minor AND s.our_kwh = s.energy_kwh THEN 'equal'
            WHEN s.energy_state = 'agrees' AND abs(s.charge_minor - s.rated_minor) <= s.tolerance_minor
                THEN 'rounding'
            WHEN s.energy_state <> 'differs' AND k.class IS NOT NULL THEN k.class
            WHEN s.energy_state IN ('unknown', 'spread', 'shifted')
                AND abs(s.charge_minor - s.rated_minor) <= s.tolerance_minor THEN 'missing_reading'
            WHEN s.energy_state NOT IN ('agrees', 'unknown')
                AND abs(s.charge_minor - s.our_minor) <= s.our_tolerance_minor THEN 'missing_reading'
            ELSE 'unexplained'
        END AS class
    FROM shadow_state AS s
    LEFT JOIN shadow_cause AS k ON k.bill_no = s.bill_no
),
worded AS (
    SELECT
        c.*, format('%s: account %s, %s', c.place, c.legacy_key, to_char(c.service_month, 'YYYY-MM')) AS bill_told,
        round(c.charge_minor / :minor_per_major.0, :money_digits) AS charged,
        round(c.rated_minor / :minor_per_major.0, :money_digits) AS rated,
        trim_scale(c.energy_kwh) AS kwh, trim_scale(c.our_kwh) AS our_told_kwh,
        CASE WHEN c.energy_state = 'unknown' THEN '; the readings do not tell the use of this month' ELSE '' END
            AS use_unknown
    FROM classed AS c
)
SELECT
    w.file_id, w.row_no, w.part_no, w.res_code, w.legacy_key, w.service_month, w.tariff_codes AS tariff_code,
    w.energy_kwh, w.charge_minor, w.our_kwh,
    CASE WHEN w.class = 'equal' THEN w.charge_minor ELSE w.our_minor END AS our_minor, w.class,
    CASE
        WHEN w.class = 'equal' THEN NULL
        WHEN w.class = 'rounding' AND w.our_kwh <> w.energy_kwh THEN format(
            '%s: charged %s for %s kWh, the readings give %s kWh; the old program keeps kWh in steps of %s.',
            w.bill_told, w.charged, w.kwh, w.our_told_kwh, trim_scale(2 * w.tolerance_kwh)
        )
        WHEN w.class = 'rounding' THEN format(
            '%s: charged %s, ours is %s; the old program rounds to %s.', w.bill_told, w.charged, w.rated,
            round(w.grid_minor / :minor_per_major.0, :money_digits)
        )
        WHEN w.class = 'missing_reading' AND w.our_kwh IS NULL THEN format(
            '%s: charged %s for %s kWh, which is their price, but the readings do not tell the use of this month; find '
            'the missing reading.', w.bill_told, w.charged, w.kwh
        )
        WHEN w.class = 'missing_reading' AND abs(w.charge_minor - w.rated_minor) <= w.tolerance_minor THEN format(
            '%s: charged %s for %s kWh, which is their price, but the readings give %s kWh from %s to %s; %s.',
            w.bill_told, w.charged, w.kwh, trim_scale(w.span_kwh), w.span_from, w.span_to,
            CASE WHEN w.energy_state = 'spread' THEN 'a reading between them is missing'
                ELSE 'over all months of the dump the kWh are the same, so it was billed by other readings' END
        )
        WHEN w.class = 'missing_reading' THEN format(
            '%s: charged %s for %s kWh, but that is the price of the %s kWh that the readings give; the kWh were told '
            'wrong.', w.bill_told, w.charged, w.kwh, w.our_told_kwh
        )
        WHEN w.class <> 'unexplained' THEN format(
            '%s: charged %s for %s kWh, ours is %s; it is %s%s.', w.bill_told, w.charged, w.kwh, w.rated, w.told,
            w.use_unknown
        )
        WHEN w.point_count = 0 THEN format(
            '%s: charged %s for %s kWh, but no metering point of the account is loaded, so nothing tells its tariff; '
            'see its verdict.', w.bill_told, w.charged, w.kwh
        )
        WHEN w.rated_minor IS NULL AND w.point_count > 1 THEN format(
            '%s: charged %s for %s kWh, but how they stand on the %s points of the account the readings do not tell.',
            w.bill_told, w.charged, w.kwh, w.point_count
        )
        WHEN w.rated_minor IS NULL THEN format(
            '%s: charged %s for %s kWh, for which the tariff %s has no price that month.', w.bill_told, w.charged,
            w.kwh, coalesce(w.tariff_codes, '(none)')
        )
        ELSE format(
            '%s: charged %s for %s kWh, ours is %s%s%s; find out which figure is wrong.', w.bill_told, w.charged, w.kwh,
            w.rated, CASE WHEN w.energy_state = 'differs'
                THEN format(
                    ', and the readings, none of them missing, give %s kWh from %s to %s', trim_scale(w.span_kwh),
                    w.span_from, w.span_to
                )
                ELSE '' END,
            coalesce('; ' || w.told, '')
        )
    END AS evidence
FROM worded AS w;
ANALYZE shadow_result;
