-- Finding units by code or any other name they go by.
CREATE OR REPLACE FUNCTION ops.find_unit(code_or_alias text)
RETURNS integer
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
DECLARE
    found_unit_id integer;
BEGIN
    SELECT u.unit_id INTO found_unit_id FROM ops.unit AS u WHERE u.code = code_or_alias;
    IF found_unit_id IS NULL THEN
        SELECT a.unit_id INTO found_unit_id FROM ops.unit_alias AS a WHERE lower(a.alias) = lower(code_or_alias);
    END IF;
    IF found_unit_id IS NULL THEN
        PERFORM ops.refuse('There is no unit "%s"; `wattbook status --units` lists the codes.', code_or_alias);
    END IF;
    RETURN found_unit_id;
END
$$;
