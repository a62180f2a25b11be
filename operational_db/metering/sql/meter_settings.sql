-- Operations on a meter that stays where it is: its ratio, its scales, a test, and what the book says about it.

-- Other transformers from a day on: the value of that day parts the energy of one ratio from that of the other.
CREATE OR REPLACE FUNCTION ops.change_meter_ratio(
    point_code text, of_serial_no text, on_day date, given jsonb, is_confirmed boolean, of_current_ratio numeric,
    of_voltage_ratio numeric, of_order_no text, of_inspection text, of_note text, of_source_id bigint
)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
DECLARE
    point record;
    stay ops.meter_installation;
    new_order ops.work_order;
    new_id bigint;
BEGIN
    SELECT * INTO point FROM ops.hold_point(point_code);
    stay := ops.standing_stay(point.metering_point_id, point.code, of_serial_no);
    PERFORM ops.require_day_after_readings(point.metering_point_id, point.code, stay.meter_id, on_day);
    IF on_day <= stay.valid_from THEN
        PERFORM ops.refuse(
            'The ratio at %s holds since %s and cannot change on %s; name a later day.', point.code,
            stay.valid_from::text, on_day::text
        );
    END IF;
    IF ops.whole_ratio(of_current_ratio, of_voltage_ratio) = stay.ratio
        AND (of_current_ratio, of_voltage_ratio) = (stay.current_ratio, stay.voltage_ratio) THEN
        PERFORM ops.refuse(
            'The ratio at %s is %s already; nothing was done.', point.code, trim_scale(stay.ratio)::text
        );
    END IF;
    new_order := ops.use_work_order(of_order_no, 'ratio', point.metering_point_id, on_day);
    new_id := ops.record_meter_operation(
        'ratio', on_day, point.metering_point_id, NULL, stay.meter_id, NULL, new_order, of_inspection, false,
        is_confirmed, of_note, of_source_id
    );
    PERFORM ops.enter_operation_readings(
        new_id, point.metering_point_id, stay.meter_id, on_day, given, 'closing', 'control', of_source_id
    );
    UPDATE ops.meter_installation AS i SET known_to = now(), replaced_by_operation_id = new_id
    WHERE i.meter_installation_id = stay.meter_installation_id;
    INSERT INTO ops.meter_installation (
        metering_point_id, meter_id, ratio, current_ratio, voltage_ratio, address_id, stands_beside, meter_operation_id,
        valid_from, valid_to, source_id
    )
    VALUES
    (
        stay.metering_point_id, stay.meter_id, stay.ratio, stay.current_ratio, stay.voltage_ratio, stay.address_id,
        stay.stands_beside, new_id, stay.valid_from, on_day, of_source_id
    ),
    (
        stay.metering_point_id, stay.meter_id, of_current_ratio * of_voltage_ratio, of_current_ratio, of_voltage_ratio,
        stay.address_id, stay.stands_beside, new_id, on_day, NULL, of_source_id
    );
    RETURN new_id;
END
$$;

-- Sets the scales of a meter. Where it hangs, the values of the day close the old scales and open the new ones; where
-- it hangs nowhere, it simply has others.
CREATE OR REPLACE FUNCTION ops.set_meter_zones(
    of_serial_no text, new_zones text[], new_digits integer, on_day date, closing jsonb, opening jsonb,
    is_confirmed boolean, of_order_no text, of_inspection text, of_note text, of_source_id bigint
)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
DECLARE
    held ops.meter := ops.hold_meter_in_place(of_serial_no);
    stay ops.meter_installation;
    point record;
    new_order ops.work_order;
    new_id bigint;
    digits smallint;
    old_zones text[];
BEGIN
    PERFORM ops.require_zone_set(new_zones);
    SELECT max(g.digits), array_agg(g.zone_code ORDER BY g.zone_code) INTO digits, old_zones
    FROM ops.meter_register AS g
    WHERE g.meter_id = held.meter_id AND g.known_to IS NULL AND g.valid_to IS NULL;
    digits := coalesce(new_digits, digits);
    PERFORM ops.require_digits(digits);
    IF old_zones = (SELECT array_agg(z ORDER BY z) FROM unnest(new_zones) AS z) THEN
        PERFORM ops.refuse(
            'Meter "%s" counts on %s already; nothing was done.', of_serial_no, array_to_string(old_zones, ', ')
        );
    END IF;
    SELECT * INTO stay
    FROM ops.meter_installation AS i
    WHERE i.meter_id = held.meter_id AND i.known_to IS NULL AND i.valid_to IS NULL;
    IF stay.meter_id IS NULL THEN
        IF closing IS NOT NULL OR opening IS NOT NULL OR of_order_no IS NOT NULL THEN
            PERFORM ops.refuse(
                'Meter "%s" is %s, so its scales are set without values and work order; leave them out.', of_serial_no,
                ops.whereabouts_in_words(held.meter_id)
            );
        END IF;
    ELSE
        SELECT h.* INTO point
        FROM ops.metering_point AS p
        CROSS JOIN LATERAL ops.hold_point(p.code) AS h
        WHERE p.metering_point_id = stay.metering_point_id;
        PERFORM ops.require_day_after_readings(point.metering_point_id, point.code, held.meter_id, on_day);
        IF EXISTS (
            SELECT 1
            FROM ops.meter_installation AS i
            INNER JOIN ops.meter_register AS g ON g.meter_id = i.meter_id AND g.known_to IS NULL
            WHERE i.metering_point_id = point.metering_point_id AND i.meter_id <> held.meter_id
                AND i.known_to IS NULL AND i.valid_to IS NULL AND g.valid_to IS NULL
                AND (g.zone_code = ANY (new_zones) OR 'all' = ANY (new_zones || g.zone_code))
        ) THEN
            PERFORM ops.refuse(
                'Another meter at %s counts on a scale of %s; two meters at one point need scales of their own.',
                point.code, array_to_string(new_zones, ', ')
            );
        END IF;
    END IF;
    new_order := ops.use_work_order(of_order_no, 'zones', stay.metering_point_id, on_day);
    new_id := ops.record_meter_operation(
        'zones', on_day, stay.metering_point_id, NULL, held.meter_id, NULL, new_order, of_inspection, false,
        is_confirmed, of_note, of_source_id
    );
    IF stay.meter_id IS NOT NULL THEN
        PERFORM ops.enter_operation_readings(
            new_id, stay.metering_point_id, held.meter_id, on_day, closing, 'closing', 'control',
            of_source_id
        );
    END IF;
    WITH ended AS (
        UPDATE ops.meter_register AS g SET known_to = now(), replaced_by_operation_id = new_id
        WHERE g.meter_id = held.meter_id AND g.known_to IS NULL AND g.valid_to IS NULL
        RETURNING g.zone_code, g.digits, g.valid_from
    )
    -- What a meter counted on while it hung somewhere stays known; in the store it only has what it has.
    INSERT INTO ops.meter_register (meter_id, zone_code, digits, meter_operation_id, valid_from, valid_to)
    SELECT held.meter_id, e.zone_code, e.digits, new_id, e.valid_from, on_day
    FROM ended AS e
    WHERE e.valid_from IS NULL OR e.valid_from < on_day;
    INSERT INTO ops.meter_register (meter_id, zone_code, digits, meter_operation_id, valid_from)
    SELECT held.meter_id, z, digits, new_id, on_day FROM unnest(new_zones) AS z;
    IF stay.meter_id IS NOT NULL THEN
        PERFORM ops.enter_operation_readings(
            new_id, stay.metering_point_id, held.meter_id, on_day, opening, 'opening', 'opening',
            of_source_id
        );
    END IF;
    RETURN new_id;
END
$$;

-- A meter is tested where it hangs, with its values of the day or without.
CREATE OR REPLACE FUNCTION ops.test_meter(
    point_code text, of_serial_no text, on_day date, given jsonb, is_confirmed boolean, within_class boolean,
    of_error_percent numeric, of_order_no text, of_inspection text, of_note text, of_source_id bigint
)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
DECLARE
    point record;
    stay ops.meter_installation;
    new_order ops.work_order;
    new_id bigint;
BEGIN
    SELECT * INTO point FROM ops.hold_point(point_code);
    stay := ops.standing_stay(point.metering_point_id, point.code, of_serial_no);
    IF on_day < stay.valid_from THEN
        PERFORM ops.refuse(
            'The meter at %s hangs there since %s and cannot be tested there on %s; check the day.', point.code,
            stay.valid_from::text, on_day::text
        );
    END IF;
    IF abs(of_error_percent) >= 10000 THEN
        PERFORM ops.refuse('An error of %s per cent cannot be measured; check the figure.', of_error_percent::text);
    END IF;
    new_order := ops.use_work_order(of_order_no, 'test', point.metering_point_id, on_day);
    new_id := ops.record_meter_operation(
        'test', on_day, point.metering_point_id, NULL, stay.meter_id, NULL, new_order, of_inspection, false,
        is_confirmed, of_note, of_source_id
    );
    INSERT INTO ops.meter_test (meter_operation_id, is_within_class, error_percent)
    VALUES (new_id, within_class, of_error_percent);
    IF given IS NOT NULL THEN
        PERFORM ops.require_day_after_readings(point.metering_point_id, point.code, stay.meter_id, on_day);
        PERFORM ops.enter_operation_readings(
            new_id, point.metering_point_id, stay.meter_id, on_day, given, 'closing', 'control',
            of_source_id
        );
    END IF;
    RETURN new_id;
END
$$;

-- Puts right what the book says about a meter. Another type brings its number of digits along unless one is told;
-- digits hold for the whole life of the meter, so bills that a passage through zero rests on must not stand in the way.
CREATE OR REPLACE FUNCTION ops.edit_meter(
    of_serial_no text, new_serial_no text, new_type_code text, new_digits integer, new_made_in smallint, of_note text,
    of_source_id bigint
)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
DECLARE
    held ops.meter := ops.hold_meter_in_place(of_serial_no);
    of_type ops.meter_type;
    digits integer := new_digits;
    old_digits smallint;
    new_changes jsonb := '{}';
    new_id bigint;
BEGIN
    SELECT max(g.digits) INTO old_digits
    FROM ops.meter_register AS g
    WHERE g.meter_id = held.meter_id AND g.known_to IS NULL AND g.valid_to IS NULL;
    IF new_type_code IS NOT NULL THEN
        SELECT * INTO of_type FROM ops.meter_type AS t WHERE t.meter_type_code = new_type_code;
        IF NOT FOUND THEN
            PERFORM ops.refuse(
                'There is no type of meter "%s"; known are %s.', new_type_code,
                (SELECT string_agg(t.meter_type_code, ', ' ORDER BY t.meter_type_code) FROM ops.meter_type AS t)
            );
        END IF;
        digits := coalesce(new_digits, of_type.digits);
    END IF;
    PERFORM ops.require_digits(digits);
    IF EXISTS (
        SELECT 1 FROM ops.meter AS m WHERE m.serial_no = btrim(new_serial_no) AND m.meter_id <> held.meter_id
    ) OR btrim(new_serial_no) = '' THEN
        PERFORM ops.refuse(
            'Meter "%s" cannot get the serial number "%s", which another has or which is empty; check the plate.',
            of_serial_no, new_serial_no
        );
    END IF;
    IF btrim(new_serial_no) <> held.serial_no THEN
        new_changes := new_changes
            || jsonb_build_object('serial_no', jsonb_build_array(held.serial_no, btrim(new_serial_no)));
    END IF;
    IF new_type_code <> held.meter_type_code THEN
        new_changes := new_changes
            || jsonb_build_object('meter_type_code', jsonb_build_array(held.meter_type_code, new_type_code));
    END IF;
    IF new_made_in IS DISTINCT FROM held.made_in_year AND new_made_in IS NOT NULL THEN
        new_changes := new_changes
            || jsonb_build_object('made_in_year', jsonb_build_array(held.made_in_year, new_made_in));
    END IF;
    IF digits <> old_digits THEN
        PERFORM ops.require_digits_to_fit(held.meter_id, digits);
        new_changes := new_changes || jsonb_build_object('digits', jsonb_build_array(old_digits, digits));
    END IF;
    IF new_changes = '{}' THEN
        PERFORM ops.refuse('Meter "%s" is entered so already; nothing was done.', of_serial_no);
    END IF;
    INSERT INTO ops.meter_operation (kind, performed_on, metering_point_id, meter_id, changes, note, source_id)
    SELECT 'edit', current_date, w.metering_point_id, held.meter_id, new_changes, of_note, of_source_id
    FROM ops.meter_whereabouts AS w
    WHERE w.meter_id = held.meter_id
    RETURNING meter_operation_id INTO new_id;
    PERFORM ops.write_meter_properties(held.meter_id, new_changes, 1);
    IF new_changes ? 'digits' THEN
        WITH ended AS (
            UPDATE ops.meter_register AS g SET known_to = now(), replaced_by_operation_id = new_id
            WHERE g.meter_id = held.meter_id AND g.known_to IS NULL
            RETURNING g.zone_code, g.valid_from, g.valid_to
        )
        INSERT INTO ops.meter_register (meter_id, zone_code, digits, meter_operation_id, valid_from, valid_to)
        SELECT held.meter_id, e.zone_code, digits, new_id, e.valid_from, e.valid_to FROM ended AS e;
    END IF;
    RETURN new_id;
END
$$;

-- The plate of a meter as a change has it: its old (0) or new (1) values.
CREATE OR REPLACE FUNCTION ops.write_meter_properties(of_meter_id bigint, changes jsonb, side integer)
RETURNS void
LANGUAGE sql
BEGIN ATOMIC
    UPDATE ops.meter AS m
    SET
        serial_no = CASE WHEN changes ? 'serial_no' THEN changes -> 'serial_no' ->> side ELSE m.serial_no END,
        meter_type_code = CASE
            WHEN changes ? 'meter_type_code' THEN changes -> 'meter_type_code' ->> side ELSE m.meter_type_code
        END,
        made_in_year = CASE
            WHEN changes ? 'made_in_year' THEN (changes -> 'made_in_year' ->> side)::smallint ELSE m.made_in_year
        END
    WHERE m.meter_id = of_meter_id;
END;

-- Another number of digits may contradict neither a value that was read nor a bill that counted a passage through zero.
CREATE OR REPLACE FUNCTION ops.require_digits_to_fit(of_meter_id bigint, new_digits integer)
RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    too_large record;
    billed record;
BEGIN
    SELECT r.value_kwh, r.read_on INTO too_large
    FROM (SELECT DISTINCT i.metering_point_id FROM ops.meter_installation AS i WHERE i.meter_id = of_meter_id) AS h
    CROSS JOIN LATERAL ops.entered_readings(h.metering_point_id, of_meter_id) AS e
    INNER JOIN ops.metering_point AS p ON p.metering_point_id = h.metering_point_id
    INNER JOIN ops.reading AS r
        ON r.account_id = p.account_id AND r.booked_month = e.booked_month AND r.reading_id = e.reading_id
    WHERE r.value_kwh >= power(10::numeric, new_digits)
    ORDER BY r.value_kwh DESC
    LIMIT 1;
    IF FOUND THEN
        PERFORM ops.refuse(
            'A register of %s digits cannot have shown %s on %s; check the type of the meter, or cancel that reading.',
            new_digits::text, trim_scale(too_large.value_kwh)::text, too_large.read_on::text
        );
    END IF;
    SELECT l.booked_month, c.read_on INTO billed
    FROM (SELECT DISTINCT i.metering_point_id FROM ops.meter_installation AS i WHERE i.meter_id = of_meter_id) AS h
    INNER JOIN ops.metering_point AS p ON p.metering_point_id = h.metering_point_id
    INNER JOIN ops.bill_line AS l ON l.account_id = p.account_id AND l.metering_point_id = p.metering_point_id
    INNER JOIN ops.reading AS c
        ON c.account_id = l.account_id AND c.booked_month = l.closing_month AND c.reading_id = l.closing_reading_id
    INNER JOIN ops.reading AS o
        ON o.account_id = l.account_id AND o.booked_month = l.opening_month AND o.reading_id = l.opening_reading_id
    WHERE c.meter_id = of_meter_id AND c.value_kwh < o.value_kwh
    LIMIT 1;
    IF FOUND THEN
        PERFORM ops.refuse(
            'The bill of %s counted a passage through zero of this meter up to %s by its digits; correct that bill '
            'before the digits.', to_char(billed.booked_month, 'YYYY-MM'), billed.read_on::text
        );
    END IF;
END
$$;
