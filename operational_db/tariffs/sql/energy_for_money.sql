-- The price turned round: how many whole kWh of one month does a sum of money pay for?
--
-- Exact: energy_kwh costs charge_minor, that is no more than the money, and one kWh more would cost more. The steps and
-- the rounding are those of rating.sql for a use of one meter without zones; a step's cost is its line's, rounded once.
-- Without a price for a step the kWh end where it begins. No row for a price list that asks nothing for a kWh.
CREATE OR REPLACE FUNCTION ops.whole_kwh_for(
    money_minor bigint, of_tariff_version_id integer, of_variant_code text, of_season_code text, bound_factor numeric,
    is_whole_volume boolean, vat_on_top numeric
)
RETURNS TABLE (energy_kwh numeric, charge_minor bigint)
LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH step AS (
        SELECT
            s.step_no, ops.step_bound_kwh(s.over_kwh, bound_factor) AS over_kwh,
            ops.step_bound_kwh(s.up_to_kwh, bound_factor) AS up_to_kwh,
            s.price_minor * (1 + vat_on_top) AS coins_a_kwh
        FROM ops.tariff_step AS s
        WHERE s.tariff_version_id = of_tariff_version_id AND s.variant_code = of_variant_code
            AND s.season_code = of_season_code
    ),
    -- What all energy of the steps before costs; nothing where the whole volume goes by one step.
    begun AS (
        SELECT
            t.step_no, t.up_to_kwh, t.coins_a_kwh, t.over_kwh,
            CASE WHEN is_whole_volume THEN 0 ELSE t.over_kwh END AS free_kwh,
            CASE
                WHEN is_whole_volume THEN 0
                ELSE coalesce(
                    sum(round((t.up_to_kwh - t.over_kwh) * t.coins_a_kwh)) OVER (
                        ORDER BY t.step_no ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
                    ), 0
                )
            END AS before_minor,
            bool_or(t.coins_a_kwh IS NULL OR t.coins_a_kwh = 0) OVER (ORDER BY t.step_no) AS has_no_price
        FROM step AS t
    ),
    -- (kWh - free) x price rounds to no more than what is left while it stays below that and a half.
    limited AS (
        SELECT
            b.over_kwh, b.up_to_kwh, b.coins_a_kwh, b.free_kwh, b.before_minor,
            b.free_kwh * b.coins_a_kwh + money_minor - b.before_minor + 0.5 AS ceiling_minor
        FROM begun AS b
        WHERE NOT b.has_no_price AND b.before_minor <= money_minor
    ),
    most AS (
        SELECT
            l.over_kwh, l.coins_a_kwh, l.free_kwh, l.before_minor,
            least(
                div(l.ceiling_minor, l.coins_a_kwh)
                - CASE WHEN mod(l.ceiling_minor, l.coins_a_kwh) = 0 THEN 1 ELSE 0 END,
                floor(l.up_to_kwh)
            ) AS whole_kwh
        FROM limited AS l
    )
    SELECT m.whole_kwh, (m.before_minor + round((m.whole_kwh - m.free_kwh) * m.coins_a_kwh))::bigint
    FROM most AS m
    WHERE m.whole_kwh > m.over_kwh
    ORDER BY m.whole_kwh DESC
    LIMIT 1;
END;
