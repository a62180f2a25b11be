-- Synthetic accounting and analytic accounting, from different ends: totals by ledger account from the ledger, balances
-- of consumers from the documents that moved them. Both are proven equal before a month closes (close_money.sql).

-- One row per document that moves what a consumer owes, with its sum: positive is owed. Balances that were taken over
-- have no document but the entry itself, and are not here. A new kind of document that posts belongs here.
CREATE OR REPLACE VIEW ops.balance_document WITH (security_invoker = true) AS
SELECT
    'bill'::text AS document_kind, b.account_id, b.res_id, b.booked_month, b.bill_no::bigint AS document_no,
    b.charge_minor AS amount_minor, b.charge_minor AS movement_minor
FROM ops.bill AS b
UNION ALL
SELECT 'payment', p.account_id, p.res_id, p.booked_month, p.payment_no, p.amount_minor, -p.amount_minor
FROM ops.payment AS p
UNION ALL
SELECT
    'service', s.account_id, s.res_id, s.booked_month, s.service_no, s.charge_minor, s.charge_minor AS movement_minor
FROM ops.service_bill AS s
UNION ALL
SELECT
    'penalty', p.account_id, p.res_id, p.booked_month, p.penalty_no, sum(p.charge_minor)::bigint,
    sum(p.charge_minor)::bigint
FROM ops.penalty AS p
GROUP BY p.account_id, p.res_id, p.booked_month, p.penalty_no
UNION ALL
SELECT
    'benefit', n.account_id, n.res_id, n.booked_month, n.bill_no, sum(n.benefit_minor)::bigint,
    -sum(n.benefit_minor)::bigint
FROM ops.benefit_line AS n
GROUP BY n.account_id, n.res_id, n.booked_month, n.bill_no
UNION ALL
SELECT
    'kept_price', k.account_id, k.res_id, k.booked_month, k.kept_price_no, k.charge_minor,
    k.charge_minor AS movement_minor
FROM ops.kept_price AS k
UNION ALL
SELECT 'subsidy', u.account_id, u.res_id, u.booked_month, u.use_no, u.used_minor, -u.used_minor
FROM ops.subsidy_use AS u;

-- One row per account of the chart that these RES moved up to the end of a month: balances debit less credit, turnovers
-- of the month as they were posted, what was taken back with a minus on its own side.
CREATE OR REPLACE FUNCTION ops.trial_balance(res_ids integer[], month date)
RETURNS TABLE (
    ledger_account_code text, meaning text, is_consumer_balance boolean, opening_minor bigint, debit_minor bigint,
    credit_minor bigint, closing_minor bigint
)
LANGUAGE sql STABLE
AS $$
    WITH posted AS (
        SELECT g.debit_code, g.credit_code, g.booked_month < month AS is_before, sum(g.amount_minor) AS amount_minor
        FROM ops.ledger AS g
        WHERE g.res_id = ANY (res_ids) AND g.booked_month <= month
        GROUP BY g.debit_code, g.credit_code, g.booked_month < month
    ),
    side AS (
        SELECT s.code, p.is_before, s.debit_minor, s.credit_minor
        FROM posted AS p
        CROSS JOIN LATERAL (
            VALUES (p.debit_code, p.amount_minor, 0), (p.credit_code, 0, p.amount_minor)
        ) AS s (code, debit_minor, credit_minor)
    )
    SELECT
        s.code, c.meaning, c.is_consumer_balance,
        coalesce(sum(s.debit_minor - s.credit_minor) FILTER (WHERE s.is_before), 0)::bigint,
        coalesce(sum(s.debit_minor) FILTER (WHERE NOT s.is_before), 0)::bigint,
        coalesce(sum(s.credit_minor) FILTER (WHERE NOT s.is_before), 0)::bigint,
        sum(s.debit_minor - s.credit_minor)::bigint
    FROM side AS s
    LEFT JOIN ops.ledger_account AS c ON c.ledger_account_code = s.code
    GROUP BY s.code, c.meaning, c.is_consumer_balance
    ORDER BY s.code COLLATE "C"
$$;

-- One row per consumer account of these RES that anything moved up to the end of a month: what it owes then by the
-- ledger, and by its documents. Accounts belong to their RES here, whatever the entries say.
CREATE OR REPLACE FUNCTION ops.balances_two_ways(res_ids integer[], month date)
RETURNS TABLE (account_no text, by_ledger_minor bigint, by_documents_minor bigint)
LANGUAGE sql STABLE
AS $$
    WITH moved AS (
        SELECT
            v.account_id, v.movement_minor AS by_ledger_minor,
            CASE WHEN v.document_kind IN ('opening_debt', 'opening_credit') THEN v.movement_minor ELSE 0 END
            AS by_documents_minor
        FROM ops.ledger_movement AS v
        WHERE v.booked_month <= month
        UNION ALL
        SELECT d.account_id, 0, d.movement_minor
        FROM ops.balance_document AS d
        WHERE d.booked_month <= month
    )
    SELECT a.account_no, sum(m.by_ledger_minor)::bigint, sum(m.by_documents_minor)::bigint
    FROM moved AS m
    INNER JOIN ops.account AS a ON a.account_id = m.account_id
    WHERE a.res_id = ANY (res_ids)
    GROUP BY a.account_id, a.account_no
$$;
