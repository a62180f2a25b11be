-- One row per value read from a meter of the network.
-- side: loaded
SELECT concat_ws(' ', t.meter_code, t.read_on) AS legacy_key, t.value_kwh, t.file_id, t.row_no
FROM standing_grid_reading AS t
-- side: book
SELECT concat_ws(' ', g.code, r.read_on) AS legacy_key, r.value_kwh, r.source_id
FROM ops.grid_meter_reading AS r
INNER JOIN ops.grid_meter AS g ON g.grid_meter_id = r.grid_meter_id
WHERE r.source_id IN (SELECT s.source_id FROM source_of_load AS s)
