-- What the dump itself tells of each point's use in each month: by half-hours of every day, else as energy told, else by
-- its registers. Spans between readings count in the month that they end in, as old programs bill them.
CREATE TEMPORARY TABLE shadow_energy ON COMMIT DROP AS
WITH chain AS (
    SELECT
        t.point_code, t.serial_no, t.read_on, t.value_kwh, t.is_opening, lag(t.value_kwh) OVER meter AS value_before_kwh,
        lag(t.read_on) OVER meter AS read_before
    FROM standing_reading AS t
    WINDOW meter AS (PARTITION BY t.point_code, t.serial_no ORDER BY t.read_on)
),
register AS (
    SELECT t.point_code, t.serial_no, min(t.digits) AS digits, coalesce(min(t.ratio), 1) AS ratio
    FROM standing_meter AS t
    GROUP BY t.point_code, t.serial_no
),
told AS (
    SELECT
        1 AS preference, p.point_code, date_trunc('month', h.measured_on)::date AS service_month,
        sum(h.energy_kwh) AS our_kwh, min(h.measured_on) AS span_from, max(h.measured_on) + 1 AS span_to
    FROM standing_half_hours AS h
    INNER JOIN shadow_point AS p ON p.amr_code = h.point_code
    WHERE h.channel = '01'
    GROUP BY p.point_code, date_trunc('month', h.measured_on)
    HAVING count(DISTINCT h.measured_on) = extract(
        day FROM date_trunc('month', min(h.measured_on)) + interval '1 month - 1 day'
    )
    UNION ALL
    SELECT 2, e.point_code, e.service_month, sum(e.energy_kwh), e.service_month, (e.service_month + interval '1 month')::date
    FROM standing_declared_energy AS e
    WHERE e.direction = 'consumed'
    GROUP BY e.point_code, e.service_month
    UNION ALL
    SELECT
        3, c.point_code, date_trunc('month', c.read_on - 1)::date,
        sum(ops.register_energy_kwh(c.value_before_kwh, c.value_kwh, r.digits, r.ratio)), min(c.read_before), max(c.read_on)
    FROM chain AS c
    INNER JOIN register AS r ON r.point_code = c.point_code AND r.serial_no = c.serial_no
    WHERE NOT c.is_opening AND c.value_before_kwh IS NOT NULL AND c.read_on > c.read_before
    GROUP BY c.point_code, date_trunc('month', c.read_on - 1)
)
SELECT DISTINCT ON (t.point_code, t.service_month)
    t.point_code, t.service_month, t.preference, t.our_kwh, t.span_from, t.span_to
FROM told AS t
ORDER BY t.point_code, t.service_month, t.preference;
CREATE INDEX ON shadow_energy (point_code, service_month);
ANALYZE shadow_energy;

-- Of a bill: known where each of its account's points is.
CREATE TEMPORARY TABLE shadow_use ON COMMIT DROP AS
SELECT
    c.bill_no, sum(e.our_kwh) AS our_kwh, min(e.span_from) AS span_from, max(e.span_to) AS span_to
FROM shadow_charge AS c
INNER JOIN shadow_point AS p ON p.account_no = c.account_no
INNER JOIN shadow_energy AS e ON e.point_code = p.point_code AND e.service_month = c.service_month
GROUP BY c.bill_no, c.point_count
HAVING count(*) = c.point_count;
ANALYZE shadow_use;
