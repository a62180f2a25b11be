-- Posting penalties: what the arithmetic says now against what stands, the difference into the open month.

CREATE OR REPLACE VIEW ops.penalty_standing WITH (security_invoker = true) AS
SELECT
    p.account_id, p.booked_month, p.penalty_no, p.line_no, p.component, p.due_on, p.day_from, p.day_to, p.debt_minor,
    p.method, p.rate, p.multiplier, p.cap_minor, p.charge_minor, p.res_id
FROM ops.penalty AS p
WHERE p.kind <> 'reversing'
    AND NOT EXISTS (
        SELECT 1 FROM ops.penalty_reversal AS r
        WHERE r.account_id = p.account_id AND r.booked_month = p.booked_month AND r.penalty_no = p.penalty_no
            AND r.line_no = p.line_no
    );

-- Makes what stands for days before to_day equal to the arithmetic: lines that no longer hold are reversed, lines that
-- are missing posted, all in one document per account. A line of days that the account was charged to before is a
-- correction, one of later days a charge. Only rules that are verified are charged.
CREATE OR REPLACE FUNCTION ops.post_penalties(
    month date, res_ids integer[], only_account_id bigint, to_day date, reason_of_change text, run_source_id bigint,
    OUT account_count bigint, OUT line_count bigint, OUT charged_minor bigint, OUT corrected_minor bigint,
    OUT waiting_count bigint, OUT unverified_count bigint
)
LANGUAGE plpgsql
AS $$
DECLARE
    run_chart text := (SELECT p.value FROM ops.parameter AS p WHERE p.parameter_code = 'chart_of_accounts');
    charging_res integer;
BEGIN
    IF NOT EXISTS (SELECT 1 FROM ops.posting_rule AS p WHERE p.chart = run_chart AND p.document_kind = 'penalty') THEN
        PERFORM ops.refuse(
            'The chart of accounts %s has no posting rule for a penalty; add one to posting_rule.csv first.', run_chart
        );
    END IF;
    PERFORM ops.lock_open_month(res_ids, month);
    -- One at a time: two that look at what stands would both post what is missing.
    FOR charging_res IN SELECT DISTINCT r FROM unnest(res_ids) AS r ORDER BY r LOOP
        PERFORM pg_advisory_xact_lock(hashtext('penalty'), charging_res);
    END LOOP;
    PERFORM ops.ensure_month(month);
    -- The planner takes the steps of the arithmetic for small and walks one beside the other; over a unit none is.
    PERFORM set_config('enable_nestloop', CASE WHEN only_account_id IS NULL THEN 'off' ELSE 'on' END, true);
    DROP TABLE IF EXISTS pg_temp.penalty_due, pg_temp.penalty_change;
    CREATE TEMPORARY TABLE penalty_due ON COMMIT DROP AS
    SELECT n.* FROM ops.penalty_arithmetic(res_ids, only_account_id, to_day) AS n;
    ANALYZE pg_temp.penalty_due;
    SELECT count(DISTINCT d.account_id) FILTER (WHERE d.charge_minor IS NULL),
        count(DISTINCT d.account_id) FILTER (WHERE NOT d.is_verified)
    INTO waiting_count, unverified_count
    FROM penalty_due AS d;

    CREATE TEMPORARY TABLE penalty_change ON COMMIT DROP AS
    WITH standing AS (
        SELECT s.*
        FROM ops.account AS a
        INNER JOIN ops.penalty_standing AS s ON s.account_id = a.account_id
        WHERE a.res_id = ANY (res_ids) AND (only_account_id IS NULL OR a.account_id = only_account_id)
            AND s.day_to <= to_day
    ),
    due AS (
        SELECT d.* FROM penalty_due AS d WHERE d.charge_minor <> 0 AND d.is_verified
    ),
    charged_to AS (
        SELECT p.account_id, max(p.day_to) AS last_day FROM ops.penalty AS p GROUP BY p.account_id
    ),
    change AS (
        SELECT
            s.account_id, 'reversing'::text AS kind, s.component, s.due_on, s.day_from, s.day_to, s.debt_minor, s.method,
            s.rate, s.multiplier, s.cap_minor, -s.charge_minor AS charge_minor, reason_of_change AS reason,
            s.booked_month AS reverses_month, s.penalty_no AS reverses_penalty_no, s.line_no AS reverses_line_no
        FROM standing AS s
        WHERE NOT EXISTS (
            SELECT 1 FROM due AS d
            WHERE d.account_id = s.account_id AND d.component = s.component AND d.due_on = s.due_on
                AND d.day_from = s.day_from AND d.day_to = s.day_to AND d.debt_minor = s.debt_minor
                AND d.charge_minor = s.charge_minor AND d.rate IS NOT DISTINCT FROM s.rate
                AND d.multiplier IS NOT DISTINCT FROM s.multiplier
        )
        UNION ALL
        SELECT
            d.account_id, CASE WHEN d.day_from < c.last_day THEN 'correction' ELSE 'charge' END, d.component, d.due_on,
            d.day_from, d.day_to, d.debt_minor, d.method, d.rate, d.multiplier, d.cap_minor, d.charge_minor,
            CASE WHEN d.day_from < c.last_day THEN reason_of_change END, NULL, NULL, NULL
        FROM due AS d
        LEFT JOIN charged_to AS c ON c.account_id = d.account_id
        WHERE NOT EXISTS (
            SELECT 1 FROM standing AS s
            WHERE d.account_id = s.account_id AND d.component = s.component AND d.due_on = s.due_on
                AND d.day_from = s.day_from AND d.day_to = s.day_to AND d.debt_minor = s.debt_minor
                AND d.charge_minor = s.charge_minor AND d.rate IS NOT DISTINCT FROM s.rate
                AND d.multiplier IS NOT DISTINCT FROM s.multiplier
        )
    ),
    last_document AS (
        SELECT p.account_id, max(p.penalty_no) AS penalty_no
        FROM ops.penalty AS p
        WHERE p.booked_month = month
        GROUP BY p.account_id
    )
    SELECT
        g.*, a.res_id, coalesce(l.penalty_no, 0) + 1 AS penalty_no,
        row_number() OVER (
            PARTITION BY g.account_id ORDER BY g.component, g.due_on, g.kind = 'charge', g.day_from, g.kind = 'correction'
        )::integer AS line_no
    FROM change AS g
    INNER JOIN ops.account AS a ON a.account_id = g.account_id
    LEFT JOIN last_document AS l ON l.account_id = g.account_id;

    PERFORM set_config('enable_nestloop', 'on', true);
    INSERT INTO ops.penalty (
        account_id, booked_month, penalty_no, line_no, kind, component, due_on, day_from, day_to, debt_minor, method, rate,
        multiplier, cap_minor, charge_minor, reason, res_id, source_id
    )
    SELECT
        c.account_id, month, c.penalty_no, c.line_no, c.kind, c.component, c.due_on, c.day_from, c.day_to, c.debt_minor,
        c.method, c.rate, c.multiplier, c.cap_minor, c.charge_minor, c.reason, c.res_id, run_source_id
    FROM penalty_change AS c;
    INSERT INTO ops.penalty_reversal (
        account_id, booked_month, penalty_no, line_no, reversing_month, reversing_penalty_no, reversing_line_no, source_id
    )
    SELECT
        c.account_id, c.reverses_month, c.reverses_penalty_no, c.reverses_line_no, month, c.penalty_no, c.line_no,
        run_source_id
    FROM penalty_change AS c
    WHERE c.kind = 'reversing';
    INSERT INTO ops.ledger (
        account_id, booked_month, document_kind, document_no, entry_no, debit_code, credit_code, amount_minor,
        article_code, posted_on, res_id, source_id
    )
    SELECT
        e.account_id, month, 'penalty', e.penalty_no, CASE e.is_reversing WHEN true THEN 1 ELSE 2 END, p.debit_code,
        p.credit_code, e.amount_minor, 'penalty', (month + interval '1 month - 1 day')::date, e.res_id, run_source_id
    FROM (
        SELECT
            c.account_id, c.penalty_no, c.res_id, c.kind = 'reversing' AS is_reversing,
            sum(c.charge_minor)::bigint AS amount_minor
        FROM penalty_change AS c
        GROUP BY c.account_id, c.penalty_no, c.res_id, c.kind = 'reversing'
    ) AS e
    INNER JOIN ops.posting_rule AS p
        ON p.chart = run_chart AND p.document_kind = 'penalty' AND p.component = 'gross'
    WHERE e.amount_minor <> 0;
    SELECT
        count(DISTINCT c.account_id), count(*), coalesce(sum(c.charge_minor) FILTER (WHERE c.kind = 'charge'), 0),
        coalesce(sum(c.charge_minor) FILTER (WHERE c.kind <> 'charge'), 0)
    INTO account_count, line_count, charged_minor, corrected_minor
    FROM penalty_change AS c;
END
$$;

-- Charges the penalties of a month, days up to its end, for all accounts of a unit or for one; again posts nothing.
CREATE OR REPLACE FUNCTION ops.charge_penalties(
    charge_month date, of_unit_id integer, only_account_id bigint, run_source_id bigint,
    OUT account_count bigint, OUT line_count bigint, OUT charged_minor bigint, OUT corrected_minor bigint,
    OUT waiting_count bigint, OUT unverified_count bigint
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops, pg_temp
AS $$
DECLARE
    month date := date_trunc('month', charge_month)::date;
    res_ids integer[] := ops.res_of_run(month, of_unit_id, only_account_id);
BEGIN
    PERFORM ops.require_right(
        current_setting('wattbook.user_login', true), 'charge_penalties',
        CASE WHEN only_account_id IS NULL THEN of_unit_id ELSE res_ids[1] END
    );
    SELECT p.* INTO account_count, line_count, charged_minor, corrected_minor, waiting_count, unverified_count
    FROM ops.post_penalties(
        month, res_ids, only_account_id, (month + interval '1 month')::date,
        'What was overdue on these days changed after they were charged.', run_source_id
    ) AS p;
END
$$;

-- Takes back the penalties of an account for days, and charges none for them any more; what stands is reversed at once
-- in the month, line by line, and the rest of a line that reaches over the days is posted anew.
CREATE OR REPLACE FUNCTION ops.reverse_penalties(
    booked date, of_account_id bigint, from_day date, to_day date, why text, run_source_id bigint,
    OUT line_count bigint, OUT reversed_minor bigint
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops, pg_temp
AS $$
DECLARE
    month date := date_trunc('month', booked)::date;
    charged_to date;
    posted record;
    held record;
BEGIN
    SELECT a.account_no, a.res_id INTO held FROM ops.account AS a WHERE a.account_id = of_account_id;
    PERFORM ops.require_right(current_setting('wattbook.user_login', true), 'charge_penalties', held.res_id);
    IF btrim(coalesce(why, '')) = '' THEN
        PERFORM ops.refuse('A penalty is taken back for a reason; give it with --reason.');
    END IF;
    IF to_day <= from_day THEN
        PERFORM ops.refuse(
            'Days from %s to %s are none; the end is the first day that is not meant.', from_day::text, to_day::text
        );
    END IF;
    PERFORM ops.lock_open_month(ARRAY[held.res_id], month);
    PERFORM pg_advisory_xact_lock(hashtext('penalty'), held.res_id);
    SELECT max(s.day_to) INTO charged_to FROM ops.penalty_standing AS s WHERE s.account_id = of_account_id;
    IF NOT EXISTS (
        SELECT 1 FROM ops.penalty_standing AS s
        WHERE s.account_id = of_account_id AND s.day_from < to_day AND s.day_to > from_day
    ) THEN
        PERFORM ops.refuse(
            'No penalty of account %s stands for days from %s to %s; `wattbook penalty show` tells which are charged.',
            held.account_no, from_day::text, to_day::text
        );
    END IF;
    INSERT INTO ops.penalty_waiver (account_id, valid_from, valid_to, reason, source_id)
    VALUES (of_account_id, from_day, to_day, btrim(why), run_source_id);
    SELECT p.* INTO posted
    FROM ops.post_penalties(month, ARRAY[held.res_id], of_account_id, charged_to, btrim(why), run_source_id) AS p;
    line_count := posted.line_count;
    reversed_minor := -(posted.charged_minor + posted.corrected_minor);
END
$$;
