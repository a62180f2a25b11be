-- The profile of a group: what like consumers of a RES used a day in a month, as it was measured. Like are those with
-- the same tariff and price list, class and dwelling; where these are too few, all with the same tariff and price list.
CREATE OR REPLACE FUNCTION ops.group_of_points(of_res_ids integer[], month date)
RETURNS TABLE (
    metering_point_id bigint, res_id integer, tariff_code text, variant_code text, consumer_class text, dwelling text
)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT
        p.metering_point_id, p.res_id, t.tariff_code, t.variant_code, coalesce(m.consumer_class, ''),
        coalesce(d.kind, '')
    FROM ops.points_of_month(of_res_ids, month) AS p
    INNER JOIN ops.metering_point AS m ON m.metering_point_id = p.metering_point_id
    LEFT JOIN ops.premises AS d ON d.premises_id = m.premises_id
    INNER JOIN ops.metering_point_tariff AS t
        ON t.metering_point_id = p.metering_point_id AND t.known_to IS NULL
        AND daterange(t.valid_from, t.valid_to) @> (month + interval '1 month - 1 day')::date;
END;

-- One row per group, scale and breadth: mean daily use, of how many points. A point counts that was measured on so many
-- days of the month as make a season.
CREATE OR REPLACE FUNCTION ops.group_uses(of_res_ids integer[], month date)
RETURNS TABLE (
    res_id integer, tariff_code text, variant_code text, consumer_class text, dwelling text, is_broad boolean,
    zone_code text, point_count bigint, daily_kwh numeric
)
LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH member AS MATERIALIZED (
        SELECT * FROM ops.group_of_points(of_res_ids, month)
    ),
    within AS (
        SELECT
            s.metering_point_id, s.zone_code,
            sum(least(s.span_to, w.next_month) - greatest(s.span_from, month)) AS day_count,
            sum(
                s.energy_kwh * (least(s.span_to, w.next_month) - greatest(s.span_from, month))
                / (s.span_to - s.span_from)
            ) AS energy_kwh
        FROM (SELECT (month + interval '1 month')::date AS next_month) AS w
        CROSS JOIN ops.measured_spans((SELECT array_agg(m.metering_point_id) FROM member AS m)) AS s
        WHERE s.span_from < w.next_month AND s.span_to > month AND s.zone_code IS NOT NULL
        GROUP BY s.metering_point_id, s.zone_code
    )
    SELECT
        m.res_id, m.tariff_code, m.variant_code, m.consumer_class, m.dwelling, m.consumer_class IS NULL, w.zone_code,
        count(*), round(sum(w.energy_kwh) / sum(w.day_count), 6)
    FROM within AS w
    INNER JOIN member AS m ON m.metering_point_id = w.metering_point_id
    CROSS JOIN ops.reading_bound AS b
    WHERE w.day_count >= b.season_min_days
    GROUP BY GROUPING SETS (
        (m.res_id, m.tariff_code, m.variant_code, w.zone_code, b.group_min_points, m.consumer_class, m.dwelling),
        (m.res_id, m.tariff_code, m.variant_code, w.zone_code, b.group_min_points)
    )
    HAVING count(*) >= b.group_min_points;
END;
