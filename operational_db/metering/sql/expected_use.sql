-- What a point uses a day as far as the book can tell: by its own measured use, else by its contract.

-- Mean daily use of the 12 months before a day, from values that somebody read and from half-hours, to a millionth of a
-- kWh; empty where nothing was measured. Estimated values in between are passed over: what stands before and after them
-- was read. Only these scales count where some are named.
CREATE OR REPLACE FUNCTION ops.mean_daily_use_kwh(
    of_metering_point_id bigint, before_day date, of_zones text[] DEFAULT NULL
)
RETURNS numeric
LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH point AS (
        SELECT p.metering_point_id, p.account_id, (before_day - interval '12 months')::date AS first_day
        FROM ops.metering_point AS p
        WHERE p.metering_point_id = of_metering_point_id
    ),
    measured AS (
        SELECT
            r.metering_point_id, r.meter_id, r.zone_code, r.read_on, r.value_kwh, r.is_opening,
            lag(r.read_on) OVER register AS opening_on, lag(r.value_kwh) OVER register AS opening_kwh
        FROM point AS p
        INNER JOIN ops.reading AS r
            ON r.account_id = p.account_id AND r.metering_point_id = p.metering_point_id AND r.read_on <= before_day
        INNER JOIN ops.reading_kind AS k ON k.kind = r.kind AND k.is_measured
        WHERE (of_zones IS NULL OR of_zones @> ARRAY[r.zone_code])
            AND NOT EXISTS (SELECT 1 FROM ops.reading_set_aside AS a WHERE a.reading_id = r.reading_id)
        WINDOW register AS (PARTITION BY r.meter_id, r.zone_code ORDER BY r.read_on, r.reading_id)
    ),
    span AS (
        SELECT
            m.opening_on AS span_from, m.read_on AS span_to,
            ops.register_energy_kwh(m.opening_kwh, m.value_kwh, g.digits, i.ratio) AS energy_kwh
        FROM measured AS m
        INNER JOIN ops.meter_register AS g
            ON g.meter_id = m.meter_id AND g.zone_code = m.zone_code AND g.known_to IS NULL
            AND (g.valid_from IS NULL OR g.valid_from < m.read_on) AND (g.valid_to IS NULL OR m.read_on <= g.valid_to)
        INNER JOIN ops.meter_installation AS i
            ON i.meter_id = m.meter_id AND i.metering_point_id = m.metering_point_id AND i.known_to IS NULL
            AND i.valid_from < m.read_on AND (i.valid_to IS NULL OR m.read_on <= i.valid_to)
        WHERE NOT m.is_opening AND m.opening_on < m.read_on
        UNION ALL
        SELECT e.span_from, e.span_to, e.energy_kwh
        FROM point AS p
        INNER JOIN ops.measured_energy AS e
            ON e.account_id = p.account_id AND e.metering_point_id = p.metering_point_id AND e.span_to <= before_day
        LEFT JOIN ops.measured_energy_set_aside AS a
            ON a.account_id = e.account_id AND a.booked_month = e.booked_month
            AND a.metering_point_id = e.metering_point_id AND a.direction = e.direction
            AND a.span_from = e.span_from AND a.span_no = e.span_no
        WHERE e.kind = 'half_hours' AND e.direction = 'consumed' AND of_zones IS NULL AND a.account_id IS NULL
    ),
    within_the_year AS (
        SELECT
            greatest(s.span_from, p.first_day) AS span_from, s.span_to,
            s.energy_kwh * (s.span_to - greatest(s.span_from, p.first_day)) / (s.span_to - s.span_from) AS energy_kwh
        FROM span AS s
        CROSS JOIN point AS p
        WHERE s.span_to > p.first_day
    ),
    measured_days AS (
        -- Scales of one meter measure the same days, which count once.
        SELECT sum(upper(d.days) - lower(d.days)) AS day_count
        FROM (SELECT unnest(range_agg(daterange(w.span_from, w.span_to))) AS days FROM within_the_year AS w) AS d
    )
    SELECT round(sum(w.energy_kwh) / (SELECT c.day_count FROM measured_days AS c), 6)
    FROM within_the_year AS w;
END;

-- Daily use by the contract that holds on a day: a year of its monthly use over 365 days; empty where none is entered.
CREATE OR REPLACE FUNCTION ops.contract_daily_use_kwh(of_metering_point_id bigint, on_day date)
RETURNS numeric
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT round(c.monthly_kwh * 12 / 365, 6)
    FROM ops.contract_use AS c
    WHERE c.metering_point_id = of_metering_point_id AND c.known_to IS NULL
        AND daterange(c.valid_from, c.valid_to) @> on_day;
END;

-- Which of the two holds, and its figure; a row with empty fields where neither does.
CREATE OR REPLACE FUNCTION ops.expected_daily_use(
    of_metering_point_id bigint, on_day date, of_zones text[] DEFAULT NULL
)
RETURNS TABLE (daily_kwh numeric, basis text)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT
        coalesce(u.measured_kwh, u.contract_kwh),
        CASE WHEN u.measured_kwh IS NOT NULL THEN 'measured' WHEN u.contract_kwh IS NOT NULL THEN 'contract' END
    FROM (
        SELECT
            ops.mean_daily_use_kwh(of_metering_point_id, on_day, of_zones) AS measured_kwh,
            ops.contract_daily_use_kwh(of_metering_point_id, on_day) AS contract_kwh
    ) AS u;
END;
