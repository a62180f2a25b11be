-- From spans to segments: parts within one calendar month and one price list.

-- The set of zones of a meter, as it counts up to a day, as the tariff version prices it; without a meter the set that
-- half-hours fall into.
CREATE OR REPLACE FUNCTION ops.zone_set_of_meter(of_tariff_version_id integer, of_meter_id bigint, closing_on date)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE
    WHEN of_meter_id IS NULL THEN (
        SELECT min(h.zone_set) FROM ops.tariff_zone_hours AS h WHERE h.tariff_version_id = of_tariff_version_id
    )
    ELSE ops.zone_set_of(
        of_tariff_version_id,
        (SELECT array_agg(g.zone_code) FROM ops.meter_register AS g
         WHERE g.meter_id = of_meter_id AND g.known_to IS NULL
             AND (g.valid_from IS NULL OR g.valid_from < closing_on)
             AND (g.valid_to IS NULL OR closing_on <= g.valid_to))
    )
END;

-- Where the tariff of a point has hours of zones, energy of half-hours is told zone by zone.
CREATE OR REPLACE FUNCTION ops.split_half_hours(spans text)
RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    has_half_hours boolean;
BEGIN
    EXECUTE format('SELECT EXISTS (SELECT 1 FROM %s WHERE energy_basis = ''half_hours'')', spans) INTO has_half_hours;
    IF NOT has_half_hours THEN
        RETURN;
    END IF;
    EXECUTE format(
        $statement$
        WITH zoned AS (
            SELECT
                s.metering_point_id, s.span_from, f.tariff_version_id,
                ops.zone_set_of_meter(f.tariff_version_id, NULL, s.span_to) AS zone_set
            FROM %1$s AS s
            INNER JOIN ops.metering_point_tariff AS p
                ON p.metering_point_id = s.metering_point_id AND p.known_to IS NULL AND p.valid_from <= s.span_from
                AND (p.valid_to IS NULL OR p.valid_to > s.span_from)
            INNER JOIN ops.tariff_in_force AS f
                ON f.tariff_code = p.tariff_code AND f.valid_from <= s.span_from
                AND (f.valid_to IS NULL OR f.valid_to > s.span_from)
            WHERE s.energy_basis = 'half_hours'
                AND EXISTS (SELECT 1 FROM ops.tariff_zone_hours AS h WHERE h.tariff_version_id = f.tariff_version_id)
        ),
        taken AS (
            DELETE FROM %1$s AS s
            USING zoned AS z
            WHERE s.metering_point_id = z.metering_point_id AND s.span_from = z.span_from
                AND s.energy_basis = 'half_hours'
            RETURNING s.*, z.tariff_version_id, z.zone_set
        ),
        in_zones AS (
            SELECT t.metering_point_id, t.span_from, h.zone_code, sum(e.energy_kwh) AS energy_kwh
            FROM taken AS t
            INNER JOIN ops.interval_energy AS i
                ON i.account_id = t.account_id AND i.metering_point_id = t.metering_point_id AND i.channel = '01'
                AND i.measured_on >= t.span_from AND i.measured_on < t.span_to
            CROSS JOIN LATERAL unnest(i.half_hours) WITH ORDINALITY AS e (energy_kwh, half_hour)
            INNER JOIN ops.tariff_zone_hours AS h
                ON h.tariff_version_id = t.tariff_version_id AND h.zone_set = t.zone_set
                AND (e.half_hour - 1) / 2 >= h.from_hour AND (e.half_hour - 1) / 2 < h.to_hour
            GROUP BY t.metering_point_id, t.span_from, h.zone_code
        ),
        told AS (
            SELECT metering_point_id, span_from, sum(energy_kwh) AS energy_kwh
            FROM in_zones
            GROUP BY metering_point_id, span_from
        )
        INSERT INTO %1$s
        SELECT
            t.account_id, t.metering_point_id, coalesce(z.zone_code, t.zone_code), t.meter_id, t.res_id, t.span_from,
            t.span_to, z.energy_kwh::numeric(18, 6), t.energy_basis,
            t.opening_month, t.opening_reading_id, t.closing_month, t.closing_reading_id, t.component, t.power_kw
        FROM taken AS t
        LEFT JOIN told AS a USING (metering_point_id, span_from)
        -- Half-hours that do not make up the energy told leave it unknown, so that the run reports the span.
        LEFT JOIN in_zones AS z
            ON z.metering_point_id = t.metering_point_id AND z.span_from = t.span_from AND a.energy_kwh = t.energy_kwh
        $statement$, spans
    );
END
$$;

-- Creates table target: the days of each calendar month that have one price list and one rate of VAT; a handful.
CREATE OR REPLACE FUNCTION ops.create_price_days(target text, first_month date, last_month date)
RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    EXECUTE format(
        $statement$
        CREATE TABLE %1$s AS
        SELECT
            f.tariff_code, f.tariff_version_id, l.variant_code, f.price_includes_vat, f.step_basis,
            f.step_mode = 'whole' AS is_whole_volume, f.vat_rate, m.service_month,
            coalesce(c.season_code, 'all') AS season_code,
            greatest(m.service_month, f.valid_from) AS first_day, least(m.next_month, f.valid_to) AS last_day
        FROM (
            SELECT g::date AS service_month, (g + interval '1 month')::date AS next_month
            FROM generate_series(%2$L::date, %3$L::date, interval '1 month') AS g
        ) AS m
        INNER JOIN ops.tariff_in_force AS f
            ON f.valid_from < m.next_month AND (f.valid_to IS NULL OR f.valid_to > m.service_month)
        INNER JOIN (SELECT DISTINCT tariff_version_id, variant_code FROM ops.tariff_step) AS l
            ON l.tariff_version_id = f.tariff_version_id
        LEFT JOIN ops.tariff_season AS c
            ON c.tariff_version_id = f.tariff_version_id AND c.month_of_year = extract(month FROM m.service_month)
        $statement$, target, first_month, last_month
    );
    EXECUTE format('ANALYZE %s', target);
END
$$;

-- Text of a SELECT from a table (or subquery) of spans and a table of price days (ops.create_price_days): one row per
-- part of a span within one calendar month, one tariff of the point, one price list, one rate of VAT and (where steps
-- are counted by residents) one family size. Energy is spread over the days of its span: the part up to a day is
-- rounded to a millionth of a kWh, so the parts add up to the span exactly. Each segment begins at no volume;
-- place_volumes mends that where the month has other energy.
CREATE OR REPLACE FUNCTION ops.segments_sql(
    spans text, price_days text, has_zones boolean, counts_residents boolean, only_whole boolean
)
RETURNS text
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    zone_factor text := 'NULL::bigint AS price_factor_numerator, NULL::bigint AS price_factor_denominator';
    zone_look_up text := '';
    family text := 'NULL::integer AS persons';
    family_days text := '';
    family_look_up text := '';
    has_residents text := 'part.step_basis <> ''resident_month'' OR part.persons IS NOT NULL';
    -- The part of a span that falls into the days of a price list and of the point's tariff ...
    bounds text := $fragment$
        greatest(s.span_from, d.first_day, p.valid_from%1$s) AS part_from,
        least(s.span_to, d.last_day, p.valid_to%2$s) AS part_to
    $fragment$;
    has_part text := $fragment$
        d.first_day < s.span_to AND d.last_day > s.span_from AND p.valid_from < least(s.span_to, d.last_day)
        AND (p.valid_to IS NULL OR p.valid_to > greatest(s.span_from, d.first_day))
    $fragment$;
    energy text := $fragment$
        CASE
            WHEN part.part_from = part.span_from AND part.part_to = part.span_to THEN part.energy_kwh
            ELSE ops.energy_until_kwh(part.energy_kwh, part.span_from, part.span_to, part.part_to)
                - ops.energy_until_kwh(part.energy_kwh, part.span_from, part.span_to, part.part_from)
        END::numeric(18, 6)
    $fragment$;
BEGIN
    IF only_whole THEN
        -- ... or the whole span, where it lies within both.
        bounds := 's.span_from AS part_from, s.span_to AS part_to';
        has_part := $fragment$
            d.first_day <= s.span_from AND (d.last_day IS NULL OR s.span_to <= d.last_day)
            AND p.valid_from <= s.span_from AND (p.valid_to IS NULL OR s.span_to <= p.valid_to)
        $fragment$;
        energy := 'part.energy_kwh';
        has_residents := 'part.step_basis <> ''resident_month''';
    END IF;
    IF has_zones THEN
        zone_factor := 'z.price_factor_numerator, z.price_factor_denominator';
        zone_look_up := $fragment$
            LEFT JOIN LATERAL (
                SELECT h.price_factor_numerator, h.price_factor_denominator
                FROM ops.tariff_zone AS h
                WHERE s.zone_code <> 'all' AND h.zone_code = s.zone_code
                    AND h.tariff_version_id = d.tariff_version_id
                    AND h.zone_set = ops.zone_set_of_meter(d.tariff_version_id, s.meter_id, s.span_to)
                OFFSET 0
            ) AS z ON true
        $fragment$;
    END IF;
    IF NOT only_whole AND counts_residents THEN
        family := 'f.persons';
        family_days := ', f.valid_from';
        family_look_up := $fragment$
            -- OFFSET keeps this look-up of a few out of the joins that every span goes through.
            LEFT JOIN LATERAL (
                SELECT h.persons, h.valid_from, h.valid_to
                FROM ops.family_size AS h
                WHERE d.step_basis = 'resident_month' AND h.account_id = s.account_id AND h.known_to IS NULL
                    AND h.valid_from < least(s.span_to, d.last_day, p.valid_to)
                    AND (h.valid_to IS NULL OR h.valid_to > greatest(s.span_from, d.first_day, p.valid_from))
                OFFSET 0
            ) AS f ON true
        $fragment$;
    END IF;
    RETURN format(
        $statement$
        WITH part AS (
            SELECT
                s.*, d.service_month,
                %8$s,
                d.tariff_version_id, d.variant_code, d.season_code, d.price_includes_vat, d.vat_rate, d.step_basis,
                d.is_whole_volume, p.contracted_kwh_per_month, %6$s, %4$s
            FROM %1$s AS s
            INNER JOIN ops.metering_point_tariff AS p
                ON p.metering_point_id = s.metering_point_id AND p.known_to IS NULL AND s.energy_kwh IS NOT NULL
            INNER JOIN %2$s AS d
                ON d.tariff_code = p.tariff_code AND d.variant_code = p.variant_code
                -- One condition to the planner, which would take all of it for independent and expect no rows.
                AND CASE WHEN %9$s THEN true ELSE false END
            %7$s
            %5$s
        ),
        with_energy AS (
            SELECT part.*, %10$s AS segment_kwh
            FROM part
            WHERE %3$s
        )
        SELECT
            w.account_id, w.metering_point_id, w.zone_code, w.res_id, w.service_month,
            w.part_from AS span_from, w.part_to AS span_to, w.component, w.energy_basis, w.tariff_version_id,
            w.variant_code, w.season_code, w.vat_rate, w.price_includes_vat, w.step_basis, w.is_whole_volume,
            w.segment_kwh, 0::numeric(18, 6) AS volume_from, w.segment_kwh AS volume_to,
            f.bound_factor AS all_zones_factor, f.bound_factor,
            w.price_factor_numerator::smallint AS price_numerator,
            w.price_factor_denominator::smallint AS price_denominator, w.power_kw::numeric(12, 3) AS power_kw,
            w.opening_month, w.opening_reading_id, w.closing_month, w.closing_reading_id
        FROM with_energy AS w
        CROSS JOIN LATERAL (
            SELECT
                CASE WHEN w.step_basis <> 'calendar_month'
                    THEN ops.step_bound_factor(
                        w.step_basis, w.persons, w.part_from, w.part_to, w.contracted_kwh_per_month
                    )
                END::numeric(24, 12) AS bound_factor
        ) AS f
        $statement$,
        spans, price_days, has_residents, zone_factor, zone_look_up, family, family_look_up,
        format(bounds, family_days, replace(family_days, 'valid_from', 'valid_to')), has_part, energy
    );
END
$$;

-- Has a table spans of these months whose tariff counts its steps by residents?
CREATE OR REPLACE FUNCTION ops.counts_residents(spans text, first_month date, last_month date)
RETURNS boolean
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    does boolean;
BEGIN
    EXECUTE format(
        $statement$
        SELECT EXISTS (
            SELECT 1
            FROM %1$s AS s
            INNER JOIN ops.metering_point_tariff AS p ON p.metering_point_id = s.metering_point_id
            WHERE p.tariff_code IN (
                SELECT f.tariff_code
                FROM ops.tariff_in_force AS f
                WHERE f.step_basis = 'resident_month' AND f.valid_from < %3$L::date + interval '1 month'
                    AND (f.valid_to IS NULL OR f.valid_to > %2$L)
            )
        )
        $statement$, spans, first_month, last_month
    ) INTO does;
    RETURN does;
END
$$;

-- Creates table target: the accounts with more than one segment; few.
CREATE OR REPLACE FUNCTION ops.create_crowded(target text, segments text)
RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    EXECUTE format('DROP TABLE IF EXISTS %s', target);
    EXECUTE format(
        'CREATE TABLE %s AS SELECT g.account_id FROM %s AS g GROUP BY g.account_id HAVING count(*) > 1', target, segments
    );
    EXECUTE format('ANALYZE %s', target);
END
$$;

-- Creates table target: one row per kind of segment there is, a handful, so that what only some runs need is looked for
-- once. Kinds whose segments were taken out again may be left.
CREATE OR REPLACE FUNCTION ops.create_segment_kinds(target text, segments text)
RETURNS void
LANGUAGE plpgsql SET enable_hashagg = on
AS $$
BEGIN
    EXECUTE format(
        $statement$
        CREATE TABLE %1$s AS
        SELECT
            g.service_month, g.component, g.energy_basis, g.tariff_version_id, g.variant_code,
            %3$s AS is_continued
        FROM %2$s AS g
        GROUP BY g.service_month, g.component, g.energy_basis, g.tariff_version_id, g.variant_code, %3$s
        $statement$, target, segments, ops.is_continued_sql()
    );
END
$$;

-- Takes out the plain segments whose reading follows, or is followed by, more than one (ops.plain_chain_sql).
CREATE OR REPLACE FUNCTION ops.leave_out_ambiguous(segments text, crowded text)
RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    has_crowded boolean;
BEGIN
    EXECUTE format('SELECT EXISTS (SELECT 1 FROM %s)', crowded) INTO has_crowded;
    IF has_crowded THEN
        EXECUTE format(
            $statement$
            WITH beside AS (
                SELECT
                    g.ctid AS segment,
                    count(*) OVER (PARTITION BY g.closing_reading_id)
                    + count(*) OVER (PARTITION BY g.opening_reading_id) AS readings
                FROM %1$s AS g
                WHERE g.account_id IN (SELECT c.account_id FROM %2$s AS c)
            )
            DELETE FROM %1$s AS g USING beside AS b WHERE g.ctid = b.segment AND b.readings > 2
            $statement$, segments, crowded
        );
    END IF;
END
$$;

-- Creates table target: one row per plain span, one that a single segment holds: between two readings that can only
-- follow each other, within the month and one price list, steps not counted by residents. Most spans are plain, and for
-- them the way from readings to segments is one statement; the others go by a table of spans (ops.add_other_spans).
CREATE OR REPLACE FUNCTION ops.create_plain_segments(
    target text, month date, scope text, entered_count bigint, has_zones boolean, opening_scope text DEFAULT 'true'
)
RETURNS void
LANGUAGE plpgsql SET default_statistics_target = '10'
AS $$
DECLARE
    price_days text := replace(target, 'work.', 'work.price_days_');
    crowded text := replace(target, 'work.', 'work.crowded_');
BEGIN
    PERFORM ops.create_price_days(price_days, month, month);
    PERFORM set_config('enable_nestloop', CASE WHEN ops.are_many(entered_count) THEN 'off' ELSE 'on' END, true);
    EXECUTE format(
        'CREATE TABLE %s AS %s %s',
        target,
        ops.segments_sql(
            format('(%s)', ops.metered_spans_sql(format('(%s)', ops.plain_chain_sql(
                month, ops.without_adjusted(ops.without_moved(scope, month)), opening_scope, ops.are_many(entered_count)
            )))),
            price_days, has_zones, false, true
        ),
        -- Where some of it is billed already, what is left is found by the other way.
        CASE WHEN ops.has_lines(month, scope) THEN 'WITH NO DATA' ELSE '' END
    );
    PERFORM set_config('enable_nestloop', 'on', true);
    EXECUTE format('DROP TABLE %s', price_days);
    EXECUTE format('ANALYZE %s', target);
    PERFORM ops.create_crowded(crowded, target);
    PERFORM ops.leave_out_ambiguous(target, crowded);
END
$$;

-- Adds the segments of a table of spans.
CREATE OR REPLACE FUNCTION ops.add_segments(target text, spans text)
RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    price_days text := replace(target, 'work.', 'work.price_days_');
    bounds record;
BEGIN
    EXECUTE format(
        'SELECT date_trunc(''month'', min(span_from))::date AS first_month, '
        'date_trunc(''month'', max(span_to) - 1)::date AS last_month, bool_or(zone_code <> ''all'') AS has_zones '
        'FROM %s WHERE energy_kwh IS NOT NULL', spans
    ) INTO bounds;
    IF bounds.first_month IS NOT NULL THEN
        PERFORM ops.create_price_days(price_days, bounds.first_month, bounds.last_month);
        EXECUTE format(
            'INSERT INTO %s %s', target,
            ops.segments_sql(
                spans, price_days, bounds.has_zones, ops.counts_residents(spans, bounds.first_month, bounds.last_month), false
            )
        );
        EXECUTE format('DROP TABLE %s', price_days);
        EXECUTE format('ANALYZE %s', target);
        PERFORM ops.create_crowded(replace(target, 'work.', 'work.crowded_'), target);
    END IF;
END
$$;
