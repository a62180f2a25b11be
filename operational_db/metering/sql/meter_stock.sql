-- Meters as things: registering, moving between places, verifying, maintaining, what is broken.

-- A meter and the right to operate where it is; held until the end of the operation.
CREATE OR REPLACE FUNCTION ops.hold_meter(of_serial_no text)
RETURNS ops.meter
LANGUAGE plpgsql
AS $$
DECLARE
    held ops.meter;
BEGIN
    SELECT * INTO held FROM ops.meter AS m WHERE m.serial_no = of_serial_no FOR UPDATE;
    IF NOT FOUND THEN
        PERFORM ops.refuse(
            'There is no meter with serial number "%s"; register it first (`wattbook meters register`).', of_serial_no
        );
    END IF;
    RETURN held;
END
$$;

CREATE OR REPLACE FUNCTION ops.hold_meter_in_place(of_serial_no text)
RETURNS ops.meter
LANGUAGE plpgsql
AS $$
DECLARE
    held ops.meter := ops.hold_meter(of_serial_no);
BEGIN
    PERFORM ops.require_right(
        current_setting('wattbook.user_login', true), 'operate_meters',
        (SELECT w.unit_id FROM ops.meter_whereabouts AS w WHERE w.meter_id = held.meter_id)
    );
    RETURN held;
END
$$;

-- Where a meter is, in words for a sentence.
CREATE OR REPLACE FUNCTION ops.whereabouts_in_words(of_meter_id bigint)
RETURNS text
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT CASE
        WHEN w.place_code IS NULL THEN 'at an unknown place'
        WHEN w.place_code = 'point' AND ops.visible_res_ids() @> ARRAY[a.res_id] THEN 'hanging at ' || p.code
        WHEN w.place_code = 'point' THEN 'hanging at a point of ' || u.code
        WHEN w.place_code = 'scrapped' THEN 'scrapped'
        ELSE format('in the %s of %s', w.place_code, u.code)
    END
    FROM ops.meter_whereabouts AS w
    LEFT JOIN ops.unit AS u ON u.unit_id = w.unit_id
    LEFT JOIN ops.metering_point AS p ON p.metering_point_id = w.metering_point_id
    LEFT JOIN ops.account AS a ON a.account_id = p.account_id
    WHERE w.meter_id = of_meter_id;
END;

-- A set of scales that one meter can have: all alone, or parts of the day.
CREATE OR REPLACE FUNCTION ops.require_zone_set(zones text[])
RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    unknown text;
BEGIN
    SELECT string_agg(z, ', ') INTO unknown
    FROM unnest(zones) AS z
    WHERE NOT EXISTS (SELECT 1 FROM ops.zone AS k WHERE k.zone_code = z);
    IF unknown IS NOT NULL OR coalesce(cardinality(zones), 0) = 0 THEN
        PERFORM ops.refuse(
            'There is no scale "%s"; known are %s.', coalesce(unknown, ''),
            (SELECT string_agg(k.zone_code, ', ' ORDER BY k.sort_order) FROM ops.zone AS k)
        );
    END IF;
    IF cardinality(zones) <> (SELECT count(DISTINCT z) FROM unnest(zones) AS z)
        OR ('all' = ANY (zones) AND cardinality(zones) > 1) THEN
        PERFORM ops.refuse(
            'A meter cannot count on the scales %s; it has "all" alone, or parts of the day, each once.',
            array_to_string(zones, ', ')
        );
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION ops.require_digits(digits integer)
RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    IF digits NOT BETWEEN 3 AND 12 THEN
        PERFORM ops.refuse('A register cannot have %s whole digits; it has 3 to 12.', digits::text);
    END IF;
END
$$;

-- Adds a meter of a known type with its registers; it lies in the store of the unit from the day on.
CREATE OR REPLACE FUNCTION ops.add_meter(
    new_serial_no text, of_type_code text, of_digits integer, of_zones text[], made_in smallint, store_unit_id integer,
    on_day date, of_source_id bigint
)
RETURNS bigint
LANGUAGE plpgsql
AS $$
DECLARE
    of_type ops.meter_type;
    zones text[];
    new_meter_id bigint;
BEGIN
    IF btrim(new_serial_no) = '' THEN
        PERFORM ops.refuse('A meter without a serial number cannot be registered; give the number on its plate.');
    END IF;
    SELECT * INTO of_type FROM ops.meter_type AS t WHERE t.meter_type_code = of_type_code;
    IF NOT FOUND THEN
        PERFORM ops.refuse(
            'There is no type of meter "%s"; known are %s.', of_type_code,
            (SELECT string_agg(t.meter_type_code, ', ' ORDER BY t.meter_type_code) FROM ops.meter_type AS t)
        );
    END IF;
    zones := coalesce(of_zones, of_type.zones);
    PERFORM ops.require_zone_set(zones);
    PERFORM ops.require_digits(coalesce(of_digits, of_type.digits));
    INSERT INTO ops.meter (serial_no, meter_type_code, made_in_year, source_id)
    VALUES (btrim(new_serial_no), of_type_code, made_in, of_source_id)
    ON CONFLICT (serial_no) DO NOTHING
    RETURNING meter_id INTO new_meter_id;
    IF new_meter_id IS NULL THEN
        PERFORM ops.refuse(
            'Serial number "%s" is registered already (type %s, %s); check the number on the plate.', btrim(new_serial_no),
            (SELECT m.meter_type_code FROM ops.meter AS m WHERE m.serial_no = btrim(new_serial_no)),
            (SELECT ops.whereabouts_in_words(m.meter_id) FROM ops.meter AS m WHERE m.serial_no = btrim(new_serial_no))
        );
    END IF;
    INSERT INTO ops.meter_register (meter_id, zone_code, digits)
    SELECT new_meter_id, z, coalesce(of_digits, of_type.digits) FROM unnest(zones) AS z;
    INSERT INTO ops.meter_movement (meter_id, moved_on, place_code, unit_id, source_id)
    VALUES (new_meter_id, on_day, 'store', store_unit_id, of_source_id);
    RETURN new_meter_id;
END
$$;

CREATE OR REPLACE FUNCTION ops.register_meter(
    new_serial_no text, of_type_code text, of_digits integer, of_zones text[], made_in smallint, store_unit_id integer,
    on_day date, of_source_id bigint
)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
BEGIN
    PERFORM ops.require_right(current_setting('wattbook.user_login', true), 'operate_meters', store_unit_id);
    RETURN ops.add_meter(
        new_serial_no, of_type_code, of_digits, of_zones, made_in, store_unit_id, on_day, of_source_id
    );
END
$$;

-- Moves a meter that hangs nowhere to a place of a unit; the right is asked where it lies.
CREATE OR REPLACE FUNCTION ops.move_meter(
    of_serial_no text, to_place text, to_unit_id integer, on_day date, why text, of_source_id bigint
)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
DECLARE
    held ops.meter := ops.hold_meter(of_serial_no);
    place ops.meter_place;
    now_at record;
BEGIN
    SELECT w.place_code, coalesce(w.unit_id, to_unit_id) AS unit_id, w.since, coalesce(p.is_final, false) AS is_final
    INTO now_at
    FROM ops.meter_whereabouts AS w
    LEFT JOIN ops.meter_place AS p ON p.place_code = w.place_code
    WHERE w.meter_id = held.meter_id;
    PERFORM ops.require_right(current_setting('wattbook.user_login', true), 'operate_meters', now_at.unit_id);
    SELECT * INTO place FROM ops.meter_place AS p WHERE p.place_code = to_place;
    IF NOT FOUND OR to_place = 'point' THEN
        PERFORM ops.refuse(
            'A meter cannot be moved to "%s"; places are %s, and at a point it is installed.', to_place,
            (SELECT string_agg(p.place_code, ', ' ORDER BY p.place_code) FROM ops.meter_place AS p
             WHERE p.place_code <> 'point')
        );
    END IF;
    IF now_at.place_code = 'point' OR now_at.is_final THEN
        PERFORM ops.refuse(
            'Meter "%s" is %s and cannot be moved%s.', of_serial_no, ops.whereabouts_in_words(held.meter_id),
            CASE WHEN now_at.is_final THEN ' any more' ELSE '; remove it there first' END
        );
    END IF;
    IF on_day < now_at.since THEN
        PERFORM ops.refuse(
            'Meter "%s" is %s since %s and cannot have been moved on %s; name a later day.', of_serial_no,
            ops.whereabouts_in_words(held.meter_id), now_at.since::text, on_day::text
        );
    END IF;
    INSERT INTO ops.meter_movement (meter_id, moved_on, place_code, unit_id, note, source_id)
    VALUES (held.meter_id, on_day, to_place, to_unit_id, why, of_source_id);
END
$$;

CREATE OR REPLACE FUNCTION ops.verify_meter(
    of_serial_no text, on_day date, has_passed boolean, next_due date, by_laboratory text, of_certificate_no text,
    of_source_id bigint
)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
DECLARE
    held ops.meter := ops.hold_meter_in_place(of_serial_no);
BEGIN
    IF has_passed AND next_due IS NULL THEN
        PERFORM ops.refuse('A verification that was passed has a day on which the next is due; give it.');
    END IF;
    IF NOT has_passed AND next_due IS NOT NULL THEN
        PERFORM ops.refuse('A meter that failed its verification has no next one due; leave that day out.');
    END IF;
    IF next_due <= on_day THEN
        PERFORM ops.refuse(
            'The next verification cannot be due on %s, not later than this one on %s; check the days.',
            next_due::text, on_day::text
        );
    END IF;
    INSERT INTO ops.meter_verification (
        meter_id, verified_on, is_passed, next_due_on, laboratory, certificate_no, source_id
    )
    VALUES (held.meter_id, on_day, has_passed, next_due, by_laboratory, of_certificate_no, of_source_id)
    ON CONFLICT (meter_id, verified_on) DO NOTHING;
    IF NOT FOUND THEN
        PERFORM ops.refuse(
            'A verification of meter "%s" on %s is entered already; look at `wattbook meters show`.', of_serial_no,
            on_day::text
        );
    END IF;
END
$$;

-- From the day on the meter counts as broken.
CREATE OR REPLACE FUNCTION ops.record_meter_fault(of_serial_no text, on_day date, what text, of_source_id bigint)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
DECLARE
    held ops.meter := ops.hold_meter_in_place(of_serial_no);
    known record;
BEGIN
    SELECT f.fault, f.valid_from INTO known
    FROM ops.meter_fault AS f
    WHERE f.meter_id = held.meter_id AND f.known_to IS NULL AND (f.valid_to IS NULL OR f.valid_to > on_day);
    IF FOUND THEN
        PERFORM ops.refuse(
            'Meter "%s" is recorded as broken since %s already (%s); record its repair first.', of_serial_no,
            known.valid_from::text, known.fault
        );
    END IF;
    INSERT INTO ops.meter_fault (meter_id, fault, valid_from, source_id)
    VALUES (held.meter_id, what, on_day, of_source_id);
END
$$;

-- Work on a meter; where it mended the meter, the fault ends on that day.
CREATE OR REPLACE FUNCTION ops.maintain_meter(
    of_serial_no text, on_day date, what_was_done text, by_whom text, is_mended boolean, of_order_no text,
    of_source_id bigint
)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
DECLARE
    held ops.meter := ops.hold_meter_in_place(of_serial_no);
    fault ops.meter_fault;
    order_id bigint;
BEGIN
    IF of_order_no IS NOT NULL THEN
        SELECT o.work_order_id INTO order_id FROM ops.work_order AS o WHERE o.order_no = of_order_no;
        IF NOT FOUND THEN
            PERFORM ops.refuse(
                'There is no work order "%s"; check its number with `wattbook meters order list`.', of_order_no
            );
        END IF;
    END IF;
    INSERT INTO ops.meter_maintenance (meter_id, done_on, work, done_by, work_order_id, source_id)
    VALUES (held.meter_id, on_day, what_was_done, by_whom, order_id, of_source_id);
    IF NOT is_mended THEN
        RETURN;
    END IF;
    UPDATE ops.meter_fault AS f SET known_to = now()
    WHERE f.meter_id = held.meter_id AND f.known_to IS NULL AND f.valid_to IS NULL
    RETURNING * INTO fault;
    IF fault.meter_fault_id IS NULL THEN
        PERFORM ops.refuse(
            'Meter "%s" is not recorded as broken, so it cannot be mended; leave that out.', of_serial_no
        );
    END IF;
    IF on_day <= fault.valid_from THEN
        PERFORM ops.refuse(
            'Meter "%s" broke on %s and cannot be mended on %s; name a later day.', of_serial_no,
            fault.valid_from::text, on_day::text
        );
    END IF;
    INSERT INTO ops.meter_fault (meter_id, fault, valid_from, valid_to, source_id)
    VALUES (fault.meter_id, fault.fault, fault.valid_from, on_day, of_source_id);
END
$$;
