-- The second billing engine's look at energy: what the readings, or what was told as such, say.

-- Accounts whose energy is not what their readings, or what was told as such, say; with both figures.
CREATE OR REPLACE FUNCTION ops.energy_in_doubt(parts text)
RETURNS TABLE (account_id bigint, billed_kwh numeric, expected_kwh numeric)
LANGUAGE plpgsql
AS $$
BEGIN
    RETURN QUERY EXECUTE format(
        $statement$
        WITH billed AS (
            SELECT
                p.account_id, p.metering_point_id, p.zone_code, p.closing_reading_id,
                min(p.opening_month) AS opening_month, min(p.opening_reading_id) AS opening_reading_id,
                min(p.closing_month) AS closing_month, sum(p.energy_kwh) AS billed_kwh
            FROM %1$s AS p
            WHERE p.closing_reading_id IS NOT NULL
            GROUP BY p.account_id, p.metering_point_id, p.zone_code, p.closing_reading_id
        ),
        with_posted AS (
            -- A span may be billed in parts: the other months of it, less what was reversed of them.
            SELECT b.*, b.billed_kwh + coalesce(p.energy_kwh, 0) AS in_all_kwh
            FROM billed AS b
            LEFT JOIN LATERAL (
                SELECT sum(l.energy_kwh) AS energy_kwh
                FROM ops.bill_line AS l
                WHERE l.account_id = b.account_id AND l.closing_reading_id = b.closing_reading_id
                    AND l.booked_month >= b.closing_month
            ) AS p ON true
        ),
        between_readings AS (
            SELECT
                b.account_id, b.in_all_kwh AS billed_kwh,
                round(
                    mod(c.value_kwh - o.value_kwh + ops.register_size_kwh(g.digits), ops.register_size_kwh(g.digits))
                    * i.ratio, 6
                ) + coalesce(j.adjusted_kwh, 0) AS expected_kwh
            FROM with_posted AS b
            LEFT JOIN ops.reading AS c
                ON c.account_id = b.account_id AND c.booked_month = b.closing_month
                AND c.reading_id = b.closing_reading_id
            LEFT JOIN ops.reading AS o
                ON o.account_id = b.account_id AND o.booked_month = b.opening_month
                AND o.reading_id = b.opening_reading_id AND o.meter_id = c.meter_id AND o.zone_code = c.zone_code
            LEFT JOIN ops.meter_register AS g
                ON g.meter_id = c.meter_id AND g.zone_code = b.zone_code AND g.known_to IS NULL
                AND (g.valid_from IS NULL OR g.valid_from < c.read_on) AND (g.valid_to IS NULL OR c.read_on <= g.valid_to)
            LEFT JOIN ops.meter_installation AS i
                ON i.meter_id = c.meter_id AND i.metering_point_id = b.metering_point_id AND i.known_to IS NULL
                AND i.valid_from < c.read_on AND (i.valid_to IS NULL OR c.read_on <= i.valid_to)
            LEFT JOIN LATERAL (
                SELECT sum(k.adjusted_kwh) AS adjusted_kwh
                FROM ops.consumption_adjustment AS k
                WHERE k.metering_point_id = b.metering_point_id AND k.meter_id = c.meter_id
                    AND k.zone_code = b.zone_code AND k.used_on BETWEEN o.read_on AND c.read_on - 1
            ) AS j ON true
        ),
        told_part AS (
            SELECT p.*
            FROM %1$s AS p
            WHERE p.closing_reading_id IS NULL AND p.component = 'energy'
        ),
        told_span AS (
            -- Only spans that the run bills: others between them may wait, or be billed already.
            SELECT
                e.account_id, e.metering_point_id, e.kind, e.span_from, e.span_to, sum(e.energy_kwh) AS expected_kwh
            FROM ops.measured_energy AS e
            WHERE e.direction = 'consumed'
                AND EXISTS (
                    SELECT 1 FROM told_part AS p
                    WHERE p.account_id = e.account_id AND p.metering_point_id = e.metering_point_id
                        AND p.energy_basis = e.kind AND p.span_from < e.span_to AND p.span_to > e.span_from
                )
                AND NOT EXISTS (
                    SELECT 1 FROM ops.measured_energy_set_aside AS a
                    WHERE a.account_id = e.account_id AND a.booked_month = e.booked_month
                        AND a.metering_point_id = e.metering_point_id AND a.direction = e.direction
                        AND a.span_from = e.span_from AND a.span_no = e.span_no
                )
            GROUP BY e.account_id, e.metering_point_id, e.kind, e.span_from, e.span_to
        ),
        told_as_such AS (
            SELECT
                p.account_id, p.metering_point_id, p.energy_basis, t.span_from, t.span_to, t.expected_kwh,
                sum(p.energy_kwh) AS billed_kwh
            FROM told_part AS p
            LEFT JOIN told_span AS t
                ON t.account_id = p.account_id AND t.metering_point_id = p.metering_point_id
                AND t.kind = p.energy_basis AND p.span_from >= t.span_from AND p.span_to <= t.span_to
            GROUP BY p.account_id, p.metering_point_id, p.energy_basis, t.span_from, t.span_to, t.expected_kwh
        ),
        told_with_posted AS (
            SELECT t.account_id, t.billed_kwh + coalesce(p.energy_kwh, 0) AS billed_kwh, t.expected_kwh
            FROM told_as_such AS t
            LEFT JOIN LATERAL (
                SELECT sum(l.energy_kwh) AS energy_kwh
                FROM ops.bill_line AS l
                WHERE l.account_id = t.account_id AND l.metering_point_id = t.metering_point_id
                    AND l.energy_basis = t.energy_basis AND l.closing_reading_id IS NULL AND l.component = 'energy'
                    AND l.span_from >= t.span_from AND l.span_to <= t.span_to
            ) AS p ON true
        )
        SELECT u.account_id, u.billed_kwh, u.expected_kwh
        FROM (SELECT * FROM between_readings UNION ALL SELECT * FROM told_with_posted) AS u
        WHERE u.billed_kwh IS DISTINCT FROM u.expected_kwh
        $statement$, parts
    );
END
$$;
