-- What days of delay cost: overdue debt by rule, one row per debt and span of days within a calendar month.
--
-- Rows do not depend on when they are asked for: months always part them, and the charge of a row is what the sum of
-- all days so far, rounded once and held to the cap, grew by. So a debt charged month by month costs what it costs at
-- once, to the coin.
--
-- The cap is a share of the largest sum of the debt that was overdue so far, in whole coins, never rounded up. A row
-- whose reference rate or price index is not entered has no charge and waits.
--
-- Inflation (price_index) is domain.md 7's I = Sn(Im-1) + Sc x Id x (Km-Ds+1) + Iprev(Im-1) - Id x So x (Km-Do+1) with
-- Id = (Im-1)/Km: the debt of each day bears Id, and what grew before the month grows with it.
CREATE OR REPLACE FUNCTION ops.penalty_arithmetic(of_res_ids integer[], only_account_id bigint, to_day date)
RETURNS TABLE (
    account_id bigint, res_id integer, component text, due_on date, day_from date, day_to date, debt_minor bigint,
    method text, rate numeric, multiplier numeric, accrued_minor numeric, cap_minor bigint, charge_minor bigint,
    is_verified boolean, source text
)
LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH RECURSIVE ruled AS (
        SELECT
            o.account_id, a.res_id, r.component, o.due_on, o.debt_minor, r.method, r.rate, r.reference_rate_code,
            r.price_index_code, r.cap_share, r.is_verified, r.source,
            daterange(greatest(o.day_from, o.due_on + r.starts_after_days), o.day_to)
            * daterange(r.valid_from, r.valid_to)
            * daterange(
                NULL, (o.due_on + r.starts_after_days + r.limitation_months * interval '1 month')::date
            ) AS days
        FROM ops.overdue_spans(of_res_ids, only_account_id, to_day) AS o
        INNER JOIN ops.account AS a ON a.account_id = o.account_id
        INNER JOIN ops.penalty_rule AS r
            ON r.consumer_kind = a.kind AND r.method <> 'suspended'
            AND r.country = (SELECT p.value FROM ops.parameter AS p WHERE p.parameter_code = 'country')
        WHERE greatest(o.day_from, o.due_on + r.starts_after_days) < o.day_to
    ),
    waived AS (
        SELECT w.account_id, range_agg(daterange(w.valid_from, w.valid_to)) AS days
        FROM ops.penalty_waiver AS w
        WHERE only_account_id IS NULL OR w.account_id = only_account_id
        GROUP BY w.account_id
    ),
    costing AS (
        SELECT
            r.account_id, r.res_id, r.component, r.due_on, r.debt_minor, r.method, r.rate, r.reference_rate_code,
            r.price_index_code, r.cap_share, r.is_verified, r.source, d.days
        FROM ruled AS r
        LEFT JOIN waived AS w ON w.account_id = r.account_id
        CROSS JOIN LATERAL unnest(
            datemultirange(r.days) - coalesce(w.days, '{}'::datemultirange)
        ) AS d (days)
    ),
    in_month AS (
        SELECT
            c.account_id, c.res_id, c.component, c.due_on, c.debt_minor, c.method, c.rate, c.reference_rate_code,
            c.price_index_code, c.cap_share, c.is_verified, c.source, m.first_day::date AS month,
            c.days * daterange(m.first_day::date, (m.first_day + interval '1 month')::date) AS days
        FROM costing AS c
        CROSS JOIN LATERAL generate_series(
            date_trunc('month', lower(c.days)::timestamp), upper(c.days)::timestamp - interval '1 day',
            interval '1 month'
        ) AS m (first_day)
    ),
    figured AS (
        SELECT
            i.account_id, i.res_id, i.component, i.due_on, i.debt_minor, i.method, i.rate, i.cap_share, i.is_verified,
            i.source, i.month, coalesce(i.days * daterange(v.valid_from, v.valid_to), i.days) AS days,
            coalesce(v.rate, x.index_value) AS multiplier,
            (i.month + interval '1 month')::date - i.month AS days_of_month,
            (date_trunc('year', i.month) + interval '1 year')::date - date_trunc('year', i.month)::date AS days_of_year
        FROM in_month AS i
        LEFT JOIN ops.reference_rate_in_force AS v
            ON v.reference_rate_code = i.reference_rate_code AND daterange(v.valid_from, v.valid_to) && i.days
        LEFT JOIN ops.price_index AS x
            ON x.price_index_code = i.price_index_code AND x.index_month = i.month AND x.known_to IS NULL
    ),
    priced AS (
        SELECT
            f.account_id, f.res_id, f.component, f.due_on, f.debt_minor, f.method, f.rate, f.cap_share, f.is_verified,
            f.source, f.month, f.multiplier, lower(f.days) AS day_from, upper(f.days) AS day_to,
            f.debt_minor * (upper(f.days) - lower(f.days)) * CASE f.method
                WHEN 'daily' THEN f.rate
                WHEN 'yearly' THEN f.rate
                WHEN 'reference_rate' THEN f.rate * f.multiplier
                WHEN 'price_index' THEN f.multiplier - 1
            END / CASE f.method
                WHEN 'daily' THEN 1
                WHEN 'price_index' THEN f.days_of_month
                ELSE f.days_of_year
            END AS cost_minor,
            row_number() OVER (
                PARTITION BY f.account_id, f.component, f.due_on, f.is_verified ORDER BY lower(f.days)
            ) AS row_no
        FROM figured AS f
    ),
    grown AS (
        SELECT p.account_id, p.due_on, p.is_verified, p.row_no, p.month, coalesce(p.cost_minor, 0) AS accrued_minor
        FROM priced AS p
        WHERE p.method = 'price_index' AND p.row_no = 1
        UNION ALL
        SELECT
            p.account_id, p.due_on, p.is_verified, p.row_no, p.month,
            g.accrued_minor * CASE WHEN p.month > g.month THEN coalesce(p.multiplier, 1) ELSE 1 END
            + coalesce(p.cost_minor, 0)
        FROM grown AS g
        INNER JOIN priced AS p
            ON p.account_id = g.account_id AND p.due_on = g.due_on AND p.is_verified = g.is_verified
            AND p.row_no = g.row_no + 1 AND p.method = 'price_index'
    ),
    accrued AS (
        SELECT
            p.account_id, p.res_id, p.component, p.due_on, p.day_from, p.day_to, p.debt_minor, p.method, p.rate,
            p.multiplier, p.cost_minor, p.is_verified, p.source,
            coalesce(g.accrued_minor, sum(p.cost_minor) OVER w, 0) AS accrued_minor,
            floor(p.cap_share * max(p.debt_minor) OVER w)::bigint AS cap_minor
        FROM priced AS p
        LEFT JOIN grown AS g
            ON p.method = 'price_index' AND g.account_id = p.account_id AND g.due_on = p.due_on
            AND g.is_verified = p.is_verified AND g.row_no = p.row_no
        WINDOW w AS (PARTITION BY p.account_id, p.component, p.due_on, p.is_verified ORDER BY p.day_from)
    )
    SELECT
        c.account_id, c.res_id, c.component, c.due_on, c.day_from, c.day_to, c.debt_minor, c.method, c.rate,
        c.multiplier, c.accrued_minor, c.cap_minor,
        CASE
            WHEN c.cost_minor IS NOT NULL THEN (
                least(round(c.accrued_minor), c.cap_minor)
                - coalesce(lag(least(round(c.accrued_minor), c.cap_minor)) OVER w, 0)
            )::bigint
        END,
        c.is_verified, c.source
    FROM accrued AS c
    WINDOW w AS (PARTITION BY c.account_id, c.component, c.due_on, c.is_verified ORDER BY c.day_from);
END;
