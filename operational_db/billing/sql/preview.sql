-- A run tried before it is posted: what it would bill, which of its bills somebody should look at, what it would leave
-- unbilled and why. The caller rolls the transaction back: rating makes work tables and settles which estimates count.

-- Rates what a run over a unit would bill now, into work tables of the transaction, for the user of the session.
CREATE OR REPLACE FUNCTION ops.try_run(run_month date, run_unit_id integer, run_source_id bigint)
RETURNS TABLE (
    run_tag text, bill_count bigint, line_count bigint, energy_kwh numeric, charge_minor numeric,
    unbilled_span_count bigint
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
SET enable_hashagg = off SET parallel_tuple_cost = 0.001 SET parallel_setup_cost = 200
SET min_parallel_table_scan_size = '1MB'
AS $$
#variable_conflict use_column
DECLARE
    month date := date_trunc('month', run_month)::date;
    tag text := 'tried_' || run_source_id;
    res_ids integer[] := ops.res_of_run(month, run_unit_id, NULL);
    rated record;
    with_amended text := '';
BEGIN
    PERFORM ops.require_right(current_setting('wattbook.user_login', true), 'bill', run_unit_id);
    PERFORM ops.lock_open_month(res_ids, month);
    PERFORM ops.require_earlier_months_billed(month, res_ids, NULL);
    SELECT * INTO rated FROM ops.rate_run(tag, month, res_ids, NULL, run_source_id);
    IF rated.amended_point_count > 0 THEN
        with_amended := format(
            'UNION ALL SELECT account_id, ''reversing'', -energy_kwh, -charge_minor FROM %s '
            'UNION ALL SELECT account_id, bill_kind || '' anew'', energy_kwh, charge_minor FROM %s',
            ops.work_table('standing', tag), ops.work_table('amended_lines', tag)
        );
    END IF;
    EXECUTE format(
        $statement$
        CREATE TABLE %1$s AS
        SELECT
            l.account_id, l.kind, count(*) AS line_count, sum(l.energy_kwh) AS energy_kwh,
            sum(l.charge_minor) AS charge_minor
        FROM (SELECT account_id, 'normal' AS kind, energy_kwh, charge_minor FROM %2$s %3$s) AS l
        GROUP BY l.account_id, l.kind
        $statement$, ops.work_table('tried_bills', tag), ops.work_table('lines', tag), with_amended
    );
    RETURN QUERY EXECUTE format(
        'SELECT %2$L::text, count(*), coalesce(sum(line_count), 0)::bigint, coalesce(sum(energy_kwh), 0), '
        'coalesce(sum(charge_minor), 0)::numeric, %3$s::bigint FROM %1$s',
        ops.work_table('tried_bills', tag), tag, rated.unbilled_span_count
    );
END
$$;

-- Accounts of a tried run that somebody should look at: nothing used where something usually is, energy or charge that
-- comes out negative, or several times what the account used a month in the year before. The factor is a parameter.
CREATE OR REPLACE FUNCTION ops.outliers_of_try(run_tag text, run_month date)
RETURNS TABLE (account_no text, reason text, energy_kwh numeric, usual_kwh numeric, charge_minor numeric)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
#variable_conflict use_column
DECLARE
    month date := date_trunc('month', run_month)::date;
    factor numeric := (SELECT p.value::numeric FROM ops.parameter AS p WHERE p.parameter_code = 'outlier_factor');
BEGIN
    RETURN QUERY EXECUTE format(
        $statement$
        WITH tried AS (
            SELECT t.account_id, sum(t.energy_kwh) AS energy_kwh, sum(t.charge_minor) AS charge_minor
            FROM %1$s AS t
            GROUP BY t.account_id
        ),
        usual AS (
            SELECT b.account_id, round(sum(b.energy_kwh) / count(DISTINCT b.booked_month), 3) AS usual_kwh
            FROM tried AS t
            INNER JOIN ops.bill AS b ON b.account_id = t.account_id
            WHERE b.booked_month >= %2$L::date - interval '12 months' AND b.booked_month < %2$L
            GROUP BY b.account_id
        ),
        judged AS (
            SELECT
                t.*, u.usual_kwh,
                CASE
                    WHEN t.energy_kwh < 0 OR t.charge_minor < 0 THEN 'negative'
                    WHEN t.energy_kwh = 0 AND coalesce(u.usual_kwh, 0) > 0 THEN 'zero'
                    WHEN u.usual_kwh > 0 AND t.energy_kwh >= %3$s * u.usual_kwh THEN 'several_times'
                END AS reason
            FROM tried AS t
            LEFT JOIN usual AS u ON u.account_id = t.account_id
        )
        SELECT a.account_no, j.reason, j.energy_kwh, j.usual_kwh, j.charge_minor::numeric
        FROM judged AS j
        INNER JOIN ops.account AS a ON a.account_id = j.account_id
        WHERE j.reason IS NOT NULL
        ORDER BY j.reason, abs(j.energy_kwh - coalesce(j.usual_kwh, 0)) DESC, a.account_no
        $statement$, ops.work_table('tried_bills', run_tag), month, factor
    );
END
$$;

-- Readings entered in a month of a unit that stand unbilled, each with a sentence why.
CREATE OR REPLACE FUNCTION ops.left_unbilled(run_month date, run_unit_id integer)
RETURNS TABLE (account_no text, point_code text, read_on date, value_kwh numeric, reason text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, ops
BEGIN ATOMIC
    WITH unbilled AS (
        SELECT r.*
        FROM ops.reading AS r
        WHERE r.booked_month = date_trunc('month', run_month)::date AND NOT r.is_opening
            AND r.res_id IN (SELECT u.res_id FROM ops.res_under(run_unit_id, run_month) AS u)
            AND r.res_id IN (SELECT unnest(ops.visible_res_ids()))
            AND NOT EXISTS (
                SELECT 1 FROM ops.bill_line AS l
                WHERE l.booked_month = r.booked_month AND l.account_id = r.account_id
                    AND l.closing_reading_id = r.reading_id
            )
    ),
    beside AS (
        SELECT
            u.*, e.event, e.reason AS event_reason, before.read_on AS opening_on, t.priced_days
        FROM unbilled AS u
        LEFT JOIN LATERAL (
            SELECT v.event, v.reason FROM ops.reading_event AS v
            WHERE v.reading_id = u.reading_id
            ORDER BY v.reading_event_id DESC
            LIMIT 1
        ) AS e ON true
        LEFT JOIN LATERAL (
            SELECT o.read_on FROM ops.reading AS o
            WHERE o.account_id = u.account_id AND o.metering_point_id = u.metering_point_id
                AND o.meter_id = u.meter_id AND o.zone_code = u.zone_code
                AND (o.read_on, o.reading_id) < (u.read_on, u.reading_id)
                AND NOT EXISTS (SELECT 1 FROM ops.reading_set_aside AS a WHERE a.reading_id = o.reading_id)
            ORDER BY o.read_on DESC, o.reading_id DESC
            LIMIT 1
        ) AS before ON true
        LEFT JOIN LATERAL (
            SELECT coalesce(sum(
                least(u.read_on, f.valid_to, p.valid_to) - greatest(before.read_on, f.valid_from, p.valid_from)
            ), 0) AS priced_days
            FROM ops.metering_point_tariff AS p
            INNER JOIN ops.tariff_in_force AS f ON f.tariff_code = p.tariff_code
            WHERE p.metering_point_id = u.metering_point_id AND p.known_to IS NULL
                AND greatest(before.read_on, f.valid_from, p.valid_from) < least(u.read_on, f.valid_to, p.valid_to)
        ) AS t ON true
    )
    SELECT
        a.account_no, p.code, b.read_on, b.value_kwh,
        CASE
            WHEN b.event IN ('quarantined', 'cancelled', 'superseded') THEN b.event_reason
            WHEN b.opening_on IS NULL
                THEN 'It is the first value of this scale here: energy is counted from it, and what was used before is '
                    'not measured.'
            WHEN b.opening_on = b.read_on THEN 'The scale was read twice on this day; set one of the values aside.'
            WHEN NOT EXISTS (
                SELECT 1 FROM ops.meter_installation AS i
                WHERE i.meter_id = b.meter_id AND i.metering_point_id = b.metering_point_id AND i.known_to IS NULL
                    AND i.valid_from < b.read_on AND (i.valid_to IS NULL OR b.read_on <= i.valid_to)
            ) THEN 'The meter does not hang at the point on this day; enter its installation, or set the value aside.'
            WHEN b.priced_days < b.read_on - b.opening_on THEN format(
                'No price is in force on %s of the %s days since %s; give the point a tariff for them.',
                b.read_on - b.opening_on - b.priced_days, b.read_on - b.opening_on, b.opening_on
            )
            WHEN EXISTS (
                SELECT 1 FROM ops.metering_point_tariff AS m
                INNER JOIN ops.tariff_in_force AS f ON f.tariff_code = m.tariff_code
                INNER JOIN ops.tariff_step AS s
                    ON s.tariff_version_id = f.tariff_version_id AND s.variant_code = m.variant_code
                WHERE m.metering_point_id = b.metering_point_id AND m.known_to IS NULL AND s.price_minor IS NULL
                    AND f.valid_from < b.read_on AND (f.valid_to IS NULL OR f.valid_to > b.opening_on)
            ) THEN 'The price of its tariff is not known; enter it with its source.'
            ELSE 'It waits for the next bill run, or for the number of residents that its tariff asks for.'
        END
    FROM beside AS b
    INNER JOIN ops.account AS a ON a.account_id = b.account_id
    INNER JOIN ops.metering_point AS p ON p.metering_point_id = b.metering_point_id
    WHERE coalesce(b.event, '') NOT IN ('cancelled', 'superseded')
    ORDER BY a.account_no, p.code, b.read_on;
END;

-- Keeps what a tried run would have posted, so that it can be approved. Returns its number.
CREATE OR REPLACE FUNCTION ops.keep_preview(
    run_month date, run_unit_id integer, tried_bills bigint, tried_lines bigint, tried_kwh numeric, tried_minor bigint,
    outliers bigint, unbilled bigint, of_source_id bigint
)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
DECLARE
    new_id bigint;
BEGIN
    PERFORM ops.require_right(current_setting('wattbook.user_login', true), 'bill', run_unit_id);
    INSERT INTO ops.bill_run_preview (
        booked_month, unit_id, bill_count, line_count, energy_kwh, charge_minor, outlier_count, unbilled_span_count,
        source_id
    )
    VALUES (
        date_trunc('month', run_month)::date, run_unit_id, tried_bills, tried_lines, tried_kwh, tried_minor, outliers,
        unbilled, of_source_id
    )
    RETURNING bill_run_preview_id INTO new_id;
    RETURN new_id;
END
$$;

-- Lets a previewed run be posted, for the user of the session.
CREATE OR REPLACE FUNCTION ops.approve_run(of_preview_id bigint, of_source_id bigint)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
DECLARE
    previewed ops.bill_run_preview;
BEGIN
    SELECT p.* INTO previewed FROM ops.bill_run_preview AS p WHERE p.bill_run_preview_id = of_preview_id;
    IF previewed.bill_run_preview_id IS NULL THEN
        PERFORM ops.refuse(
            'There is no preview %s; make one with `wattbook bill --preview` and approve its number.',
            of_preview_id::text
        );
    END IF;
    PERFORM ops.require_right(
        current_setting('wattbook.user_login', true), 'approve_bills', previewed.unit_id
    );
    IF EXISTS (SELECT 1 FROM ops.bill_run_approval AS a WHERE a.bill_run_preview_id = of_preview_id) THEN
        PERFORM ops.refuse('Preview %s is approved already; nothing was done.', of_preview_id::text);
    END IF;
    INSERT INTO ops.bill_run_approval (bill_run_preview_id, source_id) VALUES (of_preview_id, of_source_id);
END
$$;

-- Refuses to post a run over a unit unless its user may approve bills there, or somebody who may has approved just
-- these figures.
CREATE OR REPLACE FUNCTION ops.require_approved(
    run_month date, run_unit_id integer, run_bills bigint, run_kwh numeric, run_minor numeric
)
RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    user_login text := current_setting('wattbook.user_login', true);
BEGIN
    IF ops.holds_right(user_login, 'approve_bills', run_unit_id) OR EXISTS (
        SELECT 1
        FROM ops.bill_run_preview AS p
        INNER JOIN ops.bill_run_approval AS a ON a.bill_run_preview_id = p.bill_run_preview_id
        WHERE p.booked_month = run_month AND p.unit_id = run_unit_id AND p.bill_count = run_bills
            AND p.energy_kwh = run_kwh AND p.charge_minor = run_minor
    ) THEN
        RETURN;
    END IF;
    PERFORM ops.refuse(
        'The run over %s would post %s bills of %s kWh for %s, and nobody has approved these figures; show them with '
        '`wattbook bill --preview` and let somebody with the right "approve_bills" approve them. Nothing was posted.',
        to_char(run_month, 'YYYY-MM'), run_bills::text, trim_scale(run_kwh)::text, run_minor::text
    );
END
$$;
