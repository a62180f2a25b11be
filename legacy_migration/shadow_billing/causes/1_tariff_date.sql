-- The price list before or after: the whole month at one of the lists that touch it, or at its neighbours.
INSERT INTO shadow_candidate (
    bill_no, rank, told, tariff_code, variant_code, service_month, energy_kwh, residents, list_on, grid_minor
)
WITH list AS (
    SELECT
        f.tariff_code, f.valid_from, f.valid_to,
        row_number() OVER (PARTITION BY f.tariff_code ORDER BY f.valid_from) AS list_no
    FROM ops.tariff_in_force AS f
),
month AS (
    SELECT m.tariff_code, m.service_month, min(l.list_no) AS first_no, max(l.list_no) AS last_no
    FROM (SELECT DISTINCT s.tariff_codes AS tariff_code, s.service_month FROM open_suspect AS s) AS m
    INNER JOIN list AS l
        ON l.tariff_code = m.tariff_code AND daterange(l.valid_from, l.valid_to)
        && daterange(m.service_month, (m.service_month + interval '1 month')::date)
    GROUP BY m.tariff_code, m.service_month
)
SELECT
    s.bill_no, row_number() OVER (PARTITION BY s.bill_no ORDER BY abs(l.list_no - m.first_no), l.list_no),
    format(
        'the kWh at the price list of %s in force from %s%s', l.tariff_code, l.valid_from,
        ' until ' || (l.valid_to - 1)
    ),
    l.tariff_code, 'all', s.service_month, s.energy_kwh, s.residents, l.valid_from, s.grid_minor
FROM open_suspect AS s
INNER JOIN month AS m ON m.tariff_code = s.tariff_codes AND m.service_month = s.service_month
INNER JOIN list AS l ON l.tariff_code = m.tariff_code AND l.list_no BETWEEN m.first_no - 1 AND m.last_no + 1
WHERE m.first_no < m.last_no OR l.list_no <> m.first_no;
