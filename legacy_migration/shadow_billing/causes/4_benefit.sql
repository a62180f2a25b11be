-- A benefit was taken off: a share of what the first kWh up to the norm cost, or of all. A grant that the account holds
-- in the book comes before the categories that are known.
INSERT INTO shadow_candidate (
    bill_no, rank, told, taken_share, tariff_code, variant_code, service_month, energy_kwh, residents, grid_minor
)
WITH category AS (
    SELECT v.category_code, v.share, v.norm_kind, v.valid_from, v.valid_to
    FROM ops.benefit_category_version AS v
    WHERE v.known_to IS NULL
),
variation AS (
    SELECT
        s.bill_no, 1 AS kind_no, v.share, g.category_code, 'which the account holds' AS whose, v.norm_kind,
        ops.benefit_norm_kwh(g.category_code, g.dwelling_code, g.entitled_persons, s.service_month) AS norm_kwh
    FROM open_suspect AS s
    INNER JOIN ops.account AS a ON a.account_no = s.account_no
    INNER JOIN ops.metering_point AS m ON m.account_id = a.account_id
    INNER JOIN ops.benefit_grant AS g
        ON g.metering_point_id = m.metering_point_id AND g.known_to IS NULL AND g.valid_from <= s.service_month
        AND (g.valid_to IS NULL OR g.valid_to > s.service_month)
    INNER JOIN category AS v
        ON v.category_code = g.category_code AND v.valid_from <= s.service_month
        AND (v.valid_to IS NULL OR v.valid_to > s.service_month)
    UNION ALL
    SELECT
        s.bill_no, 2, v.share, v.category_code, 'which the account does not hold in the book', v.norm_kind,
        ops.benefit_norm_kwh(v.category_code, d.dwelling_code, s.residents, s.service_month)
    FROM open_suspect AS s
    INNER JOIN category AS v
        ON v.valid_from <= s.service_month AND (v.valid_to IS NULL OR v.valid_to > s.service_month)
    LEFT JOIN (SELECT DISTINCT n.dwelling_code FROM ops.benefit_norm AS n) AS d ON v.norm_kind = 'dwelling'
)
SELECT
    v.bill_no, row_number() OVER (PARTITION BY v.bill_no ORDER BY v.kind_no, v.category_code, v.norm_kwh),
    format(
        'a benefit of %s %% %s by the category %s, %s', trim_scale(v.share * 100),
        CASE WHEN v.norm_kind = 'none' THEN 'of all kWh' ELSE format('of the first %s kWh', trim_scale(v.norm_kwh)) END,
        v.category_code, v.whose
    ),
    v.share, s.tariff_codes, 'all', s.service_month,
    CASE WHEN v.norm_kind = 'none' THEN s.energy_kwh ELSE least(v.norm_kwh, s.energy_kwh) END, s.residents, s.grid_minor
FROM variation AS v
INNER JOIN open_suspect AS s ON s.bill_no = v.bill_no
WHERE v.norm_kind = 'none' OR v.norm_kwh > 0;
