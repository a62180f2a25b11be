-- What a payment pays: the debt of an account by article and age, and how money that names no article is split over it.

-- What accounts still owe, by article and month of origin: the open debts of ops.open_debts, with all that is booked.
CREATE OR REPLACE FUNCTION ops.debt_by_origin(account_ids bigint[])
RETURNS TABLE (account_id bigint, article_code text, sort_order integer, origin_month date, debt_minor bigint)
LANGUAGE sql STABLE
AS $$
    WITH last_booked AS (
        SELECT (max(g.booked_month) + interval '1 month - 1 day')::date AS day
        FROM ops.ledger AS g
        WHERE g.account_id = ANY (account_ids)
    )
    SELECT o.account_id, o.article_code, a.sort_order, o.origin_month, o.owed_minor
    FROM last_booked AS l
    CROSS JOIN LATERAL ops.open_debts(NULL, account_ids, l.day) AS o
    INNER JOIN ops.article AS a ON a.article_code = o.article_code
    WHERE o.owed_minor > 0
$$;

-- Creates the table entries: payments of the table numbered that name no article, a row per article they pay. The
-- oldest debt comes first, of one month in the order of articles, one payment after another; what is over is an advance
-- on electricity. The caller holds the payments of these RES (ops.lock_payments) and has posted those that name one.
CREATE OR REPLACE FUNCTION ops.split_payments(entries text, numbered text)
RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    EXECUTE format(
        $statement$
        CREATE TABLE %1$s AS
        WITH unnamed AS (
            -- Each takes its stretch of the account's debts set end to end.
            SELECT
                n.*,
                sum(n.amount_minor) OVER (PARTITION BY n.account_id ORDER BY n.payment_no) AS upto_minor
            FROM %2$s AS n
            WHERE n.article_code IS NULL
        ),
        debt AS (
            SELECT
                d.account_id, d.article_code, d.debt_minor,
                sum(d.debt_minor) OVER (
                    PARTITION BY d.account_id ORDER BY d.origin_month, d.sort_order, d.article_code
                ) AS upto_minor
            FROM ops.debt_by_origin(ARRAY(SELECT DISTINCT u.account_id FROM unnamed AS u)) AS d
        ),
        paid AS (
            SELECT
                u.account_id, u.payment_no, d.article_code,
                sum(
                    least(u.upto_minor, d.upto_minor)
                    - greatest(u.upto_minor - u.amount_minor, d.upto_minor - d.debt_minor)
                ) AS amount_minor
            FROM unnamed AS u
            INNER JOIN debt AS d
                ON d.account_id = u.account_id
                AND d.upto_minor > u.upto_minor - u.amount_minor AND d.upto_minor - d.debt_minor < u.upto_minor
            GROUP BY u.account_id, u.payment_no, d.article_code
        ),
        part AS (
            SELECT p.account_id, p.payment_no, p.article_code, p.amount_minor
            FROM paid AS p
            UNION ALL
            SELECT u.account_id, u.payment_no, 'electricity'::text, u.amount_minor - coalesce(sum(p.amount_minor), 0)
            FROM unnamed AS u
            LEFT JOIN paid AS p ON p.account_id = u.account_id AND p.payment_no = u.payment_no
            GROUP BY u.account_id, u.payment_no, u.amount_minor
        ),
        by_article AS (
            SELECT p.account_id, p.payment_no, p.article_code, sum(p.amount_minor)::bigint AS amount_minor
            FROM part AS p
            GROUP BY p.account_id, p.payment_no, p.article_code
            HAVING sum(p.amount_minor) <> 0
        )
        SELECT
            u.account_id, u.booked_month, u.payment_no,
            row_number() OVER (
                PARTITION BY u.account_id, u.payment_no ORDER BY a.sort_order, a.article_code
            )::smallint AS entry_no,
            b.article_code, b.amount_minor, u.paid_on, u.res_id, u.source_id, u.source_row
        FROM by_article AS b
        INNER JOIN unnamed AS u ON u.account_id = b.account_id AND u.payment_no = b.payment_no
        INNER JOIN ops.article AS a ON a.article_code = b.article_code
        $statement$, entries, numbered
    );
END
$$;
