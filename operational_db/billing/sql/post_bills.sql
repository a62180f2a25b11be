-- The bill run: one path for a nation and for one account.

-- Puts a verified work table into its month: attached as the partition when that is empty (no row trigger, no second
-- write), else inserted from. The caller holds the month's lock.
CREATE OR REPLACE FUNCTION ops.attach_or_insert(work_table text, target text, month date)
RETURNS boolean
-- A small sample for the first queries; the server's own analyze soon brings the full one.
LANGUAGE plpgsql SET default_statistics_target = '10'
AS $$
DECLARE
    partition_name text := ops.partition_name(target, month);
    is_empty boolean;
    requirements text;
    columns text;
BEGIN
    EXECUTE format('SELECT NOT EXISTS (SELECT 1 FROM ops.%I)', partition_name) INTO is_empty;
    IF is_empty THEN
        -- Rows that another session has not committed yet are not seen; with the table in our hands there are none.
        EXECUTE format('LOCK TABLE ONLY ops.%I, ops.%I IN ACCESS EXCLUSIVE MODE', target, partition_name);
        EXECUTE format('SELECT NOT EXISTS (SELECT 1 FROM ops.%I)', partition_name) INTO is_empty;
    END IF;
    SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) INTO columns
    FROM pg_attribute AS a
    WHERE a.attrelid = format('ops.%I', target)::regclass AND a.attnum > 0 AND NOT a.attisdropped;
    IF NOT is_empty THEN
        EXECUTE format('INSERT INTO ops.%I (%s) SELECT %s FROM %s', target, columns, columns, work_table);
        EXECUTE format('DROP TABLE %s', work_table);
        RETURN false;
    END IF;
    SELECT string_agg(requirement, ', ') INTO requirements
    FROM (
        SELECT format('ALTER COLUMN %I SET NOT NULL', a.attname) AS requirement
        FROM pg_attribute AS a
        WHERE a.attrelid = format('ops.%I', target)::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attnotnull
        UNION ALL
        SELECT format('ALTER COLUMN %I SET DEFAULT %s', a.attname, pg_get_expr(d.adbin, d.adrelid))
        FROM pg_attrdef AS d
        INNER JOIN pg_attribute AS a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
        WHERE d.adrelid = format('ops.%I', target)::regclass
        UNION ALL
        SELECT format('ADD CONSTRAINT %I %s', c.conname, pg_get_constraintdef(c.oid))
        FROM pg_constraint AS c
        WHERE c.conrelid = format('ops.%I', target)::regclass AND c.contype = 'c'
        UNION ALL
        -- States the partition's bounds, so that attaching need not read the rows again.
        SELECT format(
            'ADD CONSTRAINT month_bounds CHECK (%1$I IS NOT NULL AND %1$I >= %2$L AND %1$I < %3$L)',
            k.attname, month, (month + interval '1 month')::date
        )
        FROM pg_partitioned_table AS p
        INNER JOIN pg_attribute AS k ON k.attrelid = p.partrelid AND k.attnum = p.partattrs[0]
        WHERE p.partrelid = format('ops.%I', target)::regclass
    ) AS needed;
    EXECUTE format('ALTER TABLE %s %s', work_table, requirements);
    EXECUTE format('DROP TABLE ops.%I', partition_name);
    EXECUTE format('ALTER TABLE %s RENAME TO %I', work_table, partition_name);
    EXECUTE format('ALTER TABLE work.%I SET SCHEMA ops', partition_name);
    EXECUTE format(
        'ALTER TABLE ops.%I ATTACH PARTITION ops.%I FOR VALUES FROM (%L) TO (%L)',
        target, partition_name, month, (month + interval '1 month')::date
    );
    EXECUTE format('ALTER TABLE ops.%I DROP CONSTRAINT month_bounds', partition_name);
    PERFORM ops.guard_partition(partition_name);
    EXECUTE format('ANALYZE ops.%I', partition_name);
    RETURN true;
END
$$;

-- Marks the days of the segments as billed and refuses if one of them stands billed already.
CREATE OR REPLACE FUNCTION ops.mark_days_billed(segments text, run_tag text)
RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    billed_month date;
    work_table text := format('work.%I', 'billed_days_' || run_tag);
    wanted bigint;
    marked bigint;
    has_rows boolean;
BEGIN
    FOR billed_month IN EXECUTE format('SELECT DISTINCT service_month FROM %s ORDER BY service_month', segments) LOOP
        PERFORM ops.ensure_month(billed_month);
        EXECUTE format(
            'CREATE TABLE %s AS '
            'SELECT metering_point_id, service_month, zone_code, '
            '   bit_or(ops.day_mask(span_from, span_to))::bit(31) AS day_mask, sum(span_to - span_from) AS day_count '
            'FROM %s WHERE service_month = %L GROUP BY metering_point_id, service_month, zone_code',
            work_table, segments, billed_month
        );
        GET DIAGNOSTICS wanted = ROW_COUNT;
        EXECUTE format('SELECT EXISTS (SELECT 1 FROM %s WHERE bit_count(day_mask) <> day_count)', work_table)
        INTO has_rows;
        IF has_rows THEN
            PERFORM ops.refuse(
                'Two readings of one metering point cover the same day of %s; set one of them aside and bill again.',
                to_char(billed_month, 'YYYY-MM')
            );
        END IF;
        EXECUTE format('ALTER TABLE %s DROP COLUMN day_count', work_table);
        EXECUTE format('SELECT EXISTS (SELECT 1 FROM ops.%I)', ops.partition_name('billed_days', billed_month))
        INTO has_rows;
        IF NOT has_rows THEN
            PERFORM ops.attach_or_insert(work_table, 'billed_days', billed_month);
        ELSE
            EXECUTE format(
                'INSERT INTO ops.billed_days AS b (metering_point_id, service_month, zone_code, day_mask) '
                'SELECT metering_point_id, service_month, zone_code, day_mask FROM %s '
                'ON CONFLICT (metering_point_id, service_month, zone_code) '
                'DO UPDATE SET day_mask = b.day_mask | excluded.day_mask '
                'WHERE bit_count(b.day_mask & excluded.day_mask) = 0', work_table
            );
            GET DIAGNOSTICS marked = ROW_COUNT;
            IF marked <> wanted THEN
                PERFORM ops.refuse(
                    '%s metering points have days of %s that are billed already; nothing was posted.',
                    (wanted - marked)::text, to_char(billed_month, 'YYYY-MM')
                );
            END IF;
            EXECUTE format('DROP TABLE %s', work_table);
        END IF;
    END LOOP;
END
$$;

-- Refuses when a month before the run's still has readings to bill: a span would lose its beginning.
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
        FROM ops.reading AS r
        WHERE r.booked_month = earlier.booked_month AND r.res_id = ANY (earlier.res_ids) AND NOT r.is_opening
            AND (only_account_id IS NULL OR r.account_id = only_account_id)
            AND NOT EXISTS (SELECT 1 FROM ops.reading_set_aside AS a WHERE a.reading_id = r.reading_id)
            AND NOT EXISTS (
                SELECT 1 FROM ops.bill_line AS l
                WHERE l.booked_month = earlier.booked_month AND l.account_id = r.account_id
                    AND l.closing_reading_id = r.reading_id
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

-- Bills everything that a month of these RES (and perhaps one account) has to bill, whole or not at all, for the user
-- of the session. Returns the run; a run over what is billed already posts nothing and returns zeros.
CREATE OR REPLACE FUNCTION ops.post_bills(
    run_month date, run_unit_id integer, only_account_id bigint, run_source_id bigint
)
RETURNS TABLE (
    bill_run_id bigint, bill_count bigint, line_count bigint, energy_kwh numeric, charge_minor numeric,
    unbilled_span_count bigint
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
    run_tag text := run_source_id::text;
    spans text := format('work.%I', 'spans_' || run_tag);
    segments text := format('work.%I', 'segments_' || run_tag);
    lines text := format('work.%I', 'lines_' || run_tag);
    bills text := format('work.%I', 'bills_' || run_tag);
    entries text := format('work.%I', 'ledger_' || run_tag);
    res_ids integer[];
    run_chart text;
    totals record;
    unbilled bigint;
    unpriced bigint;
    new_run_id bigint;
BEGIN
    IF only_account_id IS NOT NULL THEN
        SELECT array_agg(a.res_id) INTO res_ids FROM ops.account AS a WHERE a.account_id = only_account_id;
    ELSE
        SELECT array_agg(DISTINCT r.res_id) INTO res_ids
        FROM ops.res_under(run_unit_id, month) AS r
        WHERE EXISTS (SELECT 1 FROM ops.billing_period AS p WHERE p.res_id = r.res_id AND p.booked_month = month);
    END IF;
    IF res_ids IS NULL THEN
        PERFORM ops.refuse(
            'Nothing is open in %s for %s; accept a load with readings of that month first, or name another month.',
            to_char(month, 'YYYY-MM'), coalesce((SELECT u.code FROM ops.unit AS u WHERE u.unit_id = run_unit_id), '')
        );
    END IF;
    PERFORM ops.require_right(
        current_setting('wattbook.user_login', true), 'bill', coalesce(run_unit_id, res_ids[1])
    );
    PERFORM ops.lock_open_month(res_ids, month);
    -- One run at a time posts into a month: two would number the same bills and attach the same partition.
    PERFORM pg_advisory_xact_lock(hashtext('bill run'), (month - date '2000-01-01'));
    PERFORM ops.require_earlier_months_billed(month, res_ids, only_account_id);
    SELECT p.value INTO run_chart FROM ops.parameter AS p WHERE p.parameter_code = 'chart_of_accounts';

    PERFORM ops.create_spans(spans, month, res_ids, only_account_id);
    PERFORM ops.split_half_hours(spans);
    PERFORM ops.create_segments(segments, spans);
    unbilled := ops.leave_out_spans(spans, segments);
    LOOP
        PERFORM ops.place_volumes(segments, month);
        unpriced := ops.leave_out_unpriced(spans, segments);
        EXIT WHEN unpriced = 0;
        -- What is left out uses no step: the others are placed again without it.
        unbilled := unbilled + unpriced;
    END LOOP;

    EXECUTE format(
        $statement$
        CREATE TABLE %1$s AS
        SELECT
            r.account_id, %3$L::date AS booked_month,
            (coalesce(n.last_no, 0) + 1)::integer AS bill_no,
            row_number() OVER (
                PARTITION BY r.account_id
                ORDER BY r.service_month, r.metering_point_id, r.span_from, r.zone_code, r.step_no
            )::smallint AS line_no,
            r.metering_point_id, r.service_month, r.span_from, r.span_to, r.zone_code, r.tariff_version_id, r.step_no,
            r.energy_kwh, r.price_minor, r.charge_minor, r.vat_minor,
            r.opening_month, r.opening_reading_id, r.closing_month, r.closing_reading_id, r.res_id, r.component,
            r.energy_basis, r.variant_code, r.line_volume_from::numeric(18, 6) AS volume_from, r.bound_factor,
            r.price_numerator, r.price_denominator, r.power_kw
        FROM (%2$s) AS r
        LEFT JOIN (
            SELECT b.account_id, max(b.bill_no) AS last_no
            FROM ops.bill AS b
            WHERE b.booked_month = %3$L
            GROUP BY b.account_id
        ) AS n ON n.account_id = r.account_id
        $statement$, lines, ops.rating_sql(segments), month
    );

    EXECUTE format(
        $statement$
        CREATE TABLE %1$s AS
        SELECT
            l.account_id, l.booked_month, l.bill_no, 'normal'::text AS kind, l.res_id,
            sum(l.energy_kwh)::numeric(18, 6) AS energy_kwh,
            sum(l.charge_minor)::bigint AS charge_minor, sum(l.vat_minor)::bigint AS vat_minor,
            NULL::date AS reverses_month, NULL::integer AS reverses_bill_no,
            %3$s::bigint AS source_id, 0 AS source_row
        FROM %2$s AS l
        GROUP BY l.account_id, l.booked_month, l.bill_no, l.res_id
        ORDER BY l.account_id
        $statement$, bills, lines, run_source_id
    );

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

    -- Both sides of the boundary: what was rated, what will be posted, what the ledger will say.
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
            (SELECT sum(amount_minor) AS amount_minor FROM %4$s) AS e
        $statement$, bills, lines, segments, entries
    ) INTO totals;
    IF totals.is_wrong THEN
        PERFORM ops.refuse(
            'The run over %s does not add up (segments, lines, bills and ledger differ); nothing was posted. '
            'Please report it with the output of `wattbook doctor`.', to_char(month, 'YYYY-MM')
        );
    END IF;

    IF totals.bill_count > 0 THEN
        PERFORM ops.require_engines_agree(lines, bills);
        PERFORM ops.mark_days_billed(segments, run_tag);
        PERFORM ops.attach_or_insert(bills, 'bill', month);
        PERFORM ops.attach_or_insert(lines, 'bill_line', month);
        PERFORM ops.attach_or_insert(entries, 'ledger', month);
        INSERT INTO ops.bill_run (
            booked_month, unit_id, account_id, bill_count, line_count, energy_kwh, charge_minor, source_id
        )
        VALUES (
            month, run_unit_id, only_account_id, totals.bill_count, totals.line_count, totals.energy_kwh,
            totals.charge_minor, run_source_id
        )
        RETURNING bill_run.bill_run_id INTO new_run_id;
    ELSE
        EXECUTE format('DROP TABLE %s, %s, %s', bills, lines, entries);
    END IF;
    EXECUTE format('DROP TABLE %s, %s', spans, segments);
    RETURN QUERY SELECT
        new_run_id, totals.bill_count, totals.line_count, totals.energy_kwh, totals.charge_minor::numeric, unbilled;
END
$$;
