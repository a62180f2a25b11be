-- One row per metering point, direction and month of energy told as such; rows that split one consumer are added.
-- side: loaded
SELECT
    concat_ws(' ', t.point_code, t.direction, to_char(t.service_month, 'YYYY-MM')) AS legacy_key,
    count(*) AS row_count, sum(t.energy_kwh)::numeric(18, 6) AS energy_kwh, min(t.file_id) AS file_id,
    min(t.row_no) AS row_no
FROM standing_declared_energy AS t
GROUP BY t.point_code, t.direction, t.service_month
-- side: book
SELECT
    concat_ws(
        ' ',
        CASE
            WHEN p.code = a.account_no || '#1' THEN a.account_no
            ELSE substr(p.code, length(a.account_no) + 2)
        END, e.direction, to_char(e.span_from, 'YYYY-MM')
    ) AS legacy_key, count(*) AS row_count, sum(e.energy_kwh)::numeric(18, 6) AS energy_kwh,
    max(e.source_id) AS source_id
FROM ops.measured_energy AS e
INNER JOIN ops.metering_point AS p ON p.metering_point_id = e.metering_point_id
INNER JOIN ops.account AS a ON a.account_id = e.account_id
WHERE e.kind = 'legacy_billed' AND e.source_id IN (SELECT s.source_id FROM source_of_load AS s)
GROUP BY 1, e.metering_point_id, e.direction, e.span_from
