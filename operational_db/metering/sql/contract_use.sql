-- The use that the contract of a point foresees, from a day on; what held before ends there.
CREATE OR REPLACE FUNCTION ops.set_contract_use(
    point_code text, of_monthly_kwh numeric, on_day date, of_source_id bigint
)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
DECLARE
    point record;
    before ops.contract_use;
BEGIN
    SELECT * INTO point FROM ops.hold_point(point_code);
    IF of_monthly_kwh < 0 OR of_monthly_kwh >= 1000000000 THEN
        PERFORM ops.refuse('A contract cannot foresee %s kWh a month; check the figure.', of_monthly_kwh::text);
    END IF;
    FOR before IN
        UPDATE ops.contract_use AS c SET known_to = now()
        WHERE c.metering_point_id = point.metering_point_id AND c.known_to IS NULL
            AND (c.valid_to IS NULL OR c.valid_to > on_day)
        RETURNING c.*
    LOOP
        IF before.valid_from < on_day THEN
            INSERT INTO ops.contract_use (metering_point_id, monthly_kwh, valid_from, valid_to, source_id)
            VALUES (before.metering_point_id, before.monthly_kwh, before.valid_from, on_day, of_source_id);
        END IF;
    END LOOP;
    INSERT INTO ops.contract_use (metering_point_id, monthly_kwh, valid_from, source_id)
    VALUES (point.metering_point_id, of_monthly_kwh, on_day, of_source_id);
END
$$;
