-- Readings, half-hours and energy told as such.
CREATE TEMPORARY TABLE new_reading ON COMMIT DROP AS
SELECT
    p.account_id, b.booked_month,
    p.metering_point_id, m.meter_id, t.read_on, t.value_kwh, t.kind,
    -- Energy is counted from the first value that stands, whatever the old program called it.
    t.is_opening OR k.point_code IS NULL
    AND row_number() OVER (PARTITION BY p.metering_point_id, m.meter_id ORDER BY t.read_on) = 1 AS is_opening,
    p.res_id, s.source_id, t.row_no, p.point_code
FROM standing_reading AS t
INNER JOIN file_source AS s ON s.file_id = t.file_id
INNER JOIN known_point AS p ON p.point_code = t.point_code
INNER JOIN known_meter AS m ON m.point_code = t.point_code AND m.serial_no = t.serial_no
LEFT JOIN read_before AS k ON k.point_code = t.point_code AND k.serial_no = t.serial_no
LEFT JOIN booking_month AS b
    ON b.res_id = p.res_id AND b.month = greatest(:first_day, date_trunc('month', t.read_on - 1)::date);
ANALYZE new_reading;

INSERT INTO ops.reading (
    account_id, booked_month, reading_id, metering_point_id, meter_id, zone_code, read_on, value_kwh, kind, is_opening,
    res_id, source_id, source_row
)
SELECT
    n.account_id, n.booked_month, nextval('ops.reading_id_seq'), n.metering_point_id, n.meter_id, 'all', n.read_on,
    n.value_kwh, n.kind, n.is_opening, n.res_id, n.source_id, n.row_no
FROM (SELECT * FROM new_reading ORDER BY booked_month, account_id, meter_id, read_on) AS n;

CREATE TEMPORARY TABLE new_half_hours ON COMMIT DROP AS
SELECT
    p.account_id, b.booked_month, b.month AS service_month, p.metering_point_id, p.point_code, t.channel,
    t.measured_on, t.half_hours, t.status, t.energy_kwh, p.res_id, s.source_id, t.row_no
FROM standing_half_hours AS t
INNER JOIN file_source AS s ON s.file_id = t.file_id
INNER JOIN known_point AS p ON p.amr_code = t.point_code
LEFT JOIN booking_month AS b ON b.res_id = p.res_id AND b.month = date_trunc('month', t.measured_on)::date;

INSERT INTO ops.interval_energy (
    account_id, booked_month, metering_point_id, channel, measured_on, half_hours, status, res_id, source_id, source_row
)
SELECT
    n.account_id, n.booked_month, n.metering_point_id, n.channel, n.measured_on, n.half_hours, n.status, n.res_id,
    n.source_id, n.row_no
FROM new_half_hours AS n
ORDER BY n.account_id, n.measured_on;

-- Points that are billed by their half-hours; all others are billed by their readings.
CREATE TEMPORARY TABLE point_by_half_hours ON COMMIT DROP AS
SELECT p.metering_point_id
FROM point_by_half_hours_told AS t
INNER JOIN known_point AS p ON p.point_code = t.point_code;

INSERT INTO ops.measured_energy (
    account_id, booked_month, metering_point_id, direction, span_from, span_to, energy_kwh, kind, res_id, source_id,
    source_row
)
SELECT
    n.account_id, n.booked_month, n.metering_point_id, 'consumed', n.service_month,
    (n.service_month + interval '1 month')::date, sum(n.energy_kwh), 'half_hours', n.res_id, min(n.source_id), 0
FROM new_half_hours AS n
INNER JOIN point_by_half_hours AS h ON h.metering_point_id = n.metering_point_id
WHERE n.channel = '01'
GROUP BY n.account_id, n.booked_month, n.service_month, n.metering_point_id, n.res_id;

-- Their readings stay as a control and are not billed a second time.
INSERT INTO ops.reading_event (account_id, booked_month, reading_id, event, reason, source_id, source_row)
SELECT
    r.account_id, r.booked_month, r.reading_id, 'quarantined',
    'Control reading: the point is billed by its half-hours.', r.source_id, r.source_row
FROM ops.reading AS r
INNER JOIN point_by_half_hours AS h ON h.metering_point_id = r.metering_point_id
INNER JOIN file_source AS s ON s.source_id = r.source_id
ORDER BY r.reading_id;

INSERT INTO ops.measured_energy (
    account_id, booked_month, metering_point_id, direction, span_from, span_no, span_to, energy_kwh, kind, res_id,
    source_id, source_row
)
SELECT
    p.account_id, b.booked_month, p.metering_point_id, t.direction, t.service_month,
    row_number() OVER (
        PARTITION BY p.metering_point_id, t.direction, t.service_month ORDER BY t.file_id, t.row_no, t.part_no
    ) + (
        SELECT count(*) FROM earlier_declared_energy AS e
        WHERE e.point_code = t.point_code AND e.direction = t.direction AND e.service_month = t.service_month
    ),
    (t.service_month + interval '1 month')::date, t.energy_kwh, 'legacy_billed', p.res_id, s.source_id, t.row_no
FROM standing_declared_energy AS t
INNER JOIN file_source AS s ON s.file_id = t.file_id
INNER JOIN known_point AS p ON p.point_code = t.point_code
LEFT JOIN booking_month AS b ON b.res_id = p.res_id AND b.month = greatest(:first_day, t.service_month);
