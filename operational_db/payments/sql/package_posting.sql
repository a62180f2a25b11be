-- From a draft to a posted package: whose payments they are, what stops it, posting it whole or not at all.

-- The payments of a draft with the accounts they mean. `account_count` is how many accounts the number may mean: one
-- where it is clear, and nothing is looked for where the payment goes to unrecognised money.
CREATE OR REPLACE FUNCTION ops.package_rows(of_draft_id bigint)
RETURNS TABLE (
    row_no integer, external_id text, account_text text, account_id bigint, account_no text, account_count bigint,
    res_id integer, is_unrecognised boolean, paid_on date, amount_minor bigint, article_code text, payer_text text,
    source_id bigint, source_row integer
)
LANGUAGE sql STABLE
AS $$
    WITH package AS MATERIALIZED (
        SELECT ARRAY(SELECT r.res_id FROM ops.res_under(d.unit_id, current_date) AS r) AS res_ids
        FROM ops.payment_package_draft AS d
        WHERE d.payment_package_draft_id = of_draft_id
    ),
    named AS (
        SELECT p.row_no, min(n.account_id) AS account_id, min(n.account_no) AS account_no, min(n.res_id) AS res_id,
            count(n.account_id) AS account_count
        FROM ops.payment_draft AS p
        CROSS JOIN package AS k
        CROSS JOIN LATERAL ops.accounts_named(p.account_text, k.res_ids) AS n
        WHERE p.payment_package_draft_id = of_draft_id AND p.pool_res_id IS NULL
        GROUP BY p.row_no
    )
    SELECT
        p.row_no, p.external_id, p.account_text,
        CASE WHEN n.account_count = 1 THEN n.account_id END,
        CASE WHEN n.account_count = 1 THEN n.account_no END,
        coalesce(n.account_count, 0),
        coalesce(p.pool_res_id, CASE WHEN n.account_count = 1 THEN n.res_id END),
        p.pool_res_id IS NOT NULL, p.paid_on, p.amount_minor, p.article_code, p.payer_text, p.source_id, p.source_row
    FROM ops.payment_draft AS p
    LEFT JOIN named AS n ON n.row_no = p.row_no
    WHERE p.payment_package_draft_id = of_draft_id
$$;

-- Why a draft cannot be posted, a sentence each, those of the package first; no row where nothing stops it.
CREATE OR REPLACE FUNCTION ops.package_obstacles(of_draft_id bigint)
RETURNS TABLE (row_no integer, obstacle text)
LANGUAGE sql STABLE
AS $$
    WITH package AS (
        SELECT * FROM ops.payment_package_draft AS d WHERE d.payment_package_draft_id = of_draft_id
    ),
    payment AS MATERIALIZED (SELECT * FROM ops.package_rows(of_draft_id)),
    total AS (
        SELECT count(*) AS found_count, coalesce(sum(p.amount_minor), 0) AS found_minor FROM payment AS p
    ),
    shut AS (
        SELECT string_agg(u.code, ', ' ORDER BY u.code) AS codes
        FROM ops.unit AS u
        CROSS JOIN package AS k
        WHERE u.unit_id IN (SELECT p.res_id FROM payment AS p)
            AND NOT EXISTS (
                SELECT 1 FROM ops.open_period AS o WHERE o.res_id = u.unit_id AND o.booked_month = k.booked_month
            )
    ),
    first_of_id AS (SELECT p.external_id, min(p.row_no) AS row_no FROM payment AS p GROUP BY p.external_id)
    SELECT NULL::integer AS row_no, format(
        'Package %s declares %s payments, but %s are entered; add or remove payments, or put the declared count right.',
        k.package_no, k.declared_count, t.found_count
    ) AS obstacle
    FROM package AS k, total AS t
    WHERE k.declared_count <> t.found_count
    UNION ALL
    SELECT NULL, format(
        'Package %s declares a sum of %s, but its payments make %s (%s %s); find the wrong amount, or put the declared '
        'sum right.', k.package_no, ops.money_text(k.declared_minor), ops.money_text(t.found_minor),
        ops.money_text(abs(t.found_minor - k.declared_minor)),
        CASE WHEN t.found_minor < k.declared_minor THEN 'less' ELSE 'more' END
    )
    FROM package AS k, total AS t
    WHERE k.declared_minor <> t.found_minor
    UNION ALL
    SELECT NULL, format(
        'Month %s is not open for %s, into which package %s would be posted; name the open month for it.',
        to_char(k.booked_month, 'YYYY-MM'), s.codes, k.package_no
    )
    FROM package AS k, shut AS s
    WHERE s.codes IS NOT NULL
    UNION ALL
    SELECT NULL, format('Package %s is posted already; look whether the register came twice.', k.package_no)
    FROM package AS k
    INNER JOIN ops.payment_package AS p ON p.package_no = k.package_no
    UNION ALL
    (
        SELECT w.row_no, w.obstacle
        FROM (
            SELECT p.row_no, 1 AS rank, format(
                'Row %s (%s): the amount %s is not above zero; correct it, or take a posted payment back with '
                '`wattbook payments reverse`.', p.row_no, p.external_id, ops.money_text(p.amount_minor)
            ) AS obstacle
            FROM payment AS p
            WHERE p.amount_minor <= 0
            UNION ALL
            SELECT p.row_no, 2, format(
                'Row %s (%s): %s; correct the number, or post the row as unrecognised money of a RES.',
                p.row_no, p.external_id,
                CASE
                    WHEN p.account_text IS NULL THEN 'no account is named'
                    WHEN p.account_count = 0 THEN format('account "%s" was not found', p.account_text)
                    ELSE format('the old number "%s" is that of %s accounts', p.account_text, p.account_count)
                END
            )
            FROM payment AS p
            WHERE p.account_id IS NULL AND NOT p.is_unrecognised
            UNION ALL
            SELECT p.row_no, 3, format(
                'Row %s (%s): the channel id stands in row %s already; remove one of them if the payment came twice.',
                p.row_no, p.external_id, f.row_no
            )
            FROM payment AS p
            INNER JOIN first_of_id AS f ON f.external_id = p.external_id AND f.row_no < p.row_no
            UNION ALL
            SELECT p.row_no, 4, format(
                'Row %s (%s): channel %s has sent this payment before, it is posted in %s to account %s; remove the row.',
                p.row_no, p.external_id, k.channel_code, to_char(y.booked_month, 'YYYY-MM'), a.account_no
            )
            FROM payment AS p
            CROSS JOIN package AS k
            INNER JOIN ops.payment_key AS y ON y.channel_code = k.channel_code AND y.external_id = p.external_id
            INNER JOIN ops.account AS a ON a.account_id = y.account_id
            UNION ALL
            SELECT p.row_no, 5, format(
                'Row %s (%s): the day %s has not come yet; correct it.', p.row_no, p.external_id, p.paid_on
            )
            FROM payment AS p
            WHERE p.paid_on > current_date
        ) AS w
        ORDER BY w.row_no, w.rank
    )
$$;

-- The same for a package by its number, for the user of the session.
CREATE OR REPLACE FUNCTION ops.check_package(of_package_no text)
RETURNS TABLE (row_no integer, obstacle text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
DECLARE
    held ops.payment_package_draft := ops.hold_package(of_package_no);
BEGIN
    RETURN QUERY SELECT o.row_no, o.obstacle FROM ops.package_obstacles(held.payment_package_draft_id) AS o;
END
$$;

-- Makes the rows of a draft whose account is not clear unrecognised money of a RES; returns how many.
CREATE OR REPLACE FUNCTION ops.unclear_rows_to_pool(of_package_no text, pool_res_code text)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
DECLARE
    held ops.payment_package_draft := ops.hold_package(of_package_no);
    moved_count bigint;
BEGIN
    UPDATE ops.payment_draft AS p SET pool_res_id = ops.pool_res_of(held, pool_res_code)
    WHERE p.payment_package_draft_id = held.payment_package_draft_id
        AND p.row_no IN (
            SELECT r.row_no FROM ops.package_rows(held.payment_package_draft_id) AS r
            WHERE r.account_id IS NULL AND NOT r.is_unrecognised
        );
    GET DIAGNOSTICS moved_count = ROW_COUNT;
    RETURN moved_count;
END
$$;

-- Posts a draft whole, and removes it; refuses with the first reasons where anything stops it.
CREATE OR REPLACE FUNCTION ops.post_package(
    of_package_no text, of_source_id bigint,
    OUT payment_count bigint, OUT amount_minor bigint, OUT unrecognised_count bigint, OUT booked_month date
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
DECLARE
    held ops.payment_package_draft := ops.hold_package(of_package_no);
    why_not text[];
    new_id bigint;
    payments text := format('work.%I', 'package_' || pg_backend_pid());
BEGIN
    why_not := ARRAY(SELECT o.obstacle FROM ops.package_obstacles(held.payment_package_draft_id) AS o);
    IF cardinality(why_not) > 0 THEN
        PERFORM ops.refuse(
            'Package "%s" was not posted, nothing of it was. %s%s', held.package_no,
            array_to_string(why_not[1:3], ' '),
            CASE WHEN cardinality(why_not) > 3 THEN
                format(' And %s more: `wattbook payments package check` lists them.', cardinality(why_not) - 3)
            ELSE '' END
        );
    END IF;
    PERFORM ops.ensure_technical_account(p.pool_res_id, held.booked_month, of_source_id)
    FROM (
        SELECT DISTINCT d.pool_res_id FROM ops.payment_draft AS d
        WHERE d.payment_package_draft_id = held.payment_package_draft_id AND d.pool_res_id IS NOT NULL
    ) AS p;
    INSERT INTO ops.payment_package (channel_code, package_no, paid_on, declared_count, declared_minor, source_id)
    VALUES (
        held.channel_code, held.package_no, held.paid_on, held.declared_count, held.declared_minor, of_source_id
    )
    RETURNING payment_package_id INTO new_id;
    EXECUTE format(
        $statement$
        CREATE TABLE %1$s AS
        SELECT
            %3$L::text AS channel_code, r.external_id, coalesce(r.account_id, t.account_id) AS account_id,
            %4$L::date AS booked_month, %5$s::bigint AS payment_package_id, r.paid_on, r.amount_minor,
            CASE WHEN r.is_unrecognised THEN coalesce(r.article_code, 'electricity') ELSE r.article_code END
            AS article_code,
            CASE WHEN r.is_unrecognised THEN nullif(concat_ws(' ', r.account_text, r.payer_text), '') END AS payer_text,
            r.res_id, r.source_id, r.source_row
        FROM ops.package_rows(%2$s) AS r
        LEFT JOIN ops.unit AS u ON u.unit_id = r.res_id AND r.is_unrecognised
        LEFT JOIN ops.account AS t ON t.account_no = ops.technical_account_no(u.code)
        $statement$, payments, held.payment_package_draft_id, held.channel_code, held.booked_month, new_id
    );
    payment_count := ops.post_payments(payments);
    EXECUTE format('DROP TABLE %s', payments);
    SELECT count(*) FILTER (WHERE d.pool_res_id IS NOT NULL), sum(d.amount_minor)
    INTO unrecognised_count, amount_minor
    FROM ops.payment_draft AS d
    WHERE d.payment_package_draft_id = held.payment_package_draft_id;
    booked_month := held.booked_month;
    PERFORM ops.discard_package(held.package_no);
END
$$;

-- Drafts whose payments fall, or may fall, to a RES and month, for closing it. A draft whose accounts are not all
-- clear, or that holds fewer payments than it declares, may hold money of any RES of its unit.
CREATE OR REPLACE FUNCTION ops.unposted_packages(of_res_id integer, month date)
RETURNS TABLE (package_no text, channel_code text, booked_month date, payment_count bigint, amount_minor bigint)
LANGUAGE sql STABLE
AS $$
    SELECT d.package_no, d.channel_code, d.booked_month, w.own_count + w.unclear_count, w.own_minor + w.unclear_minor
    FROM ops.payment_package_draft AS d
    CROSS JOIN LATERAL (
        SELECT
            count(*) AS all_count,
            count(*) FILTER (WHERE r.res_id = of_res_id) AS own_count,
            count(*) FILTER (WHERE r.res_id IS NULL) AS unclear_count,
            coalesce(sum(r.amount_minor) FILTER (WHERE r.res_id = of_res_id), 0)::bigint AS own_minor,
            coalesce(sum(r.amount_minor) FILTER (WHERE r.res_id IS NULL), 0)::bigint AS unclear_minor
        FROM ops.package_rows(d.payment_package_draft_id) AS r
    ) AS w
    WHERE d.booked_month <= date_trunc('month', month)::date
        AND of_res_id IN (SELECT r.res_id FROM ops.res_under(d.unit_id, current_date) AS r)
        AND (w.own_count > 0 OR w.unclear_count > 0 OR w.all_count < d.declared_count)
    ORDER BY d.package_no
$$;
