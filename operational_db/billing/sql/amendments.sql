-- Amendments: billed months of a metering point that must be billed anew, because a reading came late, an estimate gave
-- way to a reading, or a fact that a bill rests on was corrected. What stands billed is reversed and billed anew in the
-- open month; closed months stay as they are.

-- Lines that count: neither reversed nor reversing.
CREATE OR REPLACE VIEW ops.standing_bill_line WITH (security_invoker = true) AS
SELECT
    l.account_id, l.booked_month, l.bill_no, l.line_no, l.metering_point_id, l.service_month, l.span_from, l.span_to,
    l.zone_code, l.tariff_version_id, l.step_no, l.energy_kwh, l.price_minor, l.charge_minor, l.vat_minor,
    l.opening_month, l.opening_reading_id, l.closing_month, l.closing_reading_id, l.res_id, l.component,
    l.energy_basis, l.variant_code, l.volume_from, l.bound_factor, l.price_numerator, l.price_denominator, l.power_kw
FROM ops.bill_line AS l
WHERE NOT EXISTS (
        SELECT 1 FROM ops.bill_line_reversal AS r
        WHERE r.account_id = l.account_id AND r.booked_month = l.booked_month AND r.bill_no = l.bill_no
            AND r.line_no = l.line_no
    )
    AND NOT EXISTS (
        SELECT 1 FROM ops.bill_line_reversal AS r
        WHERE r.account_id = l.account_id AND r.reversing_month = l.booked_month AND r.reversing_bill_no = l.bill_no
            AND r.reversing_line_no = l.line_no
    );

-- Amendments that no run has carried out yet.
CREATE OR REPLACE VIEW ops.open_amendment WITH (security_invoker = true) AS
SELECT a.bill_amendment_id, a.account_id, a.metering_point_id, a.from_day, a.reason, a.source_id, a.source_row, a.cause
FROM ops.bill_amendment AS a
WHERE NOT EXISTS (
    SELECT 1 FROM ops.bill_amendment_settled AS s WHERE s.bill_amendment_id = a.bill_amendment_id
);

-- The last month in which a line of a point was booked that counts.
CREATE OR REPLACE FUNCTION ops.last_billed_month(of_account_id bigint, of_metering_point_id bigint)
RETURNS date
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT max(l.booked_month)
    FROM ops.standing_bill_line AS l
    WHERE l.account_id = of_account_id AND l.metering_point_id = of_metering_point_id;
END;

-- A reading that was billed and is taken out of billing, or comes back into it after its month was billed or closed,
-- has the days around it billed anew.
CREATE OR REPLACE FUNCTION ops.amend_bills_of_reading()
RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
DECLARE
    reading ops.reading;
    first_day date;
BEGIN
    SELECT r.* INTO reading
    FROM ops.reading AS r
    WHERE r.account_id = NEW.account_id AND r.booked_month = NEW.booked_month AND r.reading_id = NEW.reading_id;
    IF NEW.event <> 'released' THEN
        SELECT min(l.span_from) INTO first_day
        FROM ops.standing_bill_line AS l
        WHERE l.account_id = NEW.account_id AND l.booked_month >= NEW.booked_month
            AND (
                l.closing_reading_id = NEW.reading_id
                -- A doubt about a reading holds back what is counted up to it; a wrong one opened wrong energy as well.
                OR l.opening_reading_id = NEW.reading_id AND NEW.event <> 'quarantined'
            );
    ELSIF NOT EXISTS (
        SELECT 1 FROM ops.open_period AS o WHERE o.res_id = reading.res_id AND o.booked_month = NEW.booked_month
    ) OR EXISTS (
        SELECT 1 FROM ops.bill_line AS l
        WHERE l.account_id = NEW.account_id AND l.booked_month >= NEW.booked_month
            AND NEW.reading_id IN (l.closing_reading_id, l.opening_reading_id)
    ) THEN
        SELECT coalesce(max(r.read_on), reading.read_on) INTO first_day
        FROM ops.reading AS r
        WHERE r.account_id = reading.account_id AND r.metering_point_id = reading.metering_point_id
            AND r.meter_id = reading.meter_id AND r.zone_code = reading.zone_code AND r.read_on < reading.read_on
            AND NOT EXISTS (SELECT 1 FROM ops.reading_set_aside AS a WHERE a.reading_id = r.reading_id);
    END IF;
    IF first_day IS NOT NULL THEN
        INSERT INTO ops.bill_amendment (account_id, metering_point_id, from_day, reason, source_id)
        VALUES (
            reading.account_id, reading.metering_point_id, first_day,
            format('The reading of %s, %s, was %s: %s', reading.read_on, trim_scale(reading.value_kwh), NEW.event,
                NEW.reason),
            NEW.source_id
        );
    END IF;
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER amend_bills AFTER INSERT ON ops.reading_event
FOR EACH ROW EXECUTE FUNCTION ops.amend_bills_of_reading();

-- Asks that an account's points (or one of them) be billed anew from a day on, for the user of the session. Returns how
-- many points that are.
CREATE OR REPLACE FUNCTION ops.ask_amendment(
    of_account_id bigint, of_metering_point_id bigint, of_day date, of_reason text, of_source_id bigint
)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
DECLARE
    asked bigint;
BEGIN
    PERFORM ops.require_right(
        current_setting('wattbook.user_login', true), 'bill',
        (SELECT a.res_id FROM ops.account AS a WHERE a.account_id = of_account_id)
    );
    INSERT INTO ops.bill_amendment (account_id, metering_point_id, from_day, reason, source_id)
    SELECT p.account_id, p.metering_point_id, of_day, of_reason, of_source_id
    FROM ops.metering_point AS p
    WHERE p.account_id = of_account_id
        AND (of_metering_point_id IS NULL OR p.metering_point_id = of_metering_point_id)
        AND EXISTS (
            SELECT 1 FROM ops.standing_bill_line AS l
            WHERE l.account_id = p.account_id AND l.metering_point_id = p.metering_point_id AND l.span_to > of_day
        );
    GET DIAGNOSTICS asked = ROW_COUNT;
    IF asked = 0 THEN
        PERFORM ops.refuse(
            'Nothing of the account is billed from %s on, so there is nothing to bill anew; name an earlier day.',
            of_day::text
        );
    END IF;
    RETURN asked;
END
$$;

-- Finds the points whose new spans have days that stand billed and enters an amendment for each. Only months with
-- billed days are looked at: an ordinary run has none.
CREATE OR REPLACE FUNCTION ops.amend_billed_days(segments text, kinds text, run_source_id bigint)
RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    used_month date;
    has_rows boolean;
BEGIN
    FOR used_month IN EXECUTE format('SELECT DISTINCT k.service_month FROM %s AS k', kinds) LOOP
        IF to_regclass('ops.' || ops.partition_name('billed_days', used_month)) IS NULL THEN
            CONTINUE;
        END IF;
        EXECUTE format('SELECT EXISTS (SELECT 1 FROM ops.%I)', ops.partition_name('billed_days', used_month))
        INTO has_rows;
        IF NOT has_rows THEN
            CONTINUE;
        END IF;
        EXECUTE format(
            $statement$
            WITH billed_again AS (
                SELECT DISTINCT g.metering_point_id
                FROM %1$s AS g
                INNER JOIN ops.billed_days AS d
                    ON d.metering_point_id = g.metering_point_id AND d.service_month = g.service_month
                    AND (d.zone_code = g.zone_code OR 'all' IN (d.zone_code, g.zone_code))
                    AND 'power' NOT IN (d.zone_code, g.zone_code)
                WHERE g.service_month = %2$L
                    AND bit_count(d.day_mask & ops.day_mask(g.span_from, g.span_to)) > 0
            )
            INSERT INTO ops.bill_amendment (account_id, metering_point_id, from_day, reason, source_id)
            SELECT
                s.account_id, s.metering_point_id, least(min(s.span_from), %2$L),
                format('What came for %%s belongs to days that stand billed.', to_char(%2$L::date, 'YYYY-MM')),
                %3$s
            FROM %1$s AS s
            INNER JOIN billed_again AS b ON b.metering_point_id = s.metering_point_id
            GROUP BY s.account_id, s.metering_point_id
            -- Where another reason asks for the same days already, that one is told.
            HAVING NOT EXISTS (
                SELECT 1 FROM ops.open_amendment AS o
                WHERE o.metering_point_id = s.metering_point_id AND o.from_day <= least(min(s.span_from), %2$L)
            )
            $statement$, segments, used_month, run_source_id
        );
    END LOOP;
END
$$;

-- Creates table target: one row per point with open amendments within a run, with the month it is billed anew from, and
-- whether the bills of its account are a benefit recalculation: whether any of what asks for them is a benefit.
-- What the run has found to bill of these points is taken out: it is billed with the rest of their months. Nothing is
-- reversed in a month before its own: where lines of a later month stand billed, the point waits for the run of that
-- month. Returns how many points there are to amend now.
CREATE OR REPLACE FUNCTION ops.take_amended(
    target text, spans text, segments text, kinds text, scope text, month date, run_source_id bigint
)
RETURNS bigint
LANGUAGE plpgsql
AS $$
DECLARE
    taken bigint;
BEGIN
    PERFORM ops.amend_billed_days(segments, kinds, run_source_id);
    IF NOT EXISTS (SELECT 1 FROM ops.open_amendment) THEN
        RETURN 0;
    END IF;
    EXECUTE format(
        $statement$
        CREATE TABLE %1$s AS
        SELECT DISTINCT r.account_id, r.metering_point_id, r.meter_id, r.zone_code
        FROM ops.open_amendment AS a
        INNER JOIN ops.reading AS r
            ON r.account_id = a.account_id AND r.metering_point_id = a.metering_point_id
        WHERE %2$s
        $statement$, target, scope
    );
    GET DIAGNOSTICS taken = ROW_COUNT;
    IF taken > 0 THEN
        -- An estimate that gives way may have been billed from an earlier month on.
        PERFORM ops.supersede_estimates(target, run_source_id);
    END IF;
    EXECUTE format('DROP TABLE %s', target);
    EXECUTE format(
        $statement$
        CREATE TABLE %1$s AS
        SELECT
            a.account_id, a.metering_point_id, date_trunc('month', min(a.from_day))::date AS from_month,
            bool_or(bool_or(a.cause = 'benefit')) OVER (PARTITION BY a.account_id) AS is_benefit,
            -- From here on there is another reason than a benefit.
            date_trunc('month', min(a.from_day) FILTER (WHERE a.cause <> 'benefit'))::date AS other_month,
            array_agg(a.bill_amendment_id) AS bill_amendment_ids
        FROM ops.open_amendment AS a
        INNER JOIN ops.account AS r ON r.account_id = a.account_id
        WHERE %2$s
        GROUP BY a.account_id, a.metering_point_id
        $statement$, target, scope
    );
    GET DIAGNOSTICS taken = ROW_COUNT;
    IF taken > 0 THEN
        EXECUTE format('ANALYZE %s', target);
        EXECUTE format(
            'DELETE FROM %s AS s USING %s AS a WHERE a.metering_point_id = s.metering_point_id', spans, target
        );
        EXECUTE format(
            'DELETE FROM %s AS s USING %s AS a WHERE a.metering_point_id = s.metering_point_id', segments, target
        );
        EXECUTE format(
            'DELETE FROM %s AS a WHERE ops.last_billed_month(a.account_id, a.metering_point_id) > %L', target, month
        );
        EXECUTE format('SELECT count(*) FROM %s', target) INTO taken;
    END IF;
    RETURN taken;
END
$$;

-- Rates the amended points: creates table standing (the lines to reverse), table lines (what is right, each with the
-- kind of its bill) and the table of their benefits, all without the calendar months that come out as they stand. A
-- point with a span that cannot be billed is left alone, its amendment open; returns how many spans that are.
CREATE OR REPLACE FUNCTION ops.rate_amended(
    amended text, spans text, segments text, kinds text, standing text, lines text, month date
)
RETURNS bigint
LANGUAGE plpgsql SET default_statistics_target = '10'
AS $$
DECLARE
    compared text := 'metering_point_id, service_month, component, span_from, span_to, zone_code, tariff_version_id, '
        'variant_code, step_no, energy_kwh, price_minor, charge_minor, vat_minor, energy_basis, opening_reading_id, '
        'closing_reading_id, bound_factor, price_numerator, price_denominator, power_kw';
    compared_benefits text := 'l.metering_point_id, l.service_month, l.span_from, l.span_to, l.zone_code, l.step_no, '
        'b.grant_no, b.days_from, b.days_to, b.category_code, b.entitled_persons, b.share, b.norm_kwh, b.energy_kwh, '
        'b.full_minor, b.benefit_minor, b.financing_source, b.report_row';
    benefits text := ops.benefits_table(lines);
    unbilled bigint;
BEGIN
    PERFORM ops.create_amended_spans(spans, amended, month);
    PERFORM ops.split_half_hours(spans);
    -- Of the shape of the run's other segments.
    EXECUTE format('CREATE TABLE %s (LIKE %s)', segments, replace(segments, 'amended_', ''));
    PERFORM ops.create_crowded(replace(segments, 'work.', 'work.crowded_'), segments);
    PERFORM ops.add_segments(segments, spans);
    PERFORM ops.create_segment_kinds(kinds, segments);
    unbilled := ops.leave_out_spans(spans, segments);
    PERFORM ops.place_volumes(segments, month, amended);
    unbilled := unbilled + ops.leave_out_unpriced(spans, segments, kinds);
    IF unbilled > 0 THEN
        EXECUTE format(
            $statement$
            WITH told AS (
                SELECT metering_point_id, sum(span_to - span_from) AS day_count FROM %1$s GROUP BY metering_point_id
            ),
            rated AS (
                SELECT metering_point_id, sum(span_to - span_from) AS day_count FROM %2$s GROUP BY metering_point_id
            ),
            incomplete AS (
                SELECT s.metering_point_id
                FROM %1$s AS s
                INNER JOIN told AS t ON t.metering_point_id = s.metering_point_id
                LEFT JOIN rated AS r ON r.metering_point_id = s.metering_point_id
                WHERE s.energy_kwh IS NULL OR t.day_count IS DISTINCT FROM r.day_count
            ),
            left_alone AS (
                DELETE FROM %3$s AS a WHERE a.metering_point_id IN (SELECT i.metering_point_id FROM incomplete AS i)
            )
            DELETE FROM %2$s AS g WHERE g.metering_point_id IN (SELECT i.metering_point_id FROM incomplete AS i)
            $statement$, spans, segments, amended
        );
    END IF;
    EXECUTE format(
        'DELETE FROM %s AS g USING %s AS a '
        'WHERE a.metering_point_id = g.metering_point_id AND g.service_month < a.from_month', segments, amended
    );
    PERFORM ops.place_volumes(segments, month, amended);
    EXECUTE format(
        $statement$
        CREATE TABLE %1$s AS
        SELECT l.*
        FROM %2$s AS a
        INNER JOIN ops.standing_bill_line AS l
            ON l.account_id = a.account_id AND l.metering_point_id = a.metering_point_id
            AND l.service_month >= a.from_month
        $statement$, standing, amended
    );
    EXECUTE format(
        $statement$
        CREATE TABLE %1$s AS
        SELECT
            r.*,
            CASE
                WHEN NOT EXISTS (
                    SELECT 1 FROM %3$s AS o
                    WHERE o.metering_point_id = r.metering_point_id AND o.service_month = r.service_month
                ) THEN 'normal'
                WHEN a.is_benefit THEN 'benefit_correction'
                ELSE 'correction'
            END AS bill_kind,
            row_number() OVER () AS line_key
        FROM (%2$s) AS r
        INNER JOIN %4$s AS a ON a.metering_point_id = r.metering_point_id
        $statement$, lines, ops.rating_sql(segments), standing, amended
    );
    PERFORM ops.create_benefits(lines, 'line_key', kinds, month, true);
    -- A month that comes out as it stands is left as it is.
    EXECUTE format(
        $statement$
        WITH standing_benefit AS (
            SELECT b.* FROM ops.benefit_line AS b WHERE b.account_id IN (SELECT a.account_id FROM %8$s AS a)
        ),
        -- A change of benefits recalculates bills that rest on readings, and no others (E60): an estimate is billed
        -- with the benefits of that time until a reading gives what is right.
        estimated AS (
            SELECT l.metering_point_id, l.service_month
            FROM %2$s AS l
            INNER JOIN %8$s AS a ON a.metering_point_id = l.metering_point_id
            INNER JOIN ops.bill AS b
                ON b.account_id = l.account_id AND b.booked_month = l.booked_month AND b.bill_no = l.bill_no
            WHERE l.service_month < coalesce(a.other_month, 'infinity')
            GROUP BY l.metering_point_id, l.service_month
            HAVING bool_and(b.kind IN ('by_average', 'by_contract', 'gap'))
        ),
        unequal AS (
            SELECT d.metering_point_id, d.service_month
            FROM (
                (SELECT %1$s FROM %2$s EXCEPT ALL SELECT %1$s FROM %3$s)
                UNION ALL
                (SELECT %1$s FROM %3$s EXCEPT ALL SELECT %1$s FROM %2$s)
            ) AS d
            UNION
            SELECT d.metering_point_id, d.service_month
            FROM (
                (SELECT %5$s FROM standing_benefit AS b INNER JOIN %2$s AS l ON %7$s
                 EXCEPT ALL SELECT %5$s FROM %6$s AS b INNER JOIN %3$s AS l ON l.line_key = b.line_key)
                UNION ALL
                (SELECT %5$s FROM %6$s AS b INNER JOIN %3$s AS l ON l.line_key = b.line_key
                 EXCEPT ALL SELECT %5$s FROM standing_benefit AS b INNER JOIN %2$s AS l ON %7$s)
            ) AS d
        ),
        differing AS (
            SELECT u.metering_point_id, u.service_month FROM unequal AS u
            EXCEPT
            SELECT e.metering_point_id, e.service_month FROM estimated AS e
        ),
        settled_lines AS (
            DELETE FROM %3$s AS l
            WHERE (l.metering_point_id, l.service_month) NOT IN (
                SELECT d.metering_point_id, d.service_month FROM differing AS d
            )
        ),
        settled_segments AS (
            DELETE FROM %4$s AS g
            WHERE (g.metering_point_id, g.service_month) NOT IN (
                SELECT d.metering_point_id, d.service_month FROM differing AS d
            )
        )
        DELETE FROM %2$s AS l
        WHERE (l.metering_point_id, l.service_month) NOT IN (
            SELECT d.metering_point_id, d.service_month FROM differing AS d
        )
        $statement$, compared, standing, lines, segments, compared_benefits, benefits,
        'b.account_id = l.account_id AND b.booked_month = l.booked_month AND b.bill_no = l.bill_no '
        'AND b.line_no = l.line_no', amended
    );
    EXECUTE format('DELETE FROM %s AS b WHERE b.line_key NOT IN (SELECT l.line_key FROM %s AS l)', benefits, lines);
    RETURN unbilled;
END
$$;
