-- Which benefits a metering point has on which days of a month, and which of those days' energy each of them covers.
--
-- A month falls into stretches of days over which the point's benefits are the same and give the same; mostly it is
-- one. A stretch has its days' part of the norm of each grant (norm x days / days of the month). Of the energy used in
-- it a grant covers the first kWh, up to its part of the norm. A kWh has one benefit: the greater share comes first,
-- and a lesser one covers only what lies beyond the greater one's norm.

-- Has anybody a benefit on a day from the first of these months to the end of the last?
CREATE OR REPLACE FUNCTION ops.has_benefits(first_month date, last_month date)
RETURNS boolean
LANGUAGE plpgsql STABLE
AS $$
BEGIN
    RETURN EXISTS (
        SELECT 1 FROM ops.benefit_grant AS g
        WHERE g.known_to IS NULL AND g.valid_from < last_month + interval '1 month'
            AND (g.valid_to IS NULL OR g.valid_to > greatest(g.valid_from, first_month))
    );
END
$$;

-- Text of a SELECT from a table of points and months (metering_point_id, service_month): one row per point, month,
-- stretch of days [days_from, days_to) and grant that covers something in it. Of the stretch's energy the grant covers
-- what lies between from_kwh and to_kwh. norm_kwh is of the whole month, empty where all consumption is covered.
CREATE OR REPLACE FUNCTION ops.benefits_in_days_sql(months text)
RETURNS text
LANGUAGE sql STABLE
RETURN format(
    $statement$
    WITH given AS (
        SELECT
            m.metering_point_id, m.service_month, n.next_month, g.grant_no, g.category_code, g.dwelling_code,
            g.entitled_persons, v.share, v.norm_kind, v.financing_source, v.report_row, d.first_day, d.end_day
        FROM %1$s AS m
        INNER JOIN ops.benefit_grant AS g ON g.metering_point_id = m.metering_point_id AND g.known_to IS NULL
        INNER JOIN ops.benefit_category_version AS v ON v.category_code = g.category_code AND v.known_to IS NULL
        CROSS JOIN LATERAL (SELECT (m.service_month + interval '1 month')::date AS next_month) AS n
        CROSS JOIN LATERAL (
            SELECT
                greatest(m.service_month, g.valid_from, v.valid_from) AS first_day,
                least(n.next_month, g.valid_to, v.valid_to) AS end_day
        ) AS d
        WHERE d.first_day < d.end_day
    ),
    bound AS (
        SELECT g.metering_point_id, g.service_month, g.first_day AS on_day FROM given AS g
        UNION
        SELECT g.metering_point_id, g.service_month, g.end_day FROM given AS g
        UNION
        SELECT g.metering_point_id, g.service_month, n.valid_from
        FROM given AS g
        INNER JOIN ops.benefit_norm AS n
            ON n.dwelling_code = g.dwelling_code AND n.valid_from > g.first_day AND n.valid_from < g.end_day
        WHERE g.norm_kind = 'dwelling'
    ),
    stretch AS (
        SELECT
            b.metering_point_id, b.service_month, b.on_day AS days_from,
            lead(b.on_day) OVER (PARTITION BY b.metering_point_id, b.service_month ORDER BY b.on_day) AS days_to
        FROM bound AS b
    ),
    normed AS (
        SELECT
            g.*, s.days_from, s.days_to,
            -- Without a known norm a category by norm covers nothing, where one without a norm covers all.
            CASE WHEN g.norm_kind <> 'none' THEN
                coalesce(ops.benefit_norm_kwh(g.category_code, g.dwelling_code, g.entitled_persons, s.days_from), 0)
            END AS norm_kwh
        FROM stretch AS s
        INNER JOIN given AS g
            ON g.metering_point_id = s.metering_point_id AND g.service_month = s.service_month
            AND g.first_day <= s.days_from AND g.end_day >= s.days_to
    ),
    scaled AS (
        SELECT
            n.*,
            coalesce(
                trunc(n.norm_kwh * (n.days_to - n.days_from) / (n.next_month - n.service_month), 6), 'infinity'::numeric
            ) AS to_kwh
        FROM normed AS n
    ),
    stacked AS (
        SELECT
            s.*,
            coalesce(max(s.to_kwh) OVER (
                PARTITION BY s.metering_point_id, s.service_month, s.days_from ORDER BY s.share DESC, s.grant_no
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ), 0) AS from_kwh
        FROM scaled AS s
    )
    SELECT
        s.metering_point_id, s.service_month, s.days_from, s.days_to, s.grant_no, s.category_code, s.entitled_persons,
        s.share, s.norm_kwh, s.financing_source, s.report_row, s.from_kwh, s.to_kwh
    FROM stacked AS s
    WHERE s.from_kwh < s.to_kwh
    $statement$, months
);
