-- Loaded figures that can hardly be: energy far from the point's own months and from its peers, below zero, more than its
-- connected load can draw; balances out of all proportion to the account's charges. Each with what is at stake, so that the
-- dearest are looked at first. Uses register_step of verdict_energy_by_registers.
CREATE TEMPORARY TABLE doubtful_figure ON COMMIT DROP AS
WITH step AS (
    SELECT
        s.*, (s.read_on - s.read_before)::numeric AS days, p.account_no, p.tariff_code,
        coalesce(p.connected_load_kw, 0) AS connected_load_kw
    FROM register_step AS s
    INNER JOIN told_metering_point AS p ON p.point_code = s.point_code
    WHERE s.read_on > s.read_before
),
own_use AS (
    -- The middle of a point's own steps: one of them may be any.
    SELECT
        s.point_code, count(*) AS step_count,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY (s.energy_kwh / s.days)::float8) AS kwh_a_day
    FROM step AS s
    GROUP BY s.point_code
),
peer_use AS (
    SELECT
        s.tariff_code, count(*) AS point_count,
        percentile_cont(0.99) WITHIN GROUP (ORDER BY o.kwh_a_day) AS kwh_a_day
    FROM (SELECT DISTINCT t.point_code, t.tariff_code FROM step AS t) AS s
    INNER JOIN own_use AS o ON o.point_code = s.point_code
    GROUP BY s.tariff_code
),
price AS (
    -- What the old program took for a kWh, account by account; the mean of all where it charged one nothing.
    SELECT
        c.account_no, sum(c.charge_minor) / nullif(sum(c.energy_kwh), 0) AS minor_a_kwh,
        sum(c.charge_minor)::numeric / count(*) AS minor_a_month
    FROM standing_charge AS c
    GROUP BY c.account_no
),
usual_month AS (
    -- The middle of the accounts of a kind.
    SELECT a.kind, percentile_cont(0.5) WITHIN GROUP (ORDER BY p.minor_a_month::float8) AS minor_a_month
    FROM price AS p
    INNER JOIN told_account AS a ON a.account_no = p.account_no
    GROUP BY a.kind
),
mean_price AS (
    SELECT sum(c.charge_minor) / nullif(sum(c.energy_kwh), 0) AS minor_a_kwh FROM standing_charge AS c
),
doubtful AS (
    SELECT
        'reading' AS entity, s.file_id, s.row_no, 'BEYOND_CONNECTED_LOAD' AS reason_code,
        concat_ws(' ', s.point_code, s.serial_no, s.read_on) AS legacy_key, s.account_no, 'value_kwh' AS field,
        s.energy_kwh - s.connected_load_kw * 24 * s.days AS energy_kwh,
        format(
            '%s kWh in %s days, but %s kW can draw %s at most', round(s.energy_kwh, 1), s.days,
            trim_scale(s.connected_load_kw), round(s.connected_load_kw * 24 * s.days, 1)
        ) AS told
    FROM step AS s
    WHERE s.connected_load_kw > 0 AND s.energy_kwh > s.connected_load_kw * 24 * s.days
    UNION ALL
    SELECT
        'reading', s.file_id, s.row_no, 'UNLIKE_OWN_HISTORY', concat_ws(' ', s.point_code, s.serial_no, s.read_on),
        s.account_no, 'value_kwh', s.energy_kwh - o.kwh_a_day::numeric * s.days,
        format(
            '%s kWh in %s days, but its own usual use makes %s', round(s.energy_kwh, 1), s.days,
            round(o.kwh_a_day::numeric * s.days, 1)
        )
    FROM step AS s
    INNER JOIN own_use AS o ON o.point_code = s.point_code
    INNER JOIN peer_use AS k ON k.tariff_code IS NOT DISTINCT FROM s.tariff_code
    WHERE o.step_count >= 3 AND s.energy_kwh / s.days > 10 * o.kwh_a_day::numeric
        -- An empty home that is lived in again uses what others use.
        AND (s.energy_kwh / s.days)::float8 > k.kwh_a_day AND s.energy_kwh > 500
    UNION ALL
    SELECT
        'reading', s.file_id, s.row_no, 'UNLIKE_PEERS', concat_ws(' ', s.point_code, s.serial_no, s.read_on), s.account_no,
        'value_kwh', s.energy_kwh - k.kwh_a_day::numeric * s.days,
        format(
            '%s kWh in %s days, but 99 of 100 points of tariff %s use at most %s', round(s.energy_kwh, 1), s.days,
            coalesce(s.tariff_code, 'none'), round(k.kwh_a_day::numeric * s.days, 1)
        )
    FROM step AS s
    INNER JOIN own_use AS o ON o.point_code = s.point_code
    INNER JOIN peer_use AS k ON k.tariff_code IS NOT DISTINCT FROM s.tariff_code
    WHERE k.point_count >= 100 AND (s.energy_kwh / s.days)::float8 > 20 * k.kwh_a_day AND s.energy_kwh > 500
        -- What is far from its own history was named for that; where it is always so much, there may be a wrong unit.
        AND NOT (o.step_count >= 3 AND s.energy_kwh / s.days > 10 * o.kwh_a_day::numeric)
    UNION ALL
    SELECT
        'charge', c.file_id, c.row_no, 'NEGATIVE_ENERGY', c.account_no || ' ' || to_char(c.service_month, 'YYYY-MM'),
        c.account_no, 'energy_kwh', -c.energy_kwh, format('%s kWh', trim_scale(c.energy_kwh))
    FROM standing_charge AS c
    WHERE c.energy_kwh < 0
    UNION ALL
    SELECT
        'declared_energy', e.file_id, e.row_no, 'NEGATIVE_ENERGY',
        concat_ws(' ', e.point_code, e.direction, to_char(e.service_month, 'YYYY-MM')), p.account_no, 'energy_kwh',
        -e.energy_kwh, format('%s kWh', trim_scale(e.energy_kwh))
    FROM standing_declared_energy AS e
    INNER JOIN told_metering_point AS p ON p.point_code = e.point_code
    WHERE e.energy_kwh < 0
)
SELECT
    d.entity, d.file_id, d.row_no, d.reason_code, d.legacy_key, d.field, d.told, d.energy_kwh,
    coalesce(round(d.energy_kwh * coalesce(p.minor_a_kwh, m.minor_a_kwh)), 0)::bigint AS amount_minor
FROM doubtful AS d
LEFT JOIN price AS p ON p.account_no = d.account_no
CROSS JOIN mean_price AS m
UNION ALL
SELECT
    'opening_balance', b.file_id, b.row_no, 'BALANCE_OUT_OF_LINE', concat_ws(' ', b.account_no, b.year_of_origin),
    'debit_minor', format(
        '%s, which is %s months of its charges of %s', round((b.debit_minor - b.credit_minor) / 100.0, 2),
        round(abs(b.debit_minor - b.credit_minor) / p.minor_a_month, 1), round(p.minor_a_month / 100.0, 2)
    ), 0, abs(b.debit_minor - b.credit_minor) - round(240 * p.minor_a_month)::bigint
FROM standing_opening_balance AS b
INNER JOIN price AS p ON p.account_no = b.account_no AND p.minor_a_month > 0
INNER JOIN told_account AS a ON a.account_no = b.account_no
INNER JOIN usual_month AS u ON u.kind = a.kind
-- More than twenty years of its own charges, and five of what others are charged: who uses little may owe old debts.
WHERE abs(b.debit_minor - b.credit_minor) > 240 * p.minor_a_month
    AND abs(b.debit_minor - b.credit_minor) > 60 * u.minor_a_month;

INSERT INTO migration.remark (
    load_id, entity, file_id, row_no, reason_code, field, value, legacy_key, sentence, energy_kwh, amount_minor
)
SELECT
    :load_id, d.entity, d.file_id, d.row_no, d.reason_code, d.field, d.told, d.legacy_key,
    replace(
        replace(replace(replace(r.sentence, '{file}', f.path), '{row}', d.row_no::text), '{key}', d.legacy_key),
        '{value}', d.told
    ), round(d.energy_kwh, 6), d.amount_minor
FROM doubtful_figure AS d
INNER JOIN migration.reason AS r ON r.reason_code = d.reason_code
INNER JOIN landing.file AS f ON f.file_id = d.file_id
ORDER BY d.amount_minor DESC, d.legacy_key;

INSERT INTO migration.check_result (
    load_id, stage, level, entity, unit, measure, source_value, target_value, difference, tolerance, status
)
SELECT
    :load_id, 'verdict', 'sum', d.entity, '', 'at stake in doubtful figures (' || d.reason_code || '), smallest coins',
    sum(d.amount_minor), NULL, NULL, 0, 'noted'
FROM doubtful_figure AS d
GROUP BY d.entity, d.reason_code;
DROP TABLE doubtful_figure;
