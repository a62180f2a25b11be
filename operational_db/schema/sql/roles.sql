-- Database roles. Cluster-wide, so created only where missing. Run by the admin login before anything else.
DO $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('wattbook roles'));
    IF to_regrole('wattbook_owner') IS NULL THEN CREATE ROLE wattbook_owner NOLOGIN; END IF;
    IF to_regrole('wattbook_app') IS NULL THEN CREATE ROLE wattbook_app NOLOGIN; END IF;
    IF to_regrole('wattbook_loader') IS NULL THEN CREATE ROLE wattbook_loader NOLOGIN BYPASSRLS; END IF;
    IF to_regrole('wattbook_dbt') IS NULL THEN CREATE ROLE wattbook_dbt NOLOGIN BYPASSRLS; END IF;
    IF to_regrole('wattbook_reader') IS NULL THEN CREATE ROLE wattbook_reader NOLOGIN; END IF;
    IF to_regrole('wattbook_web') IS NULL THEN CREATE ROLE wattbook_web NOLOGIN; END IF;
    EXECUTE format(
        'GRANT wattbook_owner, wattbook_app, wattbook_loader, wattbook_dbt, wattbook_reader, wattbook_web TO %I',
        current_user
    );
    EXECUTE format('GRANT CREATE, CONNECT, TEMPORARY ON DATABASE %I TO wattbook_owner, wattbook_dbt', current_database());
END
$$;

CREATE EXTENSION IF NOT EXISTS btree_gist;
CREATE EXTENSION IF NOT EXISTS pg_trgm;
