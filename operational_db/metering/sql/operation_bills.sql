-- The bills that follow from an operation: of the months that it entered something into, of all open months where it
-- entered nothing; and what the account owes before and after each, as the ledger stands now.
CREATE OR REPLACE FUNCTION ops.bills_after_operation(of_operation_id bigint)
RETURNS TABLE (
    account_no text, booked_month date, point_code text, zone_code text, span_from date, span_to date, step_no smallint,
    energy_kwh numeric, price_minor numeric, charge_minor bigint, bill_kwh numeric, bill_minor bigint,
    left_out_count bigint, balance_minor bigint, balance_after_minor bigint
)
LANGUAGE plpgsql
AS $$
#variable_conflict use_column
DECLARE
    touched record;
    line record;
    owed_by bigint;
    owed_minor bigint;
    operation_source_id bigint := (
        SELECT o.source_id FROM ops.meter_operation AS o WHERE o.meter_operation_id = of_operation_id
    );
BEGIN
    FOR touched IN
        WITH at_account AS (
            SELECT DISTINCT p.account_id
            FROM ops.meter_operation AS o
            INNER JOIN ops.metering_point AS p
                ON p.metering_point_id IN (o.metering_point_id, o.to_metering_point_id)
            WHERE o.meter_operation_id = of_operation_id
        ),
        entered AS (
            SELECT r.account_id, r.booked_month FROM ops.meter_operation_reading AS r
            WHERE r.meter_operation_id = of_operation_id
            UNION
            SELECT g.account_id, g.booked_month FROM ops.meter_operation_gap AS g
            WHERE g.meter_operation_id = of_operation_id
        )
        SELECT a.account_id, a.account_no, o.booked_month
        FROM at_account AS t
        INNER JOIN ops.account AS a ON a.account_id = t.account_id
        INNER JOIN ops.open_period AS o ON o.res_id = a.res_id
        WHERE NOT EXISTS (SELECT 1 FROM entered AS e WHERE e.account_id = a.account_id)
            OR EXISTS (SELECT 1 FROM entered AS e WHERE e.account_id = a.account_id AND e.booked_month = o.booked_month)
        ORDER BY a.account_no, o.booked_month
    LOOP
        IF owed_by IS DISTINCT FROM touched.account_id THEN
            owed_by := touched.account_id;
            owed_minor := ops.account_balance_minor(owed_by);
        END IF;
        FOR line IN
            SELECT c.*, p.code
            FROM ops.bill_to_come(touched.account_id, touched.booked_month, operation_source_id) AS c
            LEFT JOIN ops.metering_point AS p ON p.metering_point_id = c.metering_point_id
            ORDER BY c.metering_point_id, c.span_from, c.zone_code, c.step_no
        LOOP
            RETURN QUERY SELECT
                touched.account_no, touched.booked_month, line.code, line.zone_code, line.span_from, line.span_to,
                line.step_no, line.energy_kwh, line.price_minor, line.charge_minor, line.bill_kwh, line.bill_minor,
                line.left_out_count, owed_minor, owed_minor + line.bill_minor;
        END LOOP;
        -- Another month of the account is billed after this one.
        owed_minor := owed_minor + line.bill_minor;
    END LOOP;
END
$$;
