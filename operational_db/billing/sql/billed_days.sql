-- Which days stand billed.

-- Creates table target: the days of a month that segments cover, a row for each point and zone; returns how many.
-- Refuses where one day is covered twice. For the table crowded see ops.create_crowded.
CREATE OR REPLACE FUNCTION ops.create_billed_days(target text, segments text, crowded text, of_month date)
RETURNS bigint
LANGUAGE plpgsql
AS $$
DECLARE
    masks text := 'ops.day_mask(g.span_from, g.span_to)::bit(31) AS day_mask, g.span_to - g.span_from AS day_count';
    by_point text := '';
    point_count bigint;
    has_rows boolean;
BEGIN
    EXECUTE format('SELECT EXISTS (SELECT 1 FROM %s)', crowded) INTO has_rows;
    IF has_rows THEN
        masks := 'bit_or(ops.day_mask(g.span_from, g.span_to))::bit(31) AS day_mask, '
            'sum(g.span_to - g.span_from) AS day_count';
        by_point := 'GROUP BY g.metering_point_id, g.service_month, g.zone_code';
    END IF;
    EXECUTE format(
        'CREATE TABLE %s AS SELECT g.metering_point_id, g.service_month, g.zone_code, %s FROM %s AS g '
        'WHERE g.service_month = %L %s', target, masks, segments, of_month, by_point
    );
    GET DIAGNOSTICS point_count = ROW_COUNT;
    EXECUTE format('SELECT EXISTS (SELECT 1 FROM %s WHERE bit_count(day_mask) <> day_count)', target) INTO has_rows;
    IF has_rows THEN
        PERFORM ops.refuse(
            'Two readings of one metering point cover the same day of %s; set one of them aside and bill again.',
            to_char(of_month, 'YYYY-MM')
        );
    END IF;
    EXECUTE format('ALTER TABLE %s DROP COLUMN day_count', target);
    RETURN point_count;
END
$$;

-- Marks the days of the segments as billed and refuses if one of them stands billed already. For the table kinds see
-- ops.create_segment_kinds.
CREATE OR REPLACE FUNCTION ops.mark_days_billed(segments text, kinds text, crowded text, run_tag text)
RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    billed_month date;
    work_table text := ops.work_table('billed_days', run_tag);
    wanted bigint;
    marked bigint;
    has_rows boolean;
BEGIN
    FOR billed_month IN
        EXECUTE format('SELECT DISTINCT k.service_month FROM %s AS k ORDER BY k.service_month', kinds)
    LOOP
        PERFORM ops.ensure_month(billed_month);
        wanted := ops.create_billed_days(work_table, segments, crowded, billed_month);
        EXECUTE format('SELECT EXISTS (SELECT 1 FROM ops.%I)', ops.partition_name('billed_days', billed_month))
        INTO has_rows;
        IF NOT has_rows THEN
            PERFORM ops.attach_or_insert(work_table, 'billed_days', billed_month);
        ELSE
            EXECUTE format(
                'INSERT INTO ops.billed_days AS b (metering_point_id, service_month, zone_code, day_mask) '
                'SELECT metering_point_id, service_month, zone_code, day_mask FROM %s '
                'ON CONFLICT (metering_point_id, service_month, zone_code) '
                'DO UPDATE SET day_mask = b.day_mask | excluded.day_mask '
                'WHERE bit_count(b.day_mask & excluded.day_mask) = 0', work_table
            );
            GET DIAGNOSTICS marked = ROW_COUNT;
            IF marked <> wanted THEN
                PERFORM ops.refuse(
                    '%s metering points have days of %s that are billed already; nothing was posted.',
                    (wanted - marked)::text, to_char(billed_month, 'YYYY-MM')
                );
            END IF;
            EXECUTE format('DROP TABLE %s', work_table);
        END IF;
    END LOOP;
END
$$;

-- Takes back the mark from the days of lines that are reversed.
CREATE OR REPLACE FUNCTION ops.mark_days_unbilled(lines text)
RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    EXECUTE format(
        $statement$
        WITH reversed AS (
            SELECT metering_point_id, service_month, zone_code, bit_or(ops.day_mask(span_from, span_to)) AS day_mask
            FROM %1$s
            GROUP BY metering_point_id, service_month, zone_code
        )
        UPDATE ops.billed_days AS b
        SET day_mask = b.day_mask & ~r.day_mask
        FROM reversed AS r
        WHERE b.metering_point_id = r.metering_point_id AND b.service_month = r.service_month
            AND b.zone_code = r.zone_code
        $statement$, lines
    );
    EXECUTE format(
        'DELETE FROM ops.billed_days AS b USING %s AS r '
        'WHERE b.metering_point_id = r.metering_point_id AND b.service_month = r.service_month '
        'AND bit_count(b.day_mask) = 0', lines
    );
END
$$;
