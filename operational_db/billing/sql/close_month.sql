-- Closing a month of one RES: checked, hashed, chained to the close before, final.

-- The posted rows of a RES and month in one canonical text per row, in key order. Surrogate numbers of runs and
-- readings are left out, so that a rerun after a crash gives the same hash.
-- Planned for the very month and RES, here and in what looks for obstacles: a plan for any month expects the rows of
-- all months, more with each, and comes to read all accounts of the supplier for those of one RES.
CREATE OR REPLACE FUNCTION ops.period_content_hash(of_res_id integer, month date)
RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, ops SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    content_hash text;
BEGIN
    WITH canonical AS (
        SELECT concat_ws('|', 'bill', a.account_no, b.bill_no, b.kind, b.energy_kwh, b.charge_minor, b.vat_minor,
            b.reverses_month, b.reverses_bill_no) AS line
        FROM ops.bill AS b
        INNER JOIN ops.account AS a ON a.account_id = b.account_id
        WHERE b.res_id = of_res_id AND b.booked_month = month
        UNION ALL
        SELECT concat_ws('|', 'line', a.account_no, l.bill_no, l.line_no, p.code, l.service_month, l.span_from,
            l.span_to, l.zone_code, v.tariff_code, v.valid_from, l.step_no, l.energy_kwh, l.price_minor,
            l.charge_minor, l.vat_minor)
        FROM ops.bill_line AS l
        INNER JOIN ops.account AS a ON a.account_id = l.account_id
        INNER JOIN ops.metering_point AS p ON p.metering_point_id = l.metering_point_id
        INNER JOIN ops.tariff_version AS v ON v.tariff_version_id = l.tariff_version_id
        WHERE l.res_id = of_res_id AND l.booked_month = month
        UNION ALL
        SELECT concat_ws('|', 'benefit', a.account_no, n.bill_no, n.line_no, n.category_code, n.days_from, n.days_to,
            n.entitled_persons, n.share, coalesce(n.norm_kwh::text, 'all'), n.energy_kwh, n.full_minor, n.benefit_minor,
            n.financing_source, n.report_row)
        FROM ops.benefit_line AS n
        INNER JOIN ops.account AS a ON a.account_id = n.account_id
        WHERE n.res_id = of_res_id AND n.booked_month = month
        UNION ALL
        SELECT concat_ws('|', 'payment', a.account_no, p.channel_code, p.external_id, p.paid_on, p.amount_minor,
            p.article_code)
        FROM ops.payment AS p
        INNER JOIN ops.account AS a ON a.account_id = p.account_id
        WHERE p.res_id = of_res_id AND p.booked_month = month
        UNION ALL
        SELECT concat_ws('|', 'service', a.account_no, s.service_no, p.service_code, s.done_on, s.quantity,
            s.charge_minor, s.vat_minor, s.note, s.reverses_month, s.reverses_no)
        FROM ops.service_bill AS s
        INNER JOIN ops.account AS a ON a.account_id = s.account_id
        INNER JOIN ops.service_price AS p ON p.service_price_id = s.service_price_id
        WHERE s.res_id = of_res_id AND s.booked_month = month
        UNION ALL
        SELECT concat_ws('|', 'penalty', a.account_no, p.penalty_no, p.line_no, p.kind, p.component, p.due_on,
            p.day_from, p.day_to, p.debt_minor, p.method, p.rate, p.multiplier, p.cap_minor, p.charge_minor, p.reason)
        FROM ops.penalty AS p
        INNER JOIN ops.account AS a ON a.account_id = p.account_id
        WHERE p.res_id = of_res_id AND p.booked_month = month
        UNION ALL
        SELECT concat_ws('|', 'prepaid', a.account_no, e.prepaid_no, e.kind, p.code, e.priced_on, v.tariff_code,
            v.valid_from, e.variant_code, e.credit_minor, e.energy_kwh, e.charge_minor, e.reverses_month,
            e.reverses_prepaid_no)
        FROM ops.prepaid_energy AS e
        INNER JOIN ops.account AS a ON a.account_id = e.account_id
        INNER JOIN ops.metering_point AS p ON p.metering_point_id = e.metering_point_id
        INNER JOIN ops.tariff_version AS v ON v.tariff_version_id = e.tariff_version_id
        WHERE e.res_id = of_res_id AND e.booked_month = month
        UNION ALL
        SELECT concat_ws('|', 'kept', a.account_no, k.kept_price_no, k.kind, k.service_month, p.code, k.prepaid_month,
            k.prepaid_no, k.energy_kwh, k.full_minor, k.kept_minor, k.vat_minor, k.reverses_month,
            k.reverses_kept_price_no)
        FROM ops.kept_price AS k
        INNER JOIN ops.account AS a ON a.account_id = k.account_id
        INNER JOIN ops.metering_point AS p ON p.metering_point_id = k.metering_point_id
        WHERE k.res_id = of_res_id AND k.booked_month = month
        UNION ALL
        SELECT concat_ws('|', 'ledger', a.account_no, g.document_kind,
            CASE WHEN g.document_kind <> 'payment' THEN g.document_no END, g.entry_no, g.debit_code, g.credit_code,
            g.amount_minor, g.article_code, g.posted_on)
        FROM ops.ledger AS g
        INNER JOIN ops.account AS a ON a.account_id = g.account_id
        WHERE g.res_id = of_res_id AND g.booked_month = month
        UNION ALL
        SELECT concat_ws('|', 'subsidy', a.account_no, s.accrual_no, s.kind, s.for_month, s.amount_minor, s.decision,
            s.reverses_month, s.reverses_accrual_no)
        FROM ops.subsidy_accrual AS s
        INNER JOIN ops.account AS a ON a.account_id = s.account_id
        WHERE s.res_id = of_res_id AND s.booked_month = month
        UNION ALL
        SELECT concat_ws('|', 'subsidy used', a.account_no, s.use_no, s.kind, s.charged_minor, s.benefit_minor,
            s.available_minor, s.used_minor, s.reverses_use_no)
        FROM ops.subsidy_use AS s
        INNER JOIN ops.account AS a ON a.account_id = s.account_id
        WHERE s.res_id = of_res_id AND s.booked_month = month
    )
    SELECT encode(
        sha256(convert_to(coalesce(string_agg(c.line, E'\n' ORDER BY c.line COLLATE "C"), ''), 'UTF8')), 'hex'
    ) INTO content_hash
    FROM canonical AS c;
    RETURN content_hash;
END
$$;

-- Why a month of a RES cannot be closed yet: one row per reason, naming the first that it is about; none when it can.
CREATE OR REPLACE FUNCTION ops.close_obstacles(of_res_id integer, month date)
RETURNS TABLE (obstacle text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, ops SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    res_code text := (SELECT u.code FROM ops.unit AS u WHERE u.unit_id = of_res_id);
    month_code text := to_char(month, 'YYYY-MM');
    found record;
BEGIN
    SELECT count(*) AS many, to_char(min(o.booked_month), 'YYYY-MM') AS first_one INTO found
    FROM ops.open_period AS o
    WHERE o.res_id = of_res_id AND o.booked_month < month;
    IF found.many > 0 THEN
        RETURN QUERY SELECT format(
            '%s: %s earlier month(s) are still open, the first of them %s; close them first.',
            res_code, found.many, found.first_one
        );
    END IF;
    -- What came before a reading is asked only where one is unbilled: the question is about all months, and planning it
    -- costs more with each.
    IF EXISTS (SELECT 1 FROM ops.unbilled_readings(month, ARRAY[of_res_id])) THEN
        SELECT count(*) AS many, min(a.account_no) AS first_one INTO found
        FROM ops.readings_to_bill(month, ARRAY[of_res_id]) AS r
        INNER JOIN ops.account AS a ON a.account_id = r.account_id;
        IF found.many > 0 THEN
            RETURN QUERY SELECT format(
                '%s: %s readings of %s are neither billed nor set aside, the first of account %s; run `wattbook bill`, '
                'and see `wattbook unbilled` where they stay.', res_code, found.many, month_code, found.first_one
            );
        END IF;
    END IF;
    SELECT count(*) AS many, min(a.account_no) AS first_one INTO found
    FROM ops.measured_energy AS e
    INNER JOIN ops.account AS a ON a.account_id = e.account_id
    WHERE e.res_id = of_res_id AND e.booked_month = month AND e.direction = 'consumed' AND e.kind <> 'legacy_billed'
        AND NOT EXISTS (
            SELECT 1 FROM ops.measured_energy_set_aside AS s
            WHERE s.account_id = e.account_id AND s.booked_month = e.booked_month
                AND s.metering_point_id = e.metering_point_id AND s.direction = e.direction
                AND s.span_from = e.span_from AND s.span_no = e.span_no
        )
        AND NOT EXISTS (
            SELECT 1 FROM ops.bill_line AS l
            WHERE l.booked_month = month AND l.account_id = e.account_id
                AND l.metering_point_id = e.metering_point_id AND l.closing_reading_id IS NULL
                AND l.span_from < e.span_to AND l.span_to > e.span_from
        );
    IF found.many > 0 THEN
        RETURN QUERY SELECT format(
            '%s: energy of %s half-hour, declared, gap or estimated spans of %s is not billed, the first of account %s; '
            'give their points a tariff and run `wattbook bill`.', res_code, found.many, month_code, found.first_one
        );
    END IF;
    SELECT count(*) AS many, min(a.account_no) AS first_one INTO found
    FROM ops.open_amendment AS o
    INNER JOIN ops.account AS a ON a.account_id = o.account_id
    WHERE a.res_id = of_res_id;
    IF found.many > 0 THEN
        RETURN QUERY SELECT format(
            '%s: %s corrections of billed months wait to be posted, the first of account %s; run `wattbook bill`.',
            res_code, found.many, found.first_one
        );
    END IF;
    RETURN QUERY SELECT o.obstacle FROM ops.close_obstacles_of_money(of_res_id, month, res_code) AS o;
END
$$;

-- What a person should know before a month of a RES is closed, though it stands in nobody's way: one row each. A
-- reading in quarantine is explained: decided later, its energy is billed in a month that is open then.
CREATE OR REPLACE FUNCTION ops.close_notes(of_res_id integer, month date)
RETURNS TABLE (note text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, ops SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    res_code text := (SELECT u.code FROM ops.unit AS u WHERE u.unit_id = of_res_id);
    found record;
BEGIN
    SELECT count(*) AS many, (array_agg(q.point_code ORDER BY q.read_on, q.point_code))[1] AS first_one INTO found
    FROM ops.quarantined_readings(ARRAY[of_res_id]) AS q
    WHERE q.booked_month = month;
    IF found.many > 0 THEN
        RETURN QUERY SELECT format(
            '%s: %s readings of %s stand in quarantine, the first of them of %s; what is released after the close is '
            'billed in the next month (`wattbook readings quarantine`, `release`, `cancel`).',
            res_code, found.many, to_char(month, 'YYYY-MM'), found.first_one
        );
    END IF;
    SELECT count(*) AS many, min(a.account_no) AS first_one INTO found
    FROM ops.unbilled_readings(month, ARRAY[of_res_id]) AS r
    INNER JOIN ops.account AS a ON a.account_id = r.account_id
    WHERE r.reading_id NOT IN (SELECT b.reading_id FROM ops.readings_to_bill(month, ARRAY[of_res_id]) AS b);
    IF found.many > 0 THEN
        RETURN QUERY SELECT format(
            '%s: %s readings of %s are the first of their scale, the first of account %s; energy is counted from them, '
            'and what was used before is not measured (`wattbook unbilled`).',
            res_code, found.many, to_char(month, 'YYYY-MM'), found.first_one
        );
    END IF;
END
$$;

-- Closes the month of a RES for the user of the session; returns the hash that chains it to the close before.
CREATE OR REPLACE FUNCTION ops.close_month(of_res_id integer, close_month date, close_source_id bigint)
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    month date := date_trunc('month', close_month)::date;
    why_not text;
    content text;
    before text;
    chained text;
BEGIN
    PERFORM ops.require_right(current_setting('wattbook.user_login', true), 'close', of_res_id);
    PERFORM ops.lock_open_month(ARRAY[of_res_id], month, true);
    SELECT string_agg(o.obstacle, ' ') INTO why_not FROM ops.close_obstacles(of_res_id, month) AS o;
    IF why_not IS NOT NULL THEN
        PERFORM ops.refuse('Month %s cannot be closed. %s', to_char(month, 'YYYY-MM'), why_not);
    END IF;
    content := ops.period_content_hash(of_res_id, month);
    SELECT c.chain_hash INTO before
    FROM ops.period_close AS c
    WHERE c.res_id = of_res_id AND c.booked_month < month
    ORDER BY c.booked_month DESC
    LIMIT 1;
    chained := encode(sha256(convert_to(coalesce(before, '') || content, 'UTF8')), 'hex');
    INSERT INTO ops.period_close (
        res_id, booked_month, content_hash, chain_hash, bill_count, energy_kwh, charge_minor, paid_minor, source_id
    )
    SELECT
        of_res_id, month, content, chained, b.bill_count, b.energy_kwh, b.charge_minor, p.paid_minor, close_source_id
    FROM
        (
            SELECT count(*) AS bill_count, coalesce(sum(energy_kwh), 0) AS energy_kwh,
                coalesce(sum(charge_minor), 0) AS charge_minor
            FROM ops.bill WHERE res_id = of_res_id AND booked_month = month
        ) AS b,
        (
            SELECT coalesce(sum(amount_minor), 0) AS paid_minor
            FROM ops.payment WHERE res_id = of_res_id AND booked_month = month
        ) AS p;
    PERFORM ops.open_month(ARRAY[of_res_id], (month + interval '1 month')::date);
    RETURN chained;
END
$$;
