-- What the dump itself tells of each point's use in each month: by half-hours of every day, else as energy told, else
-- by its registers. A span between readings counts in the month that it ends in, as old programs bill it; one over
-- several months is spread over their days, as ours does.
CREATE TEMPORARY TABLE shadow_energy ON COMMIT DROP AS
WITH chain AS (
    SELECT
        t.point_code, t.serial_no, t.read_on, t.value_kwh, t.is_opening,
        lag(t.value_kwh) OVER meter AS value_before_kwh, lag(t.read_on) OVER meter AS read_before
    FROM standing_reading AS t
    WINDOW meter AS (PARTITION BY t.point_code, t.serial_no ORDER BY t.read_on)
),
register AS (
    SELECT t.point_code, t.serial_no, min(t.digits) AS digits, coalesce(min(t.ratio), 1) AS ratio
    FROM standing_meter AS t
    GROUP BY t.point_code, t.serial_no
),
span AS (
    SELECT
        c.point_code, c.read_before AS span_from, c.read_on AS span_to, d.first_month, d.last_month,
        ops.register_energy_kwh(c.value_before_kwh, c.value_kwh, r.digits, r.ratio) AS span_kwh
    FROM chain AS c
    INNER JOIN register AS r ON r.point_code = c.point_code AND r.serial_no = c.serial_no
    CROSS JOIN LATERAL (
        SELECT
            least((date_trunc('month', c.read_before - 1) + interval '1 month')::date, d.last_month) AS first_month,
            d.last_month
        FROM (SELECT date_trunc('month', c.read_on - 1)::date AS last_month) AS d
    ) AS d
    WHERE NOT c.is_opening AND c.value_before_kwh IS NOT NULL AND c.read_on > c.read_before
),
part AS (
    SELECT s.point_code, s.last_month AS service_month, s.span_from, s.span_to, s.span_kwh,
        s.span_kwh AS part_kwh, false AS is_part
    FROM span AS s
    WHERE s.first_month = s.last_month
    UNION ALL
    SELECT
        s.point_code, m.service_month, s.span_from, s.span_to, s.span_kwh,
        ops.energy_until_kwh(
            s.span_kwh, s.span_from, s.span_to, least(s.span_to, (m.service_month + interval '1 month')::date)
        ) - CASE WHEN m.service_month = s.first_month THEN 0
            ELSE ops.energy_until_kwh(s.span_kwh, s.span_from, s.span_to, m.service_month) END,
        true
    FROM span AS s
    CROSS JOIN LATERAL (
        SELECT g::date AS service_month FROM generate_series(s.first_month, s.last_month, interval '1 month') AS g
    ) AS m
    WHERE s.first_month < s.last_month
),
told AS (
    SELECT
        1 AS preference, p.point_code, date_trunc('month', h.measured_on)::date AS service_month,
        sum(h.energy_kwh) AS our_kwh, min(h.measured_on) AS span_from, max(h.measured_on) + 1 AS span_to,
        sum(h.energy_kwh) AS span_kwh, false AS is_part
    FROM standing_half_hours AS h
    INNER JOIN shadow_point AS p ON p.amr_code = h.point_code
    WHERE h.channel = '01'
    GROUP BY p.point_code, date_trunc('month', h.measured_on)
    HAVING count(DISTINCT h.measured_on) = extract(
        day FROM date_trunc('month', min(h.measured_on)) + interval '1 month - 1 day'
    )
    UNION ALL
    SELECT
        2, e.point_code, e.service_month, sum(e.energy_kwh), e.service_month,
        (e.service_month + interval '1 month')::date, sum(e.energy_kwh), false
    FROM standing_declared_energy AS e
    WHERE e.direction = 'consumed'
    GROUP BY e.point_code, e.service_month
    UNION ALL
    SELECT
        3, p.point_code, p.service_month, sum(p.part_kwh), min(p.span_from), max(p.span_to), sum(p.span_kwh),
        bool_or(p.is_part)
    FROM part AS p
    GROUP BY p.point_code, p.service_month
)
SELECT DISTINCT ON (t.point_code, t.service_month)
    t.point_code, t.service_month, t.preference, t.our_kwh, t.span_from, t.span_to, t.span_kwh, t.is_part
FROM told AS t
ORDER BY t.point_code, t.service_month, t.preference;
CREATE INDEX ON shadow_energy (point_code, service_month);
ANALYZE shadow_energy;

-- Of a bill: known where each of its account's points is.
CREATE TEMPORARY TABLE shadow_use ON COMMIT DROP AS
SELECT
    c.bill_no, sum(e.our_kwh) AS our_kwh, min(e.span_from) AS span_from, max(e.span_to) AS span_to,
    sum(e.span_kwh) AS span_kwh, bool_or(e.is_part) AS is_part
FROM shadow_charge AS c
INNER JOIN shadow_point AS p ON p.account_no = c.account_no
INNER JOIN shadow_energy AS e ON e.point_code = p.point_code AND e.service_month = c.service_month
GROUP BY c.bill_no, c.point_count
HAVING count(*) = c.point_count;
ANALYZE shadow_use;

-- Bills whose month the readings tell otherwise, though the months together agree: those of the span that a missing
-- reading left long (spread), or all that the dump has of the account (shifted, as after an estimate). A span with a
-- month that has no bill cannot be told apart from one that agrees.
CREATE TEMPORARY TABLE shadow_agreement ON COMMIT DROP AS
WITH differing AS (
    SELECT c.bill_no, c.account_no, c.service_month, c.tolerance_kwh, u.span_from, u.span_to, u.span_kwh, u.is_part
    FROM shadow_charge AS c
    INNER JOIN shadow_use AS u ON u.bill_no = c.bill_no
    WHERE abs(u.our_kwh - c.energy_kwh) > c.tolerance_kwh
),
spread AS (
    SELECT d.bill_no, sum(k.energy_kwh) AS billed_kwh
    FROM differing AS d
    INNER JOIN standing_charge AS k
        ON k.account_no = d.account_no AND k.service_month > date_trunc('month', d.span_from - 1)
        AND k.service_month <= date_trunc('month', d.span_to - 1)
    WHERE d.is_part
    GROUP BY d.bill_no, d.span_from, d.span_to, d.span_kwh, d.tolerance_kwh
    HAVING abs(sum(k.energy_kwh) - d.span_kwh) <= count(*) * d.tolerance_kwh
        OR count(*) < 12 * (extract(year FROM d.span_to - 1) - extract(year FROM d.span_from - 1))
        + extract(month FROM d.span_to - 1) - extract(month FROM d.span_from - 1)
),
account AS (
    SELECT p.account_no, count(*) AS point_count FROM shadow_point AS p GROUP BY p.account_no
),
billed AS (
    SELECT k.account_no, count(*) AS month_count, sum(k.energy_kwh) AS billed_kwh
    FROM standing_charge AS k
    WHERE k.account_no IN (SELECT d.account_no FROM differing AS d)
    GROUP BY k.account_no
),
used AS (
    SELECT k.account_no, count(*) AS told_count, sum(e.our_kwh) AS used_kwh
    FROM standing_charge AS k
    INNER JOIN shadow_point AS p ON p.account_no = k.account_no
    INNER JOIN shadow_energy AS e ON e.point_code = p.point_code AND e.service_month = k.service_month
    WHERE k.account_no IN (SELECT d.account_no FROM differing AS d)
    GROUP BY k.account_no
)
SELECT d.bill_no, 'spread' AS energy_state FROM spread AS d
UNION ALL
SELECT d.bill_no, 'shifted'
FROM differing AS d
INNER JOIN account AS a ON a.account_no = d.account_no
INNER JOIN billed AS b ON b.account_no = d.account_no
INNER JOIN used AS u ON u.account_no = d.account_no AND u.told_count = b.month_count * a.point_count
WHERE abs(b.billed_kwh - u.used_kwh) <= b.month_count * d.tolerance_kwh
    AND NOT EXISTS (SELECT 1 FROM spread AS s WHERE s.bill_no = d.bill_no);
