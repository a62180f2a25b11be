-- Accounts by status, and kWh told in two ways: by the old program's charges and by its registers (`register_reading` and
-- `known_register` are those by which the readings were judged).
INSERT INTO migration.check_result (
    load_id, stage, level, entity, unit, measure, source_value, target_value, difference, tolerance, status
)
SELECT
    :load_id, 'verdict', 'count', 'account', coalesce(a.res_code, ''),
    CASE WHEN a.is_archived THEN 'archived accounts' ELSE 'active accounts' END,
    count(DISTINCT a.account_no), count(DISTINCT s.account_no),
    count(DISTINCT a.account_no) - count(DISTINCT s.account_no), 0, 'noted'
FROM migration.account AS a
LEFT JOIN standing_account AS s ON s.account_no = a.account_no
WHERE a.load_id = :load_id AND NOT a.is_deleted
GROUP BY a.res_code, a.is_archived
ORDER BY a.res_code, a.is_archived;

INSERT INTO migration.check_result (
    load_id, stage, level, entity, unit, measure, source_value, target_value, difference, tolerance, status
)
SELECT
    :load_id, 'verdict', 'sum', 'charge', '', 'kWh charged, and kWh by the registers that are loaded', c.kwh, r.kwh,
    c.kwh - r.kwh, 0, 'noted'
FROM (SELECT sum(energy_kwh) AS kwh FROM migration.charge WHERE load_id = :load_id AND NOT is_deleted) AS c,
    (
        SELECT sum(
            (n.value_kwh - n.value_before + CASE WHEN n.value_kwh < n.value_before THEN 10::numeric ^ m.digits ELSE 0 END)
            * m.ratio
        ) AS kwh
        FROM (
            SELECT
                t.register_no, t.value_kwh, t.is_opening,
                lag(t.value_kwh) OVER (PARTITION BY t.register_no ORDER BY t.read_on) AS value_before
            FROM register_reading AS t
            WHERE t.reason_code IS NULL AND NOT EXISTS (
                SELECT 1 FROM migration.verdict AS d
                WHERE d.load_id = :load_id AND d.entity = 'reading' AND d.file_id = t.file_id AND d.row_no = t.row_no
                    AND d.part_no = t.part_no
            )
        ) AS n
        INNER JOIN known_register AS r ON r.register_no = n.register_no
        INNER JOIN (
            SELECT t.point_code, t.serial_no, min(t.digits) AS digits, min(t.ratio) AS ratio
            FROM standing_meter AS t
            GROUP BY t.point_code, t.serial_no
        ) AS m ON m.point_code = r.point_code AND m.serial_no = r.serial_no
        WHERE NOT n.is_opening
    ) AS r
WHERE c.kwh IS NOT NULL;
