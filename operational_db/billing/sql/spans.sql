-- Spans: the energy, or the ordered power, that a run has to bill, each over its own days.
--
-- A span is the energy between two readings of one register, energy told as such, or power ordered for a month; its
-- energy is empty where it cannot be told (no reading before, two on one day, no meter installed), so that the run
-- reports it.

-- Text of a SELECT: one row per span between two readings of a chain (ops.create_chain).
CREATE OR REPLACE FUNCTION ops.metered_spans_sql(chain text)
RETURNS text
LANGUAGE sql STABLE
RETURN format(
    $statement$
    SELECT
        c.account_id, c.metering_point_id, c.zone_code, c.meter_id, c.res_id,
        c.opening_on AS span_from, c.read_on AS span_to,
        CASE WHEN c.opening_on < c.read_on
            THEN ops.register_energy_kwh(c.opening_kwh, c.value_kwh, g.digits, i.ratio)
        END AS energy_kwh,
        coalesce(c.estimated_by, 'readings') AS energy_basis,
        c.opening_month, c.opening_reading_id,
        c.booked_month AS closing_month, c.reading_id AS closing_reading_id,
        'energy'::text AS component, NULL::numeric(12, 3) AS power_kw
    FROM %1$s AS c
    LEFT JOIN ops.meter_register AS g
        ON g.meter_id = c.meter_id AND g.zone_code = c.zone_code AND g.known_to IS NULL
        AND (g.valid_from IS NULL OR g.valid_from < c.read_on) AND (g.valid_to IS NULL OR c.read_on <= g.valid_to)
    LEFT JOIN ops.meter_installation AS i
        ON i.meter_id = c.meter_id AND i.metering_point_id = c.metering_point_id AND i.known_to IS NULL
        AND i.valid_from < c.read_on AND (i.valid_to IS NULL OR c.read_on <= i.valid_to)
    $statement$, chain
);

-- Text of a SELECT: one row per span of energy told as such, among the rows r of ops.measured_energy that the condition
-- chooses.
CREATE OR REPLACE FUNCTION ops.told_spans_sql(condition text)
RETURNS text
LANGUAGE sql STABLE
RETURN format(
    $statement$
    SELECT
        r.account_id, r.metering_point_id, 'all'::text AS zone_code, NULL::bigint AS meter_id, r.res_id,
        r.span_from, r.span_to, sum(r.energy_kwh)::numeric(18, 6) AS energy_kwh, r.kind AS energy_basis,
        NULL::date AS opening_month, NULL::bigint AS opening_reading_id,
        NULL::date AS closing_month, NULL::bigint AS closing_reading_id, 'energy'::text AS component,
        NULL::numeric(12, 3) AS power_kw
    FROM ops.measured_energy AS r
    WHERE %1$s AND r.direction = 'consumed' AND r.kind <> 'legacy_billed'
        AND NOT EXISTS (
            SELECT 1 FROM ops.measured_energy_set_aside AS a
            WHERE a.account_id = r.account_id AND a.booked_month = r.booked_month
                AND a.metering_point_id = r.metering_point_id AND a.direction = r.direction
                AND a.span_from = r.span_from AND a.span_no = r.span_no
        )
    GROUP BY r.account_id, r.metering_point_id, r.res_id, r.span_from, r.span_to, r.kind
    $statement$, condition
);

-- Text of a SELECT: one row per point and calendar month for which power is ordered, among the points p of accounts r
-- that the condition chooses. Ordered power is paid for each day of the month on which it is ordered, used or not.
CREATE OR REPLACE FUNCTION ops.power_spans_sql(first_month date, last_month date, condition text)
RETURNS text
LANGUAGE sql STABLE
RETURN format(
    $statement$
    SELECT
        r.account_id, p.metering_point_id, 'power', NULL::bigint, r.res_id,
        greatest(p.valid_from, m.first_day), least(p.valid_to, m.next_month), 0::numeric(18, 6), 'ordered',
        NULL::date, NULL::bigint, NULL::date, NULL::bigint, 'power', p.ordered_power_kw
    FROM (
        SELECT g::date AS first_day, (g + interval '1 month')::date AS next_month
        FROM generate_series(%1$L::date, %2$L::date, interval '1 month') AS g
    ) AS m
    INNER JOIN ops.metering_point_tariff AS p
        ON p.valid_from < m.next_month AND (p.valid_to IS NULL OR p.valid_to > m.first_day)
    INNER JOIN ops.metering_point AS n ON n.metering_point_id = p.metering_point_id
    INNER JOIN ops.account AS r ON r.account_id = n.account_id
    WHERE p.ordered_power_kw IS NOT NULL AND p.known_to IS NULL AND %3$s
        AND EXISTS (
            SELECT 1
            FROM ops.tariff_in_force AS f
            INNER JOIN ops.tariff_power_price AS w ON w.tariff_version_id = f.tariff_version_id
            WHERE f.tariff_code = p.tariff_code AND w.variant_code = p.variant_code
                AND f.valid_from < m.next_month AND (f.valid_to IS NULL OR f.valid_to > m.first_day)
        )
    $statement$, first_month, last_month, condition
);

-- Creates table target: one row per span of energy told as such or of ordered power that a run over these RES (and
-- perhaps one account) has to bill, of what was entered in the month and is not billed yet.
CREATE OR REPLACE FUNCTION ops.create_told_spans(target text, month date, scope text)
RETURNS void
LANGUAGE plpgsql SET default_statistics_target = '10'
AS $$
BEGIN
    EXECUTE format(
        'CREATE TABLE %s AS %s UNION ALL %s',
        target,
        ops.told_spans_sql(format(
            $condition$
            r.booked_month = %1$L AND %2$s
            AND NOT EXISTS (
                SELECT 1 FROM ops.bill_line AS l
                WHERE l.booked_month = %1$L AND l.account_id = r.account_id
                    AND l.metering_point_id = r.metering_point_id AND l.closing_reading_id IS NULL
                    AND l.span_from < r.span_to AND l.span_to > r.span_from AND l.component = 'energy'
            )
            $condition$, month, scope
        )),
        ops.power_spans_sql(month, month, format(
            $condition$
            %2$s
            AND NOT EXISTS (
                SELECT 1 FROM ops.billed_days AS d
                WHERE d.metering_point_id = p.metering_point_id AND d.service_month = %1$L AND d.zone_code = 'power'
            )
            $condition$, month, scope
        ))
    );
END
$$;

-- How many readings were entered in the month that a run has to bill, and whether there are zones among them.
CREATE OR REPLACE FUNCTION ops.count_entered(
    month date, scope text, OUT entered_count bigint, OUT has_zones boolean
)
LANGUAGE plpgsql
AS $$
DECLARE
    is_unbilled text := 'true';
BEGIN
    IF ops.has_lines(month, scope) THEN
        is_unbilled := format(
            'NOT EXISTS (SELECT 1 FROM ops.bill_line AS b WHERE b.booked_month = %L AND b.account_id = r.account_id '
            'AND b.closing_reading_id = r.reading_id)', month
        );
    END IF;
    EXECUTE format(
        $statement$
        SELECT count(*), coalesce(bool_or(r.zone_code <> 'all'), false)
        FROM ops.reading AS r
        LEFT JOIN ops.reading_set_aside AS a ON a.reading_id = r.reading_id
        WHERE r.booked_month = %1$L AND %2$s AND NOT r.is_opening AND a.reading_id IS NULL AND %3$s
        $statement$, month, scope, is_unbilled
    ) INTO entered_count, has_zones;
END
$$;

-- Adds the spans between readings that are no segment yet: those that are not plain (ops.create_plain_segments).
-- Counting tells whether there are any.
CREATE OR REPLACE FUNCTION ops.add_other_spans(
    target text, segments text, month date, scope text, entered_count bigint, run_source_id bigint
)
RETURNS void
LANGUAGE plpgsql SET default_statistics_target = '10'
AS $$
DECLARE
    chain text := replace(target, 'work.', 'work.chain_');
    plain_count bigint;
BEGIN
    EXECUTE format('SELECT count(*) FROM %s', segments) INTO plain_count;
    IF plain_count < entered_count THEN
        EXECUTE format(
            'CREATE TABLE %1$s AS SELECT c.* FROM (%2$s) AS c '
            'WHERE NOT EXISTS (SELECT 1 FROM %3$s AS g WHERE g.closing_reading_id = c.reading_id)',
            chain, ops.chain_sql(month, scope), segments
        );
        PERFORM ops.mend_chain(chain, month, run_source_id);
        EXECUTE format('INSERT INTO %s %s', target, ops.metered_spans_sql(chain));
        PERFORM ops.adjust_spans(target);
        EXECUTE format('DROP TABLE %s', chain);
    END IF;
    EXECUTE format('ANALYZE %s', target);
END
$$;

-- Creates table target: one row per span with days from the month on from which a point is billed anew, whenever it was
-- entered. The points are the rows of a table (account_id, metering_point_id, from_month).
CREATE OR REPLACE FUNCTION ops.create_amended_spans(target text, amended text, month date)
RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    chain text := replace(target, 'work.', 'work.chain_');
    first_month date;
BEGIN
    EXECUTE format('SELECT min(from_month) FROM %s', amended) INTO first_month;
    EXECUTE format(
        $statement$
        CREATE TABLE %1$s AS
        SELECT c.*
        FROM (
            SELECT
                r.account_id, r.metering_point_id, r.meter_id, r.zone_code, r.read_on, r.reading_id, r.booked_month,
                r.value_kwh, r.res_id, r.is_opening, a.from_month,
                CASE WHEN r.kind = ANY (%4$L) THEN r.kind END AS estimated_by,
                lag(r.read_on) OVER register AS opening_on,
                lag(r.value_kwh) OVER register AS opening_kwh,
                lag(r.reading_id) OVER register AS opening_reading_id,
                lag(r.booked_month) OVER register AS opening_month
            FROM %2$s AS a
            INNER JOIN ops.reading AS r
                ON r.account_id = a.account_id AND r.metering_point_id = a.metering_point_id
            WHERE r.booked_month <= %3$L
                AND NOT EXISTS (SELECT 1 FROM ops.reading_set_aside AS e WHERE e.reading_id = r.reading_id)
            WINDOW register AS (
                PARTITION BY r.account_id, r.metering_point_id, r.meter_id, r.zone_code ORDER BY r.read_on, r.reading_id
            )
        ) AS c
        WHERE NOT c.is_opening AND c.read_on > c.from_month
        $statement$, chain, amended, month, ops.estimated_kinds()
    );
    EXECUTE format(
        'CREATE TABLE %s AS %s UNION ALL %s UNION ALL %s',
        target,
        ops.metered_spans_sql(chain),
        ops.told_spans_sql(format(
            $condition$
            r.booked_month <= %2$L AND EXISTS (
                SELECT 1 FROM %1$s AS a
                WHERE a.account_id = r.account_id AND a.metering_point_id = r.metering_point_id
                    AND r.span_to > a.from_month
            )
            $condition$, amended, month
        )),
        ops.power_spans_sql(first_month, month, format(
            $condition$
            EXISTS (
                SELECT 1 FROM %1$s AS a
                WHERE a.metering_point_id = p.metering_point_id AND a.from_month <= m.first_day
            )
            $condition$, amended
        ))
    );
    PERFORM ops.adjust_spans(target);
    EXECUTE format('DROP TABLE %s', chain);
END
$$;
