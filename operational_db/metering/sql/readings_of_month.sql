-- Which scales had to be read in a month, and how far that has come: the ground of the sheet for the controller, of the
-- list of what is missing, and of estimates.

-- Points that are supplied in a month: of these RES, of one place (a point or an account), of one book (accounts whose
-- number begins with it) where these are named.
CREATE OR REPLACE FUNCTION ops.points_of_month(
    of_res_ids integer[], month date, of_place text DEFAULT NULL, of_book text DEFAULT NULL
)
RETURNS TABLE (
    metering_point_id bigint, account_id bigint, res_id integer, account_no text, point_code text
)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT p.metering_point_id, a.account_id, a.res_id, a.account_no, p.code
    FROM ops.account AS a
    INNER JOIN ops.metering_point AS p ON p.account_id = a.account_id
    WHERE a.res_id IN (SELECT unnest(of_res_ids)) AND (a.closed_on IS NULL OR a.closed_on > month)
        AND p.connected_on < (month + interval '1 month')::date
        AND (p.disconnected_for_good_on IS NULL OR p.disconnected_for_good_on > month)
        AND (of_place IS NULL OR p.code = of_place OR a.account_no = of_place)
        AND (of_book IS NULL OR starts_with(a.account_no, of_book || '/'));
END;

-- One row per scale that hangs at the end of the month at these points: the last value that stands there, and what was
-- entered in the month (the reading of the first day after it closes it). Read: a value stands that somebody read;
-- half-hours make readings needless.
CREATE OR REPLACE FUNCTION ops.registers_of_month(of_metering_point_ids bigint[], month date)
RETURNS TABLE (
    metering_point_id bigint, meter_id bigint, serial_no text, zone_code text, sort_order integer, digits smallint,
    ratio numeric, last_on date, last_kwh numeric, last_kind text, is_read boolean, is_estimated boolean,
    is_in_doubt boolean, has_half_hours boolean, is_read_later boolean
)
LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH ending AS (
        SELECT (month + interval '1 month')::date AS next_month
    ),
    hanging AS (
        SELECT i.metering_point_id, i.meter_id, m.serial_no, g.zone_code, z.sort_order, g.digits, i.ratio, e.next_month
        FROM ending AS e
        INNER JOIN ops.meter_installation AS i
            ON i.known_to IS NULL AND i.valid_from < e.next_month
            AND (i.valid_to IS NULL OR i.valid_to >= e.next_month)
        INNER JOIN ops.meter AS m ON m.meter_id = i.meter_id
        INNER JOIN ops.meter_register AS g
            ON g.meter_id = i.meter_id AND g.known_to IS NULL
            AND (g.valid_from IS NULL OR g.valid_from < e.next_month)
            AND (g.valid_to IS NULL OR e.next_month <= g.valid_to)
        INNER JOIN ops.zone AS z ON z.zone_code = g.zone_code
        WHERE i.metering_point_id IN (SELECT unnest(of_metering_point_ids))
    ),
    entered AS MATERIALIZED (
        SELECT v.*, e.next_month
        FROM ops.entered_values(of_metering_point_ids) AS v
        CROSS JOIN ending AS e
    ),
    last AS (
        SELECT DISTINCT ON (v.metering_point_id, v.meter_id, v.zone_code)
            v.metering_point_id, v.meter_id, v.zone_code, v.read_on, v.value_kwh, v.kind
        FROM entered AS v
        WHERE v.is_standing AND v.read_on <= v.next_month
        -- Of two values of one day the one that was read.
        ORDER BY v.metering_point_id, v.meter_id, v.zone_code, v.read_on DESC, v.is_counted DESC, v.reading_id DESC
    ),
    of_month AS (
        SELECT
            v.metering_point_id, v.meter_id, v.zone_code,
            bool_or(v.is_counted AND v.is_standing AND v.read_on <= v.next_month) AS is_read,
            bool_or(NOT v.is_counted AND v.is_standing AND v.read_on <= v.next_month) AS is_estimated,
            bool_or(NOT v.is_standing AND v.read_on <= v.next_month) AS is_in_doubt,
            bool_or(v.is_counted AND v.is_standing AND v.read_on > v.next_month) AS is_read_later
        FROM entered AS v
        WHERE v.read_on > month AND NOT v.is_opening
        GROUP BY v.metering_point_id, v.meter_id, v.zone_code
    ),
    from_afar AS (
        SELECT DISTINCT s.metering_point_id
        FROM ops.metering_point AS p
        INNER JOIN ops.measured_energy AS s
            ON s.account_id = p.account_id AND s.metering_point_id = p.metering_point_id
        CROSS JOIN ending AS e
        WHERE p.metering_point_id IN (SELECT unnest(of_metering_point_ids)) AND s.kind = 'half_hours'
            AND s.direction = 'consumed' AND s.span_from < e.next_month AND s.span_to >= e.next_month
    )
    SELECT
        h.metering_point_id, h.meter_id, h.serial_no, h.zone_code, h.sort_order, h.digits, h.ratio, l.read_on,
        l.value_kwh, l.kind, coalesce(o.is_read, false), coalesce(o.is_estimated, false),
        coalesce(o.is_in_doubt, false), a.metering_point_id IS NOT NULL, coalesce(o.is_read_later, false)
    FROM hanging AS h
    LEFT JOIN last AS l
        ON l.metering_point_id = h.metering_point_id AND l.meter_id = h.meter_id AND l.zone_code = h.zone_code
    LEFT JOIN of_month AS o
        ON o.metering_point_id = h.metering_point_id AND o.meter_id = h.meter_id AND o.zone_code = h.zone_code
    LEFT JOIN from_afar AS a ON a.metering_point_id = h.metering_point_id;
END;

-- Points without a reading in the month, one row per meter, or per point without one: what was read there last, whether
-- an estimate stands in for it, whether a reading waits in quarantine.
CREATE OR REPLACE FUNCTION ops.points_without_reading(
    of_res_ids integer[], month date, of_book text DEFAULT NULL
)
RETURNS TABLE (
    account_no text, point_code text, serial_no text, zones text, last_on date, last_values text, is_estimated boolean,
    is_in_doubt boolean
)
LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH point AS MATERIALIZED (
        SELECT * FROM ops.points_of_month(of_res_ids, month, NULL, of_book)
    ),
    register AS MATERIALIZED (
        SELECT * FROM ops.registers_of_month((SELECT array_agg(p.metering_point_id) FROM point AS p), month)
    ),
    told AS (
        SELECT DISTINCT e.metering_point_id
        FROM point AS p
        INNER JOIN ops.measured_energy AS e
            ON e.account_id = p.account_id AND e.metering_point_id = p.metering_point_id
        LEFT JOIN ops.measured_energy_set_aside AS a
            ON a.account_id = e.account_id AND a.booked_month = e.booked_month
            AND a.metering_point_id = e.metering_point_id AND a.direction = e.direction
            AND a.span_from = e.span_from AND a.span_no = e.span_no
        WHERE e.direction = 'consumed' AND e.span_to >= (month + interval '1 month')::date
            AND e.span_from < (month + interval '1 month')::date AND e.kind <> 'half_hours' AND a.account_id IS NULL
    )
    SELECT
        p.account_no, p.point_code, r.serial_no, string_agg(r.zone_code, ', ' ORDER BY r.sort_order),
        max(r.last_on), string_agg(trim_scale(r.last_kwh)::text, ', ' ORDER BY r.sort_order),
        coalesce(bool_or(r.is_estimated), bool_or(t.metering_point_id IS NOT NULL)),
        coalesce(bool_or(r.is_in_doubt), false)
    FROM point AS p
    LEFT JOIN register AS r ON r.metering_point_id = p.metering_point_id
    LEFT JOIN told AS t ON t.metering_point_id = p.metering_point_id
    WHERE r.metering_point_id IS NULL OR NOT (r.is_read OR r.has_half_hours OR r.is_read_later)
    GROUP BY p.account_no, p.point_code, r.serial_no
    ORDER BY p.account_no, p.point_code, r.serial_no;
END;
