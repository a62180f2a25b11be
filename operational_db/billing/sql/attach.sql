-- How a run's rows come into the posted tables.

-- Makes a verified work table such as a partition of the month's must be, so that attaching it need not read the rows
-- again. The table of a part, which becomes one of several partitions of the month by a key, gets
-- keys and indexes as well; not foreign keys, which would lock what they point to until all is written to disk.
CREATE OR REPLACE FUNCTION ops.fit_to_partition(
    work_table text, target text, month date, part_key text DEFAULT NULL
)
RETURNS void
-- A small sample for the first queries; the server's own analyze soon brings the full one.
LANGUAGE plpgsql SET default_statistics_target = '10'
AS $$
DECLARE
    parent regclass := format('ops.%I', target)::regclass;
    requirements text;
    index_definition text;
    least_key bigint;
    last_key bigint;
BEGIN
    IF part_key IS NOT NULL THEN
        EXECUTE format(
            'SELECT coalesce(min(%1$I), 0), coalesce(max(%1$I), 0) FROM %2$s', part_key, work_table
        ) INTO least_key, last_key;
    END IF;
    SELECT string_agg(requirement, ', ') INTO requirements
    FROM (
        SELECT format('ALTER COLUMN %I SET NOT NULL', a.attname) AS requirement
        FROM pg_attribute AS a
        WHERE a.attrelid = parent AND a.attnum > 0 AND NOT a.attisdropped AND a.attnotnull
        UNION ALL
        SELECT format('ALTER COLUMN %I SET DEFAULT %s', a.attname, pg_get_expr(d.adbin, d.adrelid))
        FROM pg_attrdef AS d
        INNER JOIN pg_attribute AS a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
        WHERE d.adrelid = parent
        UNION ALL
        SELECT format('ADD CONSTRAINT %I %s', c.conname, pg_get_constraintdef(c.oid))
        FROM pg_constraint AS c
        WHERE c.conrelid = parent AND c.contype = 'c'
        UNION ALL
        -- Without their names: tables of the parts lie side by side.
        SELECT format('ADD %s', pg_get_constraintdef(c.oid))
        FROM pg_constraint AS c
        WHERE part_key IS NOT NULL AND c.conrelid = parent AND c.contype = 'p'
        UNION ALL
        SELECT format(
            'ADD CONSTRAINT month_bounds CHECK (%1$I IS NOT NULL AND %1$I >= %2$L AND %1$I < %3$L)',
            k.attname, month, (month + interval '1 month')::date
        )
        FROM pg_partitioned_table AS p
        INNER JOIN pg_attribute AS k ON k.attrelid = p.partrelid AND k.attnum = p.partattrs[0]
        WHERE p.partrelid = parent
        UNION ALL
        SELECT format(
            'ADD CONSTRAINT part_bounds CHECK (%1$I IS NOT NULL AND %1$I >= %2$L AND %1$I <= %3$L)',
            part_key, least_key, last_key
        )
        WHERE part_key IS NOT NULL
    ) AS needed;
    EXECUTE format('ALTER TABLE %s %s', work_table, requirements);
    IF part_key IS NOT NULL THEN
        FOR index_definition IN
            SELECT replace(
                pg_get_indexdef(i.indexrelid), format(' %I ON ONLY ops.%I ', x.relname, target), format(' ON %s ', work_table)
            )
            FROM pg_index AS i
            INNER JOIN pg_class AS x ON x.oid = i.indexrelid
            WHERE i.indrelid = parent AND NOT i.indisprimary
        LOOP
            EXECUTE index_definition;
        END LOOP;
        EXECUTE format('ANALYZE %s', work_table);
    END IF;
END
$$;

-- Is the month's partition of a table empty? With the table in our hands, rows that another session has not committed
-- yet are waited for.
CREATE OR REPLACE FUNCTION ops.is_empty_month(target text, month date)
RETURNS boolean
LANGUAGE plpgsql
AS $$
DECLARE
    partition_name text := ops.partition_name(target, month);
    is_empty boolean;
BEGIN
    EXECUTE format('SELECT NOT EXISTS (SELECT 1 FROM ops.%I)', partition_name) INTO is_empty;
    IF is_empty THEN
        EXECUTE format('LOCK TABLE ONLY ops.%I, ops.%I IN ACCESS EXCLUSIVE MODE', target, partition_name);
        EXECUTE format('SELECT NOT EXISTS (SELECT 1 FROM ops.%I)', partition_name) INTO is_empty;
    END IF;
    RETURN is_empty;
END
$$;

-- Moves the rows of a work table to the month's partition, one by one.
CREATE OR REPLACE FUNCTION ops.insert_into_month(work_table text, target text, month date)
RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    columns text;
BEGIN
    SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) INTO columns
    FROM pg_attribute AS a
    WHERE a.attrelid = format('ops.%I', target)::regclass AND a.attnum > 0 AND NOT a.attisdropped;
    EXECUTE format(
        'INSERT INTO ops.%I (%s) SELECT %s FROM %s', ops.partition_name(target, month), columns, columns, work_table
    );
    EXECUTE format('DROP TABLE %s', work_table);
END
$$;

-- Puts a verified work table into its month: attached as the partition when that is empty (no row trigger, no second
-- write), else inserted from. The caller holds the month's lock.
CREATE OR REPLACE FUNCTION ops.attach_or_insert(work_table text, target text, month date)
RETURNS boolean
LANGUAGE plpgsql SET default_statistics_target = '10'
AS $$
DECLARE
    partition_name text := ops.partition_name(target, month);
BEGIN
    IF NOT ops.is_empty_month(target, month) THEN
        PERFORM ops.insert_into_month(work_table, target, month);
        RETURN false;
    END IF;
    PERFORM ops.fit_to_partition(work_table, target, month);
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

-- Puts the tables of a run's parts into their month. Where that is empty and the parts lie one after the other by a
-- key, it becomes a table of ranges of that key, and each part's table one of them; else the rows are inserted.
CREATE OR REPLACE FUNCTION ops.attach_parts(target text, key text, month date, parts text[])
RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    partition_name text := ops.partition_name(target, month);
    part_name text;
    least_keys bigint[];
    are_ranges boolean := true;
    last_key bigint;
    bounds record;
BEGIN
    FOR n IN 1..cardinality(parts) LOOP
        EXECUTE format('SELECT min(%1$I) AS least_key, max(%1$I) AS last_key FROM %2$s', key, parts[n]) INTO bounds;
        are_ranges := are_ranges AND coalesce(bounds.least_key > last_key, n = 1);
        least_keys[n] := bounds.least_key;
        last_key := bounds.last_key;
    END LOOP;
    IF NOT are_ranges OR NOT ops.is_empty_month(target, month) THEN
        PERFORM ops.insert_into_month(part, target, month) FROM unnest(parts) AS part;
        RETURN;
    END IF;
    EXECUTE format('DROP TABLE ops.%I', partition_name);
    EXECUTE format(
        'CREATE TABLE ops.%I PARTITION OF ops.%I FOR VALUES FROM (%L) TO (%L) PARTITION BY RANGE (%I)',
        partition_name, target, month, (month + interval '1 month')::date, key
    );
    PERFORM ops.guard_partition(partition_name);
    FOR n IN 1..cardinality(parts) LOOP
        part_name := format('%s_part%s', partition_name, n);
        EXECUTE format('ALTER TABLE %s RENAME TO %I', parts[n], part_name);
        EXECUTE format('ALTER TABLE work.%I SET SCHEMA ops', part_name);
        EXECUTE format(
            'ALTER TABLE ops.%I ATTACH PARTITION ops.%I FOR VALUES FROM (%s) TO (%s)', partition_name, part_name,
            CASE WHEN n = 1 THEN 'MINVALUE' ELSE least_keys[n]::text END,
            coalesce(least_keys[n + 1]::text, 'MAXVALUE')
        );
        EXECUTE format('ALTER TABLE ops.%I DROP CONSTRAINT month_bounds, DROP CONSTRAINT part_bounds', part_name);
        PERFORM ops.guard_partition(part_name);
    END LOOP;
END
$$;
