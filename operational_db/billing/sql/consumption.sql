-- From readings to energy in segments: what a run has to bill.

-- Readings whose last event takes them out of billing.
CREATE OR REPLACE VIEW ops.reading_set_aside AS
SELECT last_event.reading_id
FROM (
    SELECT DISTINCT ON (e.reading_id) e.reading_id, e.event
    FROM ops.reading_event AS e
    ORDER BY e.reading_id, e.reading_event_id DESC
) AS last_event
WHERE last_event.event IN ('quarantined', 'cancelled');

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

-- Creates table target: one row per span that a run over these RES (and perhaps one account) has to bill. A span is the
-- energy between two readings of one register, energy told as such, or power ordered for the month; its energy is empty
-- where it cannot be told (no reading before, two on one day, no meter installed), so that the run reports it. The
-- chain of readings is a table of its own, so that the planner knows its size when it joins the meters.
CREATE OR REPLACE FUNCTION ops.create_spans(target text, month date, res_ids integer[], only_account_id bigint)
RETURNS void
-- The planner needs the size of a work table, hardly its values: a small sample is enough and ten times faster.
LANGUAGE plpgsql SET default_statistics_target = '10'
AS $$
DECLARE
    -- A run over every RES of the month reads its rows as they lie; no index of RES is better than that.
    is_every_res boolean := only_account_id IS NULL AND NOT EXISTS (
        SELECT 1 FROM ops.billing_period AS p
        WHERE p.booked_month = create_spans.month AND p.res_id <> ALL (res_ids)
    );
    scope text := CASE WHEN is_every_res THEN 'true' ELSE format('r.res_id = ANY (%L::integer[])', res_ids) END
        || CASE WHEN only_account_id IS NULL THEN '' ELSE format(' AND r.account_id = %s', only_account_id) END;
    last_month date := (month - interval '1 month')::date;
    chain text := replace(target, 'work.', 'work.chain_');
BEGIN
    EXECUTE format(
        $statement$
        CREATE TABLE %1$s AS
        WITH entered AS (
            -- Readings entered in the month, without those set aside.
            SELECT
                r.account_id, r.metering_point_id, r.meter_id, r.zone_code, r.read_on, r.reading_id, r.booked_month,
                r.value_kwh, r.is_opening, r.res_id
            FROM ops.reading AS r
            LEFT JOIN ops.reading_set_aside AS a ON a.reading_id = r.reading_id
            WHERE r.booked_month = %2$L AND %4$s AND a.reading_id IS NULL
        ),
        before_in_last_month AS (
            -- The last reading of each register entered in the month before.
            SELECT DISTINCT ON (r.account_id, r.metering_point_id, r.meter_id, r.zone_code)
                r.account_id, r.metering_point_id, r.meter_id, r.zone_code, r.read_on, r.reading_id, r.booked_month,
                r.value_kwh, r.is_opening, r.res_id
            FROM ops.reading AS r
            LEFT JOIN ops.reading_set_aside AS a ON a.reading_id = r.reading_id
            WHERE r.booked_month = %3$L AND %4$s AND a.reading_id IS NULL
            ORDER BY
                r.account_id, r.metering_point_id, r.meter_id, r.zone_code, r.read_on DESC, r.reading_id DESC
        )
        -- Each reading beside the one before it on the same register.
        SELECT
            k.account_id, k.metering_point_id, k.meter_id, k.zone_code, k.read_on, k.reading_id, k.booked_month,
            k.value_kwh, k.res_id, k.opening_on, k.opening_kwh, k.opening_reading_id, k.opening_month
        FROM (
            SELECT
                c.*,
                lag(c.read_on) OVER register AS opening_on,
                lag(c.value_kwh) OVER register AS opening_kwh,
                lag(c.reading_id) OVER register AS opening_reading_id,
                lag(c.booked_month) OVER register AS opening_month
            FROM (
                SELECT * FROM entered
                UNION ALL
                SELECT * FROM before_in_last_month
            ) AS c
            WINDOW register AS (
                PARTITION BY c.account_id, c.metering_point_id, c.meter_id, c.zone_code
                ORDER BY c.read_on, c.reading_id
            )
        ) AS k
        WHERE k.booked_month = %2$L AND NOT k.is_opening
        $statement$, chain, month, last_month, scope
    );
    -- The few that follow neither an opening nor a reading of the month before look further back.
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
                AND r.meter_id = k.meter_id AND r.zone_code = k.zone_code AND r.booked_month < %2$L
                AND NOT EXISTS (SELECT 1 FROM ops.reading_set_aside AS a WHERE a.reading_id = r.reading_id)
            ORDER BY r.read_on DESC, r.reading_id DESC
            LIMIT 1
        ) AS older
        WHERE k.opening_reading_id IS NULL AND c.reading_id = k.reading_id
        $statement$, chain, last_month
    );
    EXECUTE format('ANALYZE %s', chain);

    EXECUTE format(
        $statement$
        CREATE TABLE %1$s AS
        WITH closed_by_a_bill AS (
            SELECT l.closing_reading_id
            FROM ops.bill_line AS l
            WHERE l.booked_month = %3$L AND l.closing_reading_id IS NOT NULL
        ),
        between_readings AS (
            SELECT
                c.account_id, c.metering_point_id, c.zone_code, c.meter_id, c.res_id,
                c.opening_on AS span_from, c.read_on AS span_to,
                CASE WHEN c.opening_on < c.read_on
                    THEN ops.register_energy_kwh(c.opening_kwh, c.value_kwh, g.digits, i.ratio)
                END AS energy_kwh,
                'readings'::text AS energy_basis,
                c.opening_month, c.opening_reading_id,
                c.booked_month AS closing_month, c.reading_id AS closing_reading_id
            FROM %2$s AS c
            LEFT JOIN ops.meter_register AS g
                ON g.meter_id = c.meter_id AND g.zone_code = c.zone_code AND g.known_to IS NULL
                AND (g.valid_from IS NULL OR g.valid_from < c.read_on) AND (g.valid_to IS NULL OR c.read_on <= g.valid_to)
            LEFT JOIN ops.meter_installation AS i
                ON i.meter_id = c.meter_id AND i.metering_point_id = c.metering_point_id AND i.known_to IS NULL
                AND i.valid_from < c.read_on AND (i.valid_to IS NULL OR c.read_on <= i.valid_to)
            WHERE NOT EXISTS (SELECT 1 FROM closed_by_a_bill AS b WHERE b.closing_reading_id = c.reading_id)
        ),
        told_as_such AS (
            SELECT
                r.account_id, r.metering_point_id, 'all'::text AS zone_code, NULL::bigint AS meter_id, r.res_id,
                r.span_from, r.span_to, sum(r.energy_kwh)::numeric(18, 6) AS energy_kwh, r.kind AS energy_basis,
                NULL::date AS opening_month, NULL::bigint AS opening_reading_id,
                NULL::date AS closing_month, NULL::bigint AS closing_reading_id
            FROM ops.measured_energy AS r
            WHERE r.booked_month = %3$L AND %4$s AND r.direction = 'consumed' AND r.kind <> 'legacy_billed'
                AND NOT EXISTS (
                    SELECT 1 FROM ops.measured_energy_set_aside AS a
                    WHERE a.account_id = r.account_id AND a.booked_month = r.booked_month
                        AND a.metering_point_id = r.metering_point_id AND a.direction = r.direction
                        AND a.span_from = r.span_from AND a.span_no = r.span_no
                )
                AND NOT EXISTS (
                    SELECT 1 FROM ops.bill_line AS l
                    WHERE l.booked_month = %3$L AND l.account_id = r.account_id
                        AND l.metering_point_id = r.metering_point_id AND l.closing_reading_id IS NULL
                        AND l.span_from < r.span_to AND l.span_to > r.span_from AND l.component = 'energy'
                )
            GROUP BY r.account_id, r.metering_point_id, r.res_id, r.span_from, r.span_to, r.kind
        )
        SELECT *, 'energy'::text AS component, NULL::numeric(12, 3) AS power_kw FROM between_readings
        UNION ALL
        SELECT *, 'energy', NULL FROM told_as_such
        UNION ALL
        -- Ordered power is paid for each day of the month on which it is ordered, used or not.
        SELECT
            r.account_id, p.metering_point_id, 'power', NULL, r.res_id,
            greatest(p.valid_from, %3$L), least(p.valid_to, (%3$L::date + interval '1 month')::date), 0, 'ordered',
            NULL, NULL, NULL, NULL, 'power', p.ordered_power_kw
        FROM ops.metering_point_tariff AS p
        INNER JOIN ops.metering_point AS m ON m.metering_point_id = p.metering_point_id
        INNER JOIN ops.account AS r ON r.account_id = m.account_id
        WHERE p.ordered_power_kw IS NOT NULL AND p.known_to IS NULL AND %4$s
            AND p.valid_from < (%3$L::date + interval '1 month')::date
            AND (p.valid_to IS NULL OR p.valid_to > %3$L)
            AND EXISTS (
                SELECT 1
                FROM ops.tariff_in_force AS f
                INNER JOIN ops.tariff_power_price AS w ON w.tariff_version_id = f.tariff_version_id
                WHERE f.tariff_code = p.tariff_code AND w.variant_code = p.variant_code
                    AND f.valid_from < (%3$L::date + interval '1 month')::date
                    AND (f.valid_to IS NULL OR f.valid_to > %3$L)
            )
            AND NOT EXISTS (
                SELECT 1 FROM ops.billed_days AS d
                WHERE d.metering_point_id = p.metering_point_id AND d.service_month = %3$L AND d.zone_code = 'power'
            )
        $statement$, target, chain, month, scope
    );
    EXECUTE format('DROP TABLE %s', chain);
    EXECUTE format('ANALYZE %s', target);
END
$$;
