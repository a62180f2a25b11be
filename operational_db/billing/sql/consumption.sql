-- The chain of readings: which value follows which on a register, and what energy lies between them.

-- Readings whose last event takes them out of billing.
CREATE OR REPLACE VIEW ops.reading_set_aside WITH (security_invoker = true) AS
SELECT last_event.reading_id
FROM (
    SELECT DISTINCT ON (e.reading_id) e.reading_id, e.event
    FROM ops.reading_event AS e
    ORDER BY e.reading_id, e.reading_event_id DESC
) AS last_event
WHERE last_event.event IN ('quarantined', 'cancelled', 'superseded');

-- Readings entered in the month at these RES (and perhaps for one account) that no bill counts up to and that are not
-- set aside. They are few when it matters (before a close), so each is looked up among the set aside; OFFSET 0 keeps
-- the planner from gathering all that ever were.
CREATE OR REPLACE FUNCTION ops.unbilled_readings(month date, res_ids integer[], only_account_id bigint DEFAULT NULL)
RETURNS TABLE (
    account_id bigint, metering_point_id bigint, meter_id bigint, zone_code text, read_on date, reading_id bigint
)
LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH unbilled AS MATERIALIZED (
        SELECT r.*
        FROM ops.reading AS r
        WHERE r.booked_month = month AND r.res_id IN (SELECT unnest(res_ids)) AND NOT r.is_opening
            AND (only_account_id IS NULL OR r.account_id = only_account_id)
            AND NOT EXISTS (
                SELECT 1 FROM ops.bill_line AS l
                WHERE l.booked_month = month AND l.account_id = r.account_id AND l.closing_reading_id = r.reading_id
            )
    )
    SELECT u.account_id, u.metering_point_id, u.meter_id, u.zone_code, u.read_on, u.reading_id
    FROM unbilled AS u
    WHERE NOT EXISTS (
        SELECT 1 FROM ops.reading_set_aside AS a
        WHERE a.reading_id = u.reading_id
        ORDER BY a.reading_id OFFSET 0
    );
END;

-- Those of them that wait to be billed. The first value that stands on a scale does not wait: energy is counted from
-- it, and none up to it.
CREATE OR REPLACE FUNCTION ops.readings_to_bill(month date, res_ids integer[], only_account_id bigint DEFAULT NULL)
RETURNS TABLE (account_id bigint, metering_point_id bigint, reading_id bigint)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT u.account_id, u.metering_point_id, u.reading_id
    FROM ops.unbilled_readings(month, res_ids, only_account_id) AS u
    CROSS JOIN LATERAL (
        SELECT o.reading_id
        FROM ops.reading AS o
        WHERE o.account_id = u.account_id AND o.metering_point_id = u.metering_point_id AND o.meter_id = u.meter_id
            AND o.zone_code = u.zone_code AND (o.read_on, o.reading_id) < (u.read_on, u.reading_id)
            AND NOT EXISTS (
                SELECT 1 FROM ops.reading_set_aside AS a
                WHERE a.reading_id = o.reading_id
                ORDER BY a.reading_id OFFSET 0
            )
        ORDER BY o.read_on DESC
        LIMIT 1
    ) AS before;
END;

-- Energy between two values of a register: (new - old) mod 10^digits x ratio (requirements.md, invariants).
CREATE OR REPLACE FUNCTION ops.register_energy_kwh(
    opening_kwh numeric, closing_kwh numeric, digits smallint, ratio numeric
)
RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (
    (closing_kwh - opening_kwh + CASE WHEN closing_kwh < opening_kwh THEN power(10::numeric, digits) ELSE 0 END) * ratio
)::numeric(18, 6);

-- Energy of a span up to one of its days, spread evenly over the days, rounded to a millionth of a kWh. A part of the
-- span is the difference of two such values, so the parts always add up to the whole.
CREATE OR REPLACE FUNCTION ops.energy_until_kwh(whole_kwh numeric, whole_from date, whole_to date, until date)
RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN round(whole_kwh * (until - whole_from) / (whole_to - whole_from), 6);

-- Days of a span within its month, as the bits that billed_days keeps (first bit = first day of the month).
CREATE OR REPLACE FUNCTION ops.day_mask(span_from date, span_to date)
RETURNS bit(31)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (
    (((1::bigint << (span_to - span_from)) - 1)
    << (32 - date_part('day', span_from)::integer - (span_to - span_from)))::bit(31)
);

-- Kinds of readings that nobody read.
CREATE OR REPLACE FUNCTION ops.estimated_kinds()
RETURNS text[]
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT array_agg(k.kind) FROM ops.reading_kind AS k WHERE NOT k.is_measured;
END;

-- Condition on rows r of a posted table: what a run over these RES (and perhaps one account) reads. A run over every
-- RES of the month reads its rows as they lie; no index of RES is better than that.
CREATE OR REPLACE FUNCTION ops.run_scope(month date, res_ids integer[], only_account_id bigint)
RETURNS text
LANGUAGE plpgsql STABLE
AS $$
BEGIN
    IF only_account_id IS NOT NULL THEN
        RETURN format('r.res_id = ANY (%L::integer[]) AND r.account_id = %s', res_ids, only_account_id);
    END IF;
    IF EXISTS (SELECT 1 FROM ops.billing_period AS p WHERE p.booked_month = month AND p.res_id <> ALL (res_ids)) THEN
        RETURN format('r.res_id = ANY (%L::integer[])', res_ids);
    END IF;
    RETURN 'true';
END
$$;

-- The same scope for plain spans (ops.create_plain_segments): where it chooses RES, accounts that another RES read in
-- the month or the one before go by the table of spans, since what it read stands between readings that the run knows.
CREATE OR REPLACE FUNCTION ops.without_moved(scope text, month date)
RETURNS text
LANGUAGE sql STABLE
RETURN CASE
    WHEN scope LIKE 'r.res_id = %'
        THEN format(
            '%s AND NOT EXISTS (SELECT 1 FROM ops.reading AS x WHERE x.account_id = r.account_id '
            'AND x.booked_month BETWEEN %L AND %L AND x.res_id <> r.res_id)',
            scope, (month - interval '1 month')::date, month
        )
    ELSE scope
END;

-- Has the month bill lines already, among the rows r that the condition chooses? A line has the RES and the account of
-- the reading that it counts up to, so a condition on those finds whatever was billed of the same readings.
CREATE OR REPLACE FUNCTION ops.has_lines(month date, condition text)
RETURNS boolean
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    has boolean;
BEGIN
    EXECUTE format(
        'SELECT EXISTS (SELECT 1 FROM ops.bill_line AS r WHERE r.booked_month = %L AND %s)', month, condition
    ) INTO has;
    RETURN has;
END
$$;

-- Text of a SELECT: one row per reading entered in the month and not billed yet, beside the one before it on the same
-- register, for the rows r of ops.reading that the condition chooses.
CREATE OR REPLACE FUNCTION ops.chain_sql(month date, condition text)
RETURNS text
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    wanted text := format(
        'r.account_id, r.metering_point_id, r.meter_id, r.zone_code, r.read_on, r.reading_id, r.booked_month, '
        'r.value_kwh, r.is_opening, r.res_id, r.source_id, CASE WHEN r.kind = ANY (%L) THEN r.kind END AS estimated_by',
        ops.estimated_kinds()
    );
    is_unbilled text := 'true';
BEGIN
    IF ops.has_lines(month, condition) THEN
        is_unbilled := format(
            'NOT EXISTS (SELECT 1 FROM ops.bill_line AS b WHERE b.booked_month = %L AND b.account_id = k.account_id '
            'AND b.closing_reading_id = k.reading_id)', month
        );
    END IF;
    RETURN format(
        $statement$
        SELECT
            k.account_id, k.metering_point_id, k.meter_id, k.zone_code, k.read_on, k.reading_id, k.booked_month,
            k.value_kwh, k.res_id, k.estimated_by, k.opening_on, k.opening_kwh, k.opening_reading_id, k.opening_month,
            -- An estimate on one side of a reading that came after it: which of them counts is not settled.
            CASE
                WHEN k.estimated_by IS NULL THEN k.opening_is_estimate
                ELSE NOT k.opening_is_estimate AND k.opening_source_id > k.source_id
            END AS has_estimate_beside
        FROM (
            SELECT
                c.*,
                lag(c.read_on) OVER register AS opening_on,
                lag(c.value_kwh) OVER register AS opening_kwh,
                lag(c.reading_id) OVER register AS opening_reading_id,
                lag(c.booked_month) OVER register AS opening_month,
                lag(c.source_id) OVER register AS opening_source_id,
                lag(c.estimated_by IS NOT NULL) OVER register AS opening_is_estimate
            FROM (
                -- Readings entered in the month, without those set aside.
                SELECT %1$s
                FROM ops.reading AS r
                LEFT JOIN ops.reading_set_aside AS a ON a.reading_id = r.reading_id
                WHERE r.booked_month = %2$L AND %4$s AND a.reading_id IS NULL
                UNION ALL
                -- The last reading of each register entered in the month before.
                SELECT *
                FROM (
                    SELECT DISTINCT ON (r.account_id, r.metering_point_id, r.meter_id, r.zone_code) %1$s
                    FROM ops.reading AS r
                    LEFT JOIN ops.reading_set_aside AS a ON a.reading_id = r.reading_id
                    WHERE r.booked_month = %3$L AND %4$s AND a.reading_id IS NULL
                    ORDER BY
                        r.account_id, r.metering_point_id, r.meter_id, r.zone_code, r.read_on DESC, r.reading_id DESC
                ) AS before_in_last_month
            ) AS c
            WINDOW register AS (
                PARTITION BY c.account_id, c.metering_point_id, c.meter_id, c.zone_code
                ORDER BY c.read_on, c.reading_id
            )
        ) AS k
        -- One condition to the planner, which would take three for independent and expect no rows.
        WHERE CASE WHEN k.booked_month = %2$L AND NOT k.is_opening THEN %5$s ELSE false END
        $statement$, wanted, month, (month - interval '1 month')::date, condition, is_unbilled
    );
END
$$;

-- Text of a SELECT: of the same rows those that follow the only reading they can follow, without a window, which one
-- process would have to run. A register's opening entered in the month, or its readings of the month before, stand
-- beside its reading; where two are beside one, or one beside two, ops.leave_out_ambiguous takes them out again.
-- Many rows are joined by their meters, few are looked up by their accounts. What is known of the readings o that
-- others follow may be told as well, so that fewer are read.
CREATE OR REPLACE FUNCTION ops.plain_chain_sql(
    month date, condition text, opening_condition text, are_many boolean
)
RETURNS text
LANGUAGE sql STABLE
RETURN format(
    $statement$
    SELECT
        r.account_id, r.metering_point_id, r.meter_id, r.zone_code, r.read_on, r.reading_id, r.booked_month,
        r.value_kwh, r.res_id, CASE WHEN r.kind = ANY (%4$L) THEN r.kind END AS estimated_by,
        o.read_on AS opening_on, o.value_kwh AS opening_kwh, o.reading_id AS opening_reading_id,
        o.booked_month AS opening_month
    FROM ops.reading AS r
    INNER JOIN ops.reading AS o ON o.%5$s = r.%5$s
    LEFT JOIN ops.reading_set_aside AS a ON a.reading_id = r.reading_id
    LEFT JOIN ops.reading_set_aside AS b ON b.reading_id = o.reading_id
    -- A register that was opened anew in the month before is followed the other way.
    LEFT JOIN ops.reading AS n
        ON n.booked_month = %2$L AND n.is_opening AND n.%5$s = o.%5$s
        AND CASE
            WHEN n.meter_id = o.meter_id AND n.metering_point_id = o.metering_point_id AND n.zone_code = o.zone_code
            AND n.read_on >= o.read_on
                THEN true
            ELSE false
        END
    WHERE r.booked_month = %1$L AND NOT r.is_opening AND %3$s
        AND o.booked_month BETWEEN %2$L AND %1$L AND o.is_opening = (o.booked_month = %1$L) AND %6$s
        -- One condition to the planner, which would take all of it for independent and expect no rows.
        AND CASE
            WHEN o.read_on < r.read_on AND o.account_id = r.account_id AND o.metering_point_id = r.metering_point_id
            AND o.meter_id = r.meter_id AND o.zone_code = r.zone_code
            AND a.reading_id IS NULL AND b.reading_id IS NULL AND n.reading_id IS NULL
            -- An estimate on one side of a reading that came after it: which of them counts is not settled.
            AND CASE
                WHEN r.kind = ANY (%4$L) THEN o.kind = ANY (%4$L) OR o.source_id <= r.source_id
                ELSE NOT o.kind = ANY (%4$L)
            END
                THEN true
            ELSE false
        END
    $statement$, month, (month - interval '1 month')::date, condition, ops.estimated_kinds(),
    CASE WHEN are_many THEN 'meter_id' ELSE 'account_id' END, opening_condition
);

-- An estimate is made for want of a reading. When one comes that was read, the estimates entered before it between the
-- readings on either side of it count no longer, and the energy is counted from reading to reading. Looked for on the
-- registers that a table names (account_id, metering_point_id, meter_id, zone_code). Returns how many give way.
CREATE OR REPLACE FUNCTION ops.supersede_estimates(chain text, run_source_id bigint)
RETURNS bigint
LANGUAGE plpgsql
AS $$
DECLARE
    superseded bigint;
BEGIN
    EXECUTE format(
        $statement$
        WITH estimate AS (
            SELECT
                e.account_id, e.booked_month, e.reading_id, e.metering_point_id, e.meter_id, e.zone_code, e.read_on,
                e.source_id
            FROM (SELECT DISTINCT c.account_id, c.metering_point_id, c.meter_id, c.zone_code FROM %1$s AS c) AS g
            INNER JOIN ops.reading AS e
                ON e.account_id = g.account_id AND e.metering_point_id = g.metering_point_id
                AND e.meter_id = g.meter_id AND e.zone_code = g.zone_code
            WHERE e.kind = ANY (%2$L) AND NOT e.is_opening
                AND NOT EXISTS (SELECT 1 FROM ops.reading_set_aside AS a WHERE a.reading_id = e.reading_id)
        ),
        told AS (
            SELECT e.*, r.read_on AS told_on
            FROM estimate AS e
            INNER JOIN ops.reading AS r
                ON r.account_id = e.account_id AND r.metering_point_id = e.metering_point_id
                AND r.meter_id = e.meter_id AND r.zone_code = e.zone_code
            WHERE NOT (r.kind = ANY (%2$L)) AND NOT r.is_opening
                AND (r.read_on >= e.read_on OR r.source_id > e.source_id)
                AND NOT EXISTS (SELECT 1 FROM ops.reading_set_aside AS a WHERE a.reading_id = r.reading_id)
                -- Nothing read that the estimate knew of stands between the two.
                AND NOT EXISTS (
                    SELECT 1 FROM ops.reading AS n
                    WHERE n.account_id = e.account_id AND n.metering_point_id = e.metering_point_id
                        AND n.meter_id = e.meter_id AND n.zone_code = e.zone_code
                        AND NOT (n.kind = ANY (%2$L))
                        AND n.read_on BETWEEN least(e.read_on, r.read_on) AND greatest(e.read_on, r.read_on)
                        AND n.reading_id <> r.reading_id AND n.source_id < e.source_id
                        AND NOT EXISTS (SELECT 1 FROM ops.reading_set_aside AS a WHERE a.reading_id = n.reading_id)
                )
        )
        INSERT INTO ops.reading_event (account_id, booked_month, reading_id, event, reason, source_id)
        SELECT DISTINCT ON (t.reading_id)
            t.account_id, t.booked_month, t.reading_id, 'superseded',
            format('Estimated for want of a reading; the reading of %%s tells what was used.', t.told_on), %3$s
        FROM told AS t
        ORDER BY t.reading_id, t.told_on
        $statement$, chain, ops.estimated_kinds(), run_source_id
    );
    GET DIAGNOSTICS superseded = ROW_COUNT;
    RETURN superseded;
END
$$;

-- Mends a chain where it is not plain: estimates give way to what was read, and a reading that follows neither an
-- opening nor a reading of the month before looks further back.
CREATE OR REPLACE FUNCTION ops.mend_chain(chain text, month date, run_source_id bigint)
RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    has_estimates boolean;
BEGIN
    EXECUTE format(
        'SELECT EXISTS (SELECT 1 FROM %s WHERE has_estimate_beside)', chain
    ) INTO has_estimates;
    IF has_estimates AND ops.supersede_estimates(chain, run_source_id) > 0 THEN
        EXECUTE format(
            'DELETE FROM %s AS c USING ops.reading_set_aside AS a WHERE a.reading_id = c.reading_id', chain
        );
        EXECUTE format(
            'UPDATE %s AS c SET opening_reading_id = NULL, opening_on = NULL, opening_kwh = NULL, opening_month = NULL '
            'FROM ops.reading_set_aside AS a WHERE a.reading_id = c.opening_reading_id', chain
        );
    END IF;
    EXECUTE format(
        $statement$
        UPDATE %1$s AS c
        SET opening_on = older.read_on, opening_kwh = older.value_kwh, opening_reading_id = older.reading_id,
            opening_month = older.booked_month
        FROM %1$s AS k
        CROSS JOIN LATERAL (
            SELECT r.read_on, r.value_kwh, r.reading_id, r.booked_month
            FROM ops.reading AS r
            WHERE r.account_id = k.account_id AND r.metering_point_id = k.metering_point_id
                AND r.meter_id = k.meter_id AND r.zone_code = k.zone_code AND r.booked_month <= %2$L
                AND (r.read_on < k.read_on OR r.read_on = k.read_on AND r.reading_id < k.reading_id)
                AND NOT EXISTS (SELECT 1 FROM ops.reading_set_aside AS a WHERE a.reading_id = r.reading_id)
            ORDER BY r.read_on DESC, r.reading_id DESC
            LIMIT 1
        ) AS older
        WHERE k.opening_reading_id IS NULL AND c.reading_id = k.reading_id
        $statement$, chain, month
    );
    EXECUTE format('ANALYZE %s', chain);
END
$$;

-- Are so many rows to be joined that no look-up one by one is better than a join of all, whatever the planner expects?
CREATE OR REPLACE FUNCTION ops.are_many(row_count bigint)
RETURNS boolean
LANGUAGE sql IMMUTABLE
RETURN row_count > 20000;

-- Has the rest of the transaction do its statements without further processes where a run is over few accounts: calling
-- one takes longer than their work. They are counted no further than it takes to know.
CREATE OR REPLACE FUNCTION ops.work_alone_on_few(res_ids integer[], only_account_id bigint)
RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    account_count bigint;
BEGIN
    SELECT count(*) INTO account_count
    FROM (
        SELECT a.account_id FROM ops.account AS a WHERE a.res_id = ANY (res_ids) ORDER BY a.res_id LIMIT 20001
    ) AS known;
    IF only_account_id IS NOT NULL OR NOT ops.are_many(account_count) THEN
        PERFORM set_config('max_parallel_workers_per_gather', '0', true);
    END IF;
END
$$;
