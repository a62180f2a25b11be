-- What a run bills, rated and not posted: the part that a bill run shares with its preview.

-- Name of a work table of a run.
CREATE OR REPLACE FUNCTION ops.work_table(subject text, run_tag text)
RETURNS text
LANGUAGE sql IMMUTABLE
RETURN format('work.%I', subject || '_' || run_tag);

-- The RES that a run over a unit, or over one account, takes in; refuses where nothing is open.
CREATE OR REPLACE FUNCTION ops.res_of_run(month date, run_unit_id integer, only_account_id bigint)
RETURNS integer[]
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    res_ids integer[];
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
    RETURN res_ids;
END
$$;

-- Creates table target: the lines of segments, numbered within each account and month, as bills of their own.
CREATE OR REPLACE FUNCTION ops.create_lines(target text, segments text, kinds text, month date)
RETURNS void
LANGUAGE plpgsql SET default_statistics_target = '10' SET enable_nestloop = off
AS $$
DECLARE
    crowded text := replace(segments, 'work.', 'work.crowded_');
    -- Lines of a segment that is alone on its account and begins at no volume are numbered by their steps; only the
    -- others are sorted.
    is_alone text := 'g.volume_from = 0 AND g.component = ''energy'' AND NOT g.is_whole_volume';
    by_order text := 'row_number() OVER (PARTITION BY r.account_id '
        'ORDER BY r.service_month, r.metering_point_id, r.span_from, r.zone_code, r.step_no)';
    has_crowded boolean;
    has_others boolean;
    segment_count bigint;
    last_no text := '0';
    last_bill text := '';
    branch text := $branch$
        SELECT
            r.account_id, %1$L::date AS booked_month, (%2$s + 1)::integer AS bill_no, (%5$s)::smallint AS line_no,
            r.metering_point_id, r.service_month, r.span_from, r.span_to, r.zone_code, r.tariff_version_id, r.step_no,
            r.energy_kwh, r.price_minor, r.charge_minor, r.vat_minor,
            r.opening_month, r.opening_reading_id, r.closing_month, r.closing_reading_id, r.res_id, r.component,
            r.energy_basis, r.variant_code, r.line_volume_from::numeric(18, 6) AS volume_from, r.bound_factor,
            r.price_numerator, r.price_denominator, r.power_kw
        FROM (%4$s) AS r
        %3$s
    $branch$;
BEGIN
    IF ops.has_lines(month, 'true') THEN
        last_no := 'coalesce(n.last_no, 0)';
        EXECUTE format('SELECT count(*) FROM %s', segments) INTO segment_count;
        -- For few accounts the bills of all are not gathered.
        last_bill := format(
            CASE
                WHEN ops.are_many(segment_count)
                    THEN
                        'LEFT JOIN (SELECT b.account_id, max(b.bill_no) AS last_no FROM ops.bill AS b '
                        'WHERE b.booked_month = %L GROUP BY b.account_id) AS n ON n.account_id = r.account_id'
                ELSE
                    'LEFT JOIN LATERAL (SELECT max(b.bill_no) AS last_no FROM ops.bill AS b '
                    'WHERE b.booked_month = %L AND b.account_id = r.account_id) AS n ON true'
            END, month
        );
    END IF;
    EXECUTE format('SELECT EXISTS (SELECT 1 FROM %s)', crowded) INTO has_crowded;
    IF has_crowded THEN
        is_alone := is_alone || format(
            ' AND NOT EXISTS (SELECT 1 FROM %s AS c WHERE c.account_id = g.account_id)', crowded
        );
    END IF;
    EXECUTE format(
        'SELECT %L OR EXISTS (SELECT 1 FROM %s AS k WHERE k.component <> ''energy'' OR k.is_continued)', has_crowded, kinds
    ) INTO has_others;
    IF has_others THEN
        EXECUTE format(
            'CREATE TABLE %s AS %s UNION ALL %s',
            target,
            format(
                branch, month, last_no, last_bill,
                ops.rating_sql(format('(SELECT g.* FROM %s AS g WHERE %s)', segments, is_alone)), 'r.step_no'
            ),
            format(
                branch, month, last_no, last_bill,
                ops.rating_sql(format('(SELECT g.* FROM %s AS g WHERE NOT (%s))', segments, is_alone)), by_order
            )
        );
    ELSE
        EXECUTE format(
            'CREATE TABLE %s AS %s', target,
            format(branch, month, last_no, last_bill, ops.rating_sql(segments), 'r.step_no')
        );
    END IF;
END
$$;

-- Places segments on the volumes of their months and takes out those that no price is known for. Returns how many.
CREATE OR REPLACE FUNCTION ops.place_and_price(spans text, segments text, kinds text, month date)
RETURNS bigint
LANGUAGE plpgsql
AS $$
DECLARE
    has_continued boolean;
    unpriced_count bigint;
    left_out bigint := 0;
BEGIN
    EXECUTE format('SELECT EXISTS (SELECT 1 FROM %s AS k WHERE k.is_continued)', kinds) INTO has_continued;
    LOOP
        IF has_continued THEN
            PERFORM ops.place_volumes(segments, month);
        END IF;
        unpriced_count := ops.leave_out_unpriced(spans, segments, kinds);
        EXIT WHEN unpriced_count = 0;
        -- What is left out uses no step: the others are placed again without it.
        left_out := left_out + unpriced_count;
    END LOOP;
    RETURN left_out;
END
$$;

-- Rates all that a month of these RES (and perhaps one account) has to bill, into work tables of the run: lines and
-- their benefits, with the spans and segments that they come from; and, where months are billed anew, the standing
-- lines to reverse and the amended lines that are right, with theirs.
CREATE OR REPLACE FUNCTION ops.rate_run(
    run_tag text, month date, res_ids integer[], only_account_id bigint, run_source_id bigint
)
RETURNS TABLE (unbilled_span_count bigint, amended_point_count bigint)
LANGUAGE plpgsql
AS $$
DECLARE
    spans text := ops.work_table('spans', run_tag);
    segments text := ops.work_table('segments', run_tag);
    kinds text := ops.work_table('kinds', run_tag);
    amended text := ops.work_table('amended', run_tag);
    scope text := ops.run_scope(month, res_ids, only_account_id);
    entered record;
BEGIN
    SELECT * INTO entered FROM ops.count_entered(month, scope);
    PERFORM ops.create_plain_segments(segments, month, scope, entered.entered_count, entered.has_zones);
    PERFORM ops.create_told_spans(spans, month, scope);
    PERFORM ops.split_half_hours(spans);
    PERFORM ops.add_other_spans(spans, segments, month, scope, entered.entered_count, run_source_id);
    PERFORM ops.add_segments(segments, spans);
    PERFORM ops.create_segment_kinds(kinds, segments);
    amended_point_count := ops.take_amended(amended, spans, segments, kinds, scope, month, run_source_id);
    unbilled_span_count := ops.leave_out_spans(spans, segments);
    unbilled_span_count := unbilled_span_count + ops.place_and_price(spans, segments, kinds, month);
    PERFORM ops.create_lines(ops.work_table('lines', run_tag), segments, kinds, month);
    PERFORM ops.create_benefits(ops.work_table('lines', run_tag), 'line_no', kinds, month, false);
    IF amended_point_count > 0 THEN
        unbilled_span_count := unbilled_span_count + ops.rate_amended(
            amended, ops.work_table('amended_spans', run_tag), ops.work_table('amended_segments', run_tag),
            ops.work_table('amended_kinds', run_tag),
            ops.work_table('standing', run_tag), ops.work_table('amended_lines', run_tag), month
        );
    END IF;
    RETURN NEXT;
END
$$;

-- Drops the work tables of a run that are left.
CREATE OR REPLACE FUNCTION ops.drop_work_tables(run_tag text)
RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    left_over text;
BEGIN
    FOREACH left_over IN ARRAY ARRAY[
        'spans', 'segments', 'crowded_segments', 'kinds', 'lines', 'amended', 'amended_spans', 'amended_segments',
        'crowded_amended_segments', 'amended_kinds', 'standing', 'amended_lines', 'tried_bills', 'bills', 'ledger',
        'billed_days', 'benefits_of_lines', 'benefits_of_amended_lines', 'benefit_lines'
    ] LOOP
        EXECUTE format('DROP TABLE IF EXISTS %s', ops.work_table(left_over, run_tag));
    END LOOP;
END
$$;
