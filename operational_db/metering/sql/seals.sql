-- Seals: a number is put on once; taking it off is an event of its own.
CREATE OR REPLACE FUNCTION ops.put_seal_on(
    of_serial_no text, of_seal_no text, on_part text, on_day date, by_whom text, of_source_id bigint
)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
DECLARE
    held ops.meter := ops.hold_meter_in_place(of_serial_no);
BEGIN
    INSERT INTO ops.seal (seal_no, meter_id, metering_point_id, sealed_part, put_on, put_on_by, source_id)
    SELECT of_seal_no, held.meter_id, w.metering_point_id, on_part, on_day, by_whom, of_source_id
    FROM ops.meter_whereabouts AS w
    WHERE w.meter_id = held.meter_id
    ON CONFLICT (seal_no) DO NOTHING;
    IF NOT FOUND THEN
        PERFORM ops.refuse(
            'Seal "%s" was used already, on meter "%s"; a number is used once, so check it.', of_seal_no,
            (SELECT m.serial_no FROM ops.seal AS s INNER JOIN ops.meter AS m ON m.meter_id = s.meter_id
             WHERE s.seal_no = of_seal_no)
        );
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION ops.take_seal_off(
    of_seal_no text, on_day date, by_whom text, why text, of_source_id bigint
)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
DECLARE
    standing record;
BEGIN
    SELECT s.seal_id, s.put_on, m.serial_no INTO standing
    FROM ops.seal AS s
    INNER JOIN ops.meter AS m ON m.meter_id = s.meter_id
    WHERE s.seal_no = of_seal_no;
    IF NOT FOUND THEN
        PERFORM ops.refuse('There is no seal "%s"; check its number with `wattbook meters show`.', of_seal_no);
    END IF;
    PERFORM ops.hold_meter_in_place(standing.serial_no);
    IF on_day < standing.put_on THEN
        PERFORM ops.refuse(
            'Seal "%s" was put on only on %s and cannot be taken off on %s; check the day.', of_seal_no,
            standing.put_on::text, on_day::text
        );
    END IF;
    INSERT INTO ops.seal_removal (seal_id, taken_off, taken_off_by, reason, source_id)
    VALUES (standing.seal_id, on_day, by_whom, why, of_source_id)
    ON CONFLICT (seal_id) DO NOTHING;
    IF NOT FOUND THEN
        PERFORM ops.refuse(
            'Seal "%s" was taken off already on %s; nothing was done.', of_seal_no,
            (SELECT r.taken_off::text FROM ops.seal_removal AS r WHERE r.seal_id = standing.seal_id)
        );
    END IF;
END
$$;
