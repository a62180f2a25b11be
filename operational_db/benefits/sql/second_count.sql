-- The second count of benefits: re-checks those of every run before they are posted.
--
-- It shares with the first count (benefits_in_days.sql, benefits_of_lines.sql) nothing but lines, grants, what their
-- categories give and the norms of dwellings. Where the grants of a month are the same on all its days, which is usual,
-- the lesser of its energy and the greatest norm has a benefit. Else days are looked at one by one: each has its part
-- of a line's energy and of the greatest norm; days side by side with the same grants are added up, and the lesser of
-- both sums has a benefit. What the energy costs is its part of what the line costs. A month of which a part stands
-- billed is not looked at: that part was counted by what was known then.

-- Points and months of which the lines of a run have another energy at benefits than their days say; with both figures.
-- The rows of benefit_lines are about to be posted with the lines of the table lines.
CREATE OR REPLACE FUNCTION ops.benefit_energy_in_doubt(benefit_lines text, lines text)
RETURNS TABLE (account_id bigint, counted_kwh numeric, expected_kwh numeric)
LANGUAGE plpgsql
AS $$
BEGIN
    RETURN QUERY EXECUTE format(
        $statement$
        WITH month AS (
            SELECT DISTINCT l.account_id, l.metering_point_id, l.service_month
            FROM %2$s AS l
            INNER JOIN ops.benefit_grant AS g
                ON g.metering_point_id = l.metering_point_id AND g.known_to IS NULL AND g.valid_from < l.span_to
                AND (g.valid_to IS NULL OR g.valid_to > l.span_from)
            WHERE NOT EXISTS (
                SELECT 1 FROM ops.standing_bill_line AS s
                WHERE s.account_id = l.account_id AND s.metering_point_id = l.metering_point_id
                    AND s.service_month = l.service_month AND s.booked_month >= l.service_month
            )
        ),
        granted AS (
            SELECT
                m.account_id, m.metering_point_id, m.service_month,
                bool_and(
                    daterange(g.valid_from, g.valid_to) * daterange(v.valid_from, v.valid_to) @> d.days
                    AND n.norm_from IS NOT DISTINCT FROM n.last_norm_from
                ) AS is_constant,
                bool_or(v.norm_kind = 'none') AS is_unlimited,
                max(coalesce(v.fixed_norm_kwh, n.dwelling_kwh, 0)) AS norm_kwh
            FROM month AS m
            CROSS JOIN LATERAL (
                SELECT daterange(m.service_month, (m.service_month + interval '1 month')::date) AS days
            ) AS d
            INNER JOIN ops.benefit_grant AS g
                ON g.metering_point_id = m.metering_point_id AND g.known_to IS NULL
                AND daterange(g.valid_from, g.valid_to) && d.days
            INNER JOIN ops.benefit_category_version AS v
                ON v.category_code = g.category_code AND v.known_to IS NULL
                AND daterange(v.valid_from, v.valid_to) && d.days
            LEFT JOIN LATERAL (
                SELECT
                    max(o.valid_from) FILTER (WHERE o.valid_from <= m.service_month) AS norm_from,
                    max(o.valid_from) AS last_norm_from,
                    max(least(o.cap_kwh, o.first_person_kwh + (g.entitled_persons - 1) * o.next_person_kwh))
                        FILTER (WHERE o.valid_from = (
                            SELECT max(q.valid_from) FROM ops.benefit_norm AS q
                            WHERE q.dwelling_code = g.dwelling_code AND q.valid_from <= m.service_month
                        )) AS dwelling_kwh
                FROM ops.benefit_norm AS o
                WHERE v.norm_kind = 'dwelling' AND o.dwelling_code = g.dwelling_code AND o.valid_from < upper(d.days)
            ) AS n ON true
            GROUP BY m.account_id, m.metering_point_id, m.service_month
        ),
        changing_month AS (
            SELECT g.account_id, g.metering_point_id, g.service_month FROM granted AS g WHERE NOT g.is_constant
        ),
        day AS (
            SELECT
                m.account_id, m.metering_point_id, m.service_month, d::date AS on_day,
                date_part('day', m.service_month + interval '1 month - 1 day')::integer AS days_of_month
            FROM changing_month AS m
            CROSS JOIN generate_series(
                m.service_month, m.service_month + interval '1 month - 1 day', interval '1 day'
            ) AS d
        ),
        given AS (
            SELECT
                d.account_id, d.metering_point_id, d.service_month, d.on_day, d.days_of_month,
                string_agg(
                    concat_ws(':', g.grant_no, v.benefit_category_version_id, n.norm_from), ' ' ORDER BY g.grant_no
                ) AS grants,
                bool_or(v.norm_kind = 'none') AS is_unlimited,
                max(coalesce(v.fixed_norm_kwh, n.dwelling_kwh, 0)) / d.days_of_month AS norm_kwh
            FROM day AS d
            INNER JOIN ops.benefit_grant AS g
                ON g.metering_point_id = d.metering_point_id AND g.known_to IS NULL
                AND daterange(g.valid_from, g.valid_to) @> d.on_day
            INNER JOIN ops.benefit_category_version AS v
                ON v.category_code = g.category_code AND v.known_to IS NULL
                AND daterange(v.valid_from, v.valid_to) @> d.on_day
            LEFT JOIN LATERAL (
                SELECT
                    o.valid_from AS norm_from,
                    least(o.cap_kwh, o.first_person_kwh + (g.entitled_persons - 1) * o.next_person_kwh) AS dwelling_kwh
                FROM ops.benefit_norm AS o
                WHERE v.norm_kind = 'dwelling' AND o.dwelling_code = g.dwelling_code AND o.valid_from <= d.on_day
                ORDER BY o.valid_from DESC
                LIMIT 1
            ) AS n ON true
            GROUP BY d.account_id, d.metering_point_id, d.service_month, d.on_day, d.days_of_month
        ),
        changing AS (
            SELECT
                g.*,
                CASE
                    WHEN lag(g.grants) OVER days = g.grants AND lag(g.on_day) OVER days = g.on_day - 1 THEN 0
                    ELSE 1
                END AS begins
            FROM given AS g
            WINDOW days AS (PARTITION BY g.metering_point_id, g.service_month ORDER BY g.on_day)
        ),
        numbered AS (
            SELECT
                c.*,
                sum(c.begins) OVER (PARTITION BY c.metering_point_id, c.service_month ORDER BY c.on_day) AS stretch_no
            FROM changing AS c
        ),
        line AS MATERIALIZED (
            SELECT l.metering_point_id, l.service_month, l.span_from, l.span_to, l.energy_kwh
            FROM %2$s AS l
            INNER JOIN month AS m USING (metering_point_id, service_month)
            WHERE l.component = 'energy'
        ),
        used AS (
            SELECT
                n.account_id, n.metering_point_id, n.service_month, n.on_day, n.stretch_no, n.is_unlimited, n.norm_kwh,
                coalesce(sum(l.energy_kwh / (l.span_to - l.span_from)), 0) AS energy_kwh
            FROM numbered AS n
            LEFT JOIN line AS l
                ON l.metering_point_id = n.metering_point_id AND l.service_month = n.service_month
                AND n.on_day >= l.span_from AND n.on_day < l.span_to
            GROUP BY
                n.account_id, n.metering_point_id, n.service_month, n.on_day, n.stretch_no, n.is_unlimited, n.norm_kwh
        ),
        stretch AS (
            SELECT
                u.account_id, u.metering_point_id, u.service_month, u.stretch_no,
                CASE
                    WHEN bool_or(u.is_unlimited) THEN sum(u.energy_kwh)
                    ELSE least(sum(u.energy_kwh), sum(u.norm_kwh))
                END AS covered_kwh
            FROM used AS u
            GROUP BY u.account_id, u.metering_point_id, u.service_month, u.stretch_no
        ),
        expected AS (
            SELECT s.account_id, s.metering_point_id, s.service_month, sum(s.covered_kwh) AS covered_kwh
            FROM stretch AS s
            GROUP BY s.account_id, s.metering_point_id, s.service_month
            UNION ALL
            SELECT
                g.account_id, g.metering_point_id, g.service_month,
                CASE WHEN g.is_unlimited THEN sum(l.energy_kwh) ELSE least(sum(l.energy_kwh), g.norm_kwh) END
            FROM granted AS g
            INNER JOIN line AS l USING (metering_point_id, service_month)
            WHERE g.is_constant
            GROUP BY g.account_id, g.metering_point_id, g.service_month, g.is_unlimited, g.norm_kwh
        ),
        counted AS (
            SELECT
                m.account_id, m.metering_point_id, m.service_month, sum(b.energy_kwh) AS energy_kwh,
                count(b.line_no) AS row_count
            FROM month AS m
            LEFT JOIN %1$s AS b USING (account_id, metering_point_id, service_month)
            GROUP BY m.account_id, m.metering_point_id, m.service_month
        )
        SELECT c.account_id, coalesce(c.energy_kwh, 0), coalesce(e.covered_kwh, 0)
        FROM counted AS c
        LEFT JOIN expected AS e USING (account_id, metering_point_id, service_month)
        -- Each row may have lost a millionth, and so may each bound of its days.
        WHERE abs(coalesce(c.energy_kwh, 0) - coalesce(e.covered_kwh, 0)) > 0.00001 * (1 + c.row_count)
        $statement$, benefit_lines, lines
    );
END
$$;

-- Refuses a run whose benefits the second count does not find.
CREATE OR REPLACE FUNCTION ops.require_benefits_agree(benefit_lines text, lines text)
RETURNS void
LANGUAGE plpgsql SET enable_hashagg = on
AS $$
DECLARE
    disagreement record;
    subject text := 'energy at benefits';
BEGIN
    IF NOT EXISTS (SELECT 1 FROM ops.benefit_grant AS g WHERE g.known_to IS NULL) THEN
        RETURN;
    END IF;
    EXECUTE format('ANALYZE %s', benefit_lines);
    SELECT count(*) AS found, min(e.account_id) AS account_id INTO disagreement
    FROM ops.benefit_energy_in_doubt(benefit_lines, lines) AS e;
    IF disagreement.found = 0 THEN
        subject := 'worth of benefits';
        EXECUTE format(
            $statement$
            SELECT count(*) AS found, min(b.account_id) AS account_id
            FROM %1$s AS b
            INNER JOIN %2$s AS l
                ON l.account_id = b.account_id AND l.bill_no = b.bill_no AND l.line_no = b.line_no
            WHERE abs(b.full_minor - l.charge_minor * b.energy_kwh / l.energy_kwh) > 1
                OR abs(b.benefit_minor - b.full_minor * b.share) > 1
            $statement$, benefit_lines, lines
        ) INTO disagreement;
    END IF;
    IF disagreement.found > 0 THEN
        PERFORM ops.refuse(
            'The second count finds another %s for %s months of use, the first of account %s; nothing was posted. '
            'Please report it with the output of `wattbook doctor`.', subject, disagreement.found::text,
            (SELECT a.account_no FROM ops.account AS a WHERE a.account_id = disagreement.account_id)
        );
    END IF;
END
$$;
