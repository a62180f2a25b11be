-- Transformers, lines, network meters and their energy. A unit that the book had before keeps what it has.
INSERT INTO ops.transformer (
    unit_id, code, rated_kva, no_load_kw, load_loss_kw, valid_from, source_id, source_row
)
SELECT u.unit_id, t.code, t.rated_kva, t.no_load_kw, t.load_loss_kw, :first_day, s.source_id, t.row_no
FROM standing_transformer AS t
INNER JOIN file_source AS s ON s.file_id = t.file_id
INNER JOIN unit_of_code AS u ON u.code = t.unit_code
WHERE NOT EXISTS (
    SELECT 1 FROM ops.transformer AS k WHERE k.unit_id = u.unit_id AND k.code = t.code AND k.known_to IS NULL
);

INSERT INTO ops.line_section (
    unit_id, code, kind, from_node, to_node, length_m, conductor, resistance_ohm_per_km, reactance_ohm_per_km,
    rated_current_a, valid_from, source_id, source_row
)
SELECT
    u.unit_id, t.code, t.kind, t.from_node, t.to_node, t.length_m, t.conductor,
    coalesce(t.resistance_ohm_per_km, c.resistance_ohm_per_km), coalesce(t.reactance_ohm_per_km, c.reactance_ohm_per_km),
    c.rated_current_a, :first_day, s.source_id, t.row_no
FROM standing_line_section AS t
INNER JOIN file_source AS s ON s.file_id = t.file_id
INNER JOIN unit_of_code AS u ON u.code = t.unit_code
LEFT JOIN told_conductor AS c ON c.code = t.conductor
WHERE NOT EXISTS (
    SELECT 1 FROM ops.line_section AS k
    WHERE k.unit_id = u.unit_id AND k.kind = t.kind AND k.code = t.code AND k.known_to IS NULL
);

INSERT INTO ops.grid_meter (code, unit_id, role, digits, ratio, valid_from, source_id, source_row)
SELECT t.code, u.unit_id, 'head', t.digits, coalesce(t.ratio, 1), :first_day, s.source_id, t.row_no
FROM standing_grid_meter AS t
INNER JOIN file_source AS s ON s.file_id = t.file_id
INNER JOIN unit_of_code AS u ON u.code = t.unit_code
ON CONFLICT (code) DO NOTHING;

CREATE TEMPORARY TABLE published_grid_meter ON COMMIT DROP AS
SELECT t.code, t.amr_code, g.grid_meter_id
FROM told_grid_meter AS t
INNER JOIN ops.grid_meter AS g ON g.code = t.code;

INSERT INTO ops.grid_meter_reading (grid_meter_id, booked_month, read_on, value_kwh, source_id, source_row)
SELECT
    g.grid_meter_id, greatest(:first_day, date_trunc('month', t.read_on - 1)::date), t.read_on, t.value_kwh,
    s.source_id, t.row_no
FROM standing_grid_reading AS t
INNER JOIN file_source AS s ON s.file_id = t.file_id
INNER JOIN published_grid_meter AS g ON g.code = t.meter_code;

INSERT INTO ops.grid_interval_energy (
    grid_meter_id, booked_month, channel, measured_on, half_hours, status, source_id, source_row
)
SELECT
    g.grid_meter_id, date_trunc('month', t.measured_on)::date, t.channel, t.measured_on, t.half_hours, t.status,
    s.source_id, t.row_no
FROM standing_half_hours AS t
INNER JOIN file_source AS s ON s.file_id = t.file_id
INNER JOIN published_grid_meter AS g ON g.amr_code = t.point_code
ORDER BY g.grid_meter_id, t.measured_on;

INSERT INTO ops.grid_energy (grid_meter_id, booked_month, span_from, span_to, energy_kwh, source_id, source_row)
SELECT
    g.grid_meter_id, t.service_month, t.service_month, (t.service_month + interval '1 month')::date, t.energy_kwh,
    s.source_id, t.row_no
FROM standing_grid_energy AS t
INNER JOIN file_source AS s ON s.file_id = t.file_id
INNER JOIN published_grid_meter AS g ON g.code = t.meter_code;

INSERT INTO ops.declared_loss (unit_id, loss_kind, span_from, span_to, energy_kwh, source_id, source_row)
SELECT
    u.unit_id, t.loss_kind, t.span_from, (t.span_from + t.span_months * interval '1 month')::date, t.energy_kwh,
    s.source_id, t.row_no
FROM standing_declared_loss AS t
INNER JOIN file_source AS s ON s.file_id = t.file_id
INNER JOIN unit_of_code AS u ON u.code = t.unit_code;
