-- What was entered at metering points, and the use that it measures. Many points are asked about at once.

-- Readings of these points that were not cancelled, nor superseded by a true one. One stands unless in quarantine;
-- one that counts was read by somebody, or opens an installation. A caller that forbids nested loops among its own
-- steps must not make this one read the whole book, so it plans for itself.
CREATE OR REPLACE FUNCTION ops.entered_values(of_metering_point_ids bigint[])
RETURNS TABLE (
    metering_point_id bigint, meter_id bigint, zone_code text, read_on date, reading_id bigint, booked_month date,
    value_kwh numeric, kind text, is_opening boolean, is_standing boolean, is_counted boolean
)
LANGUAGE sql STABLE
SET enable_nestloop = 'on'
BEGIN ATOMIC
    SELECT
        r.metering_point_id, r.meter_id, r.zone_code, r.read_on, r.reading_id, r.booked_month, r.value_kwh, r.kind,
        r.is_opening, coalesce(l.event <> 'quarantined', true), coalesce(k.is_measured, false) OR r.is_opening
    FROM ops.metering_point AS p
    INNER JOIN ops.reading AS r ON r.account_id = p.account_id
    LEFT JOIN ops.reading_kind AS k ON k.kind = r.kind
    -- The last event by a join, which is made in one pass where many are asked about; a LIMIT would search each time.
    LEFT JOIN ops.reading_event AS l
        ON l.reading_id = r.reading_id AND NOT EXISTS (
            SELECT 1 FROM ops.reading_event AS n
            WHERE n.reading_id = l.reading_id AND n.reading_event_id > l.reading_event_id
        )
    WHERE p.metering_point_id IN (SELECT unnest(of_metering_point_ids))
        -- One condition to the planner, which would take account and point for independent, expect no rows, and compare
        -- each with each.
        AND CASE
            WHEN r.metering_point_id = p.metering_point_id
                THEN coalesce(l.event NOT IN ('cancelled', 'superseded'), true)
            ELSE false
        END;
END;

-- Energy that was measured at these points: between two values that somebody read on one scale, and half-hours.
-- Estimated values in between are passed over: what stands before and after them was read.
CREATE OR REPLACE FUNCTION ops.measured_spans(of_metering_point_ids bigint[])
RETURNS TABLE (metering_point_id bigint, zone_code text, span_from date, span_to date, energy_kwh numeric)
LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH measured AS (
        SELECT
            v.metering_point_id, v.meter_id, v.zone_code, v.read_on, v.value_kwh, v.is_opening,
            lag(v.read_on) OVER register AS opening_on, lag(v.value_kwh) OVER register AS opening_kwh
        FROM ops.entered_values(of_metering_point_ids) AS v
        WHERE v.is_standing AND v.is_counted
        WINDOW register AS (
            PARTITION BY v.metering_point_id, v.meter_id, v.zone_code ORDER BY v.read_on, v.reading_id
        )
    )
    SELECT
        m.metering_point_id, m.zone_code, m.opening_on, m.read_on,
        ops.register_energy_kwh(m.opening_kwh, m.value_kwh, g.digits, i.ratio)
    FROM measured AS m
    INNER JOIN ops.meter_register AS g
        ON g.meter_id = m.meter_id AND g.zone_code = m.zone_code AND g.known_to IS NULL
        AND (g.valid_from IS NULL OR g.valid_from < m.read_on) AND (g.valid_to IS NULL OR m.read_on <= g.valid_to)
    INNER JOIN ops.meter_installation AS i
        ON i.meter_id = m.meter_id AND i.metering_point_id = m.metering_point_id AND i.known_to IS NULL
        AND i.valid_from < m.read_on AND (i.valid_to IS NULL OR m.read_on <= i.valid_to)
    WHERE NOT m.is_opening AND m.opening_on < m.read_on
    UNION ALL
    SELECT e.metering_point_id, NULL, e.span_from, e.span_to, e.energy_kwh
    FROM ops.metering_point AS p
    INNER JOIN ops.measured_energy AS e
        ON e.account_id = p.account_id AND e.metering_point_id = p.metering_point_id
    LEFT JOIN ops.measured_energy_set_aside AS a
        ON a.account_id = e.account_id AND a.booked_month = e.booked_month
        AND a.metering_point_id = e.metering_point_id AND a.direction = e.direction
        AND a.span_from = e.span_from AND a.span_no = e.span_no
    WHERE p.metering_point_id IN (SELECT unnest(of_metering_point_ids)) AND e.kind = 'half_hours'
        AND e.direction = 'consumed' AND a.account_id IS NULL;
END;

-- Mean daily use of a point within days, one row for each point and window that was asked about and has measured days:
-- how many days were measured, and kWh a day to a millionth. Scales of one meter measure the same days, which count
-- once. Only some scales count where they are named: the same ones for all that is asked (of_zones), or one for each
-- point and window (of_scales).
CREATE OR REPLACE FUNCTION ops.mean_uses(
    of_metering_point_ids bigint[], days_from date[], days_to date[], of_zones text[] DEFAULT NULL,
    of_scales text[] DEFAULT NULL
)
RETURNS TABLE (row_no bigint, day_count bigint, daily_kwh numeric)
LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH asked AS (
        SELECT a.metering_point_id, a.first_day, a.end_day, a.scale, a.row_no
        FROM unnest(of_metering_point_ids, days_from, days_to, of_scales)
            WITH ORDINALITY AS a (metering_point_id, first_day, end_day, scale, row_no)
    ),
    within AS (
        SELECT
            a.row_no, daterange(greatest(s.span_from, a.first_day), least(s.span_to, a.end_day)) AS days,
            s.energy_kwh * (least(s.span_to, a.end_day) - greatest(s.span_from, a.first_day))
            / (s.span_to - s.span_from) AS energy_kwh
        FROM asked AS a
        INNER JOIN ops.measured_spans(
            (SELECT array_agg(DISTINCT d.metering_point_id) FROM asked AS d)
        ) AS s
            ON s.metering_point_id = a.metering_point_id AND s.span_from < a.end_day AND s.span_to > a.first_day
        WHERE (of_zones IS NULL OR of_zones @> ARRAY[s.zone_code]) AND (a.scale IS NULL OR s.zone_code = a.scale)
    ),
    summed AS (
        SELECT w.row_no, sum(w.energy_kwh) AS energy_kwh, range_agg(w.days) AS days
        FROM within AS w
        GROUP BY w.row_no
    )
    SELECT s.row_no, c.day_count, round(s.energy_kwh / c.day_count, 6)
    FROM summed AS s
    CROSS JOIN LATERAL (SELECT sum(upper(d) - lower(d)) AS day_count FROM unnest(s.days) AS d) AS c;
END;

-- What stood on a day is booked in the month whose use it ends, where that is open, else in the first open month after
-- it; never before what stood there earlier, nor before a later value that is billed already, so that billing meets
-- readings in their order. One row for each point and day that was asked about; no month where none is open, not_before
-- says from which on.
CREATE OR REPLACE FUNCTION ops.months_to_book(of_metering_point_ids bigint[], of_days date[])
RETURNS TABLE (row_no bigint, not_before date, booked_month date)
LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH asked AS (
        SELECT a.metering_point_id, a.day, a.row_no, p.account_id, c.res_id
        FROM unnest(of_metering_point_ids, of_days) WITH ORDINALITY AS a (metering_point_id, day, row_no)
        INNER JOIN ops.metering_point AS p ON p.metering_point_id = a.metering_point_id
        INNER JOIN ops.account AS c ON c.account_id = p.account_id
    ),
    booked AS (
        SELECT a.row_no, max(e.booked_month) AS last_month
        FROM asked AS a
        INNER JOIN ops.entered_values((SELECT array_agg(DISTINCT d.metering_point_id) FROM asked AS d)) AS e
            ON e.metering_point_id = a.metering_point_id
        WHERE e.read_on <= a.day OR EXISTS (
            SELECT 1 FROM ops.bill_line AS l
            WHERE l.account_id = a.account_id AND l.booked_month >= e.booked_month
                AND l.closing_reading_id = e.reading_id
        )
        GROUP BY a.row_no
    ),
    earliest AS (
        SELECT a.row_no, a.res_id, greatest(date_trunc('month', a.day - 1)::date, b.last_month) AS not_before
        FROM asked AS a
        LEFT JOIN booked AS b ON b.row_no = a.row_no
    )
    SELECT e.row_no, e.not_before, min(o.booked_month)
    FROM earliest AS e
    LEFT JOIN ops.open_period AS o ON o.res_id = e.res_id AND o.booked_month >= e.not_before
    GROUP BY e.row_no, e.not_before;
END;
