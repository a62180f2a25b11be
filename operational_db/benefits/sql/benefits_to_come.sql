-- What the next bill run posts for the accounts whose billed months a change of benefits touches: rated as the run
-- rates it, and nothing is posted. For whoever tries a grant, an end or a closing before it is done; the caller rolls
-- the transaction back. One row per metering point and month of use: kWh and money as they stand billed and as they
-- will.
CREATE OR REPLACE FUNCTION ops.benefit_bills_to_come(of_source_id bigint)
RETURNS TABLE (
    account_no text, point_code text, booked_month date, service_month date, standing_kwh numeric, right_kwh numeric,
    standing_benefit_kwh numeric, right_benefit_kwh numeric, standing_charge_minor bigint, right_charge_minor bigint,
    standing_benefit_minor bigint, right_benefit_minor bigint
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
#variable_conflict use_column
DECLARE
    run_tag text := 'benefit_to_come_' || pg_backend_pid();
    changed record;
    rated record;
    anew text;
BEGIN
    FOR changed IN
        SELECT
            a.account_id, a.account_no, a.res_id,
            max(ops.last_billed_month(o.account_id, o.metering_point_id)) AS last_month
        FROM ops.open_amendment AS o
        INNER JOIN ops.account AS a ON a.account_id = o.account_id
        WHERE o.source_id = of_source_id AND a.res_id = ANY (ops.visible_res_ids())
        GROUP BY a.account_id, a.account_no, a.res_id
        ORDER BY a.account_no
    LOOP
        -- Nothing is reversed in a month before its own.
        SELECT min(p.booked_month) INTO booked_month
        FROM ops.open_period AS p
        WHERE p.res_id = changed.res_id AND p.booked_month >= changed.last_month;
        SELECT * INTO rated
        FROM ops.rate_run(run_tag, booked_month, ARRAY[changed.res_id], changed.account_id, of_source_id);
        anew := '';
        IF rated.amended_point_count > 0 THEN
            anew := format(
                $fragment$
                UNION ALL
                SELECT metering_point_id, service_month, energy_kwh, 0, 0, 0, charge_minor, 0, 0, 0 FROM %1$s
                UNION ALL
                SELECT b.metering_point_id, b.service_month, 0, 0, b.energy_kwh, 0, 0, 0, b.benefit_minor, 0
                FROM %1$s AS s
                INNER JOIN ops.benefit_line AS b
                    ON b.account_id = s.account_id AND b.booked_month = s.booked_month AND b.bill_no = s.bill_no
                    AND b.line_no = s.line_no
                UNION ALL
                SELECT metering_point_id, service_month, 0, energy_kwh, 0, 0, 0, charge_minor, 0, 0 FROM %2$s
                UNION ALL
                SELECT metering_point_id, service_month, 0, 0, 0, energy_kwh, 0, 0, 0, benefit_minor FROM %3$s
                $fragment$, ops.work_table('standing', run_tag), ops.work_table('amended_lines', run_tag),
                ops.benefits_table(ops.work_table('amended_lines', run_tag))
            );
        END IF;
        RETURN QUERY EXECUTE format(
            $statement$
            SELECT
                %4$L::text, p.code, %5$L::date, f.service_month, sum(f.standing_kwh), sum(f.right_kwh),
                sum(f.standing_benefit_kwh), sum(f.right_benefit_kwh), sum(f.standing_charge_minor)::bigint,
                sum(f.right_charge_minor)::bigint, sum(f.standing_benefit_minor)::bigint,
                sum(f.right_benefit_minor)::bigint
            FROM (
                SELECT metering_point_id, service_month, 0, energy_kwh, 0, 0, 0, charge_minor, 0, 0 FROM %1$s
                UNION ALL
                SELECT metering_point_id, service_month, 0, 0, 0, energy_kwh, 0, 0, 0, benefit_minor FROM %2$s
                %3$s
            ) AS f (
                metering_point_id, service_month, standing_kwh, right_kwh, standing_benefit_kwh, right_benefit_kwh,
                standing_charge_minor, right_charge_minor, standing_benefit_minor, right_benefit_minor
            )
            INNER JOIN ops.metering_point AS p ON p.metering_point_id = f.metering_point_id
            GROUP BY p.code, f.service_month
            ORDER BY p.code, f.service_month
            $statement$, ops.work_table('lines', run_tag), ops.benefits_table(ops.work_table('lines', run_tag)), anew,
            changed.account_no, booked_month
        );
        PERFORM ops.drop_work_tables(run_tag);
    END LOOP;
END
$$;
