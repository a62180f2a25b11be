-- Which legacy bills are re-rated, by which tariff, and how coarsely the old program rounds.

CREATE TEMPORARY TABLE shadow_point ON COMMIT DROP AS
SELECT p.account_no, p.point_code, p.amr_code, p.tariff_code, t.country, t.consumer_kind, t.resource_code
FROM standing_metering_point AS p
LEFT JOIN ops.tariff AS t ON t.tariff_code = p.tariff_code;
ANALYZE shadow_point;

CREATE TEMPORARY TABLE shadow_account ON COMMIT DROP AS
SELECT
    a.account_no, a.res_code, coalesce(a.legacy_no, a.account_no) AS legacy_key, greatest(a.residents, 1) AS residents,
    coalesce(p.point_count, 0) AS point_count, p.tariff_codes, p.point_code
FROM standing_account AS a
LEFT JOIN (
    SELECT
        p.account_no, count(*) AS point_count, string_agg(DISTINCT p.tariff_code, ', ') AS tariff_codes,
        min(p.point_code) AS point_code
    FROM shadow_point AS p
    GROUP BY p.account_no
) AS p ON p.account_no = a.account_no;
ANALYZE shadow_account;

-- The coarsest coin, and the coarsest part of a kWh, that 99 of 100 bills of a kind of file are whole multiples of.
-- What is coarser than the currency's unit is believed only where many bills show it.
CREATE TEMPORARY TABLE shadow_grid ON COMMIT DROP AS
WITH counted AS (
    SELECT
        f.described_as, count(*) FILTER (WHERE c.charge_minor <> 0) AS bill_count,
        count(*) FILTER (WHERE c.charge_minor % 10 <> 0) AS off_10,
        count(*) FILTER (WHERE c.charge_minor % :minor_per_major <> 0) AS off_1_major,
        count(*) FILTER (WHERE c.charge_minor % (10 * :minor_per_major) <> 0) AS off_10_major,
        count(*) FILTER (WHERE c.charge_minor % (100 * :minor_per_major) <> 0) AS off_100_major,
        count(*) FILTER (WHERE c.charge_minor % (1000 * :minor_per_major) <> 0) AS off_1000_major,
        count(*) FILTER (WHERE c.energy_kwh <> 0) AS use_count,
        count(*) FILTER (WHERE c.energy_kwh % 1 <> 0) AS off_whole,
        count(*) FILTER (WHERE c.energy_kwh % 0.1 <> 0) AS off_tenth,
        count(*) FILTER (WHERE c.energy_kwh % 0.01 <> 0) AS off_hundredth
    FROM standing_charge AS c
    INNER JOIN landing.file AS f ON f.file_id = c.file_id
    GROUP BY f.described_as
)
SELECT
    c.described_as,
    (
        SELECT max(g.grid_minor)
        FROM (
            VALUES
            (1, 0), (10, c.off_10), (:minor_per_major, c.off_1_major), (10 * :minor_per_major, c.off_10_major),
            (100 * :minor_per_major, c.off_100_major), (1000 * :minor_per_major, c.off_1000_major)
        ) AS g (grid_minor, off_count)
        WHERE g.off_count * 100 <= c.bill_count AND (g.grid_minor <= :minor_per_major OR c.bill_count >= 100)
    )::bigint AS grid_minor,
    (
        SELECT max(g.grid_kwh)
        FROM (VALUES (1, c.off_whole), (0.1, c.off_tenth), (0.01, c.off_hundredth), (0.001, 0))
            AS g (grid_kwh, off_count)
        WHERE g.off_count * 100 <= c.use_count
    ) AS grid_kwh
FROM counted AS c;

CREATE TEMPORARY TABLE shadow_charge ON COMMIT DROP AS
SELECT
    row_number() OVER (ORDER BY c.file_id, c.row_no, c.part_no) AS bill_no, c.file_id, c.row_no, c.part_no,
    f.path || ', row ' || c.row_no AS place, a.res_code, c.account_no, a.legacy_key, c.service_month,
    coalesce(c.energy_kwh, 0) AS energy_kwh, coalesce(c.charge_minor, 0) AS charge_minor, g.grid_minor,
    g.grid_kwh / 2 AS tolerance_kwh, a.residents, a.point_count, a.tariff_codes, a.point_code
FROM standing_charge AS c
INNER JOIN landing.file AS f ON f.file_id = c.file_id
INNER JOIN shadow_account AS a ON a.account_no = c.account_no
INNER JOIN shadow_grid AS g ON g.described_as = f.described_as
WHERE c.service_month = ANY (:months);
ANALYZE shadow_charge;
