-- One row per stay of a meter at a metering point. Stays of one meter at one point are told apart by their order.
-- side: loaded
SELECT
    concat_ws(' ', t.point_code, t.serial_no, t.stay_no) AS legacy_key, t.meter_type_code, t.digits, t.ratio,
    t.installed_on, t.removed_on, t.file_id, t.row_no
FROM (
    SELECT
        m.point_code, m.serial_no, m.meter_type_code, m.removed_on, m.file_id, m.row_no,
        first_value(m.digits) OVER (PARTITION BY m.point_code, m.serial_no ORDER BY m.file_id, m.row_no) AS digits,
        coalesce(m.ratio, 1)::numeric(12, 4) AS ratio,
        least(coalesce(m.installed_on, r.first_read_on, :first_day), r.first_read_on, m.removed_on) AS installed_on,
        nullif(
            row_number() OVER (PARTITION BY m.point_code, m.serial_no ORDER BY m.installed_on, m.file_id, m.row_no), 1
        ) AS stay_no
    FROM standing_meter AS m
    LEFT JOIN (
        SELECT r.point_code, r.serial_no, min(r.read_on) AS first_read_on
        FROM standing_reading AS r
        GROUP BY r.point_code, r.serial_no
    ) AS r ON r.point_code = m.point_code AND r.serial_no = m.serial_no
) AS t
-- side: book
SELECT
    concat_ws(' ', t.point_code, t.serial_no, t.stay_no) AS legacy_key, t.meter_type_code, t.digits, t.ratio,
    t.valid_from AS installed_on, t.valid_to AS removed_on, t.source_id
FROM (
    SELECT
        n.point_code, n.serial_no, m.meter_type_code, g.digits, i.ratio, i.valid_from, i.valid_to,
        greatest(i.source_id, m.source_id) AS source_id,
        nullif(row_number() OVER (PARTITION BY i.metering_point_id, i.meter_id ORDER BY i.valid_from), 1) AS stay_no
    FROM ops.meter_installation AS i
    INNER JOIN ops.meter AS m ON m.meter_id = i.meter_id
    LEFT JOIN ops.meter_register AS g
        ON g.meter_id = m.meter_id AND g.zone_code = 'all' AND g.known_to IS NULL AND g.valid_to IS NULL
    INNER JOIN ops.metering_point AS p ON p.metering_point_id = i.metering_point_id
    INNER JOIN ops.account AS a ON a.account_id = p.account_id
    CROSS JOIN LATERAL (
        SELECT
            CASE
                WHEN p.code = a.account_no || '#1' THEN a.account_no
                ELSE substr(p.code, length(a.account_no) + 2)
            END AS point_code,
            CASE
                WHEN right(m.serial_no, length(p.code) + 1) = '@' || p.code
                    THEN left(m.serial_no, -length(p.code) - 1)
                ELSE m.serial_no
            END AS serial_no
    ) AS n
    WHERE i.known_to IS NULL AND (
        i.source_id IN (SELECT s.source_id FROM source_of_load AS s)
        -- Hung by somebody else within the days of the load.
        OR p.source_id IN (SELECT s.source_id FROM source_of_load AS s) AND i.valid_from < :end_day
        AND i.source_id NOT IN (SELECT s.source_id FROM source_of_other_load AS s)
    )
) AS t
