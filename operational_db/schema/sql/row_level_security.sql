-- A row is seen by those whose rights reach its RES. Owner and bulk roles see all: the owner only inside procedures
-- that check the right themselves, loader and dbt by BYPASSRLS.
DO $$
DECLARE
    guarded text;
    condition text;
BEGIN
    FOREACH guarded IN ARRAY ARRAY[
        'account', 'street', 'reading', 'measured_energy', 'interval_energy', 'bill', 'bill_line', 'ledger',
        'payment', 'billing_period', 'period_close', 'metering_point', 'contract', 'account_subscriber',
        'account_premises', 'account_number_alias', 'family_size', 'subscriber', 'premises', 'address',
        'meter_installation', 'metering_point_placement', 'metering_point_tariff', 'contract_use',
        'measured_energy_event', 'work_order', 'work_order_event', 'meter_operation', 'meter_operation_undo',
        'meter_operation_reading', 'meter_operation_gap', 'meter_test', 'meter_movement', 'seal', 'bill_amendment',
        'bill_line_reversal', 'refused_reading', 'payment_package_draft', 'payment_draft', 'payment_reversal',
        'service_bill', 'penalty', 'penalty_reversal', 'penalty_waiver', 'prepaid_energy', 'benefit_grant',
        'benefit_holder', 'benefit_line', 'subsidy_accrual', 'subsidy_use', 'consumption_adjustment', 'kept_price',
        'contract_status'
    ] LOOP
        condition := CASE
            WHEN guarded IN ('metering_point', 'contract', 'account_subscriber', 'account_premises',
                             'account_number_alias', 'family_size', 'measured_energy_event', 'bill_amendment',
                             'bill_line_reversal', 'penalty_reversal', 'penalty_waiver', 'benefit_holder',
                             'consumption_adjustment')
                THEN 'account_id IN (SELECT a.account_id FROM ops.account AS a)'
            WHEN guarded = 'subscriber'
                THEN 'subscriber_id IN (SELECT h.subscriber_id FROM ops.account_subscriber AS h)'
            WHEN guarded = 'premises'
                THEN 'premises_id IN (SELECT h.premises_id FROM ops.account_premises AS h)'
            WHEN guarded = 'address'
                THEN 'address_id IN (SELECT h.address_id FROM ops.premises AS h UNION ALL '
                    'SELECT i.address_id FROM ops.meter_installation AS i WHERE i.address_id IS NOT NULL)'
            WHEN guarded IN ('meter_installation', 'metering_point_placement', 'metering_point_tariff', 'contract_use',
                             'work_order', 'benefit_grant')
                THEN 'metering_point_id IN (SELECT m.metering_point_id FROM ops.metering_point AS m)'
            WHEN guarded IN ('meter_operation', 'meter_movement', 'seal')
                THEN 'metering_point_id IS NULL '
                    'OR metering_point_id IN (SELECT m.metering_point_id FROM ops.metering_point AS m)'
            WHEN guarded IN ('meter_operation_undo', 'meter_operation_reading', 'meter_operation_gap', 'meter_test')
                THEN 'meter_operation_id IN (SELECT o.meter_operation_id FROM ops.meter_operation AS o)'
            -- A row without a RES names no point that anybody has.
            WHEN guarded = 'refused_reading'
                THEN 'res_id IS NULL OR res_id = ANY ((SELECT ops.visible_res_ids())::integer[])'
            -- A package is seen by those who see all of the unit that it was opened for.
            WHEN guarded = 'payment_package_draft'
                THEN 'ARRAY(SELECT r.res_id FROM ops.res_under(unit_id, current_date) AS r) '
                    '<@ (SELECT ops.visible_res_ids())::integer[]'
            WHEN guarded = 'payment_draft'
                THEN 'payment_package_draft_id IN '
                    '(SELECT d.payment_package_draft_id FROM ops.payment_package_draft AS d)'
            WHEN guarded = 'payment_reversal'
                THEN 'account_id IN (SELECT a.account_id FROM ops.account AS a) '
                    'OR right_account_id IN (SELECT a.account_id FROM ops.account AS a)'
            WHEN guarded = 'contract_status'
                THEN 'contract_id IN (SELECT c.contract_id FROM ops.contract AS c)'
            WHEN guarded = 'work_order_event'
                THEN 'work_order_id IN (SELECT w.work_order_id FROM ops.work_order AS w)'
            ELSE 'res_id = ANY ((SELECT ops.visible_res_ids())::integer[])'
        END;
        EXECUTE format('ALTER TABLE ops.%I ENABLE ROW LEVEL SECURITY', guarded);
        EXECUTE format('ALTER TABLE ops.%I FORCE ROW LEVEL SECURITY', guarded);
        EXECUTE format('DROP POLICY IF EXISTS visible_unit ON ops.%I', guarded);
        EXECUTE format('DROP POLICY IF EXISTS owner_all ON ops.%I', guarded);
        EXECUTE format('CREATE POLICY visible_unit ON ops.%I USING (%s)', guarded, condition);
        EXECUTE format('CREATE POLICY owner_all ON ops.%I TO wattbook_owner USING (true) WITH CHECK (true)', guarded);
    END LOOP;
END
$$;
