-- How a run's rows come into the posted tables.

-- Puts a verified work table into its month: attached as the partition when that is empty (no row trigger, no second
-- write), else inserted from. The caller holds the month's lock.
CREATE OR REPLACE FUNCTION ops.attach_or_insert(work_table text, target text, month date)
RETURNS boolean
-- A small sample for the first queries; the server's own analyze soon brings the full one.
LANGUAGE plpgsql SET default_statistics_target = '10'
AS $$
DECLARE
    partition_name text := ops.partition_name(target, month);
    is_empty boolean;
    requirements text;
    columns text;
BEGIN
    EXECUTE format('SELECT NOT EXISTS (SELECT 1 FROM ops.%I)', partition_name) INTO is_empty;
    IF is_empty THEN
        -- Rows that another session has not committed yet are not seen; with the table in our hands there are none.
        EXECUTE format('LOCK TABLE ONLY ops.%I, ops.%I IN ACCESS EXCLUSIVE MODE', target, partition_name);
        EXECUTE format('SELECT NOT EXISTS (SELECT 1 FROM ops.%I)', partition_name) INTO is_empty;
    END IF;
    SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) INTO columns
    FROM pg_attribute AS a
    WHERE a.attrelid = format('ops.%I', target)::regclass AND a.attnum > 0 AND NOT a.attisdropped;
    IF NOT is_empty THEN
        EXECUTE format('INSERT INTO ops.%I (%s) SELECT %s FROM %s', target, columns, columns, work_table);
        EXECUTE format('DROP TABLE %s', work_table);
        RETURN false;
    END IF;
    SELECT string_agg(requirement, ', ') INTO requirements
    FROM (
        SELECT format('ALTER COLUMN %I SET NOT NULL', a.attname) AS requirement
        FROM pg_attribute AS a
        WHERE a.attrelid = format('ops.%I', target)::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attnotnull
        UNION ALL
        SELECT format('ALTER COLUMN %I SET DEFAULT %s', a.attname, pg_get_expr(d.adbin, d.adrelid))
        FROM pg_attrdef AS d
        INNER JOIN pg_attribute AS a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
        WHERE d.adrelid = format('ops.%I', target)::regclass
        UNION ALL
        SELECT format('ADD CONSTRAINT %I %s', c.conname, pg_get_constraintdef(c.oid))
        FROM pg_constraint AS c
        WHERE c.conrelid = format('ops.%I', target)::regclass AND c.contype = 'c'
        UNION ALL
        -- States the partition's bounds, so that attaching need not read the rows again.
        SELECT format(
            'ADD CONSTRAINT month_bounds CHECK (%1$I IS NOT NULL AND %1$I >= %2$L AND %1$I < %3$L)',
            k.attname, month, (month + interval '1 month')::date
        )
        FROM pg_partitioned_table AS p
        INNER JOIN pg_attribute AS k ON k.attrelid = p.partrelid AND k.attnum = p.partattrs[0]
        WHERE p.partrelid = format('ops.%I', target)::regclass
    ) AS needed;
    EXECUTE format('ALTER TABLE %s %s', work_table, requirements);
    EXECUTE format('DROP TABLE ops.%I', partition_name);
    EXECUTE format('ALTER TABLE %s RENAME TO %I', work_table, partition_name);
    EXECUTE format('ALTER TABLE work.%I SET SCHEMA ops', partition_name);
    EXECUTE format(
        'ALTER TABLE ops.%I ATTACH PARTITION ops.%I FOR VALUES FROM (%L) TO (%L)',
        target, partition_name, month, (month + interval '1 month')::date
    );
    EXECUTE format('ALTER TABLE ops.%I DROP CONSTRAINT month_bounds', partition_name);
    PERFORM ops.guard_partition(partition_name);
    EXECUTE format('ANALYZE ops.%I', partition_name);
    RETURN true;
END
$$;
