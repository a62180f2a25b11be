-- Takes out all that the SQL files installed (policies, functions with the triggers that call them, views), so that
-- tables can be dropped. Run before a downgrade.
DO $$
DECLARE
    functions text;
    views text;
    policy record;
BEGIN
    FOR policy IN
        SELECT p.schemaname, p.tablename, p.policyname FROM pg_policies AS p
        WHERE p.schemaname IN ('ops', 'audit', 'landing', 'migration')
    LOOP
        EXECUTE format('DROP POLICY %I ON %I.%I', policy.policyname, policy.schemaname, policy.tablename);
    END LOOP;
    SELECT string_agg(p.oid::regprocedure::text, ', ') INTO functions
    FROM pg_proc AS p
    INNER JOIN pg_namespace AS n ON n.oid = p.pronamespace
    WHERE n.nspname IN ('ops', 'audit', 'landing', 'migration');
    IF functions IS NOT NULL THEN
        EXECUTE format('DROP FUNCTION %s CASCADE', functions);
    END IF;
    SELECT string_agg(c.oid::regclass::text, ', ') INTO views
    FROM pg_class AS c
    INNER JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname IN ('ops', 'audit', 'landing', 'migration') AND c.relkind = 'v';
    IF views IS NOT NULL THEN
        EXECUTE format('DROP VIEW %s CASCADE', views);
    END IF;
END
$$;
