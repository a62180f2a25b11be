-- Operations that bring a meter to a point or take it away. Each asks for the right, holds the point and the meters,
-- records itself, and is made of the parts in meter_stays.sql; each returns its number. Every rule is refused in one
-- sentence; the last operation of a point can be undone (meter_undo.sql).

-- Hangs a meter. One that is not registered yet is registered with its type on the way.
CREATE OR REPLACE FUNCTION ops.install_meter(
    point_code text, of_serial_no text, on_day date, opening jsonb, of_current_ratio numeric, of_voltage_ratio numeric,
    is_beside boolean, at_address_id bigint, of_type_code text, of_digits integer, of_zones text[], made_in smallint,
    of_order_no text, of_inspection text, of_note text, of_source_id bigint
)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
DECLARE
    point record;
    new_meter ops.meter;
    new_order ops.work_order;
    new_id bigint;
BEGIN
    SELECT * INTO point FROM ops.hold_point(point_code);
    PERFORM ops.refuse_second_of_a_day(point.metering_point_id, point.code, on_day, false);
    new_meter := ops.meter_to_hang(
        of_serial_no, of_type_code, of_digits, of_zones, made_in, point.res_id, on_day, of_source_id
    );
    new_order := ops.use_work_order(of_order_no, 'install', point.metering_point_id, on_day);
    new_id := ops.record_meter_operation(
        'install', on_day, point.metering_point_id, NULL, new_meter.meter_id, NULL, new_order, of_inspection, false,
        false, of_note, of_source_id
    );
    PERFORM ops.hang_meter(
        new_id, point.metering_point_id, new_meter, on_day, opening, of_current_ratio, of_voltage_ratio, is_beside,
        at_address_id, of_source_id
    );
    RETURN new_id;
END
$$;

-- Takes a meter off for good or until the next is hung; the days without one are billed then.
CREATE OR REPLACE FUNCTION ops.remove_meter(
    point_code text, of_serial_no text, on_day date, closing jsonb, cannot_be_read boolean, is_confirmed boolean,
    to_place text, of_order_no text, of_inspection text, of_note text, of_source_id bigint
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
    PERFORM ops.refuse_second_of_a_day(point.metering_point_id, point.code, on_day, true);
    stay := ops.standing_stay(point.metering_point_id, point.code, of_serial_no);
    new_order := ops.use_work_order(of_order_no, 'remove', point.metering_point_id, on_day);
    new_id := ops.record_meter_operation(
        'remove', on_day, point.metering_point_id, NULL, stay.meter_id, NULL, new_order, of_inspection, cannot_be_read,
        is_confirmed, of_note, of_source_id
    );
    PERFORM ops.take_meter_off(
        new_id, stay, point.code, on_day, closing, cannot_be_read, to_place, point.res_id, of_source_id
    );
    RETURN new_id;
END
$$;

-- Removal and installation on one day. The ratios stay as they are where none are told.
CREATE OR REPLACE FUNCTION ops.replace_meter(
    point_code text, of_serial_no text, new_serial_no text, on_day date, closing jsonb, cannot_be_read boolean,
    is_confirmed boolean, opening jsonb, of_current_ratio numeric, of_voltage_ratio numeric, to_place text,
    at_address_id bigint, of_type_code text, of_digits integer, of_zones text[], made_in smallint, of_order_no text,
    of_inspection text, of_note text, of_source_id bigint
)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
DECLARE
    point record;
    stay ops.meter_installation;
    new_meter ops.meter;
    new_order ops.work_order;
    new_id bigint;
BEGIN
    SELECT * INTO point FROM ops.hold_point(point_code);
    PERFORM ops.refuse_second_of_a_day(point.metering_point_id, point.code, on_day, true);
    PERFORM ops.refuse_second_of_a_day(point.metering_point_id, point.code, on_day, false);
    stay := ops.standing_stay(point.metering_point_id, point.code, of_serial_no);
    new_meter := ops.meter_to_hang(
        new_serial_no, of_type_code, of_digits, of_zones, made_in, point.res_id, on_day, of_source_id
    );
    IF new_meter.meter_id = stay.meter_id THEN
        PERFORM ops.refuse('Meter "%s" cannot replace itself; name the new one.', new_serial_no);
    END IF;
    new_order := ops.use_work_order(of_order_no, 'replace', point.metering_point_id, on_day);
    new_id := ops.record_meter_operation(
        'replace', on_day, point.metering_point_id, NULL, stay.meter_id, new_meter.meter_id, new_order, of_inspection,
        cannot_be_read, is_confirmed, of_note, of_source_id
    );
    PERFORM ops.take_meter_off(
        new_id, stay, point.code, on_day, closing, cannot_be_read, to_place, point.res_id, of_source_id
    );
    PERFORM ops.hang_meter(
        new_id, point.metering_point_id, new_meter, on_day, opening,
        coalesce(of_current_ratio, stay.current_ratio, stay.ratio), coalesce(of_voltage_ratio, stay.voltage_ratio, 1),
        -- Where the old meter had another beside it, the new one has.
        true, coalesce(at_address_id, stay.address_id), of_source_id
    );
    RETURN new_id;
END
$$;

-- Takes a meter off one point and hangs it at another on the same day. Its registers do not move on the way.
CREATE OR REPLACE FUNCTION ops.relocate_meter(
    point_code text, of_serial_no text, to_point_code text, on_day date, closing jsonb, is_confirmed boolean,
    of_current_ratio numeric, of_voltage_ratio numeric, is_beside boolean, at_address_id bigint, of_order_no text,
    of_inspection text, of_note text, of_source_id bigint
)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
DECLARE
    point record;
    to_point record;
    stay ops.meter_installation;
    moved ops.meter;
    new_order ops.work_order;
    new_id bigint;
BEGIN
    IF point_code = to_point_code THEN
        PERFORM ops.refuse('A meter is relocated to another point than %s; name that one.', point_code);
    END IF;
    -- Both points in the order of their codes, so that two relocations never wait for each other.
    PERFORM ops.hold_point(c) FROM (SELECT unnest(ARRAY[point_code, to_point_code]) AS c ORDER BY 1) AS codes;
    SELECT * INTO point FROM ops.hold_point(point_code);
    SELECT * INTO to_point FROM ops.hold_point(to_point_code);
    PERFORM ops.refuse_second_of_a_day(point.metering_point_id, point.code, on_day, true);
    PERFORM ops.refuse_second_of_a_day(to_point.metering_point_id, to_point.code, on_day, false);
    stay := ops.standing_stay(point.metering_point_id, point.code, of_serial_no);
    new_order := ops.use_work_order(of_order_no, 'relocate', point.metering_point_id, on_day);
    new_id := ops.record_meter_operation(
        'relocate', on_day, point.metering_point_id, to_point.metering_point_id, stay.meter_id, NULL, new_order,
        of_inspection, false, is_confirmed, of_note, of_source_id
    );
    -- It lies in the store for the moment between, so that what is asked of a meter to hang is asked of this one.
    PERFORM ops.take_meter_off(
        new_id, stay, point.code, on_day, closing, false, 'store', to_point.res_id, of_source_id
    );
    SELECT * INTO moved FROM ops.meter AS m WHERE m.meter_id = stay.meter_id;
    PERFORM ops.hang_meter(
        new_id, to_point.metering_point_id, moved, on_day, closing, of_current_ratio, of_voltage_ratio, is_beside,
        at_address_id, of_source_id
    );
    RETURN new_id;
END
$$;
