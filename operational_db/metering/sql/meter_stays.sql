-- The two parts that operations at a point are made of: a meter is taken off, a meter is hung.

-- Takes a meter off its point: its last values, the end of its stay, and the place where it goes (none where it is hung
-- elsewhere at once).
CREATE OR REPLACE FUNCTION ops.take_meter_off(
    of_operation_id bigint, stay ops.meter_installation, point_code text, on_day date, closing jsonb,
    cannot_be_read boolean, to_place text, to_unit_id integer, of_source_id bigint
)
RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    serial text := (SELECT m.serial_no FROM ops.meter AS m WHERE m.meter_id = stay.meter_id);
BEGIN
    PERFORM ops.require_day_after_readings(stay.metering_point_id, point_code, stay.meter_id, on_day);
    IF on_day <= stay.valid_from THEN
        PERFORM ops.refuse(
            'Meter "%s" hangs at %s since %s and cannot be taken off on %s; name a later day.', serial, point_code,
            stay.valid_from::text, on_day::text
        );
    END IF;
    IF cannot_be_read THEN
        IF NOT EXISTS (
            SELECT 1 FROM ops.meter_fault AS f
            WHERE f.meter_id = stay.meter_id AND f.known_to IS NULL AND f.valid_from <= on_day
                AND (f.valid_to IS NULL OR f.valid_to > on_day)
        ) THEN
            PERFORM ops.refuse(
                'Meter "%s" is not recorded as broken, so its last value is needed; give it, or record the fault first '
                '(`wattbook meters report-broken`).', serial
            );
        END IF;
        IF closing IS NOT NULL THEN
            PERFORM ops.refuse(
                'Meter "%s" has a last value or none that can be read, not both; leave one out.', serial
            );
        END IF;
    ELSE
        PERFORM ops.enter_operation_readings(
            of_operation_id, stay.metering_point_id, stay.meter_id, on_day, closing, 'closing', 'removal',
            of_source_id
        );
    END IF;
    UPDATE ops.meter_installation AS i SET known_to = now(), replaced_by_operation_id = of_operation_id
    WHERE i.meter_installation_id = stay.meter_installation_id;
    INSERT INTO ops.meter_installation (
        metering_point_id, meter_id, ratio, current_ratio, voltage_ratio, address_id, stands_beside, meter_operation_id,
        valid_from, valid_to, source_id
    )
    VALUES (
        stay.metering_point_id, stay.meter_id, stay.ratio, stay.current_ratio, stay.voltage_ratio, stay.address_id,
        -- Two meters that came with a load as hanging there at one time are taken off one after the other.
        stay.stands_beside OR EXISTS (
            SELECT 1 FROM ops.meter_installation AS other
            WHERE other.metering_point_id = stay.metering_point_id AND other.known_to IS NULL
                AND daterange(other.valid_from, other.valid_to) && daterange(stay.valid_from, on_day)
        ),
        of_operation_id, stay.valid_from, on_day, of_source_id
    );
    IF to_place IS NOT NULL THEN
        IF to_place = 'point' OR NOT EXISTS (SELECT 1 FROM ops.meter_place AS p WHERE p.place_code = to_place) THEN
            PERFORM ops.refuse(
                'A removed meter cannot go to "%s"; places are %s.', to_place,
                (SELECT string_agg(p.place_code, ', ' ORDER BY p.place_code) FROM ops.meter_place AS p
                 WHERE p.place_code <> 'point')
            );
        END IF;
        INSERT INTO ops.meter_movement (meter_id, moved_on, place_code, unit_id, meter_operation_id, source_id)
        VALUES (stay.meter_id, on_day, to_place, to_unit_id, of_operation_id, of_source_id);
    END IF;
END
$$;

-- The meter to hang: one that is registered, or one that is typed in with its type and registered now.
CREATE OR REPLACE FUNCTION ops.meter_to_hang(
    of_serial_no text, of_type_code text, of_digits integer, of_zones text[], made_in smallint, store_unit_id integer,
    on_day date, of_source_id bigint
)
RETURNS ops.meter
LANGUAGE plpgsql
AS $$
BEGIN
    IF of_type_code IS NOT NULL THEN
        PERFORM ops.add_meter(
            of_serial_no, of_type_code, of_digits, of_zones, made_in, store_unit_id, on_day, of_source_id
        );
    ELSIF NOT EXISTS (SELECT 1 FROM ops.meter AS m WHERE m.serial_no = of_serial_no) THEN
        PERFORM ops.refuse(
            'There is no meter with serial number "%s"; give its type to register it now, or pick one that hangs '
            'nowhere (`wattbook meters stock --free`).', of_serial_no
        );
    END IF;
    RETURN ops.hold_meter(of_serial_no);
END
$$;

-- Whether a meter may be hung on a day at all, wherever.
CREATE OR REPLACE FUNCTION ops.require_meter_to_hang(of_meter ops.meter, on_day date)
RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    now_at record;
    fault text;
    verified record;
BEGIN
    SELECT w.place_code, w.since, p.is_ready INTO now_at
    FROM ops.meter_whereabouts AS w
    LEFT JOIN ops.meter_place AS p ON p.place_code = w.place_code
    WHERE w.meter_id = of_meter.meter_id;
    IF NOT coalesce(now_at.is_ready, true) THEN
        PERFORM ops.refuse(
            'Meter "%s" is %s and cannot be installed; %s.', of_meter.serial_no,
            ops.whereabouts_in_words(of_meter.meter_id),
            CASE now_at.place_code
                WHEN 'point'
                    THEN 'remove it there first, or pick one that hangs nowhere (`wattbook meters stock --free`)'
                WHEN 'scrapped' THEN 'pick another'
                ELSE 'move it to a store first'
            END
        );
    END IF;
    IF on_day < now_at.since THEN
        PERFORM ops.refuse(
            'Meter "%s" is %s only since %s and cannot be installed on %s; name a later day.', of_meter.serial_no,
            ops.whereabouts_in_words(of_meter.meter_id), now_at.since::text, on_day::text
        );
    END IF;
    SELECT f.fault INTO fault
    FROM ops.meter_fault AS f
    WHERE f.meter_id = of_meter.meter_id AND f.known_to IS NULL AND daterange(f.valid_from, f.valid_to) @> on_day;
    IF FOUND THEN
        PERFORM ops.refuse(
            'Meter "%s" is broken (%s) and cannot be installed; have it repaired, or pick another.', of_meter.serial_no,
            fault
        );
    END IF;
    SELECT v.verified_on, v.is_passed, v.next_due_on INTO verified
    FROM ops.meter_verification AS v
    WHERE v.meter_id = of_meter.meter_id AND v.verified_on <= on_day
    ORDER BY v.verified_on DESC
    LIMIT 1;
    IF NOT verified.is_passed THEN
        PERFORM ops.refuse(
            'Meter "%s" failed its verification on %s and cannot be installed; pick another.', of_meter.serial_no,
            verified.verified_on::text
        );
    END IF;
    IF verified.next_due_on <= on_day THEN
        PERFORM ops.refuse(
            'Meter "%s" was to be verified again by %s and cannot be installed on %s; have it verified, or pick '
            'another.',
            of_meter.serial_no, verified.next_due_on::text, on_day::text
        );
    END IF;
END
$$;

-- Current and voltage transformers together.
CREATE OR REPLACE FUNCTION ops.whole_ratio(of_current_ratio numeric, of_voltage_ratio numeric)
RETURNS numeric
LANGUAGE plpgsql IMMUTABLE
AS $$
DECLARE
    product numeric := of_current_ratio * of_voltage_ratio;
BEGIN
    IF of_current_ratio <= 0 OR of_voltage_ratio <= 0 OR product >= 100000000
        OR of_current_ratio <> round(of_current_ratio, 4) OR of_voltage_ratio <> round(of_voltage_ratio, 4)
        OR product <> round(product, 4) THEN
        PERFORM ops.refuse(
            'Ratios of %s (current) and %s (voltage) cannot be; each and their product are above zero with at most 4 '
            'digits after the point.', of_current_ratio::text, of_voltage_ratio::text
        );
    END IF;
    RETURN product;
END
$$;

-- Hangs a meter at a point: the beginning of its stay, its first values, the energy of the days without a meter, and
-- where it is now.
CREATE OR REPLACE FUNCTION ops.hang_meter(
    of_operation_id bigint, at_metering_point_id bigint, of_meter ops.meter, on_day date, opening jsonb,
    of_current_ratio numeric, of_voltage_ratio numeric, is_beside boolean, at_address_id bigint, of_source_id bigint
)
RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    point record;
    other record;
    last_on date;
    new_zones text[] := (
        SELECT array_agg(g.zone_code) FROM ops.registers_on(of_meter.meter_id, on_day, 'opening') AS g
    );
    has_others boolean := false;
BEGIN
    SELECT p.code, p.account_id, p.connected_on, p.disconnected_for_good_on, a.res_id INTO point
    FROM ops.metering_point AS p
    INNER JOIN ops.account AS a ON a.account_id = p.account_id
    WHERE p.metering_point_id = at_metering_point_id;
    PERFORM ops.require_meter_to_hang(of_meter, on_day);
    IF on_day < point.connected_on OR on_day >= point.disconnected_for_good_on THEN
        PERFORM ops.refuse(
            'Point %s is connected %s, so no meter can be installed there on %s; check the day.', point.code,
            'from ' || point.connected_on || coalesce(' until ' || point.disconnected_for_good_on, ' on'), on_day::text
        );
    END IF;
    FOR other IN
        SELECT
            m.serial_no, i.meter_id, i.valid_from,
            array(
                SELECT g.zone_code FROM ops.meter_register AS g
                WHERE g.meter_id = i.meter_id AND g.known_to IS NULL AND (g.valid_to IS NULL OR g.valid_to > on_day)
            ) AS zones
        FROM ops.meter_installation AS i
        INNER JOIN ops.meter AS m ON m.meter_id = i.meter_id
        WHERE i.metering_point_id = at_metering_point_id AND i.known_to IS NULL
            AND daterange(i.valid_from, i.valid_to) && daterange(on_day, NULL)
    LOOP
        has_others := true;
        IF NOT is_beside THEN
            PERFORM ops.refuse(
                'At %s hangs meter "%s" since %s; remove or replace it, or say that the new one stands beside it.',
                point.code, other.serial_no, other.valid_from::text
            );
        END IF;
        IF other.zones && new_zones OR 'all' = ANY (other.zones || new_zones) THEN
            PERFORM ops.refuse(
                'Meter "%s" counts on %s and "%s" at %s on %s; two meters at one point need scales of their own.',
                of_meter.serial_no, array_to_string(new_zones, ', '), other.serial_no, point.code,
                array_to_string(other.zones, ', ')
            );
        END IF;
    END LOOP;
    IF EXISTS (
        SELECT 1 FROM ops.meter_installation AS i
        WHERE i.metering_point_id = at_metering_point_id AND i.meter_id = of_meter.meter_id AND i.known_to IS NULL
            AND i.valid_to = on_day
    ) THEN
        PERFORM ops.refuse(
            'Meter "%s" was removed from %s on %s, so it cannot be installed there again that day; undo the removal '
            'instead.', of_meter.serial_no, point.code, on_day::text
        );
    END IF;
    -- A reading of the day itself is that of the meter that was removed on it.
    SELECT max(e.read_on) INTO last_on
    FROM ops.entered_readings(at_metering_point_id) AS e
    WHERE NOT has_others AND NOT EXISTS (
        SELECT 1 FROM ops.meter_installation AS i
        WHERE i.metering_point_id = at_metering_point_id AND i.meter_id = e.meter_id AND i.known_to IS NULL
            AND i.valid_to = on_day AND e.read_on = on_day
    );
    IF last_on >= on_day THEN
        PERFORM ops.refuse(
            'The last reading at %s is of %s, and %s is not later; name a later day, or cancel that reading first.',
            point.code, last_on::text, on_day::text
        );
    END IF;
    INSERT INTO ops.meter_installation (
        metering_point_id, meter_id, ratio, current_ratio, voltage_ratio, address_id, stands_beside, meter_operation_id,
        valid_from, source_id
    )
    VALUES (
        at_metering_point_id, of_meter.meter_id, ops.whole_ratio(of_current_ratio, of_voltage_ratio), of_current_ratio,
        of_voltage_ratio, at_address_id, has_others, of_operation_id, on_day, of_source_id
    );
    PERFORM ops.enter_operation_readings(
        of_operation_id, at_metering_point_id, of_meter.meter_id, on_day, opening, 'opening', 'opening',
        of_source_id
    );
    PERFORM ops.tell_energy_of_gap(
        of_operation_id, at_metering_point_id, on_day, CASE WHEN has_others THEN new_zones END, of_source_id
    );
    INSERT INTO ops.meter_movement (
        meter_id, moved_on, place_code, unit_id, metering_point_id, meter_operation_id, source_id
    )
    VALUES (of_meter.meter_id, on_day, 'point', point.res_id, at_metering_point_id, of_operation_id, of_source_id);
END
$$;
