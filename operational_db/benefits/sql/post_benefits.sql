-- Benefits of a run's bills on their way into the book: rows beside the lines, and a ledger document for each bill.

-- Creates table target, of the shape of ops.benefit_line: the benefits of numbered lines (ops.create_benefits made them
-- of lines told apart by line_key).
CREATE OR REPLACE FUNCTION ops.create_benefit_lines(
    target text, benefits text, lines text, line_key text, run_source_id bigint
)
RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    EXECUTE format('CREATE TABLE %s (LIKE ops.benefit_line)', target);
    EXECUTE format(
        $statement$
        INSERT INTO %1$s (
            account_id, booked_month, bill_no, line_no, grant_no, days_from, days_to, metering_point_id, service_month,
            category_code, entitled_persons, share, norm_kwh, energy_kwh, full_minor, benefit_minor, financing_source,
            report_row, res_id, source_id, source_row
        )
        SELECT
            l.account_id, l.booked_month, l.bill_no, l.line_no, b.grant_no, b.days_from, b.days_to, b.metering_point_id,
            b.service_month, b.category_code, b.entitled_persons, b.share, b.norm_kwh, b.energy_kwh, b.full_minor,
            b.benefit_minor, b.financing_source, b.report_row, b.res_id, %5$s, 0
        FROM %2$s AS b
        INNER JOIN %3$s AS l ON l.account_id = b.account_id AND l.%4$I = b.line_key
        $statement$, target, benefits, lines, line_key, run_source_id
    );
END
$$;

-- Creates table target: the benefits of lines that are taken back, as those of the lines that take them back. reversing
-- has the lines under their old numbers, with new_month, new_bill_no and new_line_no.
CREATE OR REPLACE FUNCTION ops.create_reversing_benefit_lines(target text, reversing text, run_source_id bigint)
RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    EXECUTE format('CREATE TABLE %s (LIKE ops.benefit_line)', target);
    EXECUTE format(
        $statement$
        INSERT INTO %1$s (
            account_id, booked_month, bill_no, line_no, grant_no, days_from, days_to, metering_point_id, service_month,
            category_code, entitled_persons, share, norm_kwh, energy_kwh, full_minor, benefit_minor, financing_source,
            report_row, res_id, source_id, source_row
        )
        SELECT
            r.account_id, r.new_month, r.new_bill_no, r.new_line_no, b.grant_no, b.days_from, b.days_to,
            b.metering_point_id, b.service_month, b.category_code, b.entitled_persons, b.share, b.norm_kwh,
            -b.energy_kwh, -b.full_minor, -b.benefit_minor, b.financing_source, b.report_row, b.res_id, %3$s, 0
        FROM %2$s AS r
        INNER JOIN ops.benefit_line AS b
            ON b.account_id = r.account_id AND b.booked_month = r.booked_month AND b.bill_no = r.bill_no
            AND b.line_no = r.line_no
        $statement$, target, reversing, run_source_id
    );
END
$$;

-- Adds to the entries of a run what the benefits of its bills post: a document for each bill, under the bill's number.
CREATE OR REPLACE FUNCTION ops.add_benefit_entries(entries text, benefit_lines text, month date)
RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    run_chart text := (SELECT p.value FROM ops.parameter AS p WHERE p.parameter_code = 'chart_of_accounts');
    has_rows boolean;
BEGIN
    EXECUTE format('SELECT EXISTS (SELECT 1 FROM %s)', benefit_lines) INTO has_rows;
    IF NOT has_rows THEN
        RETURN;
    END IF;
    IF NOT EXISTS (SELECT 1 FROM ops.posting_rule AS p WHERE p.chart = run_chart AND p.document_kind = 'benefit') THEN
        PERFORM ops.refuse(
            'The chart of accounts "%s" has no posting rule for benefits; add one to posting_rule.csv and run '
            '`wattbook db start`.', run_chart
        );
    END IF;
    EXECUTE format(
        $statement$
        INSERT INTO %1$s (
            account_id, booked_month, document_kind, document_no, entry_no, debit_code, credit_code, amount_minor,
            article_code, posted_on, res_id, source_id, source_row
        )
        SELECT
            b.account_id, b.booked_month, 'benefit', b.bill_no, 1, min(p.debit_code), min(p.credit_code),
            sum(b.benefit_minor), 'electricity', %4$L::date, min(b.res_id), min(b.source_id), 0
        FROM %2$s AS b
        INNER JOIN ops.posting_rule AS p
            ON p.chart = %3$L AND p.document_kind = 'benefit' AND p.component = 'gross'
        GROUP BY b.account_id, b.booked_month, b.bill_no
        HAVING sum(b.benefit_minor) <> 0
        $statement$, entries, benefit_lines, run_chart, (month + interval '1 month - 1 day')::date
    );
END
$$;

-- Refuses a run whose benefits are not what its entries say, or cover more of a line than there is.
CREATE OR REPLACE FUNCTION ops.require_benefits_add_up(benefit_lines text, lines text, entries text, month date)
RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    is_wrong boolean;
BEGIN
    EXECUTE format('SELECT EXISTS (SELECT 1 FROM %s)', benefit_lines) INTO is_wrong;
    IF NOT is_wrong THEN
        RETURN;
    END IF;
    EXECUTE format(
        $statement$
        SELECT
            (SELECT sum(b.benefit_minor) FROM %1$s AS b) IS DISTINCT FROM (
                SELECT coalesce(sum(e.amount_minor), 0) FROM %3$s AS e WHERE e.document_kind = 'benefit'
            )
            OR EXISTS (
                SELECT 1
                FROM %1$s AS b
                LEFT JOIN %2$s AS l
                    ON l.account_id = b.account_id AND l.bill_no = b.bill_no AND l.line_no = b.line_no
                GROUP BY b.account_id, b.bill_no, b.line_no
                HAVING sum(abs(b.energy_kwh)) > coalesce(min(abs(l.energy_kwh)), 0)
                    OR bool_or(abs(b.benefit_minor) > abs(b.full_minor))
                    -- Each part of a line is rounded by itself.
                    OR sum(abs(b.full_minor)) > min(abs(l.charge_minor)) + count(*)
            )
        $statement$, benefit_lines, lines, entries
    ) INTO is_wrong;
    IF is_wrong THEN
        PERFORM ops.refuse(
            'The benefits of the run over %s do not add up (lines, benefits and ledger differ); nothing was posted. '
            'Please report it with the output of `wattbook doctor`.', to_char(month, 'YYYY-MM')
        );
    END IF;
END
$$;

-- Posts the benefits of a run, whose entries are posted with those of its bills.
CREATE OR REPLACE FUNCTION ops.attach_benefit_lines(benefit_lines text, month date)
RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    has_rows boolean;
BEGIN
    EXECUTE format('SELECT EXISTS (SELECT 1 FROM %s)', benefit_lines) INTO has_rows;
    IF has_rows THEN
        -- A month that was opened before there were benefits on bills has no partition for them.
        PERFORM ops.ensure_month(month);
        PERFORM ops.attach_or_insert(benefit_lines, 'benefit_line', month);
    ELSE
        EXECUTE format('DROP TABLE %s', benefit_lines);
    END IF;
END
$$;
