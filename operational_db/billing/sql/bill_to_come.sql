-- What a bill run over one account would post for a month if it ran now: rated as the run rates it, and nothing is
-- posted. For whoever tries an operation before it is done. Each row is a line beside the totals of the bill, lines to
-- reverse among them with their figures negative; where there is nothing to bill, one row without a line.
CREATE OR REPLACE FUNCTION ops.bill_to_come(of_account_id bigint, month date, of_source_id bigint)
RETURNS TABLE (
    metering_point_id bigint, zone_code text, span_from date, span_to date, step_no smallint, energy_kwh numeric,
    price_minor numeric, charge_minor bigint, bill_kwh numeric, bill_minor bigint, left_out_count bigint
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
#variable_conflict use_column
DECLARE
    of_res_id integer := (
        SELECT a.res_id FROM ops.account AS a
        WHERE a.account_id = of_account_id AND a.res_id = ANY (ops.visible_res_ids())
    );
    run_tag text := 'to_come_' || pg_backend_pid();
    rated record;
    all_lines text;
BEGIN
    IF of_res_id IS NULL THEN
        PERFORM ops.refuse('The account is not among those you may see, so its bill is not shown.');
    END IF;
    SELECT * INTO rated FROM ops.rate_run(run_tag, month, ARRAY[of_res_id], of_account_id, of_source_id);
    all_lines := format(
        'SELECT metering_point_id, zone_code, span_from, span_to, step_no, energy_kwh, price_minor, charge_minor FROM %s',
        ops.work_table('lines', run_tag)
    );
    IF rated.amended_point_count > 0 THEN
        all_lines := all_lines || format(
            ' UNION ALL SELECT metering_point_id, zone_code, span_from, span_to, step_no, -energy_kwh, price_minor, '
            '-charge_minor FROM %s UNION ALL SELECT metering_point_id, zone_code, span_from, span_to, step_no, '
            'energy_kwh, price_minor, charge_minor FROM %s',
            ops.work_table('standing', run_tag), ops.work_table('amended_lines', run_tag)
        );
    END IF;
    RETURN QUERY EXECUTE format(
        $statement$
        WITH line AS MATERIALIZED (%1$s),
        bill AS (
            SELECT coalesce(sum(energy_kwh), 0) AS bill_kwh, coalesce(sum(charge_minor), 0)::bigint AS bill_minor
            FROM line
        )
        SELECT
            l.metering_point_id, l.zone_code, l.span_from, l.span_to, l.step_no, l.energy_kwh, l.price_minor,
            l.charge_minor, b.bill_kwh, b.bill_minor, %2$s::bigint
        FROM bill AS b
        LEFT JOIN line AS l ON true
        ORDER BY l.metering_point_id, l.span_from, l.zone_code, l.step_no
        $statement$, all_lines, rated.unbilled_span_count
    );
    PERFORM ops.drop_work_tables(run_tag);
END
$$;
