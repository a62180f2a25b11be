-- Rows of old systems name people and their debts, and carry no RES that a policy could hold them by. So screens read
-- them through these functions, which ask for the right to migrate or to accept loads first.
CREATE OR REPLACE FUNCTION ops.may_read_loads()
RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, ops
BEGIN ATOMIC
    SELECT count(*) > 0
    FROM ops.membership AS m
    INNER JOIN ops.group_right AS g
        ON g.group_code = m.group_code AND g.right_code IN ('migrate', 'accept_load')
    WHERE m.user_id = ops.current_user_id() AND daterange(m.valid_from, m.valid_to) @> current_date;
END;

CREATE OR REPLACE FUNCTION ops.require_reader_of_loads()
RETURNS void
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
BEGIN
    IF NOT ops.may_read_loads() THEN
        PERFORM ops.refuse(
            'User "%s" holds neither the right to migrate nor the right to accept loads, and rows of old systems show '
            'names and debts; ask an administrator.',
            coalesce(nullif(current_setting('wattbook.user_login', true), ''), 'nobody')
        );
    END IF;
END
$$;

-- One row per legacy row (and part) that is not loaded for the reason, what is worth most first.
CREATE OR REPLACE FUNCTION ops.rows_not_loaded(
    wanted_load_id bigint, wanted_entity text, wanted_verdict text, wanted_reason text, row_limit bigint,
    row_offset bigint
)
RETURNS TABLE (
    legacy_key text, file_name text, row_no integer, field text, cell_value text, sentence text, energy_kwh numeric,
    amount_minor bigint
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
BEGIN
    PERFORM ops.require_reader_of_loads();
    RETURN QUERY
    SELECT d.legacy_key, f.path, d.row_no, d.field, d.value, d.sentence, d.energy_kwh::numeric, d.amount_minor
    FROM migration.verdict AS d
    INNER JOIN landing.file AS f ON f.file_id = d.file_id
    WHERE d.load_id = wanted_load_id AND d.entity = wanted_entity AND d.verdict = wanted_verdict
        AND d.reason_code = wanted_reason
    ORDER BY d.amount_minor DESC, d.energy_kwh DESC, f.path, d.row_no, d.part_no
    LIMIT row_limit OFFSET row_offset;
END
$$;

-- One row per row or group of a load that does not meet the expectation, what is worth most first.
CREATE OR REPLACE FUNCTION ops.rows_of_expectation(
    wanted_load_id bigint, wanted_code text, row_limit bigint, row_offset bigint
)
RETURNS TABLE (
    legacy_key text, file_name text, row_no integer, field text, cell_value text, energy_kwh numeric,
    amount_minor bigint
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
BEGIN
    PERFORM ops.require_reader_of_loads();
    RETURN QUERY
    SELECT n.legacy_key, f.path, n.row_no, n.field, n.value, n.energy_kwh::numeric, n.amount_minor
    FROM migration.expectation_failure AS n
    LEFT JOIN landing.file AS f ON f.file_id = n.file_id
    WHERE n.load_id = wanted_load_id AND n.expectation_code = wanted_code
    ORDER BY n.amount_minor DESC, n.energy_kwh DESC, n.expectation_failure_id
    LIMIT row_limit OFFSET row_offset;
END
$$;

-- One row per figure of a load that the dump itself contradicts, the largest difference first.
CREATE OR REPLACE FUNCTION ops.contradicted_figures(
    wanted_load_id bigint, wanted_check text, row_limit bigint, row_offset bigint
)
RETURNS TABLE (
    legacy_key text, file_name text, row_no integer, measure text, stated numeric, expected numeric,
    difference numeric, sentence text
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
BEGIN
    PERFORM ops.require_reader_of_loads();
    RETURN QUERY
    SELECT d.legacy_key, f.path, d.row_no, d.measure, d.stated, d.expected, d.stated - d.expected, d.sentence
    FROM migration.difference AS d
    LEFT JOIN landing.file AS f ON f.file_id = d.file_id
    WHERE d.load_id = wanted_load_id AND d.check_code = wanted_check
    ORDER BY abs(d.stated - d.expected) DESC NULLS LAST, d.difference_id
    LIMIT row_limit OFFSET row_offset;
END
$$;
