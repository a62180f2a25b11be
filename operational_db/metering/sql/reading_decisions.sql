-- What a person decides about readings that are entered: into quarantine, out of it, or cancelled. A decision is a row
-- of ops.reading_event; the bill run takes back what was billed on the reading, or bills it. A meter is read as a
-- whole, so a decision is about all scales of a meter on a day.

-- The metering points of a place that the user sees, held until the end of the command; bill runs keep off until then.
-- Refuses where there is no such place.
CREATE OR REPLACE FUNCTION ops.hold_points_at(of_place text)
RETURNS bigint[]
LANGUAGE plpgsql
AS $$
DECLARE
    points bigint[];
BEGIN
    PERFORM ops.require_place(of_place);
    PERFORM ops.lock_facts(array_agg(DISTINCT a.res_id), false)
    FROM ops.metering_point AS p
    INNER JOIN ops.account AS a ON a.account_id = p.account_id
    WHERE (p.code = of_place OR a.account_no = of_place) AND a.res_id = ANY (ops.visible_res_ids());
    SELECT array_agg(p.metering_point_id) INTO points
    FROM (
        SELECT p.metering_point_id
        FROM ops.metering_point AS p
        INNER JOIN ops.account AS a ON a.account_id = p.account_id
        WHERE (p.code = of_place OR a.account_no = of_place) AND a.res_id = ANY (ops.visible_res_ids())
        ORDER BY p.metering_point_id
        FOR UPDATE OF p
    ) AS p;
    RETURN points;
END
$$;

-- Readings of a meter on a day that are not cancelled: those that somebody read, else estimates. Refuses where there
-- are none, where more than one meter fits, and where they open the meter's stay or belong to an operation on it: those
-- go only with the operation. Released they may be: one that went to quarantine because another was set aside must be
-- able to come back.
CREATE OR REPLACE FUNCTION ops.readings_to_decide(
    of_place text, of_serial_no text, on_day date, is_release boolean DEFAULT false
)
RETURNS TABLE (
    reading_id bigint, account_id bigint, booked_month date, metering_point_id bigint, point_code text, meter_id bigint,
    serial_no text, zone_code text, value_kwh numeric, kind text, is_standing boolean
)
LANGUAGE plpgsql
AS $$
#variable_conflict use_column
DECLARE
    points bigint[] := ops.hold_points_at(of_place);
    found record;
BEGIN
    PERFORM ops.require_right(current_setting('wattbook.user_login', true), 'enter_readings', a.res_id)
    FROM ops.account AS a
    INNER JOIN ops.metering_point AS p ON p.account_id = a.account_id
    WHERE p.metering_point_id = ANY (points);
    SELECT
        count(DISTINCT (e.metering_point_id, e.meter_id)) AS meter_count,
        bool_or(e.is_opening) AND NOT (is_release AND bool_or(NOT e.is_opening)) AS is_opening,
        bool_or(o.reading_id IS NOT NULL) AND NOT is_release AS is_operated,
        string_agg(DISTINCT format('"%s" at %s', m.serial_no, p.code), ', ') AS meters
    INTO found
    FROM ops.entered_values(points) AS e
    INNER JOIN ops.meter AS m ON m.meter_id = e.meter_id AND (of_serial_no IS NULL OR m.serial_no = of_serial_no)
    INNER JOIN ops.metering_point AS p ON p.metering_point_id = e.metering_point_id
    LEFT JOIN ops.meter_operation_reading AS o ON o.reading_id = e.reading_id
    WHERE e.read_on = on_day;
    IF found.meter_count = 0 THEN
        PERFORM ops.refuse(
            'No reading of %s%s stands on %s; look them up with `wattbook readings history %s`.', of_place,
            CASE WHEN of_serial_no IS NULL THEN '' ELSE format(' (meter "%s")', of_serial_no) END, on_day::text,
            of_place
        );
    END IF;
    IF found.meter_count > 1 THEN
        PERFORM ops.refuse(
            'On %s readings of more than one meter stand there: %s; say which is meant by point and serial number.',
            on_day::text, found.meters
        );
    END IF;
    IF found.is_operated OR found.is_opening THEN
        PERFORM ops.refuse(
            'The reading of %s on %s came with %s and cannot be decided on alone; %s.', of_place, on_day::text,
            CASE WHEN found.is_operated THEN 'an operation on the meter' ELSE 'the meter''s installation' END,
            CASE WHEN found.is_operated THEN 'undo the operation (`wattbook meters undo`)'
                ELSE 'enter a later reading, or replace the meter' END
        );
    END IF;
    RETURN QUERY
    SELECT
        e.reading_id, p.account_id, e.booked_month, e.metering_point_id, p.code, e.meter_id, m.serial_no, e.zone_code,
        e.value_kwh, e.kind, e.is_standing
    FROM (SELECT v.*, bool_or(v.is_counted) OVER () AS any_counted
          FROM ops.entered_values(points) AS v
          INNER JOIN ops.meter AS n ON n.meter_id = v.meter_id AND (of_serial_no IS NULL OR n.serial_no = of_serial_no)
          WHERE v.read_on = on_day AND NOT (is_release AND v.is_opening)) AS e
    INNER JOIN ops.metering_point AS p ON p.metering_point_id = e.metering_point_id
    INNER JOIN ops.meter AS m ON m.meter_id = e.meter_id
    INNER JOIN ops.zone AS z ON z.zone_code = e.zone_code
    WHERE e.is_counted = e.any_counted
    ORDER BY z.sort_order, e.reading_id;
END
$$;

-- Readings of a meter beside the standing values before and after them on the same scale: what each counts, what the
-- next one would count from it, and whether a passage through zero in either would be believed.
CREATE OR REPLACE FUNCTION ops.readings_between_neighbours(of_metering_point_id bigint, of_reading_ids bigint[])
RETURNS TABLE (
    reading_id bigint, zone_code text, read_on date, value_kwh numeric, digits smallint, opening_on date,
    opening_kwh numeric, energy_kwh numeric, is_believed boolean, usual_kwh numeric, usual_basis text,
    following_id bigint, following_on date, following_kwh numeric, following_is_believed boolean
)
LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH entered AS MATERIALIZED (
        SELECT * FROM ops.entered_values(ARRAY[of_metering_point_id])
    ),
    beside AS (
        SELECT
            e.reading_id, e.meter_id, e.zone_code, e.read_on, e.value_kwh, o.read_on AS opening_on,
            o.value_kwh AS opening_kwh, n.reading_id AS following_id, n.read_on AS following_on,
            n.value_kwh AS following_kwh, row_number() OVER (ORDER BY e.reading_id) AS row_no
        FROM entered AS e
        LEFT JOIN LATERAL (
            SELECT b.read_on, b.value_kwh FROM entered AS b
            WHERE b.meter_id = e.meter_id AND b.zone_code = e.zone_code AND b.read_on < e.read_on
                AND b.is_standing AND b.is_counted
            ORDER BY b.read_on DESC, b.reading_id DESC
            LIMIT 1
        ) AS o ON true
        LEFT JOIN LATERAL (
            SELECT b.reading_id, b.read_on, b.value_kwh FROM entered AS b
            WHERE b.meter_id = e.meter_id AND b.zone_code = e.zone_code AND b.read_on > e.read_on
                AND b.is_standing AND b.is_counted AND NOT b.is_opening
            ORDER BY b.read_on, b.reading_id
            LIMIT 1
        ) AS n ON true
        WHERE e.reading_id IN (SELECT unnest(of_reading_ids))
    )
    SELECT
        b.reading_id, b.zone_code, b.read_on, b.value_kwh, g.digits, b.opening_on, b.opening_kwh,
        ops.register_energy_kwh(b.opening_kwh, b.value_kwh, g.digits, i.ratio),
        b.value_kwh >= b.opening_kwh OR ops.is_plausible_rollover(
            b.opening_kwh, b.value_kwh, g.digits, i.ratio, u.level_kwh * (b.read_on - b.opening_on)
        ),
        u.usual_kwh * (b.read_on - b.opening_on), u.usual_basis, b.following_id, b.following_on, b.following_kwh,
        b.following_kwh >= b.value_kwh OR ops.is_plausible_rollover(
            b.value_kwh, b.following_kwh, g.digits, i.ratio, u.level_kwh * (b.following_on - b.read_on)
        )
    FROM beside AS b
    INNER JOIN ops.meter_register AS g
        ON g.meter_id = b.meter_id AND g.zone_code = b.zone_code AND g.known_to IS NULL
        AND (g.valid_from IS NULL OR g.valid_from < b.read_on) AND (g.valid_to IS NULL OR b.read_on <= g.valid_to)
    INNER JOIN ops.meter_installation AS i
        ON i.meter_id = b.meter_id AND i.metering_point_id = of_metering_point_id AND i.known_to IS NULL
        AND i.valid_from < b.read_on AND (i.valid_to IS NULL OR b.read_on <= i.valid_to)
    LEFT JOIN ops.usual_uses(
        (SELECT array_agg(of_metering_point_id ORDER BY d.row_no) FROM beside AS d),
        (SELECT array_agg(coalesce(d.opening_on, d.read_on) ORDER BY d.row_no) FROM beside AS d),
        (SELECT array_agg(d.read_on ORDER BY d.row_no) FROM beside AS d)
    ) AS u ON u.row_no = b.row_no;
END;

-- Takes the readings of a meter on a day out of the chain. The next one that was read is then counted from an earlier
-- value: if a passage through zero that nobody would believe comes of it, that reading goes to quarantine with them.
CREATE OR REPLACE FUNCTION ops.set_readings_aside(
    of_place text, of_serial_no text, on_day date, of_event text, of_reason text, of_source_id bigint
)
RETURNS TABLE (reading_id bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
#variable_conflict use_column
DECLARE
    decided record;
    follower record;
    following_ids bigint[] := '{}';
    point_id bigint;
BEGIN
    IF of_event NOT IN ('quarantined', 'cancelled') OR coalesce(of_reason, '') = '' THEN
        PERFORM ops.refuse('A decision about a reading needs its reason, which stays with it; add one.');
    END IF;
    FOR decided IN SELECT * FROM ops.readings_to_decide(of_place, of_serial_no, on_day) LOOP
        IF of_event = 'quarantined' AND NOT decided.is_standing THEN
            PERFORM ops.refuse(
                'The reading of %s on %s stands in quarantine already; release or cancel it.', of_place, on_day::text
            );
        END IF;
        point_id := decided.metering_point_id;
        following_ids := following_ids || array(
            SELECT n.following_id FROM ops.readings_between_neighbours(point_id, ARRAY[decided.reading_id]) AS n
            WHERE n.following_id IS NOT NULL
        );
        INSERT INTO ops.reading_event (account_id, booked_month, reading_id, event, reason, source_id)
        VALUES (
            decided.account_id, decided.booked_month, decided.reading_id, of_event, of_reason, of_source_id
        );
        reading_id := decided.reading_id;
        RETURN NEXT;
    END LOOP;
    FOR follower IN
        SELECT n.*, r.account_id, r.booked_month, p.code, m.serial_no
        FROM ops.readings_between_neighbours(point_id, following_ids) AS n
        INNER JOIN ops.metering_point AS p ON p.metering_point_id = point_id
        INNER JOIN ops.reading AS r ON r.account_id = p.account_id AND r.reading_id = n.reading_id
        INNER JOIN ops.meter AS m ON m.meter_id = r.meter_id
        WHERE NOT n.is_believed
    LOOP
        INSERT INTO ops.reading_event (account_id, booked_month, reading_id, event, reason, rule, source_id)
        VALUES (
            follower.account_id, follower.booked_month, follower.reading_id, 'quarantined',
            ops.sentence_about_reading(
                'decrease',
                ops.reading_in_words(
                    follower.value_kwh, follower.code, follower.serial_no, follower.zone_code, follower.read_on
                ),
                jsonb_build_object(
                    'opening_kwh', trim_scale(follower.opening_kwh), 'opening_on', follower.opening_on,
                    'energy_kwh', trim_scale(follower.energy_kwh),
                    'usual_kwh', trim_scale(round(follower.usual_kwh, 1)),
                    'usual_basis', follower.usual_basis
                )
            ), 'decrease', of_source_id
        );
        reading_id := follower.reading_id;
        RETURN NEXT;
    END LOOP;
END
$$;

-- Brings the readings of a meter on a day back out of quarantine, so that they are billed. Below the last value they
-- are billed as a passage through zero: one that looks like a slip must be told in so many words.
CREATE OR REPLACE FUNCTION ops.release_readings(
    of_place text, of_serial_no text, on_day date, of_reason text, has_passed_zero boolean, of_source_id bigint
)
RETURNS TABLE (reading_id bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
#variable_conflict use_column
DECLARE
    decided record;
    beside record;
BEGIN
    IF coalesce(of_reason, '') = '' THEN
        PERFORM ops.refuse('A decision about a reading needs its reason, which stays with it; add one.');
    END IF;
    FOR decided IN SELECT * FROM ops.readings_to_decide(of_place, of_serial_no, on_day, true) LOOP
        IF decided.is_standing THEN
            PERFORM ops.refuse('The reading of %s on %s does not stand in quarantine.', of_place, on_day::text);
        END IF;
        SELECT * INTO beside
        FROM ops.readings_between_neighbours(decided.metering_point_id, ARRAY[decided.reading_id]) AS n;
        IF beside.opening_on IS NULL THEN
            PERFORM ops.refuse(
                'No reading of that scale stands before the one of %s on %s, so nothing can be counted up to it; '
                'cancel it.', of_place, on_day::text
            );
        END IF;
        IF NOT beside.is_believed AND NOT has_passed_zero THEN
            PERFORM ops.refuse(
                'The reading %s of %s on %s is below the last one, %s on %s, and would be billed as a passage through '
                'zero of %s kWh. If the register did pass zero, say so (--passed-zero); if not, cancel the reading and '
                'enter the right one.', trim_scale(beside.value_kwh)::text, of_place, on_day::text,
                trim_scale(beside.opening_kwh)::text, beside.opening_on::text, trim_scale(beside.energy_kwh)::text
            );
        END IF;
        IF NOT beside.following_is_believed THEN
            PERFORM ops.refuse(
                'After the reading %s of %s on %s stands a lower one, %s on %s, which would become a passage through '
                'zero; put that one into quarantine or cancel it first.', trim_scale(beside.value_kwh)::text, of_place,
                on_day::text, trim_scale(beside.following_kwh)::text, beside.following_on::text
            );
        END IF;
        INSERT INTO ops.reading_event (account_id, booked_month, reading_id, event, reason, source_id)
        VALUES (
            decided.account_id, decided.booked_month, decided.reading_id, 'released', of_reason, of_source_id
        );
        reading_id := decided.reading_id;
        RETURN NEXT;
    END LOOP;
END
$$;
