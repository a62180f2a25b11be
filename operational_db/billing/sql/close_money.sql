-- What of the money of a month stands in the way of its close. What of readings, energy and bills does is in
-- close_month.sql.

-- Why a month of a RES cannot be closed yet for its money: one row per reason, each naming the first that it is about.
CREATE OR REPLACE FUNCTION ops.close_obstacles_of_money(of_res_id integer, month date, res_code text)
RETURNS TABLE (obstacle text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, ops
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
    -- Documents and what the ledger says of them, both ways.
    RETURN QUERY
    WITH document AS (
        SELECT 'bill'::text AS document_kind, b.account_id, b.bill_no::bigint AS document_no, b.charge_minor AS amount_minor
        FROM ops.bill AS b
        WHERE b.res_id = of_res_id AND b.booked_month = month
        UNION ALL
        SELECT 'benefit', n.account_id, n.bill_no, sum(n.benefit_minor)
        FROM ops.benefit_line AS n
        WHERE n.res_id = of_res_id AND n.booked_month = month
        GROUP BY n.account_id, n.bill_no
        UNION ALL
        SELECT 'payment', p.account_id, p.payment_no, p.amount_minor
        FROM ops.payment AS p
        WHERE p.res_id = of_res_id AND p.booked_month = month
        UNION ALL
        SELECT 'service', s.account_id, s.service_no, s.charge_minor
        FROM ops.service_bill AS s
        WHERE s.res_id = of_res_id AND s.booked_month = month
        UNION ALL
        SELECT 'penalty', p.account_id, p.penalty_no, sum(p.charge_minor)
        FROM ops.penalty AS p
        WHERE p.res_id = of_res_id AND p.booked_month = month
        GROUP BY p.account_id, p.penalty_no
        UNION ALL
        SELECT 'kept_price', k.account_id, k.kept_price_no, k.charge_minor
        FROM ops.kept_price AS k
        WHERE k.res_id = of_res_id AND k.booked_month = month
        UNION ALL
        SELECT 'subsidy', u.account_id, u.use_no, u.used_minor
        FROM ops.subsidy_use AS u
        WHERE u.res_id = of_res_id AND u.booked_month = month
    ),
    posted AS (
        SELECT g.document_kind, g.account_id, g.document_no, sum(g.amount_minor) AS amount_minor
        FROM ops.ledger AS g
        WHERE g.res_id = of_res_id AND g.booked_month = month
            AND g.document_kind IN ('bill', 'benefit', 'payment', 'service', 'penalty', 'kept_price', 'subsidy')
        GROUP BY g.document_kind, g.account_id, g.document_no
    ),
    differing AS (
        SELECT coalesce(d.document_kind, g.document_kind) AS document_kind, a.account_no
        FROM document AS d
        FULL JOIN posted AS g
            ON g.document_kind = d.document_kind AND g.account_id = d.account_id AND g.document_no = d.document_no
        INNER JOIN ops.account AS a ON a.account_id = coalesce(d.account_id, g.account_id)
        WHERE coalesce(d.amount_minor, 0) <> coalesce(g.amount_minor, 0)
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
