-- One row per metering point, channel and day of half-hours.
-- side: loaded
SELECT
    concat_ws(' ', t.point_code, t.channel, t.measured_on) AS legacy_key, t.half_hours, t.status, t.file_id, t.row_no
FROM standing_half_hours AS t
INNER JOIN (SELECT DISTINCT p.amr_code FROM told_metering_point AS p) AS p ON p.amr_code = t.point_code
-- side: book
SELECT concat_ws(' ', p.amr_code, e.channel, e.measured_on) AS legacy_key, e.half_hours, e.status, e.source_id
FROM ops.interval_energy AS e
INNER JOIN ops.metering_point AS m ON m.metering_point_id = e.metering_point_id
INNER JOIN told_metering_point AS p
    ON m.code = p.account_no || '#' || CASE WHEN p.point_code = p.account_no THEN '1' ELSE p.point_code END
WHERE e.source_id IN (SELECT s.source_id FROM source_of_load AS s)
