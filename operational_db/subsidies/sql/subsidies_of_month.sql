-- What a month had of subsidies: carried over, awarded, used, unused. Read with the rights of the asking user.

-- The month from which an accrual serves: the one it was awarded for, or the later one in which it became known. So
-- what comes late, or takes back, changes no closed month.
CREATE OR REPLACE FUNCTION ops.subsidy_serves_from(booked_month date, for_month date)
RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN greatest(booked_month, for_month);

-- One row per account of these RES that has a subsidy in the month: carried over from before, awarded for the month,
-- recalculated (what came late for earlier months, plus or minus), what is charged for electricity, what of it benefits
-- pay, what the month can use and what it did use, what is left. What is left is negative where social security took
-- back more than was left: the next awards go there first.
CREATE OR REPLACE FUNCTION ops.subsidies_of_month(of_res_ids integer[], only_account_id bigint, of_month date)
RETURNS TABLE (
    account_id bigint, res_id integer, carried_minor bigint, awarded_minor bigint, recalculated_minor bigint,
    charged_minor bigint, benefit_minor bigint, usable_minor bigint, used_minor bigint, unused_minor bigint
)
LANGUAGE sql STABLE
AS $$
    WITH accrued AS (
        SELECT
            a.account_id, a.res_id,
            coalesce(sum(a.amount_minor) FILTER (
                WHERE ops.subsidy_serves_from(a.booked_month, a.for_month) < of_month
            ), 0) AS before_minor,
            coalesce(sum(a.amount_minor) FILTER (WHERE a.for_month = of_month), 0) AS awarded_minor,
            coalesce(sum(a.amount_minor) FILTER (
                WHERE ops.subsidy_serves_from(a.booked_month, a.for_month) = of_month AND a.for_month < of_month
            ), 0) AS recalculated_minor
        FROM ops.subsidy_accrual AS a
        WHERE a.res_id = ANY (of_res_ids) AND (only_account_id IS NULL OR a.account_id = only_account_id)
            AND a.booked_month <= of_month AND a.for_month <= of_month
        GROUP BY a.account_id, a.res_id
    ),
    used AS (
        SELECT
            u.account_id,
            coalesce(sum(u.used_minor) FILTER (WHERE u.booked_month < of_month), 0) AS before_minor,
            coalesce(sum(u.used_minor) FILTER (WHERE u.booked_month = of_month), 0) AS used_minor
        FROM ops.subsidy_use AS u
        WHERE u.res_id = ANY (of_res_ids) AND (only_account_id IS NULL OR u.account_id = only_account_id)
            AND u.booked_month <= of_month
        GROUP BY u.account_id
    ),
    charged AS (
        SELECT
            v.account_id,
            coalesce(sum(v.movement_minor) FILTER (WHERE v.document_kind IN ('bill', 'kept_price')), 0)
            AS charged_minor,
            coalesce(-sum(v.movement_minor) FILTER (WHERE v.document_kind = 'benefit'), 0) AS benefit_minor
        FROM accrued AS a
        INNER JOIN ops.ledger_movement AS v
            ON v.account_id = a.account_id AND v.booked_month = of_month AND v.article_code = 'electricity'
            AND v.document_kind IN ('bill', 'benefit', 'kept_price')
        GROUP BY v.account_id
    ),
    known AS (
        SELECT
            a.account_id, a.res_id, a.before_minor - coalesce(u.before_minor, 0) AS carried_minor, a.awarded_minor,
            a.recalculated_minor, coalesce(c.charged_minor, 0) AS charged_minor,
            coalesce(c.benefit_minor, 0) AS benefit_minor, coalesce(u.used_minor, 0) AS used_minor
        FROM accrued AS a
        LEFT JOIN used AS u ON u.account_id = a.account_id
        LEFT JOIN charged AS c ON c.account_id = a.account_id
    )
    SELECT
        k.account_id, k.res_id, k.carried_minor::bigint, k.awarded_minor::bigint, k.recalculated_minor::bigint,
        k.charged_minor::bigint, k.benefit_minor::bigint,
        greatest(
            0, least(k.carried_minor + k.awarded_minor + k.recalculated_minor, k.charged_minor - k.benefit_minor)
        )::bigint,
        k.used_minor::bigint,
        (k.carried_minor + k.awarded_minor + k.recalculated_minor - k.used_minor)::bigint
    FROM known AS k
$$;

-- All that happened to the subsidy of an account, in order, with what is unused after each row; what serves from a
-- later month stands in that month.
CREATE OR REPLACE FUNCTION ops.subsidy_history(of_account_id bigint)
RETURNS TABLE (
    serves_from date, booked_month date, kind text, number integer, for_month date, amount_minor bigint,
    used_minor bigint, unused_minor bigint, decision text, decided_on date, note text, is_taken_back boolean,
    source_id bigint
)
LANGUAGE sql STABLE
AS $$
    WITH happened AS (
        SELECT
            ops.subsidy_serves_from(a.booked_month, a.for_month) AS serves_from, 0 AS sort_no, a.booked_month, a.kind,
            a.accrual_no AS number, a.for_month, a.amount_minor, NULL::bigint AS used_minor, a.decision, a.decided_on,
            a.note,
            EXISTS (
                SELECT 1 FROM ops.subsidy_accrual AS r
                WHERE r.account_id = a.account_id AND r.reverses_month = a.booked_month
                    AND r.reverses_accrual_no = a.accrual_no
            ) AS is_taken_back,
            a.source_id
        FROM ops.subsidy_accrual AS a
        WHERE a.account_id = of_account_id
        UNION ALL
        SELECT
            u.booked_month, 1, u.booked_month, CASE u.kind WHEN 'used' THEN 'used' ELSE 'used_taken_back' END, u.use_no,
            u.booked_month, NULL, u.used_minor, NULL, NULL, NULL,
            EXISTS (
                SELECT 1 FROM ops.subsidy_use AS r
                WHERE r.account_id = u.account_id AND r.booked_month = u.booked_month AND r.reverses_use_no = u.use_no
            ),
            u.source_id
        FROM ops.subsidy_use AS u
        WHERE u.account_id = of_account_id
    )
    SELECT
        h.serves_from, h.booked_month, h.kind, h.number, h.for_month, h.amount_minor, h.used_minor,
        (sum(coalesce(h.amount_minor, 0) - coalesce(h.used_minor, 0)) OVER in_order)::bigint, h.decision, h.decided_on,
        h.note, h.is_taken_back, h.source_id
    FROM happened AS h
    WINDOW in_order AS (ORDER BY h.serves_from, h.sort_no, h.booked_month, h.number ROWS UNBOUNDED PRECEDING)
    ORDER BY h.serves_from, h.sort_no, h.booked_month, h.number
$$;
