-- Posting payments and opening balances from work tables: payment row and its ledger entries together, each key once.

-- Payments of a RES are split one posting after another: two at once would both pay the same debt.
CREATE OR REPLACE FUNCTION ops.lock_payments(res_ids integer[])
RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    locked_res integer;
BEGIN
    FOR locked_res IN SELECT DISTINCT r FROM unnest(res_ids) AS r ORDER BY r LOOP
        PERFORM pg_advisory_xact_lock(hashtext('payments'), locked_res);
    END LOOP;
END
$$;

-- Writes the rows of payments from a table as of post_payments, with payment_no; returns how many.
CREATE OR REPLACE FUNCTION ops.post_payment_rows(numbered text)
RETURNS bigint
LANGUAGE plpgsql
AS $$
DECLARE
    posted bigint;
BEGIN
    EXECUTE format(
        'INSERT INTO ops.payment_key (channel_code, external_id, account_id, booked_month, payment_no) '
        'SELECT channel_code, external_id, account_id, booked_month, payment_no FROM %s', numbered
    );
    EXECUTE format(
        'INSERT INTO ops.payment (account_id, booked_month, payment_no, channel_code, external_id, payment_package_id, '
        '   paid_on, amount_minor, article_code, payer_text, res_id, source_id, source_row) '
        'SELECT account_id, booked_month, payment_no, channel_code, external_id, payment_package_id, paid_on, '
        '   amount_minor, coalesce(article_code, ''electricity''), payer_text, res_id, source_id, source_row FROM %s',
        numbered
    );
    GET DIAGNOSTICS posted = ROW_COUNT;
    RETURN posted;
END
$$;

-- Writes ledger entries of payments from a table: account_id, booked_month, payment_no, entry_no, article_code,
-- amount_minor, paid_on, res_id, source_id, source_row.
CREATE OR REPLACE FUNCTION ops.post_payment_entries(entries text)
RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    run_chart text := (SELECT p.value FROM ops.parameter AS p WHERE p.parameter_code = 'chart_of_accounts');
BEGIN
    EXECUTE format(
        'INSERT INTO ops.ledger (account_id, booked_month, document_kind, document_no, entry_no, debit_code, credit_code, '
        '   amount_minor, article_code, posted_on, res_id, source_id, source_row) '
        'SELECT n.account_id, n.booked_month, ''payment'', n.payment_no, n.entry_no, p.debit_code, p.credit_code, '
        '   n.amount_minor, n.article_code, n.paid_on, n.res_id, n.source_id, n.source_row '
        'FROM %s AS n CROSS JOIN ops.posting_rule AS p '
        'WHERE p.chart = %L AND p.document_kind = ''payment'' AND p.component = ''gross'' '
        '   AND n.article_code IS NOT NULL', entries, run_chart
    );
END
$$;

-- work_table: channel_code, external_id, account_id, booked_month, payment_package_id, paid_on, amount_minor,
-- article_code, payer_text, res_id, source_id, source_row. Returns how many were posted. A payment whose channel and
-- external id are posted already is refused: the same money cannot come twice. One that names an article pays it alone;
-- one that names none is split over the debt of its account (ops.split_payments), after those that do.
CREATE OR REPLACE FUNCTION ops.post_payments(work_table text)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
DECLARE
    posted bigint;
    doubled text;
    open_month record;
    unnamed_res_ids integer[];
    numbered text := format('work.%I', 'payments_' || pg_backend_pid());
    entries text := format('work.%I', 'payment_entries_' || pg_backend_pid());
BEGIN
    work_table := work_table::regclass::text;  -- a name, whatever text was given
    EXECUTE format(
        'SELECT min(n.channel_code || '' '' || n.external_id) FROM %s AS n '
        'INNER JOIN ops.payment_key AS k ON k.channel_code = n.channel_code AND k.external_id = n.external_id', work_table
    ) INTO doubled;
    IF doubled IS NOT NULL THEN
        PERFORM ops.refuse('Payment %s is posted already; the package was not posted.', doubled);
    END IF;
    FOR open_month IN EXECUTE format(
        'SELECT booked_month, array_agg(DISTINCT res_id) AS res_ids FROM %s GROUP BY booked_month ORDER BY 1', work_table
    ) LOOP
        PERFORM ops.lock_open_month(open_month.res_ids, open_month.booked_month);
    END LOOP;
    EXECUTE format(
        'SELECT array_agg(DISTINCT res_id) FROM %s WHERE article_code IS NULL', work_table
    ) INTO unnamed_res_ids;
    PERFORM ops.lock_payments(unnamed_res_ids);
    EXECUTE format(
        'CREATE TABLE %s AS SELECT n.*, nextval(''ops.payment_no_seq'') AS payment_no, 1::smallint AS entry_no '
        'FROM (SELECT * FROM %s ORDER BY booked_month, account_id, channel_code, external_id) AS n', numbered, work_table
    );
    posted := ops.post_payment_rows(numbered);
    PERFORM ops.post_payment_entries(numbered);
    IF unnamed_res_ids IS NOT NULL THEN
        PERFORM ops.split_payments(entries, numbered);
        PERFORM ops.post_payment_entries(entries);
        EXECUTE format('DROP TABLE %s', entries);
    END IF;
    EXECUTE format('DROP TABLE %s', numbered);
    RETURN posted;
END
$$;

-- work_table: account_id, booked_month, year_of_origin, balance_minor (positive = debt), article_code, posted_on,
-- res_id, source_id, source_row; one row per account, article and year of origin.
CREATE OR REPLACE FUNCTION ops.post_opening_balances(work_table text)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
DECLARE
    posted bigint;
    open_month record;
    run_chart text := (SELECT p.value FROM ops.parameter AS p WHERE p.parameter_code = 'chart_of_accounts');
BEGIN
    work_table := work_table::regclass::text;  -- a name, whatever text was given
    FOR open_month IN EXECUTE format(
        'SELECT booked_month, array_agg(DISTINCT res_id) AS res_ids FROM %s GROUP BY booked_month ORDER BY 1', work_table
    ) LOOP
        PERFORM ops.lock_open_month(open_month.res_ids, open_month.booked_month);
    END LOOP;
    EXECUTE format(
        'INSERT INTO ops.ledger (account_id, booked_month, document_kind, document_no, entry_no, debit_code, credit_code, '
        '   amount_minor, article_code, posted_on, res_id, source_id, source_row) '
        'SELECT n.account_id, n.booked_month, k.document_kind, n.year_of_origin, '
        '   row_number() OVER (PARTITION BY n.account_id, n.booked_month, k.document_kind, n.year_of_origin '
        '       ORDER BY n.article_code), p.debit_code, p.credit_code, '
        '   abs(n.balance_minor), n.article_code, n.posted_on, n.res_id, n.source_id, n.source_row '
        'FROM %s AS n '
        'CROSS JOIN LATERAL (SELECT CASE WHEN n.balance_minor > 0 THEN ''opening_debt'' ELSE ''opening_credit'' END) '
        '   AS k (document_kind) '
        'INNER JOIN ops.posting_rule AS p '
        '   ON p.chart = %L AND p.document_kind = k.document_kind AND p.component = ''gross'' '
        'WHERE n.balance_minor <> 0', work_table, run_chart
    );
    GET DIAGNOSTICS posted = ROW_COUNT;
    RETURN posted;
END
$$;
