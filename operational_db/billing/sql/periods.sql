-- Open and closed months of a RES. A month is open from the row in billing_period until the row in period_close.
CREATE OR REPLACE VIEW ops.open_period AS
SELECT p.res_id, p.booked_month
FROM ops.billing_period AS p
WHERE NOT EXISTS (
    SELECT 1 FROM ops.period_close AS c WHERE c.res_id = p.res_id AND c.booked_month = p.booked_month
);

CREATE OR REPLACE FUNCTION ops.open_month(res_ids integer[], month date)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
BEGIN
    PERFORM ops.ensure_month(month);
    INSERT INTO ops.billing_period (res_id, booked_month)
    SELECT r.res_id, date_trunc('month', month)::date
    FROM unnest(res_ids) AS r (res_id)
    ON CONFLICT DO NOTHING;
END
$$;

-- Everything that posts into a month takes this lock first, shared; closing takes it alone. Refuses a month that is
-- closed or was never opened for one of the RES.
CREATE OR REPLACE FUNCTION ops.lock_open_month(res_ids integer[], month date, exclusively boolean DEFAULT false)
RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    locked_res integer;
    blocked text;
BEGIN
    FOR locked_res IN SELECT DISTINCT r FROM unnest(res_ids) AS r ORDER BY r LOOP
        IF exclusively THEN
            PERFORM pg_advisory_xact_lock(locked_res, (month - date '2000-01-01'));
        ELSE
            PERFORM pg_advisory_xact_lock_shared(locked_res, (month - date '2000-01-01'));
        END IF;
    END LOOP;
    SELECT string_agg(u.code, ', ' ORDER BY u.code) INTO blocked
    FROM ops.period_close AS c
    INNER JOIN ops.unit AS u ON u.unit_id = c.res_id
    WHERE c.booked_month = month AND c.res_id = ANY (res_ids);
    IF blocked IS NOT NULL THEN
        PERFORM ops.refuse(
            'Month %s is closed for %s; post a correction in the open month instead.', to_char(month, 'YYYY-MM'), blocked
        );
    END IF;
    SELECT string_agg(u.code, ', ' ORDER BY u.code) INTO blocked
    FROM ops.unit AS u
    WHERE u.unit_id = ANY (res_ids)
        AND NOT EXISTS (SELECT 1 FROM ops.open_period AS o WHERE o.res_id = u.unit_id AND o.booked_month = month);
    IF blocked IS NOT NULL THEN
        PERFORM ops.refuse(
            'Month %s is not open for %s; close the month before it first.', to_char(month, 'YYYY-MM'), blocked
        );
    END IF;
END
$$;
