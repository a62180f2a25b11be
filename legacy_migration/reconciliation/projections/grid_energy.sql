-- One row per meter of the network and month of energy told as such.
-- side: loaded
SELECT
    concat_ws(' ', t.meter_code, to_char(t.service_month, 'YYYY-MM')) AS legacy_key, t.energy_kwh, t.file_id, t.row_no
FROM standing_grid_energy AS t
-- side: book
SELECT concat_ws(' ', g.code, to_char(e.span_from, 'YYYY-MM')) AS legacy_key, e.energy_kwh, e.source_id
FROM ops.grid_energy AS e
INNER JOIN ops.grid_meter AS g ON g.grid_meter_id = e.grid_meter_id
WHERE e.source_id IN (SELECT s.source_id FROM source_of_load AS s)
