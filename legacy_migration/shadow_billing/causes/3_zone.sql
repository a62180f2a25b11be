-- Prices of hours: the month's half-hours in zones where the dump has them all, else all kWh in one zone; by the
-- point's own tariff, and by those of its kind of consumer that know zones.
INSERT INTO shadow_candidate (
    bill_no, rank, told, tariff_code, variant_code, service_month, energy_kwh, residents, zone_set, zone_code,
    all_zones_kwh, grid_minor
)
WITH list AS (
    SELECT s.bill_no, k.tariff_code, f.tariff_version_id
    FROM open_suspect AS s
    INNER JOIN ops.tariff AS t ON t.tariff_code = s.tariff_codes
    INNER JOIN ops.tariff AS k
        ON k.country = t.country AND k.consumer_kind = t.consumer_kind AND k.resource_code = t.resource_code
    INNER JOIN ops.tariff_in_force AS f
        ON f.tariff_code = k.tariff_code AND f.valid_from <= s.service_month
        AND (f.valid_to IS NULL OR f.valid_to > s.service_month)
    WHERE EXISTS (SELECT 1 FROM ops.tariff_zone AS z WHERE z.tariff_version_id = f.tariff_version_id)
),
measured AS (
    SELECT s.bill_no, l.tariff_code, h.zone_set, h.zone_code, sum(e.energy_kwh) AS energy_kwh
    FROM open_suspect AS s
    INNER JOIN list AS l ON l.bill_no = s.bill_no
    INNER JOIN shadow_energy AS u
        ON u.point_code = s.point_code AND u.service_month = s.service_month AND u.preference = 1
    INNER JOIN shadow_point AS p ON p.point_code = s.point_code
    INNER JOIN standing_half_hours AS i
        ON i.point_code = p.amr_code AND i.channel = '01' AND i.measured_on >= u.span_from AND i.measured_on < u.span_to
    CROSS JOIN LATERAL unnest(i.half_hours) WITH ORDINALITY AS e (energy_kwh, half_hour)
    INNER JOIN ops.tariff_zone_hours AS h
        ON h.tariff_version_id = l.tariff_version_id AND (e.half_hour - 1) / 2 >= h.from_hour
        AND (e.half_hour - 1) / 2 < h.to_hour
    GROUP BY s.bill_no, l.tariff_code, h.zone_set, h.zone_code
),
variation AS (
    SELECT
        m.bill_no, 1 AS kind_no, format('the half-hours in the zones %s of %s', m.zone_set, m.tariff_code) AS told,
        m.tariff_code, m.zone_set, m.zone_code, m.energy_kwh,
        sum(m.energy_kwh) OVER (PARTITION BY m.bill_no, m.tariff_code, m.zone_set) AS all_zones_kwh
    FROM measured AS m
    WHERE m.energy_kwh > 0
    UNION ALL
    SELECT
        l.bill_no, 2, format('all kWh in the zone %s (%s) of %s', z.zone_code, z.zone_set, l.tariff_code),
        l.tariff_code, z.zone_set, z.zone_code, s.energy_kwh, s.energy_kwh
    FROM list AS l
    INNER JOIN open_suspect AS s ON s.bill_no = l.bill_no
    INNER JOIN ops.tariff_zone AS z ON z.tariff_version_id = l.tariff_version_id
)
SELECT
    v.bill_no, dense_rank() OVER (PARTITION BY v.bill_no ORDER BY v.kind_no, v.told), v.told, v.tariff_code, 'all',
    s.service_month, v.energy_kwh, s.residents, v.zone_set, v.zone_code, v.all_zones_kwh, s.grid_minor
FROM variation AS v
INNER JOIN open_suspect AS s ON s.bill_no = v.bill_no;
