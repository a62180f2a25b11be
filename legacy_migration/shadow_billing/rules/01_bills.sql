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
WITH bill AS (
    SELECT f.described_as, c.charge_minor, c.energy_kwh
    FROM standing_charge AS c
    INNER JOIN landing.file AS f ON f.file_id = c.file_id
),
coin AS (
    SELECT b.described_as, max(g.grid_minor) AS grid_minor
    FROM (SELECT DISTINCT b.described_as FROM bill AS b) AS b
    CROSS JOIN LATERAL (
        SELECT k.grid_minor
        FROM unnest(
            ARRAY[1, 10, :minor_per_major, 10 * :minor_per_major, 100 * :minor_per_major, 1000 * :minor_per_major]
        ) AS k (grid_minor)
        INNER JOIN bill AS c ON c.described_as = b.described_as AND c.charge_minor <> 0
        GROUP BY k.grid_minor
        HAVING count(*) FILTER (WHERE c.charge_minor % k.grid_minor <> 0) * 100 <= count(*)
            AND (k.grid_minor <= :minor_per_major OR count(*) >= 100)
    ) AS g
    GROUP BY b.described_as
),
part AS (
    SELECT b.described_as, max(k.grid_kwh) AS grid_kwh
    FROM (SELECT DISTINCT b.described_as FROM bill AS b) AS b
    CROSS JOIN LATERAL (
        SELECT k.grid_kwh
        FROM unnest(ARRAY[1, 0.1, 0.01, 0.001]) AS k (grid_kwh)
        INNER JOIN bill AS c ON c.described_as = b.described_as AND c.energy_kwh <> 0
        GROUP BY k.grid_kwh
        HAVING count(*) FILTER (WHERE c.energy_kwh % k.grid_kwh <> 0) * 100 <= count(*)
    ) AS k
    GROUP BY b.described_as
)
SELECT d.described_as, coalesce(c.grid_minor, 1)::bigint AS grid_minor, coalesce(p.grid_kwh, 0.001) AS grid_kwh
FROM (SELECT DISTINCT b.described_as FROM bill AS b) AS d
LEFT JOIN coin AS c ON c.described_as = d.described_as
LEFT JOIN part AS p ON p.described_as = d.described_as;

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
