-- What social security awards comes into the book: judged row by row, written whole or not at all, taken back by a row
-- of its own. No money moves here; bills take it (use_subsidies.sql).

-- Accruals that count: neither taken back nor taking back.
CREATE OR REPLACE VIEW ops.subsidy_accrual_standing WITH (security_invoker = true) AS
SELECT
    a.account_id, a.booked_month, a.accrual_no, a.kind, a.for_month, a.amount_minor, a.decision, a.decided_on, a.note,
    a.res_id, a.source_id
FROM ops.subsidy_accrual AS a
WHERE a.kind <> 'reversing'
    AND NOT EXISTS (
        SELECT 1 FROM ops.subsidy_accrual AS r
        WHERE r.account_id = a.account_id AND r.reverses_month = a.booked_month AND r.reverses_accrual_no = a.accrual_no
    );

-- The month of a RES in which an accrual for a month is booked: that month where it is open, else the first open one
-- after it, else the last one that is open.
CREATE OR REPLACE FUNCTION ops.subsidy_booked_month(of_res_id integer, for_month date)
RETURNS date
LANGUAGE sql STABLE
AS $$
    SELECT coalesce(min(o.booked_month) FILTER (WHERE o.booked_month >= for_month), max(o.booked_month))
    FROM ops.open_period AS o
    WHERE o.res_id = of_res_id
$$;

-- One at a time in a RES: two that look at what stands would both write what is missing.
CREATE OR REPLACE FUNCTION ops.lock_subsidies(res_ids integer[])
RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    locked_res integer;
BEGIN
    FOR locked_res IN SELECT DISTINCT r FROM unnest(res_ids) AS r WHERE r IS NOT NULL ORDER BY r LOOP
        PERFORM pg_advisory_xact_lock(hashtext('subsidy'), locked_res);
    END LOOP;
END
$$;

-- Whose subsidy a told row is, and where it would be booked: one row per told row, into table told_subsidy.
CREATE OR REPLACE FUNCTION ops.place_told_subsidies(
    account_texts text[], for_months date[], amounts_minor bigint[], kinds text[], decisions text[],
    decided_days date[], notes text[], source_rows integer[]
)
RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    seen integer[] := ops.visible_res_ids();
BEGIN
    DROP TABLE IF EXISTS pg_temp.told_subsidy;
    CREATE TEMPORARY TABLE told_subsidy ON COMMIT DROP AS
    WITH told AS (
        SELECT
            t.row_no, t.source_row, btrim(t.account_text) AS account_text,
            date_trunc('month', t.for_month)::date AS for_month, t.amount_minor, t.kind,
            btrim(coalesce(t.decision, '')) AS decision, t.decided_on, nullif(btrim(t.note), '') AS note
        FROM unnest(
            account_texts, for_months, amounts_minor, kinds, decisions, decided_days, notes, source_rows
        ) WITH ORDINALITY AS t (
            account_text, for_month, amount_minor, kind, decision, decided_on, note, source_row, row_no
        )
    )
    SELECT
        t.*, n.account_id, n.res_id, n.account_nos, a.kind AS account_kind, a.opened_on,
        ops.subsidy_booked_month(n.res_id, t.for_month) AS booked_month
    FROM told AS t
    CROSS JOIN LATERAL (
        SELECT
            min(x.account_id) AS account_id, min(x.res_id) AS res_id,
            array_agg(x.account_no ORDER BY x.account_no) AS account_nos
        FROM ops.accounts_named(t.account_text, seen) AS x
    ) AS n
    LEFT JOIN ops.account AS a ON a.account_id = n.account_id;
    ANALYZE pg_temp.told_subsidy;
END
$$;

-- Why rows of told_subsidy cannot be accrued: a sentence for each that cannot.
CREATE OR REPLACE FUNCTION ops.judge_told_subsidies()
RETURNS TABLE (source_row integer, why_not text)
LANGUAGE plpgsql STABLE
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    -- An award stands once for an account and month, a recalculation once for its decision too.
    WITH told AS (
        SELECT
            t.*, CASE WHEN t.kind = 'award' THEN '' ELSE t.decision END AS told_once_by,
            bool_or(t.kind = 'award') OVER (PARTITION BY t.account_id, t.for_month) AS is_told_awarded
        FROM told_subsidy AS t
    ),
    standing AS (
        SELECT DISTINCT ON (s.account_id, s.for_month, s.kind, s.told_once_by) s.*
        FROM (
            SELECT a.*, CASE WHEN a.kind = 'award' THEN '' ELSE a.decision END AS told_once_by
            FROM ops.subsidy_accrual_standing AS a
            WHERE a.account_id IN (SELECT t.account_id FROM told_subsidy AS t)
        ) AS s
        ORDER BY s.account_id, s.for_month, s.kind, s.told_once_by, s.booked_month, s.accrual_no
    ),
    allowed AS (
        SELECT
            r.res_id,
            ops.holds_right(current_setting('wattbook.user_login', true), 'keep_subsidies', r.res_id) AS may
        FROM (SELECT DISTINCT t.res_id FROM told_subsidy AS t WHERE t.res_id IS NOT NULL) AS r
    ),
    first_open AS (
        SELECT p.res_id, min(p.booked_month) AS booked_month FROM ops.billing_period AS p GROUP BY p.res_id
    ),
    compared AS (
        SELECT
            t.*, w.may, f.booked_month AS first_month,
            row_number() OVER (
                PARTITION BY t.account_id, t.for_month, t.kind, t.told_once_by ORDER BY t.row_no
            ) > 1 AS is_told_twice,
            s.decision AS known_decision, s.amount_minor AS known_minor, s.booked_month AS known_month,
            t.is_told_awarded OR b.account_id IS NOT NULL AS is_awarded
        FROM told AS t
        LEFT JOIN allowed AS w ON w.res_id = t.res_id
        LEFT JOIN first_open AS f ON f.res_id = t.res_id
        LEFT JOIN standing AS s
            ON s.account_id = t.account_id AND s.for_month = t.for_month AND s.kind = t.kind
            AND s.told_once_by = t.told_once_by
        LEFT JOIN standing AS b ON b.account_id = t.account_id AND b.for_month = t.for_month AND b.kind = 'award'
    ),
    judged AS (
        SELECT
            c.row_no, c.source_row,
            CASE
                WHEN c.account_nos IS NULL THEN format(
                    'account "%s" was not found among those you may see; correct its number.', c.account_text
                )
                WHEN cardinality(c.account_nos) > 1 THEN format(
                    'the old number "%s" is that of %s; name the account by its number now.', c.account_text,
                    array_to_string(c.account_nos, ', ')
                )
                WHEN c.account_kind <> 'household' THEN format(
                    'account %s is no household, and only households have subsidies; correct its number.',
                    c.account_nos[1]
                )
                WHEN NOT c.may THEN format(
                    'you do not hold the right "keep_subsidies" for the RES of account %s; let another user load it.',
                    c.account_nos[1]
                )
                WHEN c.kind IS NULL OR c.kind NOT IN ('award', 'recalculation') THEN format(
                    'there is no kind "%s"; write award or recalculation.', coalesce(c.kind, '')
                )
                WHEN c.decision = '' THEN 'it names no decision; fill in the document of social security.'
                WHEN c.amount_minor = 0 THEN 'an amount of 0 gives nothing; remove the row.'
                WHEN c.kind = 'award' AND c.amount_minor < 0 THEN format(
                    'an award of %s takes away; write it as kind recalculation.', ops.money_text(c.amount_minor)
                )
                WHEN c.booked_month IS NULL THEN format(
                    'no month is open for the RES of account %s; open one first.', c.account_nos[1]
                )
                WHEN c.for_month > c.booked_month + interval '2 years' THEN format(
                    'month %s is more than two years ahead; correct it.', to_char(c.for_month, 'YYYY-MM')
                )
                WHEN c.for_month + interval '1 month' <= c.opened_on THEN format(
                    'account %s was opened on %s, after month %s; correct the month or the account.', c.account_nos[1],
                    c.opened_on, to_char(c.for_month, 'YYYY-MM')
                )
                WHEN c.is_told_twice THEN format(
                    'account %s has a row of kind %s for %s above already; keep one of them.', c.account_nos[1], c.kind,
                    to_char(c.for_month, 'YYYY-MM')
                )
                WHEN c.known_decision IS NOT NULL AND c.kind = 'award' THEN format(
                    'account %s has an award for %s already (%s by decision %s); write a change as the difference, '
                    'kind recalculation.', c.account_nos[1], to_char(c.for_month, 'YYYY-MM'),
                    ops.money_text(c.known_minor), c.known_decision
                )
                WHEN c.known_decision IS NOT NULL THEN format(
                    'decision %s was recalculated for %s of account %s already, with %s in %s; remove the row.',
                    c.decision, to_char(c.for_month, 'YYYY-MM'), c.account_nos[1], ops.money_text(c.known_minor),
                    to_char(c.known_month, 'YYYY-MM')
                )
                WHEN c.kind = 'recalculation' AND NOT c.is_awarded AND c.for_month >= c.first_month THEN format(
                    'account %s has no award for %s that could be recalculated; correct the month or write an award.',
                    c.account_nos[1], to_char(c.for_month, 'YYYY-MM')
                )
            END AS why_not
        FROM compared AS c
    )
    SELECT j.source_row, j.why_not FROM judged AS j WHERE j.why_not IS NOT NULL ORDER BY j.row_no;
END
$$;

-- Accrues what is told, all of it or, where a row cannot be, nothing; returns a sentence for each row that cannot.
CREATE OR REPLACE FUNCTION ops.accrue_subsidies(
    account_texts text[], for_months date[], amounts_minor bigint[], kinds text[], decisions text[],
    decided_days date[], notes text[], source_rows integer[], of_source_id bigint
)
RETURNS TABLE (source_row integer, why_not text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    written record;
BEGIN
    PERFORM ops.place_told_subsidies(
        account_texts, for_months, amounts_minor, kinds, decisions, decided_days, notes, source_rows
    );
    FOR written IN
        SELECT t.booked_month, array_agg(DISTINCT t.res_id) AS res_ids
        FROM told_subsidy AS t
        WHERE t.booked_month IS NOT NULL
        GROUP BY t.booked_month
        ORDER BY t.booked_month
    LOOP
        PERFORM ops.lock_open_month(written.res_ids, written.booked_month);
        PERFORM ops.ensure_month(written.booked_month);
    END LOOP;
    PERFORM ops.lock_subsidies(ARRAY(SELECT t.res_id FROM told_subsidy AS t));
    RETURN QUERY SELECT j.source_row, j.why_not FROM ops.judge_told_subsidies() AS j;
    IF FOUND THEN
        RETURN;
    END IF;
    INSERT INTO ops.subsidy_accrual (
        account_id, booked_month, accrual_no, kind, for_month, amount_minor, decision, decided_on, note, res_id,
        source_id, source_row
    )
    SELECT
        t.account_id, t.booked_month,
        coalesce((
            SELECT max(a.accrual_no) FROM ops.subsidy_accrual AS a
            WHERE a.account_id = t.account_id AND a.booked_month = t.booked_month
        ), 0) + row_number() OVER (PARTITION BY t.account_id, t.booked_month ORDER BY t.row_no),
        t.kind, t.for_month, t.amount_minor, t.decision, t.decided_on, t.note, t.res_id, of_source_id,
        coalesce(t.source_row, 0)
    FROM told_subsidy AS t;
END
$$;

-- Takes an accrual back by one that reverses it, in the open month, once only. What closed months used stays used.
CREATE OR REPLACE FUNCTION ops.reverse_subsidy(
    account_text text, of_month date, of_accrual_no integer, of_reason text, of_source_id bigint,
    OUT account_no text, OUT booked_month date, OUT accrual_no integer, OUT amount_minor bigint
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
#variable_conflict use_column
DECLARE
    meant ops.account := ops.account_named(account_text, ops.visible_res_ids());
    wrong ops.subsidy_accrual;
    open_month date;
BEGIN
    PERFORM ops.require_right(current_setting('wattbook.user_login', true), 'keep_subsidies', meant.res_id);
    PERFORM ops.require_reason(of_reason);
    SELECT a.* INTO wrong
    FROM ops.subsidy_accrual AS a
    WHERE a.account_id = meant.account_id AND a.booked_month = date_trunc('month', of_month)::date
        AND a.accrual_no = of_accrual_no;
    IF wrong.account_id IS NULL OR wrong.kind = 'reversing' THEN
        PERFORM ops.refuse(
            'Account %s has no accrual %s booked in %s that could be taken back; see `wattbook subsidies list`.',
            meant.account_no, of_accrual_no::text, to_char(of_month, 'YYYY-MM')
        );
    END IF;
    open_month := ops.open_month_from(wrong.res_id, wrong.booked_month);
    PERFORM ops.lock_open_month(ARRAY[wrong.res_id], open_month);
    PERFORM ops.ensure_month(open_month);
    PERFORM ops.lock_subsidies(ARRAY[wrong.res_id]);
    IF NOT EXISTS (
        SELECT 1 FROM ops.subsidy_accrual_standing AS s
        WHERE s.account_id = wrong.account_id AND s.booked_month = wrong.booked_month
            AND s.accrual_no = wrong.accrual_no
    ) THEN
        PERFORM ops.refuse(
            'Accrual %s of account %s booked in %s is taken back already; nothing is taken back twice.',
            of_accrual_no::text, meant.account_no, to_char(of_month, 'YYYY-MM')
        );
    END IF;
    account_no := meant.account_no;
    booked_month := open_month;
    accrual_no := (
        SELECT coalesce(max(a.accrual_no), 0) + 1 FROM ops.subsidy_accrual AS a
        WHERE a.account_id = wrong.account_id AND a.booked_month = open_month
    );
    amount_minor := -wrong.amount_minor;
    INSERT INTO ops.subsidy_accrual (
        account_id, booked_month, accrual_no, kind, for_month, amount_minor, decision, decided_on, note,
        reverses_month, reverses_accrual_no, res_id, source_id
    )
    VALUES (
        wrong.account_id, open_month, accrual_no, 'reversing', wrong.for_month, amount_minor, wrong.decision,
        wrong.decided_on, btrim(of_reason), wrong.booked_month, wrong.accrual_no, wrong.res_id, of_source_id
    );
END
$$;
