-- What equipment has to lose, element by element, as an oblenergo's own program counts it. Each formula once; exact,
-- not rounded: whole kWh are made where a result is told (ops.whole_kwh). A missing input gives no result, never a
-- guess.
--
-- kWh and kvarh of one span, hours of that span: hours_on while the element was energised, hours while it was loaded.
-- form_factor_sq is the square of the form factor of the load: 1.17 from a consumer's meter to the border of ownership,
-- 1 in the balance of a feeder, or ops.form_factor_sq of its load factor.

-- Every result of an element is told in whole kWh.
CREATE OR REPLACE FUNCTION ops.whole_kwh(energy_kwh numeric)
RETURNS numeric LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN round(energy_kwh);

-- (1 + 2 kz) / (3 kz) of the load factor kz.
CREATE OR REPLACE FUNCTION ops.form_factor_sq(load_factor numeric)
RETURNS numeric LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (1 + 2 * load_factor) / nullif(3 * load_factor, 0);

-- Losses of steel: the same while it is energised; energy_share is the consumer's part where others are supplied by it.
CREATE OR REPLACE FUNCTION ops.transformer_no_load_kwh(no_load_kw numeric, hours_on numeric, energy_share numeric)
RETURNS numeric LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN no_load_kw * hours_on * energy_share;

-- Losses of copper: those of full load times the square of the mean load's part of the rated power.
CREATE OR REPLACE FUNCTION ops.transformer_load_kwh(
    load_kw numeric, rated_kva numeric, active_kwh numeric, reactive_kvarh numeric, hours numeric,
    form_factor_sq numeric
)
RETURNS numeric LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN form_factor_sq * (active_kwh ^ 2 + reactive_kvarh ^ 2) / nullif(rated_kva ^ 2 * hours, 0) * load_kw;

CREATE OR REPLACE FUNCTION ops.transformer_no_load_kvarh(
    rated_kva numeric, no_load_current_percent numeric, hours_on numeric
)
RETURNS numeric LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN rated_kva / 100 * no_load_current_percent * hours_on;

CREATE OR REPLACE FUNCTION ops.transformer_load_kvarh(
    short_circuit_voltage_percent numeric, rated_kva numeric, active_kwh numeric, reactive_kvarh numeric,
    hours numeric, form_factor_sq numeric
)
RETURNS numeric LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN form_factor_sq * (active_kwh ^ 2 + reactive_kvarh ^ 2) / nullif(rated_kva * hours * 100, 0)
    * short_circuit_voltage_percent;

-- Of a line with the resistance R0, kWh; with the reactance X0 in its place, kvarh. 3 I^2 R in these units: volts
-- squared against kVA squared, metres against kilometres leave no factor over.
CREATE OR REPLACE FUNCTION ops.line_loss_kwh(
    voltage_v numeric, ohm_per_km numeric, length_m numeric, active_kwh numeric, reactive_kvarh numeric,
    hours numeric, form_factor_sq numeric
)
RETURNS numeric LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN form_factor_sq * (active_kwh ^ 2 + reactive_kvarh ^ 2) / nullif(voltage_v ^ 2 * hours, 0)
    * ohm_per_km * length_m;

-- Over wet insulators, by the coefficient of voltage and weather (ops.insulation_leakage).
CREATE OR REPLACE FUNCTION ops.insulation_leakage_kwh(leakage_kw_per_km numeric, length_m numeric, hours_on numeric)
RETURNS numeric LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN leakage_kw_per_km * length_m * hours_on / 1000;

-- In a cable's insulation: 2 % of its charging power (ops.cable_charging).
CREATE OR REPLACE FUNCTION ops.cable_dielectric_kwh(charging_kvar_per_km numeric, length_m numeric, hours_on numeric)
RETURNS numeric LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN charging_kvar_per_km * 0.02 * length_m * hours_on / 1000;

-- Of meters that each lose so many megawatts.
CREATE OR REPLACE FUNCTION ops.meter_loss_kwh(loss_mw_each numeric, meter_count numeric, hours_on numeric)
RETURNS numeric LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN loss_mw_each * 1000 * meter_count * hours_on;

-- The factor of a 0.4 kV network by the part of households in its energy: as from 1 October 2009, or as in the Russian
-- order 326.
CREATE OR REPLACE FUNCTION ops.low_voltage_factor(household_share numeric, is_order_326 boolean)
RETURNS numeric LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE
    WHEN is_order_326 THEN 9.67 - 3.32 * household_share - 1.84 * household_share ^ 2
    ELSE (7.78 - 2.67 * household_share - 1.48 * household_share ^ 2) * (1.25 + 0.14 * household_share)
END;

-- A 0.4 kV network whose lines are known by length: the mains, three-phase and single-phase branches. Days, not
-- hours: with hours the result would be 24 times too small.
CREATE OR REPLACE FUNCTION ops.low_voltage_loss_kwh(
    energy_mwh numeric, line_count numeric, section_mm2 numeric, main_m numeric, three_phase_m numeric,
    single_phase_m numeric, household_share numeric, busbar_share numeric, days numeric, tan_phi numeric,
    load_factor numeric, is_order_326 boolean
)
RETURNS numeric LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN ops.low_voltage_factor(household_share, is_order_326) * (energy_mwh / nullif(line_count, 0)) ^ 2
    * (1 - busbar_share) ^ 2 * (1 + tan_phi ^ 2) * (main_m + 0.44 * three_phase_m + 0.22 * single_phase_m)
    / nullif(section_mm2 * days, 0) * ops.form_factor_sq(load_factor);

-- A 0.4 kV network of which nothing is known but its energy: W^2 k / 1000.
CREATE OR REPLACE FUNCTION ops.low_voltage_loss_by_energy_kwh(energy_kwh numeric, factor numeric)
RETURNS numeric LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN energy_kwh ^ 2 * factor / 1000;

-- Hours of full loss that lose as much in a year as its load does, by the hours of full use.
CREATE OR REPLACE FUNCTION ops.loss_hours(max_use_hours numeric)
RETURNS numeric LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (0.124 + max_use_hours / 10000) ^ 2 * 8760;

-- Of a year, by its greatest loss of load and the hours of full loss.
CREATE OR REPLACE FUNCTION ops.loss_by_loss_hours_kwh(
    no_load_kw numeric, greatest_load_loss_kw numeric, loss_hours numeric
)
RETURNS numeric LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN no_load_kw * 8760 + greatest_load_loss_kw * loss_hours;

-- By the loss at the mean load.
CREATE OR REPLACE FUNCTION ops.loss_by_mean_load_kwh(
    loss_at_mean_load_kw numeric, hours numeric, form_factor_sq numeric
)
RETURNS numeric LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN form_factor_sq * loss_at_mean_load_kw * hours;

-- Of the energy of a 0.4 kV line, by its voltage drop.
CREATE OR REPLACE FUNCTION ops.loss_by_voltage_drop_percent(
    unevenness numeric, voltage_drop_percent numeric, loss_hours numeric, max_use_hours numeric
)
RETURNS numeric LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN 0.7 * unevenness * voltage_drop_percent * loss_hours / nullif(max_use_hours, 0);

-- The part of a loss that falls into a zone of the day.
CREATE OR REPLACE FUNCTION ops.loss_in_zone_kwh(loss_kwh numeric, zone_hours numeric)
RETURNS numeric LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN loss_kwh * zone_hours / 24;
