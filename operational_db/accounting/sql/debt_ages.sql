-- Which debts stand open, of which age and year. Credits settle the oldest debts of their account and article. Read
-- with the rights of the asking user.

-- Open debts of these RES (or these accounts; the other is NULL) at the end of a day: one row per account, article and
-- month of origin, and one without an origin for what is in advance (negative). A debt that was taken over is of its
-- year of origin. A benefit lessens the debt of its bill. What takes a bill back, with its benefit, lessens the debt of
-- that bill's month; what takes money back lets the debts that it had settled stand open again, as old as they are.
CREATE OR REPLACE FUNCTION ops.open_debts(res_ids integer[], account_ids bigint[], on_day date)
RETURNS TABLE (
    account_id bigint, res_id integer, article_code text, origin_month date, year_of_origin integer, owed_minor bigint
)
LANGUAGE sql STABLE
AS $$
    WITH entry AS (
        SELECT
            v.account_id, v.res_id, v.article_code, v.movement_minor,
            CASE
                WHEN v.document_kind = 'benefit' THEN v.booked_month
                WHEN NOT v.is_debt THEN NULL
                WHEN v.document_kind = 'opening_debt' THEN ops.origin_of_balance(v.document_no, v.booked_month)
                WHEN v.posted_on >= v.booked_month THEN v.booked_month
                ELSE date_trunc('month', v.posted_on)::date
            END AS origin_month
        FROM ops.ledger_movement AS v
        WHERE (res_ids IS NULL OR v.res_id = ANY (res_ids))
            AND (account_ids IS NULL OR v.account_id = ANY (account_ids))
            -- The day is asked for in the last month alone: over millions of entries that is a third of the time.
            AND v.booked_month <= on_day
            AND (v.booked_month < date_trunc('month', on_day)::date OR v.stands_on <= on_day)
    ),
    -- What a line takes back is moved from the month of its own bill to the month of the other.
    reversed AS (
        SELECT
            l.account_id, l.res_id, l.booked_month AS from_month, r.booked_month AS to_month,
            l.charge_minor - coalesce(n.benefit_minor, 0) AS asked_minor
        FROM ops.bill_line_reversal AS r
        INNER JOIN ops.bill_line AS l
            ON l.account_id = r.account_id AND l.booked_month = r.reversing_month AND l.bill_no = r.reversing_bill_no
            AND l.line_no = r.reversing_line_no
        LEFT JOIN LATERAL (
            SELECT sum(b.benefit_minor)::bigint AS benefit_minor
            FROM ops.benefit_line AS b
            WHERE b.account_id = l.account_id AND b.booked_month = l.booked_month AND b.bill_no = l.bill_no
                AND b.line_no = l.line_no
        ) AS n ON true
        WHERE (res_ids IS NULL OR l.res_id = ANY (res_ids))
            AND (account_ids IS NULL OR l.account_id = ANY (account_ids))
            AND (l.booked_month + interval '1 month - 1 day')::date <= on_day
    ),
    moved AS (
        SELECT e.account_id, e.res_id, e.article_code, e.origin_month, e.movement_minor FROM entry AS e
        UNION ALL
        SELECT r.account_id, r.res_id, 'electricity', m.origin_month, m.movement_minor
        FROM reversed AS r
        CROSS JOIN LATERAL (
            VALUES (r.to_month, r.asked_minor), (r.from_month, -r.asked_minor)
        ) AS m (origin_month, movement_minor)
    ),
    by_origin AS (
        SELECT m.account_id, m.res_id, m.article_code, m.origin_month, sum(m.movement_minor) AS moved_minor
        FROM moved AS m
        GROUP BY m.account_id, m.res_id, m.article_code, m.origin_month
    ),
    -- A month of origin with less than nothing is credit like money; more money taken back than given is a debt of now.
    sided AS (
        SELECT
            o.account_id, o.res_id, o.article_code,
            CASE
                WHEN o.origin_month IS NULL AND o.moved_minor > 0 THEN date_trunc('month', on_day)::date
                ELSE o.origin_month
            END AS origin_month,
            greatest(o.moved_minor, 0) AS debt_minor,
            sum(least(o.moved_minor, 0)) OVER settled AS credit_minor,
            sum(o.moved_minor) OVER settled AS balance_minor
        FROM by_origin AS o
        WINDOW settled AS (PARTITION BY o.account_id, o.res_id, o.article_code)
    ),
    queued AS (
        SELECT
            s.*,
            sum(s.debt_minor) OVER (
                PARTITION BY s.account_id, s.res_id, s.article_code ORDER BY s.origin_month ROWS UNBOUNDED PRECEDING
            ) + s.credit_minor AS left_minor
        FROM sided AS s
        WHERE s.debt_minor > 0 AND s.balance_minor > 0
    )
    SELECT
        q.account_id, q.res_id, q.article_code, q.origin_month, extract(year FROM q.origin_month)::integer,
        sum(least(q.left_minor, q.debt_minor))::bigint
    FROM queued AS q
    WHERE q.left_minor > 0
    GROUP BY q.account_id, q.res_id, q.article_code, q.origin_month
    UNION ALL
    SELECT o.account_id, o.res_id, o.article_code, NULL, NULL, sum(o.moved_minor)::bigint
    FROM by_origin AS o
    GROUP BY o.account_id, o.res_id, o.article_code
    HAVING sum(o.moved_minor) < 0
$$;

-- In which bucket of ages a debt of a month lies on a day. Days are counted from the end of that month.
CREATE OR REPLACE FUNCTION ops.debt_age_code(of_month date, on_day date)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN of_month IS NULL THEN 'advance'
    WHEN on_day < of_month + interval '1 month' THEN 'current'
    WHEN on_day - (of_month + interval '1 month - 1 day')::date <= 30 THEN 'days_1_30'
    WHEN on_day - (of_month + interval '1 month - 1 day')::date <= 90 THEN 'days_31_90'
    WHEN on_day - (of_month + interval '1 month - 1 day')::date <= 365 THEN 'days_91_365'
    WHEN (of_month + interval '1 month - 1 day')::date >= on_day - interval '3 years' THEN 'years_1_3'
    ELSE 'over_3_years'
END;

-- The same by age, one row per account and article; the ages together are what is owed.
CREATE OR REPLACE FUNCTION ops.debt_by_age(res_ids integer[], account_ids bigint[], on_day date)
RETURNS TABLE (
    account_id bigint, res_id integer, article_code text, balance_minor bigint, advance_minor bigint,
    current_minor bigint, days_1_30_minor bigint, days_31_90_minor bigint, days_91_365_minor bigint,
    years_1_3_minor bigint, over_3_years_minor bigint
)
LANGUAGE sql STABLE
AS $$
    WITH aged AS (
        SELECT o.*, ops.debt_age_code(o.origin_month, on_day) AS age_code
        FROM ops.open_debts(res_ids, account_ids, on_day) AS o
    )
    SELECT
        a.account_id, a.res_id, a.article_code, sum(a.owed_minor)::bigint,
        coalesce(-sum(a.owed_minor) FILTER (WHERE a.age_code = 'advance'), 0)::bigint,
        coalesce(sum(a.owed_minor) FILTER (WHERE a.age_code = 'current'), 0)::bigint,
        coalesce(sum(a.owed_minor) FILTER (WHERE a.age_code = 'days_1_30'), 0)::bigint,
        coalesce(sum(a.owed_minor) FILTER (WHERE a.age_code = 'days_31_90'), 0)::bigint,
        coalesce(sum(a.owed_minor) FILTER (WHERE a.age_code = 'days_91_365'), 0)::bigint,
        coalesce(sum(a.owed_minor) FILTER (WHERE a.age_code = 'years_1_3'), 0)::bigint,
        coalesce(sum(a.owed_minor) FILTER (WHERE a.age_code = 'over_3_years'), 0)::bigint
    FROM aged AS a
    GROUP BY a.account_id, a.res_id, a.article_code
$$;

-- The same for all these accounts together, in one scan: per article a row for all of it and one for each year of
-- origin, oldest first.
CREATE OR REPLACE FUNCTION ops.debt_together(of_whom text, res_ids integer[], account_ids bigint[], on_day date)
RETURNS TABLE (
    whose text, article_code text, year_of_origin integer, balance_minor bigint, advance_minor bigint,
    current_minor bigint, days_1_30_minor bigint, days_31_90_minor bigint, days_91_365_minor bigint,
    years_1_3_minor bigint, over_3_years_minor bigint
)
LANGUAGE sql STABLE
AS $$
    WITH summed AS (
        SELECT o.article_code, o.origin_month, o.year_of_origin, sum(o.owed_minor) AS owed_minor
        FROM ops.open_debts(res_ids, account_ids, on_day) AS o
        GROUP BY o.article_code, o.origin_month, o.year_of_origin
    ),
    aged AS (
        SELECT s.*, ops.debt_age_code(s.origin_month, on_day) AS age_code FROM summed AS s
    )
    SELECT
        of_whom, a.article_code, a.year_of_origin, sum(a.owed_minor)::bigint,
        coalesce(-sum(a.owed_minor) FILTER (WHERE a.age_code = 'advance'), 0)::bigint,
        coalesce(sum(a.owed_minor) FILTER (WHERE a.age_code = 'current'), 0)::bigint,
        coalesce(sum(a.owed_minor) FILTER (WHERE a.age_code = 'days_1_30'), 0)::bigint,
        coalesce(sum(a.owed_minor) FILTER (WHERE a.age_code = 'days_31_90'), 0)::bigint,
        coalesce(sum(a.owed_minor) FILTER (WHERE a.age_code = 'days_91_365'), 0)::bigint,
        coalesce(sum(a.owed_minor) FILTER (WHERE a.age_code = 'years_1_3'), 0)::bigint,
        coalesce(sum(a.owed_minor) FILTER (WHERE a.age_code = 'over_3_years'), 0)::bigint
    FROM aged AS a
    INNER JOIN ops.article AS r ON r.article_code = a.article_code
    GROUP BY GROUPING SETS ((a.article_code, r.sort_order), (a.article_code, r.sort_order, a.year_of_origin))
    -- What is in advance has no year.
    HAVING grouping(a.year_of_origin) = 1 OR a.year_of_origin IS NOT NULL
    ORDER BY r.sort_order, grouping(a.year_of_origin) DESC, a.year_of_origin
$$;
