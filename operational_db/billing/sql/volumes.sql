-- Which segments are billed, and on which volume of the month each stands.

-- A span is billed whole or not at all: segments of a span with days without a tariff or a rate of VAT in force are
-- taken out. Returns how many spans are left out, those without energy among them. Plain spans are whole from the
-- beginning and not in the table of spans.
CREATE OR REPLACE FUNCTION ops.leave_out_spans(spans text, segments text)
RETURNS bigint
LANGUAGE plpgsql
AS $$
DECLARE
    left_out bigint;
    has_spans boolean;
BEGIN
    EXECUTE format('SELECT EXISTS (SELECT 1 FROM %s)', spans) INTO has_spans;
    IF NOT has_spans THEN
        RETURN 0;
    END IF;
    EXECUTE format(
        $statement$
        WITH uncovered AS (
            SELECT s.metering_point_id, s.zone_code, s.closing_reading_id, s.span_from, s.span_to
            FROM %1$s AS s
            LEFT JOIN %2$s AS g
                ON g.metering_point_id = s.metering_point_id AND g.zone_code = s.zone_code
                AND g.closing_reading_id IS NOT DISTINCT FROM s.closing_reading_id
                AND g.span_from >= s.span_from AND g.span_to <= s.span_to
            GROUP BY s.metering_point_id, s.zone_code, s.closing_reading_id, s.span_from, s.span_to
            HAVING count(g.span_from) = 0 OR sum(g.span_to - g.span_from) <> s.span_to - s.span_from
        ),
        dropped AS (
            DELETE FROM %2$s AS g
            USING uncovered AS u
            WHERE g.metering_point_id = u.metering_point_id AND g.zone_code = u.zone_code
                AND g.closing_reading_id IS NOT DISTINCT FROM u.closing_reading_id
                AND g.span_from >= u.span_from AND g.span_to <= u.span_to
        )
        SELECT count(*) FROM uncovered
        $statement$, spans, segments
    ) INTO left_out;
    RETURN left_out;
END
$$;

-- Takes out the spans with energy or power that no price is known for. Returns how many.
CREATE OR REPLACE FUNCTION ops.leave_out_unpriced(spans text, segments text, kinds text)
RETURNS bigint
LANGUAGE plpgsql
AS $$
DECLARE
    left_out bigint;
    has_unpriced boolean;
BEGIN
    EXECUTE format(
        $statement$
        SELECT EXISTS (
            SELECT 1
            FROM (SELECT DISTINCT g.tariff_version_id, g.variant_code FROM %1$s AS g) AS used
            WHERE EXISTS (
                SELECT 1 FROM ops.tariff_step AS t
                WHERE t.tariff_version_id = used.tariff_version_id AND t.variant_code = used.variant_code
                    AND t.price_minor IS NULL
            ) OR EXISTS (
                SELECT 1 FROM ops.tariff_power_price AS p
                WHERE p.tariff_version_id = used.tariff_version_id AND p.variant_code = used.variant_code
                    AND p.price_minor_per_kw_year IS NULL
            )
        )
        $statement$, kinds
    ) INTO has_unpriced;
    IF NOT has_unpriced THEN
        RETURN 0;
    END IF;
    EXECUTE format(
        $statement$
        WITH unpriced AS (
            SELECT DISTINCT
                r.metering_point_id, r.zone_code, r.closing_reading_id, coalesce(s.span_from, r.span_from) AS span_from,
                coalesce(s.span_to, r.span_to) AS span_to
            FROM (%2$s) AS r
            LEFT JOIN %1$s AS s
                ON s.metering_point_id = r.metering_point_id AND s.zone_code = r.zone_code
                AND s.closing_reading_id IS NOT DISTINCT FROM r.closing_reading_id
                AND s.span_from <= r.span_from AND s.span_to >= r.span_to
            WHERE r.price_minor IS NULL
        ),
        dropped AS (
            DELETE FROM %3$s AS g
            USING unpriced AS u
            WHERE g.metering_point_id = u.metering_point_id AND g.zone_code = u.zone_code
                AND g.closing_reading_id IS NOT DISTINCT FROM u.closing_reading_id
                AND g.span_from >= u.span_from AND g.span_to <= u.span_to
        )
        SELECT count(*) FROM unpriced
        $statement$, spans, ops.rating_sql(segments), segments
    ) INTO left_out;
    RETURN left_out;
END
$$;

-- Condition on segments g: those whose volume of the month may be another than their own energy from zero.
CREATE OR REPLACE FUNCTION ops.is_continued_sql()
RETURNS text
LANGUAGE sql IMMUTABLE
RETURN '(g.component = ''energy'' AND (g.span_from > g.service_month '
    'OR g.span_to < g.service_month + interval ''1 month'' OR g.zone_code <> ''all'' OR g.is_whole_volume))';

-- Places segments on the volume of their calendar month. Where a segment is not its whole month, its steps go on from
-- the other energy of the month: what is billed already, of whatever days and prices, and what this run bills of the
-- days before. So the steps of a month are used once, in whatever order its parts are billed. Zones of one span share
-- the volume in proportion to their use (domain.md 2.3). Steps counted over days begin anew with each segment. Placing
-- again, after segments were taken out, gives what placing without them would have given. What stands billed of a point
-- that a table amended names (metering_point_id, from_month) is about to be reversed and counts no longer.
CREATE OR REPLACE FUNCTION ops.place_volumes(segments text, month date, amended text DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    EXECUTE format(
        $statement$
        WITH continued AS (
            SELECT DISTINCT g.account_id, g.metering_point_id, g.service_month
            FROM %1$s AS g
            WHERE %3$s
        ),
        billed_before AS (
            SELECT c.metering_point_id, c.service_month, sum(l.energy_kwh) AS energy_kwh
            FROM continued AS c
            INNER JOIN ops.bill_line AS l
                ON l.account_id = c.account_id AND l.metering_point_id = c.metering_point_id
                AND l.service_month = c.service_month AND l.component = 'energy'
                AND l.booked_month BETWEEN c.service_month AND %2$L
            WHERE %4$s
            GROUP BY c.metering_point_id, c.service_month
        ),
        slice AS (
            -- The zones of one span together.
            SELECT
                s.metering_point_id, s.service_month, s.span_from, s.span_to, s.tariff_version_id,
                sum(s.segment_kwh) AS slice_kwh
            FROM %1$s AS s
            INNER JOIN continued USING (metering_point_id, service_month)
            WHERE s.component = 'energy'
            GROUP BY s.metering_point_id, s.service_month, s.span_from, s.span_to, s.tariff_version_id
        ),
        placed AS (
            SELECT
                s.*, coalesce(b.energy_kwh, 0) + sum(s.slice_kwh) OVER earlier - s.slice_kwh AS slice_from,
                coalesce(b.energy_kwh, 0) + sum(s.slice_kwh) OVER of_month AS month_kwh
            FROM slice AS s
            LEFT JOIN billed_before AS b USING (metering_point_id, service_month)
            WINDOW
                of_month AS (PARTITION BY s.metering_point_id, s.service_month),
                earlier AS (PARTITION BY s.metering_point_id, s.service_month ORDER BY s.span_from, s.span_to)
        ),
        shared AS (
            SELECT
                s.ctid AS segment, s.segment_kwh, s.is_whole_volume, s.all_zones_factor,
                CASE WHEN s.step_basis IN ('thirty_days', 'month_days') THEN 0 ELSE p.slice_from END AS slice_from,
                CASE WHEN s.step_basis IN ('thirty_days', 'month_days') THEN p.slice_kwh ELSE p.month_kwh END AS month_kwh,
                s.segment_kwh <> p.slice_kwh AS is_shared,
                -- The zone's share as a fraction, divided last, so that a half is seen as one.
                CASE WHEN s.segment_kwh <> p.slice_kwh THEN s.segment_kwh ELSE 1 END AS zone_kwh,
                CASE WHEN s.segment_kwh <> p.slice_kwh THEN p.slice_kwh ELSE 1 END AS all_zones_kwh
            FROM %1$s AS s
            INNER JOIN placed AS p USING (metering_point_id, service_month, span_from, span_to, tariff_version_id)
            WHERE s.component = 'energy'
        )
        UPDATE %1$s AS s
        SET
            bound_factor = CASE
                WHEN h.is_shared THEN coalesce(h.all_zones_factor, 1) * h.zone_kwh / h.all_zones_kwh
                ELSE h.all_zones_factor
            END,
            volume_from = CASE
                WHEN h.is_whole_volume THEN round(h.month_kwh * h.zone_kwh / h.all_zones_kwh, 6) - h.segment_kwh
                ELSE round(h.slice_from * h.zone_kwh / h.all_zones_kwh, 6)
            END,
            volume_to = CASE
                WHEN h.is_whole_volume THEN round(h.month_kwh * h.zone_kwh / h.all_zones_kwh, 6)
                ELSE round(h.slice_from * h.zone_kwh / h.all_zones_kwh, 6) + h.segment_kwh
            END
        FROM shared AS h
        WHERE s.ctid = h.segment
        $statement$, segments, month, ops.is_continued_sql(),
        CASE WHEN amended IS NULL THEN 'true' ELSE format(
            'NOT EXISTS (SELECT 1 FROM %s AS a WHERE a.metering_point_id = c.metering_point_id '
            'AND a.from_month <= c.service_month)', amended
        ) END
    );
END
$$;
