-- A value below the last one: did the register pass zero, or did somebody slip? A register that passed zero has counted
-- about what the point uses; a slip asks for nearly a whole turn of the register. Nothing expected: a small part of a
-- turn is believed. The two bounds are parameters.
CREATE OR REPLACE FUNCTION ops.is_plausible_rollover(
    opening_kwh numeric, closing_kwh numeric, digits smallint, ratio numeric, expected_kwh numeric
)
RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    WITH bound AS (
        SELECT
            max(p.value::numeric) FILTER (WHERE p.parameter_code = 'rollover_use_factor') AS use_factor,
            max(p.value::numeric) FILTER (WHERE p.parameter_code = 'rollover_turn_share') AS turn_share
        FROM ops.parameter AS p
        WHERE p.parameter_code IN ('rollover_use_factor', 'rollover_turn_share')
    )
    SELECT closing_kwh < opening_kwh
        AND ops.register_energy_kwh(opening_kwh, closing_kwh, digits, ratio)
        <= coalesce(b.use_factor * expected_kwh, b.turn_share * power(10::numeric, digits) * ratio)
    FROM bound AS b;
END;
