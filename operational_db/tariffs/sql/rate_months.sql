-- What volumes of months cost: many at once, such as those that another program has charged, each as it would be billed
-- or with one thing changed. Priced by the statement that bills (ops.rating_sql); here is only which segments a month
-- falls into.
--
-- The named table, or a SELECT in brackets, has one row per volume:
--   volume_no, tariff_code, variant_code, service_month, energy_kwh, residents
--   list_on          a day whose price list holds for the whole month; empty: the lists in force, the energy spread
--                    over the days of each as a span's is
--   zone_set, zone_code, all_zones_kwh   a zone, and the energy of all zones of the point; empty: one price for all
--   bound_factor     by what the bounds of steps are multiplied; empty: as the price list says
--   is_whole_volume  all energy at the price of the step that it ends in, or each step at its own; empty: as it says
--   season_code      empty: that of the month
--   grid_minor       lines that are no whole multiple of it are counted as uneven: for whoever rounds to coarser coins
-- Volumes with a day without a price list, or without a known price, give no row.
CREATE OR REPLACE FUNCTION ops.rate_months(volumes text)
RETURNS TABLE (volume_no bigint, charge_minor bigint, line_count bigint, uneven_count bigint, list_count bigint)
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
    DROP TABLE IF EXISTS pg_temp.month_list;
    DROP TABLE IF EXISTS pg_temp.month_segment;
    EXECUTE format(
        $statement$
        CREATE TEMPORARY TABLE month_list ON COMMIT DROP AS
        WITH listed AS (
            SELECT
                w.tariff_code, w.service_month, w.list_on, n.next_month, f.tariff_version_id, f.vat_rate,
                f.price_includes_vat, f.step_basis, f.step_mode = 'whole' AS is_whole_volume,
                coalesce(c.season_code, 'all') AS season_code,
                CASE WHEN w.list_on IS NULL THEN greatest(f.valid_from, w.service_month) ELSE w.service_month END
                    AS days_from,
                CASE WHEN w.list_on IS NULL THEN least(f.valid_to, n.next_month) ELSE n.next_month END AS days_to
            FROM (SELECT DISTINCT v.tariff_code, v.service_month, v.list_on FROM %1$s AS v) AS w
            CROSS JOIN LATERAL (SELECT (w.service_month + interval '1 month')::date AS next_month) AS n
            INNER JOIN ops.tariff_in_force AS f
                ON f.tariff_code = w.tariff_code
                AND daterange(f.valid_from, f.valid_to)
                    && daterange(coalesce(w.list_on, w.service_month), coalesce(w.list_on + 1, n.next_month))
            LEFT JOIN ops.tariff_season AS c
                ON c.tariff_version_id = f.tariff_version_id AND c.month_of_year = extract(month FROM w.service_month)
        ),
        counted AS (
            SELECT
                l.*, count(*) OVER of_month AS list_count,
                sum(l.days_to - l.days_from) OVER of_month = l.next_month - l.service_month AS is_covered
            FROM listed AS l
            WINDOW of_month AS (PARTITION BY l.tariff_code, l.service_month, l.list_on)
        )
        SELECT c.* FROM counted AS c WHERE c.is_covered
        $statement$, volumes
    );
    EXECUTE format(
        $statement$
        CREATE TEMPORARY TABLE month_segment ON COMMIT DROP AS
        SELECT
            v.volume_no, v.grid_minor, l.list_count, v.service_month, l.days_from AS span_from, l.days_to AS span_to,
            'energy'::text AS component, coalesce(v.zone_code, 'all') AS zone_code, l.tariff_version_id, v.variant_code,
            coalesce(v.season_code, l.season_code) AS season_code, l.vat_rate, l.price_includes_vat, m.is_whole_volume,
            e.segment_kwh,
            (CASE WHEN m.is_whole_volume THEN e.month_kwh - e.segment_kwh ELSE e.before_kwh END)::numeric(18, 6)
                AS volume_from,
            (CASE WHEN m.is_whole_volume THEN e.month_kwh ELSE e.before_kwh + e.segment_kwh END)::numeric(18, 6)
                AS volume_to,
            CASE
                WHEN v.energy_kwh <> v.all_zones_kwh THEN coalesce(m.bound_factor, 1) * v.energy_kwh / v.all_zones_kwh
                ELSE m.bound_factor
            END::numeric(24, 12) AS bound_factor,
            z.price_factor_numerator::smallint AS price_numerator,
            z.price_factor_denominator::smallint AS price_denominator, NULL::numeric(12, 3) AS power_kw
        FROM %1$s AS v
        INNER JOIN month_list AS l
            ON l.tariff_code = v.tariff_code AND l.service_month = v.service_month
            AND l.list_on IS NOT DISTINCT FROM v.list_on
        CROSS JOIN LATERAL (
            SELECT
                coalesce(v.is_whole_volume, l.is_whole_volume) AS is_whole_volume,
                coalesce(
                    v.bound_factor, ops.step_bound_factor(l.step_basis, v.residents, l.days_from, l.days_to, NULL)
                ) AS bound_factor,
                l.step_basis IN ('thirty_days', 'month_days') AS counts_days
        ) AS m
        CROSS JOIN LATERAL (
            SELECT
                s.segment_kwh::numeric(18, 6) AS segment_kwh,
                CASE WHEN m.counts_days THEN s.segment_kwh ELSE v.energy_kwh END AS month_kwh,
                CASE WHEN m.counts_days THEN 0 ELSE s.until_from_kwh END AS before_kwh
            FROM (
                SELECT
                    CASE WHEN l.list_count = 1 THEN v.energy_kwh ELSE
                        ops.energy_until_kwh(v.energy_kwh, l.service_month, l.next_month, l.days_to)
                        - ops.energy_until_kwh(v.energy_kwh, l.service_month, l.next_month, l.days_from)
                    END AS segment_kwh,
                    CASE WHEN l.list_count = 1 THEN 0
                        ELSE ops.energy_until_kwh(v.energy_kwh, l.service_month, l.next_month, l.days_from)
                    END AS until_from_kwh
            ) AS s
        ) AS e
        LEFT JOIN ops.tariff_zone AS z
            ON z.tariff_version_id = l.tariff_version_id AND z.zone_set = v.zone_set AND z.zone_code = v.zone_code
        WHERE v.energy_kwh >= 0 AND (v.zone_code IS NULL OR z.zone_code IS NOT NULL)
        $statement$, volumes
    );
    RETURN QUERY EXECUTE format(
        'SELECT r.volume_no, sum(r.charge_minor)::bigint, count(*), '
        'count(*) FILTER (WHERE r.charge_minor %% r.grid_minor <> 0), max(r.list_count) '
        'FROM (%s) AS r GROUP BY r.volume_no HAVING count(*) = count(r.charge_minor)',
        ops.rating_sql('pg_temp.month_segment')
    );
END
$$;

-- What whole months with one price list cost: the named table has volume_no, tariff_code, service_month, energy_kwh.
CREATE OR REPLACE FUNCTION ops.charge_whole_months(volumes text)
RETURNS TABLE (volume_no bigint, charge_minor bigint, line_count bigint)
LANGUAGE sql VOLATILE
BEGIN ATOMIC
    SELECT r.volume_no, r.charge_minor, r.line_count
    FROM ops.rate_months(
        '(SELECT w.volume_no, w.tariff_code, ''all''::text AS variant_code, w.service_month, w.energy_kwh, '
        '1 AS residents, NULL::date AS list_on, NULL::text AS zone_set, NULL::text AS zone_code, '
        'NULL::numeric AS all_zones_kwh, NULL::numeric AS bound_factor, NULL::boolean AS is_whole_volume, '
        'NULL::text AS season_code, 1::bigint AS grid_minor FROM ' || volumes || ' AS w)'
    ) AS r
    WHERE r.list_count = 1;
END;
