-- Partitions by month: made when a month is opened, named table_yyyymm.
CREATE OR REPLACE FUNCTION ops.partition_name(table_name text, month date)
RETURNS text
LANGUAGE sql IMMUTABLE
RETURN table_name || '_' || to_char(month, 'YYYYMM');

-- One row per table of ops that is partitioned by month. Each is looked up among the few that are partitioned: the
-- whole catalogue, which OFFSET 0 keeps the planner from reading, grows with every month.
CREATE OR REPLACE VIEW ops.monthly_table WITH (security_invoker = true) AS
SELECT p.partrelid::regclass AS table_oid, t.relname::text AS table_name
FROM pg_partitioned_table AS p
CROSS JOIN LATERAL (
    SELECT c.relname
    FROM pg_class AS c
    INNER JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.oid = p.partrelid AND NOT c.relispartition AND n.nspname = 'ops'
    ORDER BY c.oid OFFSET 0
) AS t;

-- Triggers of a whole statement are not handed down to partitions, so each partition of posted rows gets its own: it is
-- truncated no more than its table, and no more comes into it by its own name than by its table's.
CREATE OR REPLACE FUNCTION ops.guard_partition(partition_name text)
RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    EXECUTE format(
        'CREATE OR REPLACE TRIGGER refuse_truncate BEFORE TRUNCATE ON ops.%I '
        'FOR EACH STATEMENT EXECUTE FUNCTION ops.refuse_change_of_posted_row()', partition_name
    );
    IF EXISTS (
        SELECT 1 FROM pg_trigger AS t
        WHERE t.tgrelid = pg_partition_root(format('ops.%I', partition_name)::regclass)
            AND t.tgname = 'only_open_months'
    ) THEN
        EXECUTE format(
            'CREATE OR REPLACE TRIGGER only_open_months AFTER INSERT ON ops.%I REFERENCING NEW TABLE AS entered '
            'FOR EACH STATEMENT EXECUTE FUNCTION ops.refuse_rows_outside_open_months()', partition_name
        );
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION ops.ensure_month(month date)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
DECLARE
    first_day date := date_trunc('month', ensure_month.month)::date;
    monthly record;
    name text;
BEGIN
    FOR monthly IN SELECT table_name FROM ops.monthly_table LOOP
        name := ops.partition_name(monthly.table_name, first_day);
        IF to_regclass(format('ops.%I', name)) IS NULL THEN
            -- Two sessions may open the same month: the second waits here and then finds it made.
            PERFORM pg_advisory_xact_lock(hashtext('ops.' || name));
            IF to_regclass(format('ops.%I', name)) IS NULL THEN
                EXECUTE format(
                    'CREATE TABLE ops.%I PARTITION OF ops.%I FOR VALUES FROM (%L) TO (%L)',
                    name, monthly.table_name, first_day, first_day + interval '1 month'
                );
                PERFORM ops.guard_partition(name);
            END IF;
        END IF;
    END LOOP;
END
$$;
