-- One row per meter of the network, channel and day of half-hours.
-- side: loaded
SELECT
    concat_ws(' ', t.point_code, t.channel, t.measured_on) AS legacy_key, t.half_hours, t.status, t.file_id, t.row_no
FROM standing_half_hours AS t
INNER JOIN (SELECT DISTINCT g.amr_code FROM told_grid_meter AS g) AS g ON g.amr_code = t.point_code
-- side: book
SELECT concat_ws(' ', t.amr_code, e.channel, e.measured_on) AS legacy_key, e.half_hours, e.status, e.source_id
FROM ops.grid_interval_energy AS e
INNER JOIN ops.grid_meter AS g ON g.grid_meter_id = e.grid_meter_id
INNER JOIN told_grid_meter AS t ON t.code = g.code
WHERE e.source_id IN (SELECT s.source_id FROM source_of_load AS s)
