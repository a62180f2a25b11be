-- From spans to segments: parts within one calendar month and one price list, placed on the month's volume.

-- The set of zones of a meter as the tariff version prices it; without a meter the set that half-hours fall into.
CREATE OR REPLACE FUNCTION ops.zone_set_of_meter(of_tariff_version_id integer, of_meter_id bigint)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE
    WHEN of_meter_id IS NULL THEN (
        SELECT min(h.zone_set) FROM ops.tariff_zone_hours AS h WHERE h.tariff_version_id = of_tariff_version_id
    )
    ELSE ops.zone_set_of(
        of_tariff_version_id,
        (SELECT array_agg(g.zone_code) FROM ops.meter_register AS g WHERE g.meter_id = of_meter_id)
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
                ops.zone_set_of_meter(f.tariff_version_id, NULL) AS zone_set
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

-- Creates table target from a table of spans: one row per part of a span within one calendar month, one tariff of the
-- point, one price list, one rate of VAT and (where steps are counted by residents) one family size. Energy is spread
-- over the days of its span: the part up to a day is rounded to a millionth of a kWh, so the parts add up to the span
-- exactly. Each segment begins at no volume; place_volumes mends that where the month has other energy.
CREATE OR REPLACE FUNCTION ops.create_segments(target text, spans text)
RETURNS void
LANGUAGE plpgsql SET default_statistics_target = '10'
AS $$
DECLARE
    has_zones boolean;
    zone_factor text := 'NULL::bigint AS price_factor_numerator, NULL::bigint AS price_factor_denominator';
    zone_look_up text := '';
BEGIN
    EXECUTE format('SELECT EXISTS (SELECT 1 FROM %s WHERE zone_code <> ''all'')', spans) INTO has_zones;
    IF has_zones THEN
        zone_factor := 'z.price_factor_numerator, z.price_factor_denominator';
        zone_look_up := $fragment$
            LEFT JOIN LATERAL (
                SELECT h.price_factor_numerator, h.price_factor_denominator
                FROM ops.tariff_zone AS h
                WHERE s.zone_code <> 'all' AND h.zone_code = s.zone_code
                    AND h.tariff_version_id = d.tariff_version_id
                    AND h.zone_set = ops.zone_set_of_meter(d.tariff_version_id, s.meter_id)
                OFFSET 0
            ) AS z ON true
        $fragment$;
    END IF;
    EXECUTE format(
        $statement$
        CREATE TABLE %1$s AS
        WITH service_month AS MATERIALIZED (
            SELECT g::date AS service_month, (g + interval '1 month')::date AS next_month
            FROM (SELECT min(span_from) AS first_day, max(span_to) AS last_day FROM %2$s) AS b,
                generate_series(date_trunc('month', b.first_day), b.last_day - 1, interval '1 month') AS g
        ),
        price_days AS MATERIALIZED (
            -- The days of each calendar month that have one price list and one rate of VAT; a handful of rows.
            SELECT
                f.tariff_code, f.tariff_version_id, l.variant_code, f.price_includes_vat, f.step_basis,
                f.step_mode = 'whole' AS is_whole_volume, f.vat_rate, m.service_month,
                coalesce(c.season_code, 'all') AS season_code,
                greatest(m.service_month, f.valid_from) AS first_day, least(m.next_month, f.valid_to) AS last_day
            FROM service_month AS m
            INNER JOIN ops.tariff_in_force AS f
                ON f.valid_from < m.next_month AND (f.valid_to IS NULL OR f.valid_to > m.service_month)
            INNER JOIN (SELECT DISTINCT tariff_version_id, variant_code FROM ops.tariff_step) AS l
                ON l.tariff_version_id = f.tariff_version_id
            LEFT JOIN ops.tariff_season AS c
                ON c.tariff_version_id = f.tariff_version_id
                AND c.month_of_year = extract(month FROM m.service_month)
        ),
        part AS (
            SELECT
                s.*, d.service_month,
                greatest(s.span_from, d.first_day, p.valid_from, f.valid_from) AS part_from,
                least(s.span_to, d.last_day, p.valid_to, f.valid_to) AS part_to,
                d.tariff_version_id, d.variant_code, d.season_code, d.price_includes_vat, d.vat_rate, d.step_basis,
                d.is_whole_volume, p.contracted_kwh_per_month, f.persons, %3$s
            FROM %2$s AS s
            INNER JOIN ops.metering_point_tariff AS p
                ON p.metering_point_id = s.metering_point_id AND p.known_to IS NULL AND s.energy_kwh IS NOT NULL
            INNER JOIN price_days AS d
                ON d.tariff_code = p.tariff_code AND d.variant_code = p.variant_code
                AND d.first_day < s.span_to AND d.last_day > s.span_from
                AND p.valid_from < least(s.span_to, d.last_day)
                AND (p.valid_to IS NULL OR p.valid_to > greatest(s.span_from, d.first_day))
            -- OFFSET keeps this look-up of a few out of the joins that every span goes through.
            LEFT JOIN LATERAL (
                SELECT h.persons, h.valid_from, h.valid_to
                FROM ops.family_size AS h
                WHERE d.step_basis = 'resident_month' AND h.account_id = s.account_id AND h.known_to IS NULL
                    AND h.valid_from < least(s.span_to, d.last_day, p.valid_to)
                    AND (h.valid_to IS NULL OR h.valid_to > greatest(s.span_from, d.first_day, p.valid_from))
                OFFSET 0
            ) AS f ON true
            %4$s
            WHERE d.step_basis <> 'resident_month' OR f.persons IS NOT NULL
        ),
        with_energy AS (
            SELECT
                part.*,
                CASE
                    WHEN part.part_from = part.span_from AND part.part_to = part.span_to THEN part.energy_kwh
                    ELSE ops.energy_until_kwh(part.energy_kwh, part.span_from, part.span_to, part.part_to)
                        - ops.energy_until_kwh(part.energy_kwh, part.span_from, part.span_to, part.part_from)
                END::numeric(18, 6) AS segment_kwh
            FROM part
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
        $statement$, target, spans, zone_factor, zone_look_up
    );
    EXECUTE format('ANALYZE %s', target);
END
$$;

-- A span is billed whole or not at all: segments of a span with days without a tariff or a rate of VAT in force are
-- taken out. Returns how many spans are left out, those without energy among them. Segments are parts of their spans
-- and never overlap, so where all days of the spans are there no span lacks one, and none need be looked at.
CREATE OR REPLACE FUNCTION ops.leave_out_spans(spans text, segments text)
RETURNS bigint
LANGUAGE plpgsql
AS $$
DECLARE
    left_out bigint;
    is_whole boolean;
BEGIN
    EXECUTE format(
        $statement$
        SELECT s.are_told AND s.day_count = g.day_count
        FROM
            (SELECT coalesce(bool_and(energy_kwh IS NOT NULL), true) AS are_told, sum(span_to - span_from) AS day_count
             FROM %1$s) AS s,
            (SELECT sum(span_to - span_from) AS day_count FROM %2$s) AS g
        $statement$, spans, segments
    ) INTO is_whole;
    IF is_whole THEN
        RETURN 0;
    END IF;
    EXECUTE format(
        $statement$
        WITH uncovered AS (
            SELECT s.metering_point_id, s.zone_code, s.closing_reading_id, s.span_from, s.span_to
            FROM %1$s AS s
            LEFT JOIN %2$s AS g
                ON g.metering_point_id = s.metering_point_id AND g.zone_code = s.zone_code
                AND g.closing_reading_id IS NOT DISTINCT FROM s.closing_reading_id
                AND g.span_from >= s.span_from AND g.span_to <= s.span_to
            GROUP BY s.metering_point_id, s.zone_code, s.closing_reading_id, s.span_from, s.span_to
            HAVING count(g.span_from) = 0 OR sum(g.span_to - g.span_from) <> s.span_to - s.span_from
        ),
        dropped AS (
            DELETE FROM %2$s AS g
            USING uncovered AS u
            WHERE g.metering_point_id = u.metering_point_id AND g.zone_code = u.zone_code
                AND g.closing_reading_id IS NOT DISTINCT FROM u.closing_reading_id
                AND g.span_from >= u.span_from AND g.span_to <= u.span_to
        )
        SELECT count(*) FROM uncovered
        $statement$, spans, segments
    ) INTO left_out;
    RETURN left_out;
END
$$;

-- Takes out the spans with energy or power that no price is known for. Returns how many.
CREATE OR REPLACE FUNCTION ops.leave_out_unpriced(spans text, segments text)
RETURNS bigint
LANGUAGE plpgsql
AS $$
DECLARE
    left_out bigint;
    has_unpriced boolean;
BEGIN
    EXECUTE format(
        $statement$
        SELECT EXISTS (
            SELECT 1
            FROM (SELECT DISTINCT g.tariff_version_id, g.variant_code FROM %1$s AS g) AS used
            WHERE EXISTS (
                SELECT 1 FROM ops.tariff_step AS t
                WHERE t.tariff_version_id = used.tariff_version_id AND t.variant_code = used.variant_code
                    AND t.price_minor IS NULL
            ) OR EXISTS (
                SELECT 1 FROM ops.tariff_power_price AS p
                WHERE p.tariff_version_id = used.tariff_version_id AND p.variant_code = used.variant_code
                    AND p.price_minor_per_kw_year IS NULL
            )
        )
        $statement$, segments
    ) INTO has_unpriced;
    IF NOT has_unpriced THEN
        RETURN 0;
    END IF;
    EXECUTE format(
        $statement$
        WITH unpriced AS (
            SELECT DISTINCT s.metering_point_id, s.zone_code, s.closing_reading_id, s.span_from, s.span_to
            FROM (%2$s) AS r
            INNER JOIN %1$s AS s
                ON s.metering_point_id = r.metering_point_id AND s.zone_code = r.zone_code
                AND s.closing_reading_id IS NOT DISTINCT FROM r.closing_reading_id
                AND s.span_from <= r.span_from AND s.span_to >= r.span_to
            WHERE r.price_minor IS NULL
        ),
        dropped AS (
            DELETE FROM %3$s AS g
            USING unpriced AS u
            WHERE g.metering_point_id = u.metering_point_id AND g.zone_code = u.zone_code
                AND g.closing_reading_id IS NOT DISTINCT FROM u.closing_reading_id
                AND g.span_from >= u.span_from AND g.span_to <= u.span_to
        )
        SELECT count(*) FROM unpriced
        $statement$, spans, ops.rating_sql(segments), segments
    ) INTO left_out;
    RETURN left_out;
END
$$;

-- Places segments on the volume of their calendar month. Where a segment is not its whole month, its steps go on from
-- the other energy of the month: what is billed already, of whatever days and prices, and what this run bills of the
-- days before. So the steps of a month are used once, in whatever order its parts are billed. Zones of one span share
-- the volume in proportion to their use (domain.md 2.3). Steps counted over days begin anew with each segment. Placing
-- again, after segments were taken out, gives what placing without them would have given.
CREATE OR REPLACE FUNCTION ops.place_volumes(segments text, month date)
RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    EXECUTE format(
        $statement$
        WITH continued AS (
            SELECT DISTINCT account_id, metering_point_id, service_month
            FROM %1$s
            WHERE component = 'energy' AND (
                span_from > service_month OR span_to < service_month + interval '1 month' OR zone_code <> 'all'
                OR is_whole_volume
            )
        ),
        billed_before AS (
            SELECT c.metering_point_id, c.service_month, sum(l.energy_kwh) AS energy_kwh
            FROM continued AS c
            INNER JOIN ops.bill_line AS l
                ON l.account_id = c.account_id AND l.metering_point_id = c.metering_point_id
                AND l.service_month = c.service_month AND l.component = 'energy'
                AND l.booked_month BETWEEN c.service_month AND %2$L
            GROUP BY c.metering_point_id, c.service_month
        ),
        slice AS (
            -- The zones of one span together.
            SELECT
                s.metering_point_id, s.service_month, s.span_from, s.span_to, s.tariff_version_id,
                sum(s.segment_kwh) AS slice_kwh
            FROM %1$s AS s
            INNER JOIN continued USING (metering_point_id, service_month)
            WHERE s.component = 'energy'
            GROUP BY s.metering_point_id, s.service_month, s.span_from, s.span_to, s.tariff_version_id
        ),
        placed AS (
            SELECT
                s.*, coalesce(b.energy_kwh, 0) + sum(s.slice_kwh) OVER earlier - s.slice_kwh AS slice_from,
                coalesce(b.energy_kwh, 0) + sum(s.slice_kwh) OVER of_month AS month_kwh
            FROM slice AS s
            LEFT JOIN billed_before AS b USING (metering_point_id, service_month)
            WINDOW
                of_month AS (PARTITION BY s.metering_point_id, s.service_month),
                earlier AS (PARTITION BY s.metering_point_id, s.service_month ORDER BY s.span_from, s.span_to)
        ),
        shared AS (
            SELECT
                s.ctid AS segment, s.segment_kwh, s.is_whole_volume, s.all_zones_factor,
                CASE WHEN s.step_basis IN ('thirty_days', 'month_days') THEN 0 ELSE p.slice_from END AS slice_from,
                CASE WHEN s.step_basis IN ('thirty_days', 'month_days') THEN p.slice_kwh ELSE p.month_kwh END AS month_kwh,
                s.segment_kwh <> p.slice_kwh AS is_shared,
                -- The zone's share as a fraction, divided last, so that a half is seen as one.
                CASE WHEN s.segment_kwh <> p.slice_kwh THEN s.segment_kwh ELSE 1 END AS zone_kwh,
                CASE WHEN s.segment_kwh <> p.slice_kwh THEN p.slice_kwh ELSE 1 END AS all_zones_kwh
            FROM %1$s AS s
            INNER JOIN placed AS p USING (metering_point_id, service_month, span_from, span_to, tariff_version_id)
            WHERE s.component = 'energy'
        )
        UPDATE %1$s AS s
        SET
            bound_factor = CASE
                WHEN h.is_shared THEN coalesce(h.all_zones_factor, 1) * h.zone_kwh / h.all_zones_kwh
                ELSE h.all_zones_factor
            END,
            volume_from = CASE
                WHEN h.is_whole_volume THEN round(h.month_kwh * h.zone_kwh / h.all_zones_kwh, 6) - h.segment_kwh
                ELSE round(h.slice_from * h.zone_kwh / h.all_zones_kwh, 6)
            END,
            volume_to = CASE
                WHEN h.is_whole_volume THEN round(h.month_kwh * h.zone_kwh / h.all_zones_kwh, 6)
                ELSE round(h.slice_from * h.zone_kwh / h.all_zones_kwh, 6) + h.segment_kwh
            END
        FROM shared AS h
        WHERE s.ctid = h.segment
        $statement$, segments, month
    );
END
$$;
