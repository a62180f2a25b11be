-- What accounting takes over from the book (1C), of both kinds: synthetic, and analytic for each consumer.

-- One row per RES, pair of ledger accounts, kind of document and article of a month: entries and their sum. What was
-- taken back is in it with a minus.
CREATE OR REPLACE FUNCTION ops.synthetic_entries(res_ids integer[], month date)
RETURNS TABLE (
    res_code text, debit_code text, credit_code text, document_kind text, article_code text, entry_count bigint,
    amount_minor bigint
)
LANGUAGE sql STABLE
AS $$
    SELECT
        u.code, g.debit_code, g.credit_code, g.document_kind, g.article_code, count(*), sum(g.amount_minor)::bigint
    FROM ops.ledger AS g
    INNER JOIN ops.unit AS u ON u.unit_id = g.res_id
    WHERE g.res_id = ANY (res_ids) AND g.booked_month = month
    GROUP BY u.code, g.debit_code, g.credit_code, g.document_kind, g.article_code
    ORDER BY u.code, g.debit_code, g.credit_code, g.document_kind, g.article_code
$$;

-- The same, one row per consumer account besides.
CREATE OR REPLACE FUNCTION ops.analytic_entries(res_ids integer[], month date)
RETURNS TABLE (
    res_code text, account_no text, account_kind text, debit_code text, credit_code text, document_kind text,
    article_code text, entry_count bigint, amount_minor bigint
)
LANGUAGE sql STABLE
AS $$
    SELECT
        u.code, a.account_no, a.kind, g.debit_code, g.credit_code, g.document_kind, g.article_code, g.entry_count,
        g.amount_minor
    FROM (
        SELECT
            g.res_id, g.account_id, g.debit_code, g.credit_code, g.document_kind, g.article_code,
            count(*) AS entry_count, sum(g.amount_minor)::bigint AS amount_minor
        FROM ops.ledger AS g
        WHERE g.res_id = ANY (res_ids) AND g.booked_month = month
        GROUP BY g.res_id, g.account_id, g.debit_code, g.credit_code, g.document_kind, g.article_code
    ) AS g
    INNER JOIN ops.account AS a ON a.account_id = g.account_id
    INNER JOIN ops.unit AS u ON u.unit_id = g.res_id
    ORDER BY u.code, a.account_no, g.debit_code, g.credit_code, g.document_kind, g.article_code
$$;
