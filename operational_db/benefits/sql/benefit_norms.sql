-- What a month's norm is for a category on a day.

-- Monthly kWh at the benefit; NULL where the category covers all consumption.
CREATE OR REPLACE FUNCTION ops.benefit_norm_kwh(
    of_category_code text, of_dwelling_code text, persons integer, on_day date
)
RETURNS numeric
LANGUAGE sql STABLE
AS $$
    SELECT
        CASE v.norm_kind
            WHEN 'fixed' THEN v.fixed_norm_kwh
            WHEN 'dwelling' THEN least(n.first_person_kwh + n.next_person_kwh * (persons - 1), n.cap_kwh)
        END
    FROM ops.benefit_category_version AS v
    LEFT JOIN LATERAL (
        SELECT d.first_person_kwh, d.next_person_kwh, d.cap_kwh
        FROM ops.benefit_norm AS d
        WHERE d.dwelling_code = of_dwelling_code AND d.valid_from <= on_day
        ORDER BY d.valid_from DESC
        LIMIT 1
    ) AS n ON TRUE
    WHERE
        v.category_code = of_category_code AND v.known_to IS NULL
        AND daterange(v.valid_from, v.valid_to) @> on_day
$$;
