-- What is usual at a point: the measure of a jump, and of an estimate.

-- Bounds by which readings are judged and estimated, from the parameters of the book.
CREATE OR REPLACE VIEW ops.reading_bound WITH (security_invoker = true) AS
SELECT
    max(p.value::numeric) FILTER (WHERE p.parameter_code = 'jump_use_factor') AS jump_use_factor,
    max(p.value::numeric) FILTER (WHERE p.parameter_code = 'jump_floor_kwh') AS jump_floor_kwh,
    max(p.value::numeric) FILTER (WHERE p.parameter_code = 'jump_turn_share') AS jump_turn_share,
    max(p.value::numeric) FILTER (WHERE p.parameter_code = 'season_min_days') AS season_min_days,
    max(p.value::numeric) FILTER (WHERE p.parameter_code = 'zone_sum_tolerance_kwh') AS zone_sum_tolerance_kwh,
    max(p.value::numeric) FILTER (WHERE p.parameter_code = 'group_min_points') AS group_min_points
FROM ops.parameter AS p
WHERE p.parameter_code IN (
    'jump_use_factor', 'jump_floor_kwh', 'jump_turn_share', 'season_min_days', 'zone_sum_tolerance_kwh',
    'group_min_points'
);

-- What points use a day as far as their own measurements and contracts tell, one row for each point and span asked
-- about: usual is that of the same season a year ago (at least 30 days of it), else of the 12 months before, else by
-- contract; level is the greater of it and the use of the month before, since a level once accepted is no jump.
-- Of one scale each where scales are named; a contract is of the whole point.
CREATE OR REPLACE FUNCTION ops.usual_uses(
    of_metering_point_ids bigint[], spans_from date[], spans_to date[], of_scales text[] DEFAULT NULL
)
RETURNS TABLE (row_no bigint, usual_kwh numeric, usual_basis text, level_kwh numeric)
LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH asked AS (
        SELECT a.metering_point_id, a.span_from, a.span_to, a.scale, a.row_no
        FROM unnest(of_metering_point_ids, spans_from, spans_to, of_scales)
            WITH ORDINALITY AS a (metering_point_id, span_from, span_to, scale, row_no)
    ),
    day_window AS (
        SELECT
            a.row_no, a.metering_point_id, a.scale, w.basis, w.days_from::date, w.days_to::date,
            row_number() OVER (ORDER BY a.row_no, w.basis) AS window_no
        FROM asked AS a
        CROSS JOIN LATERAL (
            VALUES
            ('season', a.span_to - interval '1 year' - greatest(a.span_to - a.span_from, 30) * interval '1 day',
                a.span_to - interval '1 year'),
            ('year', a.span_from - interval '12 months', a.span_from),
            ('month', a.span_from - interval '31 days', a.span_from)
        ) AS w (basis, days_from, days_to)
    ),
    measured AS (
        SELECT w.row_no, w.basis, u.day_count, u.daily_kwh
        FROM ops.mean_uses(
            (SELECT array_agg(d.metering_point_id ORDER BY d.window_no) FROM day_window AS d),
            (SELECT array_agg(d.days_from ORDER BY d.window_no) FROM day_window AS d),
            (SELECT array_agg(d.days_to ORDER BY d.window_no) FROM day_window AS d),
            NULL,
            (SELECT array_agg(d.scale ORDER BY d.window_no) FROM day_window AS d)
        ) AS u
        INNER JOIN day_window AS w ON w.window_no = u.row_no
        CROSS JOIN ops.reading_bound AS b
        WHERE w.basis = 'year' OR u.day_count >= b.season_min_days
    ),
    known AS (
        SELECT
            a.row_no,
            max(m.daily_kwh) FILTER (WHERE m.basis = 'season') AS season_kwh,
            max(m.daily_kwh) FILTER (WHERE m.basis = 'year') AS year_kwh,
            max(m.daily_kwh) FILTER (WHERE m.basis = 'month') AS month_kwh,
            max(c.monthly_kwh) AS contract_kwh
        FROM asked AS a
        LEFT JOIN measured AS m ON m.row_no = a.row_no
        LEFT JOIN ops.contract_use AS c
            ON c.metering_point_id = a.metering_point_id AND c.known_to IS NULL
            AND daterange(c.valid_from, c.valid_to) @> (a.span_to - 1)
        GROUP BY a.row_no
    )
    SELECT
        k.row_no,
        coalesce(k.season_kwh, k.year_kwh, round(k.contract_kwh * 12 / 365, 6)),
        CASE
            WHEN k.season_kwh IS NOT NULL THEN 'season'
            WHEN k.year_kwh IS NOT NULL THEN 'year'
            WHEN k.contract_kwh IS NOT NULL THEN 'contract'
        END,
        greatest(coalesce(k.season_kwh, k.year_kwh, round(k.contract_kwh * 12 / 365, 6)), k.month_kwh)
    FROM known AS k;
END;
