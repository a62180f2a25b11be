-- What each role may do. Posted rows: INSERT only through procedures of the owner, never UPDATE or DELETE.
-- What a role had before and is not given below it has no longer.
REVOKE ALL ON ALL TABLES IN SCHEMA ops, audit, landing, migration
FROM wattbook_app, wattbook_loader, wattbook_dbt, wattbook_reader, wattbook_web;
REVOKE ALL ON SCHEMA landing, migration FROM wattbook_app, wattbook_reader, wattbook_web;
GRANT USAGE ON SCHEMA ops, audit TO wattbook_app, wattbook_loader, wattbook_dbt, wattbook_reader, wattbook_web;
GRANT USAGE ON SCHEMA work TO wattbook_app, wattbook_loader;
-- Rows as they came from old systems hold passports and telephones of everybody: for loading and for counting alone.
GRANT USAGE ON SCHEMA landing, migration TO wattbook_loader, wattbook_dbt;
GRANT CREATE ON SCHEMA work TO wattbook_app, wattbook_loader;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA ops, audit FROM public;

-- A partition read directly would escape the policies of its table, so nobody but the owner gets rights on partitions.
DO $$
DECLARE
    readable record;
BEGIN
    FOR readable IN
        SELECT n.nspname, c.relname
        FROM pg_class AS c
        INNER JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE n.nspname IN ('ops', 'audit') AND c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition
    LOOP
        EXECUTE format('GRANT SELECT ON %I.%I TO wattbook_dbt, wattbook_loader', readable.nspname, readable.relname);
        IF readable.nspname = 'ops' THEN
            EXECUTE format('GRANT SELECT ON ops.%I TO wattbook_app, wattbook_reader, wattbook_web', readable.relname);
            EXECUTE format('GRANT INSERT, DELETE ON ops.%I TO wattbook_loader', readable.relname);
        END IF;
    END LOOP;
END
$$;

-- Money, bills and closes come from the posting procedures alone; the loader takes away only what a withdrawn load
-- brought.
REVOKE INSERT ON ops.bill, ops.bill_line, ops.billed_days, ops.bill_run, ops.ledger, ops.payment, ops.payment_key,
ops.billing_period, ops.period_close, ops.bill_amendment, ops.bill_amendment_settled, ops.bill_line_reversal,
ops.bill_run_preview, ops.bill_run_approval, ops.payment_reversal, ops.service_bill, ops.payment_package_draft,
ops.payment_draft FROM wattbook_loader;
REVOKE DELETE ON ops.bill_amendment, ops.bill_amendment_settled, ops.bill_line_reversal, ops.bill_run_preview,
ops.bill_run_approval, ops.bill, ops.bill_line, ops.billed_days, ops.bill_run, ops.period_close, ops.payment_reversal,
ops.service_bill, ops.payment_package_draft, ops.payment_draft FROM wattbook_loader;

REVOKE INSERT, DELETE ON ops.penalty, ops.penalty_reversal, ops.penalty_waiver, ops.prepaid_energy, ops.benefit_line,
ops.subsidy_accrual, ops.subsidy_use, ops.consumption_adjustment, ops.kept_price, ops.collection_target
FROM wattbook_loader;

GRANT SELECT ON ALL TABLES IN SCHEMA landing, migration TO wattbook_dbt;
GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON ALL TABLES IN SCHEMA landing, migration TO wattbook_loader;
GRANT UPDATE ON ops.unit_placement, ops.metering_point_placement, ops.metering_point_tariff, ops.meter_installation,
ops.unit_name TO wattbook_loader, wattbook_app;
GRANT INSERT ON ops.source, ops.reading_event, ops.app_user, ops.membership TO wattbook_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA ops TO wattbook_app, wattbook_loader;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA landing, migration TO wattbook_loader;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA ops TO wattbook_app, wattbook_loader, wattbook_dbt;
-- These post without asking for a right, so they are for the role whose commands have asked.
REVOKE EXECUTE ON FUNCTION ops.post_payments(text), ops.post_opening_balances(text), ops.open_month(integer[], date),
ops.ensure_month(date) FROM wattbook_app, wattbook_dbt;
REVOKE EXECUTE ON FUNCTION ops.post_bills(date, integer, bigint, bigint, integer),
ops.plan_parts(date, integer, bigint, integer), ops.prepare_bills(date, integer, bigint, integer, bigint, bigint),
ops.close_month(integer, date, bigint),
ops.try_run(date, integer, bigint), ops.approve_run(bigint, bigint), ops.benefit_bills_to_come(bigint)
FROM wattbook_dbt;
REVOKE EXECUTE ON FUNCTION ops.charge_penalties(date, integer, bigint, bigint),
ops.reverse_penalties(date, bigint, date, date, text, bigint), ops.unwind_credits(date, integer, bigint, bigint),
ops.enter_reference_rate(text, date, numeric, text, bigint), ops.enter_price_index(text, date, numeric, text, bigint)
FROM wattbook_dbt;
REVOKE EXECUTE ON FUNCTION ops.accrue_subsidies(
    text[], date[], bigint[], text[], text[], date[], text[], integer[], bigint
), ops.reverse_subsidy(text, date, integer, text, bigint), ops.use_subsidies(date, integer, bigint, bigint)
FROM wattbook_dbt;
REVOKE EXECUTE ON FUNCTION ops.adjust_consumption(text, text, date, text, numeric, text, bigint),
ops.grant_benefit(text, text, date, date, integer, text, text, text, text, bigint),
ops.end_benefit(bigint, date, bigint),
ops.reassign_benefit(bigint, date, text, integer, text, text, text, text, bigint),
ops.benefit_bills_to_come(bigint)
FROM wattbook_dbt;
REVOKE EXECUTE ON FUNCTION ops.add_family_size(text, integer, date, bigint),
ops.delete_family_size(text, date, bigint), ops.draw_up_contract(text, text, date, bigint),
ops.sign_contract(text, text, date, date, bigint), ops.terminate_contract(text, text, date, bigint)
FROM wattbook_dbt;
-- Only after the right was asked for.
REVOKE EXECUTE ON FUNCTION ops.end_standing_target(integer, date, bigint)
FROM wattbook_app, wattbook_loader, wattbook_dbt;
GRANT EXECUTE ON FUNCTION ops.current_user_id(), ops.visible_res_ids(), ops.find_unit(text),
ops.res_under(integer, date), ops.refuse(text, text[])
TO wattbook_reader, wattbook_web;
-- Each asks for the right before it answers.
GRANT EXECUTE ON FUNCTION ops.may_read_loads(),
ops.rows_not_loaded(bigint, text, text, text, bigint, bigint), ops.rows_of_expectation(bigint, text, bigint, bigint),
ops.contradicted_figures(bigint, text, bigint, bigint)
TO wattbook_web;
