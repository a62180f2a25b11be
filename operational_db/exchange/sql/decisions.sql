-- What people decided about pairs of a migration is never changed or removed: another decision follows it.
CREATE OR REPLACE FUNCTION ops.refuse_change_of_decision()
RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM ops.refuse(
        'Decisions are kept as they were made and cannot be changed or removed (%s); decide about the pair anew.', TG_OP
    );
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER refuse_change_of_decision BEFORE UPDATE OR DELETE OR TRUNCATE ON migration.decision
FOR EACH STATEMENT EXECUTE FUNCTION ops.refuse_change_of_decision();
