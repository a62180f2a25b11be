-- One row per metering point: where it hangs and by which tariff it is billed.
-- side: loaded
SELECT
    CASE WHEN t.point_code IN (t.account_no, '1') THEN t.account_no ELSE t.point_code END AS legacy_key, t.account_no,
    coalesce(u.code, w.code, t.res_code) AS unit_code, t.tariff_code, t.consumer_class,
    coalesce(t.connected_on, :first_day) AS connected_on, t.connected_load_kw, t.supply_voltage_kv,
    CASE WHEN a.is_archived THEN greatest(:first_day, coalesce(t.connected_on, :first_day)) END
    AS disconnected_for_good_on, t.file_id, t.row_no
FROM standing_metering_point AS t
INNER JOIN told_account AS a ON a.account_no = t.account_no
LEFT JOIN ops.unit AS u ON u.code = t.unit_code
LEFT JOIN ops.unit AS w ON w.code = t.upper_unit_code
-- side: book
SELECT
    CASE
        WHEN m.code = a.account_no || '#1' THEN a.account_no
        ELSE substr(m.code, length(a.account_no) + 2)
    END AS legacy_key, a.account_no, u.code AS unit_code, f.tariff_code, m.consumer_class, m.connected_on,
    m.connected_load_kw, m.supply_voltage_kv, m.disconnected_for_good_on,
    greatest(m.source_id, l.source_id, f.source_id) AS source_id
FROM ops.metering_point AS m
INNER JOIN ops.account AS a ON a.account_id = m.account_id
LEFT JOIN ops.metering_point_placement AS l
    ON l.metering_point_id = m.metering_point_id AND l.known_to IS NULL AND l.valid_to IS NULL
LEFT JOIN ops.unit AS u ON u.unit_id = l.unit_id
LEFT JOIN ops.metering_point_tariff AS f
    ON f.metering_point_id = m.metering_point_id AND f.known_to IS NULL AND f.valid_to IS NULL
WHERE m.source_id IN (SELECT s.source_id FROM source_of_load AS s)
