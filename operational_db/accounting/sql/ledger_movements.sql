-- How entries of the ledger move what consumers owe, and on which day.

-- The day on which a document stands in a history: its own, or the nearest day of the month it is booked in. So what
-- came late for a closed month stands in the open one, and the end of each month is the balance of the ledger.
CREATE OR REPLACE FUNCTION ops.stands_on(of_month date, document_day date)
RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN greatest(of_month, least(document_day, (of_month + interval '1 month - 1 day')::date));

-- One row per entry with one side at consumers: positive is owed. Debts (bills, charges, what was taken over as debt)
-- and credits (money, benefits) keep their side when a document takes another back, with a minus.
CREATE OR REPLACE VIEW ops.ledger_movement WITH (security_invoker = true) AS
SELECT
    g.account_id, g.res_id, g.booked_month, g.document_kind, g.document_no, g.article_code, g.posted_on, g.source_id,
    ops.stands_on(g.booked_month, g.posted_on) AS stands_on,
    d.is_consumer_balance AS is_debt,
    CASE WHEN d.is_consumer_balance THEN g.amount_minor ELSE -g.amount_minor END AS movement_minor
FROM ops.ledger AS g
INNER JOIN ops.ledger_account AS d ON d.ledger_account_code = g.debit_code
INNER JOIN ops.ledger_account AS c ON c.ledger_account_code = g.credit_code
WHERE d.is_consumer_balance <> c.is_consumer_balance;
