-- Bills take subsidies: the used part of a month, as documents of the ledger. A month is used when the months before it
-- are closed, so that what is carried over stands still.

-- What stands of use: one row per account and month that used something.
CREATE OR REPLACE VIEW ops.subsidy_use_standing WITH (security_invoker = true) AS
SELECT
    u.account_id, u.booked_month, u.use_no, u.charged_minor, u.benefit_minor, u.available_minor, u.used_minor, u.res_id,
    u.source_id
FROM ops.subsidy_use AS u
WHERE u.kind = 'used'
    AND NOT EXISTS (
        SELECT 1 FROM ops.subsidy_use AS r
        WHERE r.account_id = u.account_id AND r.booked_month = u.booked_month AND r.reverses_use_no = u.use_no
    );

-- Uses the subsidies of a month, for all accounts of a unit or for one: what stands and no longer holds is reversed,
-- what is missing posted. A second run writes nothing.
CREATE OR REPLACE FUNCTION ops.use_subsidies(
    used_month date, of_unit_id integer, only_account_id bigint, run_source_id bigint,
    OUT account_count bigint, OUT used_minor bigint, OUT reversed_count bigint, OUT unused_count bigint,
    OUT unused_minor bigint
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    month date := date_trunc('month', used_month)::date;
    last_day date := (date_trunc('month', used_month) + interval '1 month - 1 day')::date;
    res_ids integer[] := ops.res_of_run(month, of_unit_id, only_account_id);
    run_chart text := (SELECT p.value FROM ops.parameter AS p WHERE p.parameter_code = 'chart_of_accounts');
    rule ops.posting_rule;
    earlier record;
BEGIN
    PERFORM ops.require_right(
        current_setting('wattbook.user_login', true), 'keep_subsidies',
        CASE WHEN only_account_id IS NULL THEN of_unit_id ELSE res_ids[1] END
    );
    SELECT p.* INTO rule FROM ops.posting_rule AS p WHERE p.chart = run_chart AND p.document_kind = 'subsidy';
    IF rule.chart IS NULL THEN
        PERFORM ops.refuse(
            'The chart of accounts %s has no posting rule for a subsidy; add one to posting_rule.csv first.', run_chart
        );
    END IF;
    PERFORM ops.lock_open_month(res_ids, month);
    SELECT u.code, o.booked_month INTO earlier
    FROM ops.open_period AS o
    INNER JOIN ops.unit AS u ON u.unit_id = o.res_id
    WHERE o.res_id = ANY (res_ids) AND o.booked_month < month
    ORDER BY o.booked_month, u.code
    LIMIT 1;
    IF earlier.code IS NOT NULL THEN
        PERFORM ops.refuse(
            'Subsidies are used month by month, and %s is still open for %s; use and close it first.',
            to_char(earlier.booked_month, 'YYYY-MM'), earlier.code
        );
    END IF;
    PERFORM ops.lock_subsidies(res_ids);
    PERFORM ops.ensure_month(month);
    DROP TABLE IF EXISTS pg_temp.subsidy_now, pg_temp.subsidy_change;
    CREATE TEMPORARY TABLE subsidy_now ON COMMIT DROP AS
    SELECT n.* FROM ops.subsidies_of_month(res_ids, only_account_id, month) AS n;

    CREATE TEMPORARY TABLE subsidy_change ON COMMIT DROP AS
    WITH due AS (
        SELECT
            n.account_id, n.res_id, n.charged_minor, n.benefit_minor,
            n.carried_minor + n.awarded_minor + n.recalculated_minor AS available_minor,
            n.usable_minor AS used_minor
        FROM subsidy_now AS n
    ),
    standing AS (
        SELECT s.* FROM ops.subsidy_use_standing AS s
        WHERE s.booked_month = month AND s.res_id = ANY (res_ids)
            AND (only_account_id IS NULL OR s.account_id = only_account_id)
    ),
    change AS (
        SELECT
            s.account_id, 'reversing'::text AS kind, -s.charged_minor AS charged_minor,
            -s.benefit_minor AS benefit_minor, -s.available_minor AS available_minor, -s.used_minor AS used_minor, s.use_no AS reverses_use_no, s.res_id
        FROM standing AS s
        LEFT JOIN due AS d ON d.account_id = s.account_id
        WHERE coalesce(d.used_minor, 0) <> s.used_minor
        UNION ALL
        SELECT
            d.account_id, 'used', d.charged_minor, d.benefit_minor, d.available_minor, d.used_minor, NULL, d.res_id
        FROM due AS d
        LEFT JOIN standing AS s ON s.account_id = d.account_id
        WHERE d.used_minor > 0 AND coalesce(s.used_minor, 0) <> d.used_minor
    )
    SELECT
        g.*,
        coalesce((
            SELECT max(u.use_no) FROM ops.subsidy_use AS u
            WHERE u.account_id = g.account_id AND u.booked_month = month
        ), 0) + row_number() OVER (PARTITION BY g.account_id ORDER BY g.kind)::integer AS use_no
    FROM change AS g;

    INSERT INTO ops.subsidy_use (
        account_id, booked_month, use_no, kind, charged_minor, benefit_minor, available_minor, used_minor,
        reverses_use_no, res_id, source_id
    )
    SELECT
        c.account_id, month, c.use_no, c.kind, c.charged_minor, c.benefit_minor, c.available_minor, c.used_minor,
        c.reverses_use_no, c.res_id, run_source_id
    FROM subsidy_change AS c;
    INSERT INTO ops.ledger (
        account_id, booked_month, document_kind, document_no, entry_no, debit_code, credit_code, amount_minor,
        article_code, posted_on, res_id, source_id, source_row
    )
    SELECT
        c.account_id, month, 'subsidy', c.use_no, 1, rule.debit_code, rule.credit_code, c.used_minor, 'electricity',
        last_day, c.res_id, run_source_id, 0
    FROM subsidy_change AS c;
    SELECT
        count(*) FILTER (WHERE c.kind = 'used'), coalesce(sum(c.used_minor) FILTER (WHERE c.kind = 'used'), 0)::bigint,
        count(*) FILTER (WHERE c.kind = 'reversing')
    INTO account_count, used_minor, reversed_count
    FROM subsidy_change AS c;
    SELECT count(*), coalesce(sum(n.unused_minor + n.used_minor - n.usable_minor), 0)::bigint
    INTO unused_count, unused_minor
    FROM subsidy_now AS n
    WHERE n.unused_minor + n.used_minor - n.usable_minor <> 0;
END
$$;

-- Was a subsidy ever awarded at a RES? The question is about all months, and planning it costs more with each: planned
-- once for a session, where the statement around it is planned for its very month and RES.
CREATE OR REPLACE FUNCTION ops.has_subsidies(of_res_id integer)
RETURNS boolean
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan
AS $$
BEGIN
    RETURN EXISTS (SELECT 1 FROM ops.subsidy_accrual AS a WHERE a.res_id = of_res_id);
END
$$;

-- What of subsidies stands in the way of closing a month of a RES: one row per reason. Whether documents are in the
-- ledger is asked in close_money.sql.
CREATE OR REPLACE FUNCTION ops.close_obstacles_of_subsidies(of_res_id integer, month date, res_code text)
RETURNS TABLE (obstacle text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
DECLARE
    found record;
BEGIN
    IF NOT ops.has_subsidies(of_res_id) THEN
        RETURN;
    END IF;
    SELECT count(*) AS many, min(a.account_no) AS first_no INTO found
    FROM ops.subsidies_of_month(ARRAY[of_res_id], NULL, month) AS s
    INNER JOIN ops.account AS a ON a.account_id = s.account_id
    WHERE s.used_minor <> s.usable_minor;
    IF found.many > 0 THEN
        RETURN QUERY SELECT format(
            '%s: the subsidies of %s accounts are not used as the bills of %s allow, the first of account %s; run '
            '`wattbook subsidies use --month %s`.', res_code, found.many, to_char(month, 'YYYY-MM'), found.first_no,
            to_char(month, 'YYYY-MM')
        );
    END IF;
END
$$;
