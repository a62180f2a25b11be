-- What is overdue, day by day: the ledger's demands in the order of their last days to pay, settled by its credits.
--
-- Belongs here: which debt of electricity was unpaid on which days. Not here: what such a day costs.

CREATE OR REPLACE FUNCTION ops.last_day_to_pay(document_day date, day_of_next_month smallint, days_after smallint)
RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN day_of_next_month IS NOT NULL
        THEN (date_trunc('month', document_day) + interval '1 month')::date + day_of_next_month - 1
    ELSE document_day + days_after
END;

-- What the ledger asks for electricity and what it has received, by the day of the document. Money received and given
-- back are credits of either sign on their days, so that money that never came leaves its debt as old as it was.
--
-- What a benefit takes off a bill is not asked for. A month that was billed anew counts as it stands now: what a
-- correction takes off was never owed, what it adds is owed from the correction's own day. For each month of use, of
-- the sums that the booked months brought it to, the lowest that follows is what lasted.
CREATE OR REPLACE FUNCTION ops.electricity_movements(of_res_ids integer[], only_account_id bigint)
RETURNS TABLE (account_id bigint, moved_on date, amount_minor bigint, is_demand boolean)
LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH document AS (
        SELECT
            v.account_id,
            -- A benefit is one with the bill whose number it has.
            CASE v.document_kind WHEN 'benefit' THEN 'bill' ELSE v.document_kind END AS document_kind,
            min(v.posted_on) AS posted_on, sum(v.movement_minor)::bigint AS amount_minor
        FROM ops.account AS a
        INNER JOIN ops.ledger_movement AS v ON v.account_id = a.account_id AND v.article_code = 'electricity'
        WHERE a.res_id IN (SELECT r.res_id FROM unnest(of_res_ids) AS r (res_id))
            AND (only_account_id IS NULL OR a.account_id = only_account_id)
            AND a.kind <> 'technical'
        GROUP BY
            v.account_id, v.booked_month, CASE v.document_kind WHEN 'benefit' THEN 'bill' ELSE v.document_kind END,
            v.document_no
    ),
    corrected AS (
        SELECT DISTINCT b.account_id
        FROM ops.account AS a
        INNER JOIN ops.bill AS b ON b.account_id = a.account_id
            AND b.kind IN ('reversing', 'correction', 'benefit_reversing', 'benefit_correction')
        WHERE a.res_id IN (SELECT r.res_id FROM unnest(of_res_ids) AS r (res_id))
            AND (only_account_id IS NULL OR a.account_id = only_account_id)
    ),
    asked AS (
        SELECT l.account_id, l.service_month, l.booked_month, l.charge_minor AS asked_minor
        FROM corrected AS k
        INNER JOIN ops.bill_line AS l ON l.account_id = k.account_id
        UNION ALL
        SELECT n.account_id, n.service_month, n.booked_month, -n.benefit_minor
        FROM corrected AS k
        INNER JOIN ops.benefit_line AS n ON n.account_id = k.account_id
    ),
    month_of_use AS (
        SELECT u.account_id, u.service_month, u.booked_month, sum(u.asked_minor) AS change_minor
        FROM asked AS u
        GROUP BY u.account_id, u.service_month, u.booked_month
    ),
    reached AS (
        SELECT
            u.account_id, u.service_month, u.booked_month,
            sum(u.change_minor) OVER (PARTITION BY u.account_id, u.service_month ORDER BY u.booked_month) AS total_minor
        FROM month_of_use AS u
    ),
    lasting AS (
        SELECT
            r.account_id, r.service_month, r.booked_month,
            min(r.total_minor) OVER (
                PARTITION BY r.account_id, r.service_month ORDER BY r.booked_month
                ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
            ) AS total_minor
        FROM reached AS r
    ),
    lasting_part AS (
        SELECT
            t.account_id, (t.booked_month + interval '1 month - 1 day')::date AS moved_on,
            t.total_minor - coalesce(lag(t.total_minor) OVER w, least(t.total_minor, 0)) AS demanded_minor,
            CASE WHEN lag(t.total_minor) OVER w IS NULL THEN least(t.total_minor, 0) ELSE 0 END AS credited_minor
        FROM lasting AS t
        WINDOW w AS (PARTITION BY t.account_id, t.service_month ORDER BY t.booked_month)
    )
    SELECT p.account_id, p.moved_on, p.demanded_minor::bigint, true
    FROM lasting_part AS p
    WHERE p.demanded_minor > 0
    UNION ALL
    SELECT p.account_id, p.moved_on, p.credited_minor::bigint, false
    FROM lasting_part AS p
    WHERE p.credited_minor < 0
    UNION ALL
    SELECT
        m.account_id, m.posted_on, m.amount_minor,
        m.amount_minor > 0 AND m.document_kind NOT IN ('payment', 'subsidy', 'kept_price')
    FROM document AS m
    WHERE m.amount_minor <> 0
        AND NOT (m.document_kind = 'bill' AND m.account_id IN (SELECT k.account_id FROM corrected AS k));
END;

-- Spans of days before to_day on which a debt of electricity stood unpaid, its last day to pay included. All demands
-- with one last day to pay are one debt; credits settle the oldest debt first, and what is left of them the next.
CREATE OR REPLACE FUNCTION ops.overdue_spans(of_res_ids integer[], only_account_id bigint, to_day date)
RETURNS TABLE (account_id bigint, due_on date, day_from date, day_to date, debt_minor bigint)
LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH movement AS (
        SELECT m.account_id, m.moved_on, m.amount_minor, m.is_demand
        FROM ops.electricity_movements(of_res_ids, only_account_id) AS m
    ),
    debt AS (
        SELECT
            m.account_id, ops.last_day_to_pay(m.moved_on, t.day_of_next_month, t.days_after) AS due_on,
            sum(m.amount_minor) AS amount_minor
        FROM movement AS m
        INNER JOIN ops.account AS a ON a.account_id = m.account_id
        INNER JOIN ops.payment_term AS t
            ON t.consumer_kind = a.kind AND daterange(t.valid_from, t.valid_to) @> m.moved_on
            AND t.country = (SELECT p.value FROM ops.parameter AS p WHERE p.parameter_code = 'country')
        WHERE m.is_demand
        GROUP BY m.account_id, ops.last_day_to_pay(m.moved_on, t.day_of_next_month, t.days_after)
    ),
    queue AS (
        SELECT
            d.account_id, d.due_on, d.amount_minor,
            sum(d.amount_minor) OVER (PARTITION BY d.account_id ORDER BY d.due_on) AS asked_so_far_minor
        FROM debt AS d
    ),
    credit AS (
        SELECT m.account_id, m.moved_on, -sum(m.amount_minor) AS amount_minor
        FROM movement AS m
        WHERE NOT m.is_demand
        GROUP BY m.account_id, m.moved_on
        UNION ALL
        SELECT DISTINCT q.account_id, date '-infinity', 0::numeric FROM queue AS q
    ),
    credited AS (
        SELECT
            c.account_id, c.moved_on AS day_from,
            coalesce(lead(c.moved_on) OVER w, date 'infinity') AS day_to,
            sum(c.amount_minor) OVER w AS credited_minor
        FROM credit AS c
        WINDOW w AS (PARTITION BY c.account_id ORDER BY c.moved_on)
    ),
    unpaid AS (
        SELECT
            q.account_id, q.due_on, greatest(c.day_from, q.due_on) AS day_from, least(c.day_to, to_day) AS day_to,
            q.asked_so_far_minor - greatest(q.asked_so_far_minor - q.amount_minor, c.credited_minor) AS debt_minor
        FROM queue AS q
        INNER JOIN credited AS c
            ON c.account_id = q.account_id AND c.day_to > q.due_on AND c.day_from < to_day
            AND c.credited_minor < q.asked_so_far_minor
        WHERE q.due_on < to_day
    ),
    -- A credit that settles another debt leaves this one as it is: its days stay one span.
    beginning AS (
        SELECT
            u.account_id, u.due_on, u.day_from, u.day_to, u.debt_minor,
            CASE
                WHEN lag(u.debt_minor) OVER w = u.debt_minor AND lag(u.day_to) OVER w = u.day_from THEN 0 ELSE 1
            END AS begins
        FROM unpaid AS u
        WINDOW w AS (PARTITION BY u.account_id, u.due_on ORDER BY u.day_from)
    ),
    numbered AS (
        SELECT
            b.account_id, b.due_on, b.day_from, b.day_to, b.debt_minor,
            sum(b.begins) OVER (PARTITION BY b.account_id, b.due_on ORDER BY b.day_from) AS span_no
        FROM beginning AS b
    )
    SELECT n.account_id, n.due_on, min(n.day_from), max(n.day_to), n.debt_minor::bigint
    FROM numbered AS n
    GROUP BY n.account_id, n.due_on, n.span_no, n.debt_minor;
END;
