-- The state of each reading, from its events and from the lines of bills: new, billed, quarantined or cancelled; or
-- superseded, where an estimate gave way to a value that was read.

-- One row per reading. Billed: a line of a bill that stands, neither reversed nor reversing, counts up to it; a first
-- value, which none counts up to, is billed when one counts from it. Passed over: an estimate before a value of the
-- same scale that was read.
CREATE OR REPLACE VIEW ops.reading_state WITH (security_invoker = true) AS
SELECT
    r.account_id, r.booked_month, r.reading_id, r.metering_point_id, r.meter_id, r.zone_code, r.read_on, r.value_kwh,
    r.kind, r.is_opening, r.res_id, r.source_id, r.source_row,
    CASE
        WHEN l.event IN ('quarantined', 'cancelled', 'superseded') THEN l.event
        -- What Wattbook sets itself counts no energy and is billed from the beginning.
        WHEN b.booked_month IS NOT NULL OR k.made_by = 'book' THEN 'billed'
        ELSE 'new'
    END AS state,
    coalesce(b.booked_month, CASE WHEN k.made_by = 'book' THEN r.booked_month END) AS billed_month,
    l.reason, l.rule,
    NOT r.is_opening AND NOT k.is_measured AND EXISTS (
        SELECT 1
        FROM ops.reading AS later
        INNER JOIN ops.reading_kind AS m ON m.kind = later.kind AND m.is_measured
        WHERE later.account_id = r.account_id AND later.metering_point_id = r.metering_point_id
            AND later.meter_id = r.meter_id AND later.zone_code = r.zone_code AND later.read_on >= r.read_on
            AND NOT EXISTS (SELECT 1 FROM ops.reading_set_aside AS a WHERE a.reading_id = later.reading_id)
    ) AS is_passed_over
FROM ops.reading AS r
LEFT JOIN ops.reading_kind AS k ON k.kind = r.kind
LEFT JOIN LATERAL (
    SELECT e.event, e.reason, e.rule
    FROM ops.reading_event AS e
    WHERE e.reading_id = r.reading_id
    ORDER BY e.reading_event_id DESC
    LIMIT 1
) AS l ON true
LEFT JOIN LATERAL (
    SELECT n.booked_month
    FROM ops.standing_bill_line AS n
    WHERE n.account_id = r.account_id
        AND (n.closing_reading_id = r.reading_id OR n.opening_reading_id = r.reading_id)
    ORDER BY coalesce(n.closing_reading_id = r.reading_id, false) DESC, n.booked_month DESC
    LIMIT 1
) AS b ON true;

-- Readings of a place with their states, newest first, each with the energy that it counts since the one before that
-- stands.
CREATE OR REPLACE FUNCTION ops.reading_history(of_place text, since date DEFAULT NULL)
RETURNS TABLE (
    reading_id bigint, point_code text, serial_no text, zone_code text, read_on date, value_kwh numeric, kind text,
    is_opening boolean, state text, reason text, is_passed_over boolean, is_rollover boolean, counted_from date,
    energy_kwh numeric, booked_month date, billed_month date, entered_by text, entered_at timestamptz
)
LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH shown AS (
        SELECT s.*, p.code
        FROM ops.metering_point AS p
        INNER JOIN ops.account AS a ON a.account_id = p.account_id
        INNER JOIN ops.reading_state AS s
            ON s.account_id = p.account_id AND s.metering_point_id = p.metering_point_id
        WHERE p.code = of_place OR a.account_no = of_place
    ),
    chained AS (
        SELECT
            s.reading_id, lag(s.read_on) OVER register AS counted_from,
            lag(s.value_kwh) OVER register AS counted_from_kwh
        FROM shown AS s
        WHERE s.state IN ('new', 'billed') AND NOT s.is_passed_over
        WINDOW register AS (
            PARTITION BY s.metering_point_id, s.meter_id, s.zone_code ORDER BY s.read_on, s.reading_id
        )
    )
    SELECT
        s.reading_id, s.code, m.serial_no, s.zone_code, s.read_on, s.value_kwh, s.kind, s.is_opening, s.state, s.reason,
        s.is_passed_over, NOT s.is_opening AND coalesce(s.value_kwh < c.counted_from_kwh, false),
        CASE WHEN NOT s.is_opening THEN c.counted_from END,
        CASE WHEN NOT s.is_opening
            THEN ops.register_energy_kwh(c.counted_from_kwh, s.value_kwh, g.digits, i.ratio)
        END,
        s.booked_month, s.billed_month, u.login, o.recorded_at
    FROM shown AS s
    LEFT JOIN ops.meter AS m ON m.meter_id = s.meter_id
    INNER JOIN ops.zone AS z ON z.zone_code = s.zone_code
    LEFT JOIN chained AS c ON c.reading_id = s.reading_id
    LEFT JOIN ops.meter_register AS g
        ON g.meter_id = s.meter_id AND g.zone_code = s.zone_code AND g.known_to IS NULL
        AND (g.valid_from IS NULL OR g.valid_from < s.read_on) AND (g.valid_to IS NULL OR s.read_on <= g.valid_to)
    LEFT JOIN ops.meter_installation AS i
        ON i.meter_id = s.meter_id AND i.metering_point_id = s.metering_point_id AND i.known_to IS NULL
        AND i.valid_from < s.read_on AND (i.valid_to IS NULL OR s.read_on <= i.valid_to)
    LEFT JOIN ops.source AS o ON o.source_id = s.source_id
    LEFT JOIN ops.app_user AS u ON u.user_id = o.user_id
    WHERE since IS NULL OR s.read_on >= since
    ORDER BY s.code, s.read_on DESC, m.serial_no, z.sort_order, s.reading_id DESC;
END;

-- Readings of these RES that wait in quarantine for a decision, oldest first. What is kept there as a control (of a
-- point that is billed by half-hours, or before anything to count from) waits for none.
CREATE OR REPLACE FUNCTION ops.quarantined_readings(of_res_ids integer[])
RETURNS TABLE (
    reading_id bigint, account_no text, point_code text, serial_no text, zone_code text, read_on date,
    value_kwh numeric, kind text, rule text, reason text, booked_month date, since timestamptz
)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT
        r.reading_id, c.account_no, p.code, m.serial_no, r.zone_code, r.read_on, r.value_kwh, r.kind, e.rule, e.reason,
        r.booked_month, o.recorded_at
    FROM (
        SELECT DISTINCT ON (v.reading_id) v.*
        FROM ops.reading_event AS v
        ORDER BY v.reading_id, v.reading_event_id DESC
    ) AS e
    INNER JOIN ops.reading AS r
        ON r.account_id = e.account_id AND r.booked_month = e.booked_month AND r.reading_id = e.reading_id
    INNER JOIN ops.account AS c ON c.account_id = r.account_id
    INNER JOIN ops.metering_point AS p ON p.metering_point_id = r.metering_point_id
    INNER JOIN ops.meter AS m ON m.meter_id = r.meter_id
    INNER JOIN ops.zone AS z ON z.zone_code = r.zone_code
    LEFT JOIN ops.source AS o ON o.source_id = e.source_id
    INNER JOIN ops.reading_kind AS k ON k.kind = r.kind
    WHERE e.event = 'quarantined'
        AND (e.rule IS NOT NULL OR (k.made_by = 'entry' AND r.kind <> 'half_hours' AND NOT r.is_opening))
        AND r.res_id IN (SELECT unnest(of_res_ids))
    ORDER BY r.read_on, p.code, m.serial_no, z.sort_order;
END;

-- Refuses a place that the signed-in user does not see.
CREATE OR REPLACE FUNCTION ops.require_place(of_place text)
RETURNS void
LANGUAGE plpgsql STABLE
AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1
        FROM ops.metering_point AS p
        INNER JOIN ops.account AS a ON a.account_id = p.account_id
        WHERE (p.code = of_place OR a.account_no = of_place) AND a.res_id = ANY (ops.visible_res_ids())
    ) THEN
        PERFORM ops.refuse(
            'There is no metering point or account "%s" among those you may see; check the number (points look like '
            'SA01/12/345#1, accounts like SA01/12/345).', of_place
        );
    END IF;
END
$$;
