-- The bill run: one path for a nation and for one account.

-- Refuses when a month before the run's still has readings to bill: a span would lose its beginning. Those of a point
-- that is to be amended, and has lines of a later month, are billed with them (take_amended).
CREATE OR REPLACE FUNCTION ops.require_earlier_months_billed(month date, res_ids integer[], only_account_id bigint)
RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    earlier record;
    waiting bigint;
BEGIN
    FOR earlier IN
        SELECT o.booked_month, array_agg(o.res_id) AS res_ids
        FROM ops.open_period AS o
        WHERE o.booked_month < month AND o.res_id = ANY (res_ids)
        GROUP BY o.booked_month
        ORDER BY o.booked_month
    LOOP
        SELECT count(*) INTO waiting
        FROM ops.readings_to_bill(earlier.booked_month, earlier.res_ids, only_account_id) AS r
        WHERE NOT EXISTS (
            SELECT 1 FROM ops.open_amendment AS a
            WHERE a.account_id = r.account_id AND a.metering_point_id = r.metering_point_id
                AND ops.last_billed_month(a.account_id, a.metering_point_id) > earlier.booked_month
        );
        IF waiting > 0 THEN
            PERFORM ops.refuse(
                'Month %s still has %s readings to bill; bill it before %s.',
                to_char(earlier.booked_month, 'YYYY-MM'), waiting::text, to_char(month, 'YYYY-MM')
            );
        END IF;
    END LOOP;
END
$$;

-- Creates table bills (one row per bill of the lines) and table entries (what they post to the ledger). The kind of the
-- bills is an SQL expression over the lines l of a bill.
CREATE OR REPLACE FUNCTION ops.create_bills(
    bills text, entries text, lines text, kind_expression text, month date, run_source_id bigint
)
RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    half text;
    run_chart text := (SELECT p.value FROM ops.parameter AS p WHERE p.parameter_code = 'chart_of_accounts');
BEGIN
    half := format(
        $statement$
        SELECT
            l.account_id, %4$L::date AS booked_month, l.bill_no, %3$s AS kind, min(l.res_id) AS res_id,
            sum(l.energy_kwh)::numeric(18, 6) AS energy_kwh,
            sum(l.charge_minor)::bigint AS charge_minor, sum(l.vat_minor)::bigint AS vat_minor,
            NULL::date AS reverses_month, NULL::integer AS reverses_bill_no,
            %2$s::bigint AS source_id, 0 AS source_row
        FROM %1$s AS l
        WHERE %%s
        GROUP BY l.account_id, l.bill_no
        $statement$, lines, run_source_id, kind_expression, month
    );
    IF current_setting('max_parallel_workers_per_gather')::integer = 0 THEN
        EXECUTE format('CREATE TABLE %s AS %s', bills, format(half, 'true'));
    ELSE
        -- A half is summed whole by one process; what two had summed, one would have to put together.
        PERFORM set_config('min_parallel_table_scan_size', '1GB', true);
        EXECUTE format(
            'CREATE TABLE %s AS %s UNION ALL %s', bills,
            format(half, 'CASE WHEN mod(l.account_id, 2) = 0 THEN true ELSE false END'),
            format(half, 'CASE WHEN mod(l.account_id, 2) = 1 THEN true ELSE false END')
        );
        PERFORM set_config('min_parallel_table_scan_size', '1MB', true);
    END IF;
    EXECUTE format(
        $statement$
        CREATE TABLE %1$s AS
        SELECT
            b.account_id, b.booked_month, 'bill'::text AS document_kind, b.bill_no::bigint AS document_no,
            e.entry_no::smallint AS entry_no, p.debit_code, p.credit_code, e.amount_minor,
            'electricity'::text AS article_code, (%3$L::date + interval '1 month - 1 day')::date AS posted_on,
            b.res_id, b.source_id, 0 AS source_row
        FROM %2$s AS b
        CROSS JOIN LATERAL (
            VALUES (1, 'net', b.charge_minor - b.vat_minor), (2, 'vat', b.vat_minor)
        ) AS e (entry_no, component, amount_minor)
        INNER JOIN ops.posting_rule AS p
            ON p.chart = %4$L AND p.document_kind = 'bill' AND p.component = e.component
        WHERE e.amount_minor <> 0
        $statement$, entries, bills, month, run_chart
    );
END
$$;

-- How many bills, lines, kWh and coins tables of a run hold. Refuses where segments, lines, bills and ledger differ:
-- both sides of the boundary, what was rated and what is about to be posted.
CREATE OR REPLACE FUNCTION ops.require_run_adds_up(
    bills text, lines text, segments text, entries text, benefit_lines text, month date,
    OUT bill_count bigint, OUT line_count bigint, OUT energy_kwh numeric, OUT charge_minor numeric
)
LANGUAGE plpgsql
AS $$
DECLARE
    is_wrong boolean;
BEGIN
    EXECUTE format(
        $statement$
        SELECT
            b.bill_count, l.line_count, coalesce(b.energy_kwh, 0) AS energy_kwh,
            coalesce(b.charge_minor, 0) AS charge_minor,
            l.charge_minor IS DISTINCT FROM b.charge_minor OR l.energy_kwh IS DISTINCT FROM b.energy_kwh
            OR l.energy_kwh IS DISTINCT FROM g.energy_kwh
            OR coalesce(e.amount_minor, 0) <> coalesce(b.charge_minor, 0) AS is_wrong
        FROM
            (SELECT count(*) AS bill_count, sum(energy_kwh) AS energy_kwh, sum(charge_minor) AS charge_minor FROM %1$s) AS b,
            (SELECT count(*) AS line_count, sum(energy_kwh) AS energy_kwh, sum(charge_minor) AS charge_minor FROM %2$s) AS l,
            (SELECT sum(segment_kwh) AS energy_kwh FROM %3$s) AS g,
            (SELECT sum(amount_minor) AS amount_minor FROM %4$s WHERE document_kind = 'bill') AS e
        $statement$, bills, lines, segments, entries
    ) INTO bill_count, line_count, energy_kwh, charge_minor, is_wrong;
    IF is_wrong THEN
        PERFORM ops.refuse(
            'The run over %s does not add up (segments, lines, bills and ledger differ); nothing was posted. '
            'Please report it with the output of `wattbook doctor`.', to_char(month, 'YYYY-MM')
        );
    END IF;
    PERFORM ops.require_benefits_add_up(benefit_lines, lines, entries, month);
END
$$;

-- The kind of the bills of new lines, as an expression over the lines l of a bill: by what its energy is known where
-- nobody read any of it, else normal. Looked for only where such lines are.
CREATE OR REPLACE FUNCTION ops.kind_of_new_bills(kinds text)
RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
    has_estimates boolean;
BEGIN
    EXECUTE format(
        'SELECT EXISTS (SELECT 1 FROM %s WHERE energy_basis = ''gap'' OR energy_basis = ANY (%L))',
        kinds, ops.estimated_kinds()
    ) INTO has_estimates;
    RETURN CASE WHEN has_estimates THEN
        $expression$
        CASE
            WHEN bool_and(l.energy_basis = 'gap') THEN 'gap'
            WHEN bool_and(l.energy_basis = 'contract') THEN 'by_contract'
            WHEN bool_and(l.energy_basis IN (SELECT k.kind FROM ops.reading_kind AS k WHERE NOT k.is_measured)) THEN 'by_average'
            ELSE 'normal'
        END
        $expression$
        ELSE '''normal''::text'
    END;
END
$$;

-- Posts the months billed anew: one bill that reverses the standing lines of an account, one that is right, in the open
-- month; and settles their amendments. Returns how many accounts are corrected and by how much.
CREATE OR REPLACE FUNCTION ops.post_amended(
    run_tag text, month date, run_source_id bigint,
    OUT account_count bigint, OUT bill_count bigint, OUT line_count bigint, OUT energy_kwh numeric,
    OUT charge_minor numeric
)
LANGUAGE plpgsql
AS $$
DECLARE
    amended text := ops.work_table('amended', run_tag);
    segments text := ops.work_table('amended_segments', run_tag);
    standing text := ops.work_table('standing', run_tag);
    rated text := ops.work_table('amended_lines', run_tag);
    reversing text := ops.work_table('reversing', run_tag);
    lines text := ops.work_table('right', run_tag);
    bills text := ops.work_table('bills', run_tag);
    entries text := ops.work_table('ledger', run_tag);
    benefit_lines text := ops.work_table('benefit_lines', run_tag);
    reversed record;
    posted record;
BEGIN
    EXECUTE format(
        $statement$
        CREATE TABLE %1$s AS
        SELECT
            s.*, %3$L::date AS new_month,
            (SELECT coalesce(max(b.bill_no), 0) + 1 FROM ops.bill AS b
             WHERE b.account_id = s.account_id AND b.booked_month = %3$L) AS new_bill_no,
            row_number() OVER (PARTITION BY s.account_id ORDER BY s.booked_month, s.bill_no, s.line_no)::smallint AS new_line_no
        FROM %2$s AS s
        $statement$, reversing, standing, month
    );
    EXECUTE format(
        $statement$
        INSERT INTO ops.bill_line_reversal (
            account_id, booked_month, bill_no, line_no, reversing_month, reversing_bill_no, reversing_line_no, source_id
        )
        SELECT
            r.account_id, r.booked_month, r.bill_no, r.line_no, r.new_month, r.new_bill_no, r.new_line_no, %2$s
        FROM %1$s AS r
        $statement$, reversing, run_source_id
    );
    PERFORM ops.mark_days_unbilled(reversing);
    PERFORM ops.create_reversing_benefit_lines(benefit_lines, reversing, run_source_id);
    EXECUTE format(
        'UPDATE %s SET booked_month = new_month, bill_no = new_bill_no, line_no = new_line_no, '
        'energy_kwh = -energy_kwh, charge_minor = -charge_minor, vat_minor = -vat_minor', reversing
    );
    EXECUTE format(
        'ALTER TABLE %s DROP COLUMN new_month, DROP COLUMN new_bill_no, DROP COLUMN new_line_no', reversing
    );
    PERFORM ops.create_bills(
        bills, entries, reversing, format(
            'CASE WHEN EXISTS (SELECT 1 FROM %s AS a WHERE a.account_id = l.account_id AND a.is_benefit) '
            'THEN ''benefit_reversing'' ELSE ''reversing'' END', amended
        ), month, run_source_id
    );
    PERFORM ops.add_benefit_entries(entries, benefit_lines, month);
    PERFORM ops.require_benefits_add_up(benefit_lines, reversing, entries, month);
    EXECUTE format(
        'SELECT count(*) AS bill_count, coalesce(sum(energy_kwh), 0) AS energy_kwh, '
        'coalesce(sum(charge_minor), 0) AS charge_minor FROM %s', bills
    ) INTO reversed;
    EXECUTE format('SELECT count(*) FROM %s', reversing) INTO line_count;
    PERFORM ops.attach_or_insert(bills, 'bill', month);
    PERFORM ops.attach_or_insert(reversing, 'bill_line', month);
    PERFORM ops.attach_or_insert(entries, 'ledger', month);
    PERFORM ops.attach_benefit_lines(benefit_lines, month);

    EXECUTE format(
        $statement$
        CREATE TABLE %1$s AS
        SELECT
            r.account_id, %3$L::date AS booked_month,
            coalesce(n.last_no, 0)
            + dense_rank() OVER (PARTITION BY r.account_id ORDER BY r.bill_kind)::integer AS bill_no,
            row_number() OVER (
                PARTITION BY r.account_id, r.bill_kind
                ORDER BY r.service_month, r.metering_point_id, r.span_from, r.zone_code, r.step_no
            )::smallint AS line_no,
            r.metering_point_id, r.service_month, r.span_from, r.span_to, r.zone_code, r.tariff_version_id, r.step_no,
            r.energy_kwh, r.price_minor, r.charge_minor, r.vat_minor,
            r.opening_month, r.opening_reading_id, r.closing_month, r.closing_reading_id, r.res_id, r.component,
            r.energy_basis, r.variant_code, r.line_volume_from::numeric(18, 6) AS volume_from, r.bound_factor,
            r.price_numerator, r.price_denominator, r.power_kw, r.bill_kind, r.line_key
        FROM %2$s AS r
        LEFT JOIN LATERAL (
            SELECT max(b.bill_no) AS last_no
            FROM ops.bill AS b
            WHERE b.account_id = r.account_id AND b.booked_month = %3$L
        ) AS n ON true
        $statement$, lines, rated, month
    );
    PERFORM ops.create_bills(bills, entries, lines, 'min(l.bill_kind)', month, run_source_id);
    PERFORM ops.create_benefit_lines(benefit_lines, ops.benefits_table(rated), lines, 'line_key', run_source_id);
    PERFORM ops.add_benefit_entries(entries, benefit_lines, month);
    EXECUTE format('ALTER TABLE %s DROP COLUMN bill_kind, DROP COLUMN line_key', lines);
    SELECT * INTO posted FROM ops.require_run_adds_up(bills, lines, segments, entries, benefit_lines, month);
    PERFORM ops.require_engines_agree(lines, bills, month, false);
    PERFORM ops.require_benefits_agree(benefit_lines, lines);
    PERFORM ops.mark_days_billed(
        segments, ops.work_table('amended_kinds', run_tag), ops.work_table('crowded_amended_segments', run_tag), run_tag
    );
    PERFORM ops.attach_or_insert(bills, 'bill', month);
    PERFORM ops.attach_or_insert(lines, 'bill_line', month);
    PERFORM ops.attach_or_insert(entries, 'ledger', month);
    PERFORM ops.attach_benefit_lines(benefit_lines, month);

    EXECUTE format(
        $statement$
        INSERT INTO ops.bill_amendment_settled (bill_amendment_id, source_id)
        -- Those that the run took: of what was asked since it may not have seen the facts.
        SELECT unnest(a.bill_amendment_ids), %2$s FROM %1$s AS a
        $statement$, amended, run_source_id
    );
    account_count := reversed.bill_count;
    bill_count := reversed.bill_count + posted.bill_count;
    line_count := line_count + posted.line_count;
    energy_kwh := reversed.energy_kwh + posted.energy_kwh;
    charge_minor := reversed.charge_minor + posted.charge_minor;
END
$$;

-- Begins a run: asks for the right, and locks what it will post into.
CREATE OR REPLACE FUNCTION ops.begin_run(month date, res_ids integer[], run_unit_id integer, only_account_id bigint)
RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM ops.require_right(
        current_setting('wattbook.user_login', true), 'bill', coalesce(run_unit_id, res_ids[1])
    );
    PERFORM ops.lock_open_month(res_ids, month);
    -- One run at a time posts into a month: two would number the same bills and attach the same partition.
    PERFORM pg_advisory_xact_lock(hashtext('bill run'), (month - date '2000-01-01'));
    PERFORM ops.lock_facts(res_ids, true);
    PERFORM ops.require_earlier_months_billed(month, res_ids, only_account_id);
END
$$;

-- Rates and posts what a month of these RES (and perhaps one account) has to bill and nobody has prepared.
CREATE OR REPLACE FUNCTION ops.post_rated(
    month date, res_ids integer[], only_account_id bigint, run_source_id bigint,
    OUT bill_count bigint, OUT line_count bigint, OUT energy_kwh numeric, OUT charge_minor numeric,
    OUT unbilled_span_count bigint, OUT corrected_account_count bigint, OUT correction_minor numeric
)
LANGUAGE plpgsql
AS $$
DECLARE
    run_tag text := run_source_id::text;
    segments text := ops.work_table('segments', run_tag);
    kinds text := ops.work_table('kinds', run_tag);
    lines text := ops.work_table('lines', run_tag);
    bills text := ops.work_table('bills', run_tag);
    entries text := ops.work_table('ledger', run_tag);
    benefit_lines text := ops.work_table('benefit_lines', run_tag);
    rated record;
    totals record;
    corrected record;
BEGIN
    SELECT * INTO rated FROM ops.rate_run(run_tag, month, res_ids, only_account_id, run_source_id);
    PERFORM ops.create_bills(bills, entries, lines, ops.kind_of_new_bills(kinds), month, run_source_id);
    PERFORM ops.create_benefit_lines(benefit_lines, ops.benefits_table(lines), lines, 'line_no', run_source_id);
    PERFORM ops.add_benefit_entries(entries, benefit_lines, month);
    SELECT * INTO totals FROM ops.require_run_adds_up(bills, lines, segments, entries, benefit_lines, month);
    IF totals.bill_count > 0 THEN
        PERFORM ops.require_engines_agree(lines, bills, month, true);
        PERFORM ops.require_benefits_agree(benefit_lines, lines);
        PERFORM ops.mark_days_billed(segments, kinds, ops.work_table('crowded_segments', run_tag), run_tag);
        PERFORM ops.attach_or_insert(bills, 'bill', month);
        PERFORM ops.attach_or_insert(lines, 'bill_line', month);
        PERFORM ops.attach_or_insert(entries, 'ledger', month);
        PERFORM ops.attach_benefit_lines(benefit_lines, month);
    ELSE
        EXECUTE format('DROP TABLE %s, %s, %s', bills, entries, benefit_lines);
    END IF;
    bill_count := totals.bill_count;
    line_count := totals.line_count;
    energy_kwh := totals.energy_kwh;
    charge_minor := totals.charge_minor;
    unbilled_span_count := rated.unbilled_span_count;
    corrected_account_count := 0;
    correction_minor := 0;
    IF rated.amended_point_count > 0 THEN
        SELECT * INTO corrected FROM ops.post_amended(run_tag, month, run_source_id);
        bill_count := bill_count + corrected.bill_count;
        line_count := line_count + corrected.line_count;
        energy_kwh := energy_kwh + corrected.energy_kwh;
        charge_minor := charge_minor + corrected.charge_minor;
        corrected_account_count := corrected.account_count;
        correction_minor := corrected.charge_minor;
    END IF;
    PERFORM ops.drop_work_tables(run_tag);
END
$$;

-- Bills everything that a month of these RES (and perhaps one account) has to bill, whole or not at all, for the user
-- of the session. What several sessions prepared (ops.prepare_bills) is posted first. Returns the run; a run over what
-- is billed already posts nothing and returns zeros.
CREATE OR REPLACE FUNCTION ops.post_bills(
    run_month date, run_unit_id integer, only_account_id bigint, run_source_id bigint, part_count integer
)
RETURNS TABLE (
    bill_run_id bigint, bill_count bigint, line_count bigint, energy_kwh numeric, charge_minor numeric,
    unbilled_span_count bigint, corrected_account_count bigint, correction_minor numeric
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
-- Work tables are made in the order of accounts, so sorting them again is nearly free where hashing is not; and the
-- planner's standard prices hold two cores back from steps that take a second.
SET enable_hashagg = off SET parallel_tuple_cost = 0.001 SET parallel_setup_cost = 200
SET min_parallel_table_scan_size = '1MB'
AS $$
#variable_conflict use_column
DECLARE
    month date := date_trunc('month', run_month)::date;
    res_ids integer[] := ops.res_of_run(month, run_unit_id, only_account_id);
    prepared record;
    posted record;
    left_count bigint;
    new_run_id bigint;
BEGIN
    PERFORM ops.begin_run(month, res_ids, run_unit_id, only_account_id);
    PERFORM ops.work_alone_on_few(res_ids, only_account_id);
    bill_count := 0;
    line_count := 0;
    energy_kwh := 0;
    charge_minor := 0;
    unbilled_span_count := 0;
    corrected_account_count := 0;
    correction_minor := 0;
    IF part_count > 0 THEN
        SELECT * INTO prepared FROM ops.post_prepared(month, run_source_id, part_count);
        bill_count := prepared.bill_count;
        line_count := prepared.line_count;
        energy_kwh := prepared.energy_kwh;
        charge_minor := prepared.charge_minor;
        left_count := prepared.left_count;
    END IF;
    IF part_count = 0 OR left_count > 0 THEN
        SELECT * INTO posted FROM ops.post_rated(month, res_ids, only_account_id, run_source_id);
        bill_count := bill_count + posted.bill_count;
        line_count := line_count + posted.line_count;
        energy_kwh := energy_kwh + posted.energy_kwh;
        charge_minor := charge_minor + posted.charge_minor;
        unbilled_span_count := posted.unbilled_span_count;
        corrected_account_count := posted.corrected_account_count;
        correction_minor := posted.correction_minor;
    END IF;
    IF bill_count > 0 THEN
        IF only_account_id IS NULL THEN
            PERFORM ops.require_approved(month, run_unit_id, bill_count, energy_kwh, charge_minor);
        END IF;
        INSERT INTO ops.bill_run (
            booked_month, unit_id, account_id, bill_count, line_count, energy_kwh, charge_minor, source_id
        )
        VALUES (
            month, run_unit_id, only_account_id, bill_count, line_count, energy_kwh, charge_minor, run_source_id
        )
        RETURNING bill_run.bill_run_id INTO new_run_id;
    END IF;
    bill_run_id := new_run_id;
    RETURN NEXT;
END
$$;
