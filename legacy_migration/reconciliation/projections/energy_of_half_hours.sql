-- One row per month of a metering point that is billed by its half-hours: their sum.
-- side: loaded
SELECT
    concat_ws(' ', h.point_code, to_char(t.measured_on, 'YYYY-MM')) AS legacy_key,
    sum(t.energy_kwh)::numeric(18, 6) AS energy_kwh, min(t.file_id) AS file_id, min(t.row_no) AS row_no
FROM standing_half_hours AS t
INNER JOIN point_by_half_hours_told AS h ON h.amr_code = t.point_code
WHERE t.channel = '01'
GROUP BY h.point_code, to_char(t.measured_on, 'YYYY-MM')
-- side: book
SELECT
    concat_ws(
        ' ',
        CASE
            WHEN p.code = a.account_no || '#1' THEN a.account_no
            ELSE substr(p.code, length(a.account_no) + 2)
        END, to_char(e.span_from, 'YYYY-MM')
    ) AS legacy_key, e.energy_kwh, e.source_id
FROM ops.measured_energy AS e
INNER JOIN ops.metering_point AS p ON p.metering_point_id = e.metering_point_id
INNER JOIN ops.account AS a ON a.account_id = e.account_id
WHERE e.kind = 'half_hours' AND e.source_id IN (SELECT s.source_id FROM source_of_load AS s)
