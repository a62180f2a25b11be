-- Metering points, where they hang, by which tariff they are billed, and their meters.
CREATE TEMPORARY TABLE new_point ON COMMIT DROP AS
SELECT
    t.*, s.source_id, a.account_id, a.res_id, a.is_archived,
    coalesce(u.unit_id, w.unit_id, a.res_id) AS unit_id,
    CASE
        WHEN t.point_code = t.account_no THEN t.account_no || '#1'
        ELSE t.account_no || '#' || t.point_code
    END AS published_code,
    coalesce(t.connected_on, :first_day) AS published_connected_on
FROM standing_metering_point AS t
INNER JOIN file_source AS s ON s.file_id = t.file_id
INNER JOIN known_account AS a ON a.account_no = t.account_no
LEFT JOIN unit_of_code AS u ON u.code = t.unit_code
LEFT JOIN unit_of_code AS w ON w.code = t.upper_unit_code;
ANALYZE new_point;

INSERT INTO ops.metering_point (
    code, account_id, premises_id, resource_code, consumer_class, connected_on, disconnected_for_good_on,
    connected_load_kw, supply_voltage_kv, source_id, source_row
)
SELECT
    n.published_code, n.account_id, h.premises_id, 'electricity', n.consumer_class, n.published_connected_on,
    CASE WHEN n.is_archived THEN greatest(:first_day, n.published_connected_on) END, n.connected_load_kw,
    n.supply_voltage_kv, n.source_id, n.row_no
FROM new_point AS n
LEFT JOIN (
    SELECT k.account_id, min(k.premises_id) AS premises_id
    FROM ops.account_premises AS k
    WHERE k.account_id IN (SELECT p.account_id FROM new_point AS p) AND k.valid_to IS NULL AND k.known_to IS NULL
    GROUP BY k.account_id
) AS h ON h.account_id = n.account_id
ORDER BY n.account_id, n.published_code;

-- Just filled: without statistics the next join would be a loop.
SET LOCAL ROLE wattbook_owner;
ANALYZE ops.metering_point;
SET LOCAL ROLE wattbook_loader;

CREATE TEMPORARY TABLE published_point ON COMMIT DROP AS
SELECT m.metering_point_id, n.*
FROM new_point AS n
INNER JOIN ops.metering_point AS m ON m.code = n.published_code;
CREATE UNIQUE INDEX ON published_point (point_code);
ANALYZE published_point;

-- Points that meters and readings of this load may hang on: its own and those of earlier loads.
CREATE TEMPORARY TABLE known_point ON COMMIT DROP AS
SELECT p.metering_point_id, p.point_code, p.amr_code, p.published_code, p.account_id, p.res_id
FROM published_point AS p
UNION ALL
SELECT m.metering_point_id, t.point_code, t.amr_code, m.code, m.account_id, a.res_id
FROM earlier_metering_point AS t
INNER JOIN known_account AS a ON a.account_no = t.account_no
INNER JOIN ops.metering_point AS m
    ON m.code = t.account_no || '#' || CASE WHEN t.point_code = t.account_no THEN '1' ELSE t.point_code END;
CREATE UNIQUE INDEX ON known_point (point_code);
ANALYZE known_point;

-- The dump tells how things stood on its first day, not since when.
INSERT INTO ops.metering_point_placement (metering_point_id, unit_id, valid_from, source_id, source_row)
SELECT p.metering_point_id, p.unit_id, :first_day, p.source_id, p.row_no
FROM published_point AS p;

INSERT INTO ops.metering_point_tariff (metering_point_id, tariff_code, valid_from, source_id, source_row)
SELECT p.metering_point_id, p.tariff_code, :first_day, p.source_id, p.row_no
FROM published_point AS p
WHERE p.tariff_code IS NOT NULL;

-- Meters that earlier loads hung there: one number at one point is one meter.
CREATE TEMPORARY TABLE earlier_published_meter ON COMMIT DROP AS
SELECT DISTINCT p.point_code, t.serial_no, k.meter_id, k.serial_no AS published_serial
FROM earlier_meter AS t
INNER JOIN known_point AS p ON p.point_code = t.point_code
INNER JOIN ops.source AS s ON s.kind = 'legacy_file' AND (s.arguments ->> 'file_id')::bigint = t.file_id
INNER JOIN ops.meter_installation AS i
    ON i.metering_point_id = p.metering_point_id AND i.source_id = s.source_id AND i.source_row = t.row_no
INNER JOIN ops.meter AS k ON k.meter_id = i.meter_id;
ANALYZE earlier_published_meter;

-- A serial number that another meter has at the same time, here or in the book, gets the point behind it.
CREATE TEMPORARY TABLE new_meter ON COMMIT DROP AS
SELECT
    t.*, s.source_id, p.metering_point_id, f.first_read_on,
    CASE
        WHEN e.meter_id IS NOT NULL THEN e.published_serial
        WHEN EXISTS (
            SELECT 1 FROM migration.remark AS r
            WHERE r.load_id = :load_id AND r.entity = 'meter' AND r.reason_code = 'DUP_SERIAL'
                AND r.file_id = t.file_id AND r.row_no = t.row_no
        ) OR k.serial_no IS NOT NULL THEN t.serial_no || '@' || p.published_code
        ELSE t.serial_no
    END AS published_serial
FROM standing_meter AS t
INNER JOIN file_source AS s ON s.file_id = t.file_id
INNER JOIN known_point AS p ON p.point_code = t.point_code
LEFT JOIN ops.meter AS k ON k.serial_no = t.serial_no
LEFT JOIN earlier_published_meter AS e ON e.point_code = t.point_code AND e.serial_no = t.serial_no
LEFT JOIN (
    SELECT r.point_code, r.serial_no, min(r.read_on) AS first_read_on
    FROM standing_reading AS r
    GROUP BY r.point_code, r.serial_no
) AS f ON f.point_code = t.point_code AND f.serial_no = t.serial_no;
ANALYZE new_meter;

INSERT INTO ops.meter (serial_no, meter_type_code, source_id, source_row)
SELECT DISTINCT ON (n.published_serial) n.published_serial, n.meter_type_code, n.source_id, n.row_no
FROM new_meter AS n
WHERE n.published_serial NOT IN (SELECT e.published_serial FROM earlier_published_meter AS e)
ORDER BY n.published_serial, n.file_id, n.row_no;

-- Just filled: without statistics the next join would be a loop.
SET LOCAL ROLE wattbook_owner;
ANALYZE ops.meter;
SET LOCAL ROLE wattbook_loader;

CREATE TEMPORARY TABLE published_meter ON COMMIT DROP AS
SELECT m.meter_id, n.*
FROM new_meter AS n
INNER JOIN ops.meter AS m ON m.serial_no = n.published_serial;
ANALYZE published_meter;

INSERT INTO ops.meter_register (meter_id, zone_code, digits)
SELECT DISTINCT ON (p.meter_id) p.meter_id, 'all', p.digits
FROM published_meter AS p
WHERE p.meter_id NOT IN (SELECT e.meter_id FROM earlier_published_meter AS e)
ORDER BY p.meter_id, p.file_id, p.row_no;

-- Installed on the day of the file, or before its first reading where that day is not known.
INSERT INTO ops.meter_installation (
    metering_point_id, meter_id, ratio, valid_from, valid_to, source_id, source_row
)
SELECT
    p.metering_point_id, p.meter_id, coalesce(p.ratio, 1),
    least(coalesce(p.installed_on, p.first_read_on, :first_day), p.first_read_on, p.removed_on),
    p.removed_on, p.source_id, p.row_no
FROM published_meter AS p;

-- Meters that readings of this load may be of.
CREATE TEMPORARY TABLE known_meter ON COMMIT DROP AS
SELECT p.point_code, p.serial_no, p.meter_id
FROM published_meter AS p
UNION
SELECT e.point_code, e.serial_no, e.meter_id
FROM earlier_published_meter AS e;
ANALYZE known_meter;
