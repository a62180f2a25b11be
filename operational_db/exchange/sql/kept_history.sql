-- What a migration keeps as history: rows are added, never changed or removed, by anybody, the owner included. So a day
-- of cut-over cannot be moved silently, nor a score or a signature be taken out.
CREATE OR REPLACE FUNCTION ops.refuse_change_of_history()
RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM ops.refuse(
        'Rows of %s are history and cannot be changed or removed (%s); add a new one, which holds from then on.',
        TG_TABLE_NAME, TG_OP
    );
    RETURN NULL;
END
$$;

DO $$
DECLARE
    kept text;
BEGIN
    FOREACH kept IN ARRAY ARRAY[
        'readiness', 'readiness_component', 'cutover_day', 'cutover_signature', 'pilot_branch', 'pilot_review',
        'pilot_request', 'pilot_volume', 'shadow_run'
    ] LOOP
        EXECUTE format(
            'CREATE OR REPLACE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON migration.%I '
            'FOR EACH ROW EXECUTE FUNCTION ops.refuse_change_of_history()', kept
        );
        EXECUTE format(
            'CREATE OR REPLACE TRIGGER refuse_truncate BEFORE TRUNCATE ON migration.%I '
            'FOR EACH STATEMENT EXECUTE FUNCTION ops.refuse_change_of_history()', kept
        );
    END LOOP;
END
$$;
