-- One row per account and year of origin: what it owed (or was owed, below zero), in smallest coins.
-- side: loaded
SELECT
    concat_ws(' ', t.account_no, t.year_of_origin) AS legacy_key,
    sum(t.debit_minor - t.credit_minor)::bigint AS balance_minor, min(t.file_id) AS file_id, min(t.row_no) AS row_no
FROM standing_opening_balance AS t
GROUP BY t.account_no, t.year_of_origin
HAVING sum(t.debit_minor - t.credit_minor) <> 0
-- side: book
SELECT
    concat_ws(' ', a.account_no, g.document_no) AS legacy_key,
    sum(CASE WHEN g.document_kind = 'opening_debt' THEN g.amount_minor ELSE -g.amount_minor END)::bigint
    AS balance_minor, max(g.source_id) AS source_id
FROM ops.ledger AS g
INNER JOIN ops.account AS a ON a.account_id = g.account_id
WHERE g.document_kind IN ('opening_debt', 'opening_credit') AND (
    g.source_id IN (SELECT s.source_id FROM source_of_load AS s)
    OR a.source_id IN (SELECT s.source_id FROM source_of_load AS s)
    AND g.source_id NOT IN (SELECT s.source_id FROM source_of_other_load AS s)
)
GROUP BY a.account_no, g.document_no
