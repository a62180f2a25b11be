-- The plain bills of a whole month, prepared by several sessions at once. Each rates a range of accounts into tables of
-- its own, checks them as any run is checked, and gives them keys and indexes; the run that posts them attaches the
-- tables (ops.post_bills). Accounts with anything that is not plain are left to that run. Nothing is written but work
-- tables, so a session that fails leaves the book as it was.

-- The ranges of accounts that a run over this unit is prepared in; none where the run is too small to gain by it, does
-- not take in all that is open in the month, or comes upon bills. Takes the locks of the run.
CREATE OR REPLACE FUNCTION ops.plan_parts(
    run_month date, run_unit_id integer, least_accounts bigint, part_count integer
)
RETURNS TABLE (part_no integer, account_from bigint, account_to bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
DECLARE
    month date := date_trunc('month', run_month)::date;
    res_ids integer[] := ops.res_of_run(month, run_unit_id, NULL);
    days text := ops.partition_name('billed_days', month);
    least_id bigint;
    last_id bigint;
    has_days boolean;
BEGIN
    PERFORM ops.begin_run(month, res_ids, run_unit_id, NULL);
    PERFORM ops.drop_prepared(month);
    SELECT min(a.account_id), max(a.account_id) INTO least_id, last_id FROM ops.account AS a;
    IF last_id - least_id < least_accounts OR ops.run_scope(month, res_ids, NULL) <> 'true' THEN
        RETURN;
    END IF;
    EXECUTE format('SELECT EXISTS (SELECT 1 FROM ops.%I)', days) INTO has_days;
    IF has_days OR ops.has_lines(month, 'true') THEN
        RETURN;
    END IF;
    RETURN QUERY
    SELECT
        n, least_id + (last_id + 1 - least_id) * (n - 1) / part_count,
        least_id + (last_id + 1 - least_id) * n / part_count
    FROM generate_series(1, part_count) AS n;
END
$$;

-- Name of the table that tells what a part of a run over a month prepared.
CREATE OR REPLACE FUNCTION ops.prepared_table(month date, run_tag text)
RETURNS text
LANGUAGE sql IMMUTABLE
RETURN ops.work_table('prepared_' || to_char(month, 'YYYYMM'), run_tag);

-- Drops what an earlier run over the month prepared and did not come to post. The caller holds the run's lock.
CREATE OR REPLACE FUNCTION ops.drop_prepared(month date)
RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    left_over record;
BEGIN
    FOR left_over IN
        SELECT substring(c.relname FROM '^prepared_\d{6}_(.*)$') AS run_tag
        FROM pg_class AS c
        INNER JOIN pg_namespace AS n ON n.oid = c.relnamespace
        -- A range of names is found in their index, where the whole catalogue grows with every month.
        WHERE n.nspname = 'work' AND c.relkind = 'r' AND c.relname >= 'prepared_' || to_char(month, 'YYYYMM') || '_'
            AND c.relname < 'prepared_' || to_char(month, 'YYYYMM') || '`'
    LOOP
        PERFORM ops.drop_work_tables(left_over.run_tag);
        EXECUTE format('DROP TABLE %s', ops.prepared_table(month, left_over.run_tag));
    END LOOP;
END
$$;

-- Creates table target: the accounts of a range that have more to bill than plain segments. Returns how many.
CREATE OR REPLACE FUNCTION ops.create_left_to_run(
    target text, segments text, spans text, month date, scope text, entered_count bigint
)
RETURNS bigint
LANGUAGE plpgsql
AS $$
DECLARE
    plain_count bigint;
    unplain text := 'SELECT NULL::bigint WHERE false';
    left_count bigint;
BEGIN
    EXECUTE format('SELECT count(*) FROM %s', segments) INTO plain_count;
    IF plain_count < entered_count THEN
        unplain := format(
            'SELECT c.account_id FROM (%s) AS c '
            'WHERE NOT EXISTS (SELECT 1 FROM %s AS g WHERE g.closing_reading_id = c.reading_id)',
            ops.chain_sql(month, scope), segments
        );
    END IF;
    EXECUTE format(
        'CREATE TABLE %s AS SELECT s.account_id FROM %s AS s '
        'UNION SELECT r.account_id FROM ops.open_amendment AS r WHERE %s UNION %s',
        target, spans, scope, unplain
    );
    GET DIAGNOSTICS left_count = ROW_COUNT;
    RETURN left_count;
END
$$;

-- Prepares the plain bills of the accounts of one part, for the user of the session; what it did is told by the table
-- ops.prepared_table.
CREATE OR REPLACE FUNCTION ops.prepare_bills(
    run_month date, run_unit_id integer, run_source_id bigint, part_no integer, account_from bigint, account_to bigint
)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
-- As ops.post_bills; the other core has another part.
SET enable_hashagg = off SET max_parallel_workers_per_gather = 0 SET max_parallel_maintenance_workers = 0
AS $$
DECLARE
    month date := date_trunc('month', run_month)::date;
    run_tag text := format('%s_%s', run_source_id, part_no);
    scope text := format('r.account_id >= %s AND r.account_id < %s', account_from, account_to);
    segments text := ops.work_table('segments', run_tag);
    spans text := ops.work_table('spans', run_tag);
    left_to_run text := ops.work_table('left_to_run', run_tag);
    kinds text := ops.work_table('kinds', run_tag);
    lines text := ops.work_table('lines', run_tag);
    bills text := ops.work_table('bills', run_tag);
    entries text := ops.work_table('ledger', run_tag);
    benefit_lines text := ops.work_table('benefit_lines', run_tag);
    days text := ops.work_table('billed_days', run_tag);
    entered record;
    left_count bigint;
    unbilled_count bigint;
    totals record;
BEGIN
    PERFORM ops.require_right(current_setting('wattbook.user_login', true), 'bill', run_unit_id);
    SELECT * INTO entered FROM ops.count_entered(month, scope);
    PERFORM ops.create_plain_segments(
        segments, month, scope, entered.entered_count, entered.has_zones, replace(scope, 'r.', 'o.')
    );
    PERFORM ops.create_told_spans(spans, month, scope);
    left_count := ops.create_left_to_run(left_to_run, segments, spans, month, scope, entered.entered_count);
    IF left_count > 0 THEN
        EXECUTE format(
            'DELETE FROM %s AS g USING %s AS l WHERE l.account_id = g.account_id', segments, left_to_run
        );
        EXECUTE format('TRUNCATE %s', spans);
    END IF;
    PERFORM ops.create_segment_kinds(kinds, segments);
    unbilled_count := ops.place_and_price(spans, segments, kinds, month);
    PERFORM ops.create_lines(lines, segments, kinds, month);
    PERFORM ops.create_benefits(lines, 'line_no', kinds, month, false);
    PERFORM ops.create_bills(bills, entries, lines, ops.kind_of_new_bills(kinds), month, run_source_id);
    PERFORM ops.create_benefit_lines(benefit_lines, ops.benefits_table(lines), lines, 'line_no', run_source_id);
    PERFORM ops.add_benefit_entries(entries, benefit_lines, month);
    SELECT * INTO totals FROM ops.require_run_adds_up(bills, lines, segments, entries, benefit_lines, month);
    PERFORM ops.require_engines_agree(lines, bills, month, true);
    PERFORM ops.require_benefits_agree(benefit_lines, lines);
    -- What is plain was used in its own month.
    PERFORM ops.create_billed_days(days, segments, ops.work_table('crowded_segments', run_tag), month);
    PERFORM ops.fit_to_partition(days, 'billed_days', month, 'metering_point_id');
    PERFORM ops.fit_to_partition(bills, 'bill', month, 'account_id');
    PERFORM ops.fit_to_partition(lines, 'bill_line', month, 'account_id');
    PERFORM ops.fit_to_partition(entries, 'ledger', month, 'account_id');
    -- What the posting session has no use for goes now: at the commit it would be written to disk first.
    EXECUTE format(
        'DROP TABLE %s, %s, %s, %s, %s', spans, left_to_run, segments, kinds, ops.work_table('crowded_segments', run_tag)
    );
    EXECUTE format(
        'CREATE TABLE %s AS SELECT %s::bigint AS bill_count, %s::bigint AS line_count, %s::numeric AS energy_kwh, '
        '%s::numeric AS charge_minor, %s::bigint AS left_count',
        ops.prepared_table(month, run_tag), totals.bill_count, totals.line_count, totals.energy_kwh,
        totals.charge_minor, left_count + unbilled_count
    );
END
$$;

-- Posts what the parts of a run prepared: their tables become the partitions of the month. Returns what they hold, and
-- how much is left to the run.
CREATE OR REPLACE FUNCTION ops.post_prepared(
    month date, run_source_id bigint, part_count integer,
    OUT bill_count bigint, OUT line_count bigint, OUT energy_kwh numeric, OUT charge_minor numeric,
    OUT left_count bigint
)
LANGUAGE plpgsql
AS $$
DECLARE
    run_tags text[] := array(SELECT format('%s_%s', run_source_id, n) FROM generate_series(1, part_count) AS n);
    told text := (SELECT string_agg(format('SELECT * FROM %s', ops.prepared_table(month, tag)), ' UNION ALL ')
                  FROM unnest(run_tags) AS tag);
    run_tag text;
BEGIN
    EXECUTE format(
        'SELECT sum(p.bill_count), sum(p.line_count), sum(p.energy_kwh), sum(p.charge_minor), sum(p.left_count) '
        'FROM (%s) AS p', told
    ) INTO bill_count, line_count, energy_kwh, charge_minor, left_count;
    IF bill_count > 0 THEN
        PERFORM ops.attach_parts('billed_days', 'metering_point_id', month, ops.work_tables('billed_days', run_tags));
        PERFORM ops.attach_parts('bill', 'account_id', month, ops.work_tables('bills', run_tags));
        PERFORM ops.attach_parts('bill_line', 'account_id', month, ops.work_tables('lines', run_tags));
        PERFORM ops.attach_parts('ledger', 'account_id', month, ops.work_tables('ledger', run_tags));
        -- Rows beside few of the lines: these are inserted.
        PERFORM ops.ensure_month(month);
        PERFORM ops.insert_into_month(part, 'benefit_line', month)
        FROM unnest(ops.work_tables('benefit_lines', run_tags)) AS part;
    END IF;
    FOREACH run_tag IN ARRAY run_tags LOOP
        PERFORM ops.drop_work_tables(run_tag);
        EXECUTE format('DROP TABLE %s', ops.prepared_table(month, run_tag));
    END LOOP;
END
$$;

-- The work tables of one subject, a part each.
CREATE OR REPLACE FUNCTION ops.work_tables(subject text, run_tags text[])
RETURNS text[]
LANGUAGE sql IMMUTABLE
RETURN array(SELECT ops.work_table(subject, t.tag) FROM unnest(run_tags) WITH ORDINALITY AS t (tag, n) ORDER BY t.n);
