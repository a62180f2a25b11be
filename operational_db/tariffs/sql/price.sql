-- The question at the counter: what would this use cost? Answered by the statement that bills.

-- What energy used in one calendar month, perhaps in zones, and ordered power cost under a tariff on a day.
-- Arguments beyond the energy matter only where the tariff asks for them: residents and days multiply the bounds of
-- steps, contracted_kwh is the month's volume by contract, ordered_power_kw is paid by the month.
CREATE OR REPLACE FUNCTION ops.price(
    wanted_tariff_code text, on_day date, zone_codes text[], zone_kwh numeric[], wanted_variant text DEFAULT 'all',
    residents integer DEFAULT 1, day_count integer DEFAULT NULL, ordered_power_kw numeric DEFAULT NULL,
    contracted_kwh numeric DEFAULT NULL
)
RETURNS TABLE (
    component text, zone_code text, step_no smallint, energy_kwh numeric, over_kwh numeric, up_to_kwh numeric,
    price_minor numeric, price_numerator smallint, price_denominator smallint, power_kw numeric, charge_minor bigint,
    vat_minor bigint, vat_rate numeric, price_includes_vat boolean, is_verified boolean, tariff_version_id integer
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, ops, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    in_force record;
    month date := date_trunc('month', on_day)::date;
    used_days integer;
    set_of_zones text;
    unpriced bigint;
BEGIN
    IF 0 > ANY (zone_kwh) THEN
        PERFORM ops.refuse(
            'A volume of %s kWh cannot be priced; give zero or more.',
            (SELECT min(k)::text FROM unnest(zone_kwh) AS k)
        );
    END IF;
    IF NOT EXISTS (SELECT 1 FROM ops.tariff AS t WHERE t.tariff_code = wanted_tariff_code) THEN
        PERFORM ops.refuse(
            'There is no tariff "%s"; known are %s.', wanted_tariff_code,
            (SELECT string_agg(t.tariff_code, ', ' ORDER BY t.tariff_code) FROM ops.tariff AS t)
        );
    END IF;
    SELECT f.* INTO in_force
    FROM ops.tariff_in_force AS f
    WHERE f.tariff_code = wanted_tariff_code AND daterange(f.valid_from, f.valid_to) @> on_day;
    IF in_force.tariff_version_id IS NULL THEN
        PERFORM ops.refuse(
            'Tariff "%s" has no price in force on %s; its first day is %s.', wanted_tariff_code, on_day::text,
            (SELECT coalesce(min(v.valid_from)::text, 'not set') FROM ops.tariff_version AS v
             WHERE v.tariff_code = wanted_tariff_code)
        );
    END IF;
    IF NOT EXISTS (
        SELECT 1 FROM ops.tariff_step AS s
        WHERE s.tariff_version_id = in_force.tariff_version_id AND s.variant_code = wanted_variant
    ) THEN
        PERFORM ops.refuse(
            'Tariff "%s" has no variant "%s" on %s; it has %s.', wanted_tariff_code, wanted_variant, on_day::text,
            (SELECT coalesce(string_agg(DISTINCT s.variant_code, ', ' ORDER BY s.variant_code), 'none')
             FROM ops.tariff_step AS s WHERE s.tariff_version_id = in_force.tariff_version_id)
        );
    END IF;
    IF zone_codes <> ARRAY['all'] THEN
        set_of_zones := ops.zone_set_of(in_force.tariff_version_id, zone_codes);
        IF set_of_zones IS NULL THEN
            PERFORM ops.refuse(
                'Tariff "%s" has no prices for the zones %s together on %s; it has %s.', wanted_tariff_code,
                array_to_string(zone_codes, ', '), on_day::text,
                (SELECT coalesce(string_agg(DISTINCT z.zone_set || ' (' || z.zones || ')', ' and '), 'one price for all hours')
                 FROM (
                    SELECT z.zone_set, string_agg(z.zone_code, ', ' ORDER BY z.zone_code) AS zones
                    FROM ops.tariff_zone AS z WHERE z.tariff_version_id = in_force.tariff_version_id GROUP BY z.zone_set
                 ) AS z)
            );
        END IF;
    END IF;
    IF ordered_power_kw IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM ops.tariff_power_price AS p
        WHERE p.tariff_version_id = in_force.tariff_version_id AND p.variant_code = wanted_variant
    ) THEN
        PERFORM ops.refuse(
            'Tariff "%s" has no price of ordered power on %s; leave --kw out.', wanted_tariff_code, on_day::text
        );
    END IF;
    used_days := coalesce(
        day_count,
        CASE in_force.step_basis
            WHEN 'thirty_days' THEN 30
            ELSE date_part('day', month + interval '1 month - 1 day')::integer
        END
    );
    IF used_days < 1 THEN
        PERFORM ops.refuse('Use over %s days cannot be priced; give one day or more.', used_days::text);
    END IF;
    DROP TABLE IF EXISTS pg_temp.priced_segment;
    CREATE TEMPORARY TABLE priced_segment ON COMMIT DROP AS
    SELECT
        0::bigint AS account_id, 0::bigint AS metering_point_id, u.zone_code, month AS service_month,
        month AS span_from, month + used_days AS span_to, u.component, in_force.tariff_version_id, wanted_variant AS variant_code,
        coalesce(c.season_code, 'all') AS season_code, in_force.vat_rate::numeric AS vat_rate,
        in_force.price_includes_vat::boolean AS price_includes_vat, in_force.step_basis::text AS step_basis,
        in_force.step_mode = 'whole' AS is_whole_volume, u.used_kwh::numeric(18, 6) AS segment_kwh,
        0::numeric(18, 6) AS volume_from, u.used_kwh::numeric(18, 6) AS volume_to,
        f.bound_factor AS all_zones_factor, f.bound_factor,
        z.price_factor_numerator::smallint AS price_numerator, z.price_factor_denominator::smallint AS price_denominator,
        u.power_kw::numeric(12, 3) AS power_kw
    FROM (
        SELECT e.zone_code, 'energy'::text AS component, e.kwh AS used_kwh, NULL::numeric AS power_kw
        FROM unnest(zone_codes, zone_kwh) AS e (zone_code, kwh)
        UNION ALL
        SELECT 'power', 'power', 0, ordered_power_kw
        WHERE ordered_power_kw IS NOT NULL
    ) AS u
    CROSS JOIN (
        SELECT
            ops.step_bound_factor(
                in_force.step_basis, residents, month, month + used_days, contracted_kwh
            )::numeric(24, 12) AS bound_factor
    ) AS f
    LEFT JOIN ops.tariff_season AS c
        ON c.tariff_version_id = in_force.tariff_version_id AND c.month_of_year = extract(month FROM on_day)
    LEFT JOIN ops.tariff_zone AS z
        ON z.tariff_version_id = in_force.tariff_version_id AND z.zone_set = set_of_zones AND z.zone_code = u.zone_code;
    -- The span of a power line is the calendar month, however many days the energy was used in.
    UPDATE priced_segment AS s SET span_to = (month + interval '1 month')::date WHERE s.component = 'power';
    PERFORM ops.place_volumes('pg_temp.priced_segment', month);
    EXECUTE format('SELECT count(*) FROM (%s) AS r WHERE r.price_minor IS NULL', ops.rating_sql('pg_temp.priced_segment'))
    INTO unpriced;
    IF unpriced > 0 THEN
        PERFORM ops.refuse(
            'Tariff "%s" has no known price for this use on %s (its source gives none); nothing is invented.',
            wanted_tariff_code, on_day::text
        );
    END IF;
    RETURN QUERY EXECUTE format(
        'SELECT r.component, r.zone_code, r.step_no, r.energy_kwh, '
        '   ops.step_bound_kwh(t.over_kwh, r.bound_factor), ops.step_bound_kwh(t.up_to_kwh, r.bound_factor), '
        '   r.price_minor, r.price_numerator, r.price_denominator, r.power_kw, r.charge_minor, r.vat_minor, r.vat_rate, '
        '   r.price_includes_vat, coalesce(t.is_verified, p.is_verified) AND v.is_verified AND coalesce(h.is_verified, true), '
        '   r.tariff_version_id '
        'FROM (%s) AS r '
        'INNER JOIN ops.tariff_version AS v ON v.tariff_version_id = r.tariff_version_id '
        'LEFT JOIN ops.zone AS z ON z.zone_code = r.zone_code '
        'LEFT JOIN ops.tariff_step AS t ON r.component = ''energy'' AND t.tariff_version_id = r.tariff_version_id '
        '   AND t.variant_code = r.variant_code AND t.season_code = r.season_code AND t.step_no = r.step_no '
        'LEFT JOIN ops.tariff_power_price AS p ON r.component = ''power'' AND p.tariff_version_id = r.tariff_version_id '
        '   AND p.variant_code = r.variant_code '
        'LEFT JOIN ops.tariff_zone AS h ON h.tariff_version_id = r.tariff_version_id '
        '   AND h.zone_set = $1 AND h.zone_code = r.zone_code '
        'ORDER BY r.component, z.sort_order, r.step_no', ops.rating_sql('pg_temp.priced_segment')
    ) USING set_of_zones;
END
$$;

-- The smallest set of zones of a tariff version that holds all these zones; empty where none does.
CREATE OR REPLACE FUNCTION ops.zone_set_of(of_tariff_version_id integer, zone_codes text[])
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN (
    SELECT z.zone_set
    FROM ops.tariff_zone AS z
    WHERE z.tariff_version_id = of_tariff_version_id
    GROUP BY z.zone_set
    HAVING array_agg(z.zone_code) @> zone_codes
    ORDER BY count(*), z.zone_set
    LIMIT 1
);
