-- Open and closed months of a RES. A month is open from the row in billing_period until the row in period_close.
CREATE OR REPLACE VIEW ops.open_period WITH (security_invoker = true) AS
SELECT p.res_id, p.booked_month
FROM ops.billing_period AS p
WHERE NOT EXISTS (
    SELECT 1 FROM ops.period_close AS c WHERE c.res_id = p.res_id AND c.booked_month = p.booked_month
);

-- Opens a month of these RES where it never was; a month before a closed one stays shut, since the closed months begin
-- with the balances that it ends with. Planned once for a session here and in what locks a month, also within a close,
-- which has the other statements planned each time: what RES and month it is makes no difference to these.
CREATE OR REPLACE FUNCTION ops.open_month(res_ids integer[], month date)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops SET plan_cache_mode = auto
AS $$
DECLARE
    first_day date := date_trunc('month', month)::date;
    blocked text;
BEGIN
    PERFORM ops.ensure_month(first_day);
    SELECT string_agg(DISTINCT u.code, ', ' ORDER BY u.code) INTO blocked
    FROM ops.period_close AS c
    INNER JOIN ops.unit AS u ON u.unit_id = c.res_id
    WHERE c.res_id = ANY (res_ids) AND c.booked_month > first_day
        AND NOT EXISTS (SELECT 1 FROM ops.billing_period AS p WHERE p.res_id = c.res_id AND p.booked_month = first_day);
    IF blocked IS NOT NULL THEN
        PERFORM ops.refuse(
            'Month %s cannot be opened for %s, where a later month is closed; post into the open month instead.',
            to_char(first_day, 'YYYY-MM'), blocked
        );
    END IF;
    INSERT INTO ops.billing_period (res_id, booked_month)
    SELECT r.res_id, first_day
    FROM unnest(res_ids) AS r (res_id)
    ON CONFLICT DO NOTHING;
END
$$;

-- Everything that posts into a month takes this lock first, shared; closing takes it alone. Refuses a month that is
-- closed or was never opened for one of the RES.
CREATE OR REPLACE FUNCTION ops.lock_open_month(res_ids integer[], month date, exclusively boolean DEFAULT false)
RETURNS void
LANGUAGE plpgsql SET plan_cache_mode = auto
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

-- What a bill rests on (benefits, families, decisions on readings, adjustments) changes before a run over its RES
-- begins or after it has posted, so that neither misses the other: a run shares this lock, a change has it alone.
CREATE OR REPLACE FUNCTION ops.lock_facts(res_ids integer[], is_shared boolean)
RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    locked_res integer;
BEGIN
    FOR locked_res IN SELECT DISTINCT r FROM unnest(res_ids) AS r ORDER BY r LOOP
        IF is_shared THEN
            PERFORM pg_advisory_xact_lock_shared(hashtext('facts'), locked_res);
        ELSE
            PERFORM pg_advisory_xact_lock(hashtext('facts'), locked_res);
        END IF;
    END LOOP;
END
$$;
