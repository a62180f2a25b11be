-- What of the money of a month stands in the way of its close. What of readings, energy and bills does is in
-- close_month.sql.

-- Why a month of a RES cannot be closed yet for its money: one row per reason, each naming the first that it is about.
CREATE OR REPLACE FUNCTION ops.close_obstacles_of_money(of_res_id integer, month date, res_code text)
RETURNS TABLE (obstacle text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, ops SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    found record;
BEGIN
    SELECT count(*) AS many, min(p.package_no) AS first_no INTO found FROM ops.unposted_packages(of_res_id, month) AS p;
    IF found.many > 0 THEN
        RETURN QUERY SELECT format(
            '%s: %s packages of payments are entered and not posted, the first of them %s; post or discard them '
            '(`wattbook payments package post`, `discard`).', res_code, found.many, found.first_no
        );
    END IF;
    SELECT k.many, k.first_no INTO found FROM ops.kept_prices_missing(of_res_id, month) AS k;
    IF found.many > 0 THEN
        RETURN QUERY SELECT format(
            '%s: the price that prepaid energy keeps is not taken off at %s accounts, the first of them %s; run '
            '`wattbook unwind --month %s`.', res_code, found.many, found.first_no, to_char(month, 'YYYY-MM')
        );
    END IF;
    -- Documents and what the ledger says of them, both ways: their sums, and by how much they move the consumer. So the
    -- balances of consumers by their documents are those by the chart of accounts (ops.trial_balance).
    RETURN QUERY
    WITH document AS (
        SELECT * FROM ops.balance_document AS d WHERE d.res_id = of_res_id AND d.booked_month = month
    ),
    posted AS (
        SELECT
            g.document_kind, g.account_id, g.document_no, sum(g.amount_minor) AS amount_minor,
            coalesce(sum(g.amount_minor) FILTER (WHERE d.is_consumer_balance), 0)
            - coalesce(sum(g.amount_minor) FILTER (WHERE c.is_consumer_balance), 0) AS movement_minor
        FROM ops.ledger AS g
        LEFT JOIN ops.ledger_account AS d ON d.ledger_account_code = g.debit_code
        LEFT JOIN ops.ledger_account AS c ON c.ledger_account_code = g.credit_code
        WHERE g.res_id = of_res_id AND g.booked_month = month
            -- What was taken over has no document but its entries.
            AND g.document_kind NOT IN ('opening_debt', 'opening_credit')
        GROUP BY g.document_kind, g.account_id, g.document_no
    ),
    differing AS (
        SELECT coalesce(d.document_kind, g.document_kind) AS document_kind, a.account_no
        FROM document AS d
        FULL JOIN posted AS g
            ON g.document_kind = d.document_kind AND g.account_id = d.account_id AND g.document_no = d.document_no
        INNER JOIN ops.account AS a ON a.account_id = coalesce(d.account_id, g.account_id)
        WHERE coalesce(d.amount_minor, 0) <> coalesce(g.amount_minor, 0)
            OR coalesce(d.movement_minor, 0) <> coalesce(g.movement_minor, 0)
    )
    SELECT format(
        '%s: %s documents of kind "%s" differ from the ledger, the first of account %s; report it with the output of '
        '`wattbook doctor`.', res_code, count(*), f.document_kind, min(f.account_no)
    )
    FROM differing AS f
    GROUP BY f.document_kind
    ORDER BY f.document_kind;
    SELECT count(*) AS many, min(a.account_no) AS first_no INTO found
    FROM ops.ledger AS g
    INNER JOIN ops.account AS a ON a.account_id = g.account_id
    WHERE g.res_id = of_res_id AND g.booked_month = month AND a.res_id <> g.res_id;
    IF found.many > 0 THEN
        RETURN QUERY SELECT format(
            '%s: %s ledger entries are of accounts of another RES, the first of account %s, so that totals by ledger '
            'account are not the sum of its accounts; report it with the output of `wattbook doctor`.',
            res_code, found.many, found.first_no
        );
    END IF;
    SELECT count(*) AS many, min(a.account_no) AS first_no INTO found
    FROM ops.ledger AS g
    INNER JOIN ops.account AS a ON a.account_id = g.account_id
    WHERE g.res_id = of_res_id AND g.booked_month = month
        AND (
            g.debit_code NOT IN (SELECT c.ledger_account_code FROM ops.ledger_account AS c)
            OR g.credit_code NOT IN (SELECT c.ledger_account_code FROM ops.ledger_account AS c)
            OR g.article_code NOT IN (SELECT c.article_code FROM ops.article AS c)
        );
    IF found.many > 0 THEN
        RETURN QUERY SELECT format(
            '%s: %s ledger entries stand on accounts or articles that no chart has, the first of account %s; report it '
            'with the output of `wattbook doctor`.', res_code, found.many, found.first_no
        );
    END IF;
    RETURN QUERY SELECT o.obstacle FROM ops.close_obstacles_of_subsidies(of_res_id, month, res_code) AS o;
END
$$;
