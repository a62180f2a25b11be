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
-- energy between two readings of one register, or energy told as such; its energy is empty where it cannot be told (no
-- reading before, two on one day, no meter installed), so that the run reports it. The chain of readings is a table of
-- its own, so that the planner knows its size when it joins the meters.
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
                c.account_id, c.metering_point_id, c.zone_code, c.res_id,
                c.opening_on AS span_from, c.read_on AS span_to,
                CASE WHEN c.opening_on < c.read_on
                    THEN ops.register_energy_kwh(c.opening_kwh, c.value_kwh, g.digits, i.ratio)
                END AS energy_kwh,
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
                r.account_id, r.metering_point_id, 'all'::text AS zone_code, r.res_id, r.span_from, r.span_to,
                sum(r.energy_kwh)::numeric(18, 6) AS energy_kwh,
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
                        AND l.span_from < r.span_to AND l.span_to > r.span_from
                )
            GROUP BY r.account_id, r.metering_point_id, r.res_id, r.span_from, r.span_to
        )
        SELECT * FROM between_readings
        UNION ALL
        SELECT * FROM told_as_such
        $statement$, target, chain, month, scope
    );
    EXECUTE format('DROP TABLE %s', chain);
    EXECUTE format('ANALYZE %s', target);
END
$$;

-- Creates table target from a table of spans: one row per part of a span within one calendar month, one tariff of the
-- point and one tariff version. Energy is spread over the days of its span: the part up to a day is rounded to a
-- millionth of a kWh, so the parts add up to the span exactly. Each segment begins at no volume; continue_steps mends
-- that where the month has other energy.
CREATE OR REPLACE FUNCTION ops.create_segments(target text, spans text)
RETURNS void
LANGUAGE plpgsql SET default_statistics_target = '10'
AS $$
BEGIN
    EXECUTE format(
        $statement$
        CREATE TABLE %1$s AS
        WITH service_month AS MATERIALIZED (
            SELECT g::date AS service_month, (g + interval '1 month')::date AS next_month
            FROM (SELECT min(span_from) AS first_day, max(span_to) AS last_day FROM %2$s) AS b,
                generate_series(date_trunc('month', b.first_day), b.last_day - 1, interval '1 month') AS g
        ),
        price_days AS MATERIALIZED (
            -- The days of each calendar month that have one price list and one rate of VAT; a handful of rows.
            SELECT
                f.tariff_code, f.tariff_version_id, f.price_includes_vat, f.vat_rate, m.service_month,
                coalesce(c.season_code, 'all') AS season_code,
                greatest(m.service_month, f.valid_from) AS first_day, least(m.next_month, f.valid_to) AS last_day
            FROM service_month AS m
            INNER JOIN ops.tariff_in_force AS f
                ON f.valid_from < m.next_month AND (f.valid_to IS NULL OR f.valid_to > m.service_month)
            LEFT JOIN ops.tariff_season AS c
                ON c.tariff_version_id = f.tariff_version_id
                AND c.month_of_year = extract(month FROM m.service_month)
        ),
        part AS (
            SELECT
                s.account_id, s.metering_point_id, s.zone_code, s.res_id, d.service_month,
                greatest(s.span_from, d.first_day, p.valid_from) AS span_from,
                least(s.span_to, d.last_day, p.valid_to) AS span_to,
                s.span_from AS whole_from, s.span_to AS whole_to, s.energy_kwh AS whole_kwh,
                d.tariff_version_id, d.season_code, d.price_includes_vat, d.vat_rate,
                s.opening_month, s.opening_reading_id, s.closing_month, s.closing_reading_id
            FROM %2$s AS s
            INNER JOIN ops.metering_point_tariff AS p
                ON p.metering_point_id = s.metering_point_id AND p.known_to IS NULL AND s.energy_kwh IS NOT NULL
            INNER JOIN price_days AS d
                ON d.tariff_code = p.tariff_code AND d.first_day < s.span_to AND d.last_day > s.span_from
                AND p.valid_from < least(s.span_to, d.last_day)
                AND (p.valid_to IS NULL OR p.valid_to > greatest(s.span_from, d.first_day))
        ),
        with_energy AS (
            SELECT
                part.*,
                CASE
                    WHEN part.span_from = part.whole_from AND part.span_to = part.whole_to THEN part.whole_kwh
                    ELSE ops.energy_until_kwh(part.whole_kwh, part.whole_from, part.whole_to, part.span_to)
                        - ops.energy_until_kwh(part.whole_kwh, part.whole_from, part.whole_to, part.span_from)
                END::numeric(18, 6) AS segment_kwh
            FROM part
        )
        SELECT
            w.account_id, w.metering_point_id, w.zone_code, w.res_id, w.service_month, w.span_from, w.span_to,
            w.tariff_version_id, w.season_code, w.vat_rate, w.price_includes_vat, w.segment_kwh,
            0::numeric(18, 6) AS volume_from, w.segment_kwh AS volume_to,
            w.opening_month, w.opening_reading_id, w.closing_month, w.closing_reading_id
        FROM with_energy AS w
        $statement$, target, spans
    );
    EXECUTE format('ANALYZE %s', target);
END
$$;

-- A span is billed whole or not at all: segments of a span with days without a tariff or a rate of VAT in force are
-- taken out. Returns how many spans are left out, those without energy among them. Segments are parts of their spans
-- and never overlap, so where all days of the spans are there no span lacks one, and none need be looked at.
CREATE OR REPLACE FUNCTION ops.leave_out_spans(spans text, segments text)
RETURNS bigint
LANGUAGE plpgsql
AS $$
DECLARE
    left_out bigint;
    is_whole boolean;
BEGIN
    EXECUTE format(
        $statement$
        SELECT s.are_told AND s.day_count = g.day_count
        FROM
            (SELECT coalesce(bool_and(energy_kwh IS NOT NULL), true) AS are_told, sum(span_to - span_from) AS day_count
             FROM %1$s) AS s,
            (SELECT sum(span_to - span_from) AS day_count FROM %2$s) AS g
        $statement$, spans, segments
    ) INTO is_whole;
    IF is_whole THEN
        RETURN 0;
    END IF;
    EXECUTE format(
        $statement$
        WITH uncovered AS (
            SELECT s.metering_point_id, s.zone_code, s.closing_reading_id, s.span_from, s.span_to
            FROM %1$s AS s
            LEFT JOIN %2$s AS g
                ON g.metering_point_id = s.metering_point_id AND g.zone_code = s.zone_code
                AND g.closing_reading_id IS NOT DISTINCT FROM s.closing_reading_id
                AND g.span_from >= s.span_from AND g.span_to <= s.span_to
            GROUP BY s.metering_point_id, s.zone_code, s.closing_reading_id, s.span_from, s.span_to
            HAVING count(g.span_from) = 0 OR sum(g.span_to - g.span_from) <> s.span_to - s.span_from
        ),
        dropped AS (
            DELETE FROM %2$s AS g
            USING uncovered AS u
            WHERE g.metering_point_id = u.metering_point_id AND g.zone_code = u.zone_code
                AND g.closing_reading_id IS NOT DISTINCT FROM u.closing_reading_id
                AND g.span_from >= u.span_from AND g.span_to <= u.span_to
        )
        SELECT count(*) FROM uncovered
        $statement$, spans, segments
    ) INTO left_out;
    RETURN left_out;
END
$$;

-- Where a segment is not its whole month, its steps go on from the other energy of the month: what is billed already,
-- of whatever days, and what this run bills of the days before. So the steps of a month are used once, in whatever
-- order its parts are billed.
CREATE OR REPLACE FUNCTION ops.continue_steps(segments text, month date)
RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    EXECUTE format(
        $statement$
        WITH continued AS (
            SELECT DISTINCT account_id, metering_point_id, service_month, tariff_version_id
            FROM %1$s
            WHERE span_from > service_month OR span_to < service_month + interval '1 month' OR zone_code <> 'all'
        ),
        billed_before AS (
            SELECT c.metering_point_id, c.service_month, c.tariff_version_id, sum(l.energy_kwh) AS energy_kwh
            FROM continued AS c
            INNER JOIN ops.bill_line AS l
                ON l.account_id = c.account_id AND l.metering_point_id = c.metering_point_id
                AND l.service_month = c.service_month AND l.tariff_version_id = c.tariff_version_id
                AND l.booked_month BETWEEN c.service_month AND %2$L
            GROUP BY c.metering_point_id, c.service_month, c.tariff_version_id
        ),
        volume AS (
            SELECT
                s.metering_point_id, s.zone_code, s.span_from,
                coalesce(b.energy_kwh, 0) + sum(s.segment_kwh) OVER earlier AS volume_to
            FROM %1$s AS s
            INNER JOIN continued USING (metering_point_id, service_month, tariff_version_id)
            LEFT JOIN billed_before AS b USING (metering_point_id, service_month, tariff_version_id)
            WINDOW earlier AS (
                PARTITION BY s.metering_point_id, s.service_month, s.tariff_version_id
                ORDER BY s.span_from, s.zone_code
            )
        )
        UPDATE %1$s AS s
        SET volume_from = v.volume_to - s.segment_kwh, volume_to = v.volume_to
        FROM volume AS v
        WHERE v.metering_point_id = s.metering_point_id AND v.zone_code = s.zone_code AND v.span_from = s.span_from
        $statement$, segments, month
    );
END
$$;
