-- Old and new content of every changed row of the watched tables.
CREATE OR REPLACE FUNCTION audit.record_row_version()
RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops, audit
AS $$
BEGIN
    INSERT INTO audit.row_version (table_name, operation, old_row, new_row, user_login, database_role)
    VALUES (
        TG_TABLE_SCHEMA || '.' || TG_TABLE_NAME, TG_OP,
        CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END,
        CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END,
        nullif(current_setting('wattbook.user_login', true), ''), session_user
    );
    RETURN NULL;
END
$$;

DO $$
DECLARE
    watched text;
BEGIN
    FOREACH watched IN ARRAY ARRAY[
        'unit', 'unit_name', 'unit_placement', 'app_user', 'membership', 'group_right',
        'tariff', 'tariff_version', 'tariff_step', 'tariff_zone', 'vat_rate', 'ledger_account', 'posting_rule',
        'payment_term', 'penalty_rule', 'reference_rate', 'price_index', 'benefit_norm', 'benefit_category',
        'benefit_category_version', 'benefit_category_closing', 'benefit_holder', 'benefit_grant',
        'collection_target'
    ] LOOP
        EXECUTE format(
            'CREATE OR REPLACE TRIGGER record_row_version AFTER INSERT OR UPDATE OR DELETE ON ops.%I '
            'FOR EACH ROW EXECUTE FUNCTION audit.record_row_version()', watched
        );
    END LOOP;
END
$$;

-- Sizes of families come from old systems by the million, and a withdrawn load takes them away again: the protocol of
-- the load tells of those rows. What people add and end is recorded here.
CREATE OR REPLACE TRIGGER record_row_version AFTER UPDATE ON ops.family_size
FOR EACH ROW EXECUTE FUNCTION audit.record_row_version();
CREATE OR REPLACE TRIGGER record_added_row AFTER INSERT ON ops.family_size
FOR EACH ROW WHEN (new.source_row = 0) EXECUTE FUNCTION audit.record_row_version();
CREATE OR REPLACE TRIGGER record_removed_row AFTER DELETE ON ops.family_size
FOR EACH ROW WHEN (old.source_row = 0) EXECUTE FUNCTION audit.record_row_version();
