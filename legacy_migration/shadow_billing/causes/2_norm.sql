-- Other limits of steps, or the norms of another kind of consumer: one thing changed, the price list of the month kept.
INSERT INTO shadow_candidate (
    bill_no, rank, told, tariff_code, variant_code, service_month, energy_kwh, residents, bound_factor, is_whole_volume,
    season_code, grid_minor
)
WITH used AS (
    SELECT DISTINCT s.tariff_codes AS tariff_code, s.service_month FROM open_suspect AS s
),
list AS (
    SELECT
        u.tariff_code, u.service_month, f.tariff_version_id, f.step_mode = 'whole' AS is_whole_volume,
        extract(day FROM u.service_month + interval '1 month - 1 day') AS day_count
    FROM used AS u
    INNER JOIN ops.tariff_in_force AS f
        ON f.tariff_code = u.tariff_code AND f.valid_from <= u.service_month
        AND (f.valid_to IS NULL OR f.valid_to > u.service_month)
),
first_day AS (
    SELECT t.point_code, min(t.read_on) AS read_on FROM standing_reading AS t GROUP BY t.point_code
),
variation AS (
    -- Limits.
    SELECT
        s.bill_no, 1 AS kind_no,
        CASE
            WHEN l.is_whole_volume THEN 'each step''s kWh at their own price'
            ELSE 'all kWh at the price of the step that they end in'
        END AS told,
        s.tariff_codes AS tariff_code, 'all' AS variant_code, NULL::numeric AS bound_factor,
        NOT l.is_whole_volume AS is_whole_volume, NULL AS season_code
    FROM open_suspect AS s
    INNER JOIN list AS l ON l.tariff_code = s.tariff_codes AND l.service_month = s.service_month
    UNION ALL
    SELECT
        s.bill_no, k.kind_no, format('the limits of the steps %s', k.told), s.tariff_codes, 'all', k.bound_factor,
        NULL::boolean, NULL
    FROM open_suspect AS s
    INNER JOIN list AS l ON l.tariff_code = s.tariff_codes AND l.service_month = s.service_month
    LEFT JOIN first_day AS d ON d.point_code = s.point_code
    CROSS JOIN LATERAL (
        VALUES
        (2, format('scaled to %s of 30 days', l.day_count), l.day_count / 30.0),
        (
            3, format('scaled to the %s days from the first reading', l.day_count - (d.read_on - s.service_month)),
            CASE WHEN d.read_on > s.service_month AND d.read_on < s.service_month + interval '1 month'
                THEN (l.day_count - (d.read_on - s.service_month)) / l.day_count END
        ),
        (4, format('times %s residents', s.residents), nullif(s.residents, 1)::numeric),
        (5, 'not scaled', 1),
        (6, 'left out, all kWh in the first', 99999999999)
    ) AS k (kind_no, told, bound_factor)
    WHERE k.bound_factor IS NOT NULL
    UNION ALL
    -- Another season, or another list within the tariff.
    SELECT DISTINCT
        s.bill_no, 7, format('the season %s and list %s of the tariff', t.season_code, t.variant_code), s.tariff_codes,
        t.variant_code, NULL::numeric, NULL::boolean, t.season_code
    FROM open_suspect AS s
    INNER JOIN list AS l ON l.tariff_code = s.tariff_codes AND l.service_month = s.service_month
    INNER JOIN ops.tariff_step AS t ON t.tariff_version_id = l.tariff_version_id
    WHERE (t.season_code, t.variant_code) <> ('all', 'all')
    UNION ALL
    -- Another kind of consumer: the rural or e-stove norm given to one who has none, or kept from one who has.
    SELECT
        s.bill_no, 8, format('the tariff %s instead of %s', k.tariff_code, s.tariff_codes), k.tariff_code, 'all',
        NULL::numeric, NULL::boolean, NULL
    FROM open_suspect AS s
    INNER JOIN ops.tariff AS t ON t.tariff_code = s.tariff_codes
    INNER JOIN ops.tariff AS k
        ON k.country = t.country AND k.consumer_kind = t.consumer_kind AND k.resource_code = t.resource_code
        AND k.tariff_code <> t.tariff_code
)
SELECT
    v.bill_no, row_number() OVER (PARTITION BY v.bill_no ORDER BY v.kind_no, v.told), v.told, v.tariff_code,
    v.variant_code, s.service_month, s.energy_kwh, s.residents, v.bound_factor, v.is_whole_volume, v.season_code,
    s.grid_minor
FROM variation AS v
INNER JOIN open_suspect AS s ON s.bill_no = v.bill_no;
