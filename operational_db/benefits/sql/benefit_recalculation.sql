-- Benefits that change for days that are billed: the demand to bill those days anew, and what becomes of such bills.

-- Asks that what stands billed of a point in the days [from_day, to_day) be billed anew because a benefit changed. The
-- next run reverses it and bills it right in its open month (billing/sql/amendments.sql); a month that comes out as it
-- stands is left alone. Asks for no right: those who call it have.
CREATE OR REPLACE FUNCTION ops.amend_bills_of_benefit(
    of_metering_point_id bigint, from_day date, to_day date, of_reason text, of_source_id bigint
)
RETURNS void
LANGUAGE sql
AS $$
    INSERT INTO ops.bill_amendment (account_id, metering_point_id, from_day, reason, cause, source_id)
    SELECT
        p.account_id, p.metering_point_id, greatest(amend_bills_of_benefit.from_day, min(l.span_from)),
        'Benefit recalculation: ' || of_reason, 'benefit', of_source_id
    FROM ops.metering_point AS p
    INNER JOIN ops.standing_bill_line AS l
        ON l.account_id = p.account_id AND l.metering_point_id = p.metering_point_id AND l.component = 'energy'
        AND l.span_to > amend_bills_of_benefit.from_day
        AND (amend_bills_of_benefit.to_day IS NULL OR l.span_from < amend_bills_of_benefit.to_day)
    WHERE p.metering_point_id = of_metering_point_id
    GROUP BY p.account_id, p.metering_point_id
$$;

-- A bill of a benefit recalculation is never reversed by itself: only a run that carries out a demand to bill the days
-- of its points anew takes its lines back, beside the ones that are right. What takes lines back is never taken back.
CREATE OR REPLACE FUNCTION ops.refuse_reversal_of_recalculation()
RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
DECLARE
    refused record;
BEGIN
    SELECT b.bill_no, b.booked_month INTO refused
    FROM reversed AS r
    INNER JOIN ops.bill AS b
        ON b.account_id = r.account_id AND b.booked_month = r.booked_month AND b.bill_no = r.bill_no
    INNER JOIN ops.bill_line AS l
        ON l.account_id = r.account_id AND l.booked_month = r.booked_month AND l.bill_no = r.bill_no
        AND l.line_no = r.line_no
    WHERE b.kind IN ('benefit_reversing', 'reversing')
        OR b.kind = 'benefit_correction' AND NOT EXISTS (
            SELECT 1 FROM ops.open_amendment AS o
            WHERE o.account_id = r.account_id AND o.metering_point_id = l.metering_point_id
        )
    LIMIT 1;
    IF refused.bill_no IS NOT NULL THEN
        PERFORM ops.refuse(
            'Bill %s of %s corrects other bills and is never reversed by itself; correct the benefit or the reading '
            'that it rests on, and the next bill run does the rest.', refused.bill_no::text,
            to_char(refused.booked_month, 'YYYY-MM')
        );
    END IF;
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER refuse_reversal_of_recalculation AFTER INSERT ON ops.bill_line_reversal
REFERENCING NEW TABLE AS reversed
FOR EACH STATEMENT EXECUTE FUNCTION ops.refuse_reversal_of_recalculation();
