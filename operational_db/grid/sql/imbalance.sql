-- How far what enters and what leaves may differ, and how far they do. Shares and errors are parts of one or per cent,
-- as the names say.

-- Error of a measuring complex in per cent from the errors of its parts: 'quadratic' as the Ukrainian instruction has
-- it, 'classic' with the factor 1.1 and the voltage drop in the circuits (RD 34.09.101-94).
CREATE OR REPLACE FUNCTION ops.complex_error_percent(
    variant text, current_transformer_percent numeric, voltage_transformer_percent numeric, meter_percent numeric,
    circuit_drop_percent numeric
)
RETURNS numeric LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE variant
    WHEN 'quadratic'
        THEN sqrt(current_transformer_percent ^ 2 + voltage_transformer_percent ^ 2 + meter_percent ^ 2)
    WHEN 'classic'
        THEN 1.1 * sqrt(
            current_transformer_percent ^ 2 + voltage_transformer_percent ^ 2 + meter_percent ^ 2
            + circuit_drop_percent ^ 2
        )
END;

-- The root of the sum of squares of error times share over all inputs and outputs; nothing where one of them is not
-- known, for without it the result would be too small.
CREATE OR REPLACE FUNCTION ops.permissible_imbalance_percent(energy_shares numeric[], complex_errors_percent numeric[])
RETURNS numeric LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT CASE
        WHEN bool_and(p.share IS NOT NULL AND p.error_percent IS NOT NULL)
            THEN sqrt(sum((p.share * p.error_percent) ^ 2))
    END
    FROM unnest(energy_shares, complex_errors_percent) AS p (share, error_percent);
END;

-- What is not accounted for, as a part of what entered.
CREATE OR REPLACE FUNCTION ops.actual_imbalance_percent(
    input_kwh numeric, output_kwh numeric, own_needs_kwh numeric, transformer_loss_kwh numeric
)
RETURNS numeric LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (input_kwh - output_kwh - own_needs_kwh - transformer_loss_kwh) / nullif(input_kwh, 0) * 100;
