-- Parents without children, each named: only where the dump has such children at all, and tells of none, not even of one
-- that was rejected. Children without parents are verdicts; both ways are counted.
INSERT INTO migration.remark (load_id, entity, file_id, row_no, reason_code, legacy_key, sentence, energy_kwh, amount_minor)
SELECT
    :load_id, n.entity, n.file_id, n.row_no, n.reason_code, n.legacy_key,
    replace(
        replace(replace(r.sentence, '{file}', f.path), '{row}', n.row_no::text), '{key}', n.legacy_key
    ), 0, n.amount_minor
FROM (
    SELECT 'account' AS entity, t.file_id, t.row_no, 'NO_POINT' AS reason_code, t.account_no AS legacy_key, 0 AS amount_minor
    FROM standing_account AS t
    WHERE NOT coalesce(t.is_archived, false) AND EXISTS (SELECT 1 FROM standing_metering_point)
        AND t.account_no NOT IN (
            SELECT p.account_no FROM migration.metering_point AS p
            WHERE p.load_id = :load_id AND NOT p.is_deleted AND p.account_no IS NOT NULL
            UNION ALL
            SELECT p.account_no FROM earlier_metering_point AS p
        )
    UNION ALL
    SELECT 'metering_point', t.file_id, t.row_no, 'NO_METER_OF_POINT', t.point_code, 0
    FROM standing_metering_point AS t
    INNER JOIN told_account AS a ON a.account_no = t.account_no AND NOT coalesce(a.is_archived, false)
    WHERE EXISTS (SELECT 1 FROM standing_meter) AND t.amr_code IS NULL
        AND t.point_code NOT IN (
            SELECT m.point_code FROM migration.meter AS m
            WHERE m.load_id = :load_id AND NOT m.is_deleted AND m.point_code IS NOT NULL
            UNION ALL
            SELECT m.point_code FROM earlier_meter AS m
        )
    UNION ALL
    SELECT 'meter', t.file_id, t.row_no, 'NO_READING', concat_ws(' ', t.point_code, t.serial_no), 0
    FROM standing_meter AS t
    INNER JOIN told_metering_point AS p ON p.point_code = t.point_code AND p.amr_code IS NULL
    INNER JOIN told_account AS a ON a.account_no = p.account_no AND NOT coalesce(a.is_archived, false)
    WHERE t.removed_on IS NULL AND EXISTS (SELECT 1 FROM standing_reading)
        AND (t.point_code, t.serial_no) NOT IN (
            SELECT k.point_code, k.serial_no FROM migration.reading AS k
            WHERE k.load_id = :load_id AND NOT k.is_deleted AND k.point_code IS NOT NULL AND k.serial_no IS NOT NULL
            UNION ALL
            SELECT k.point_code, k.serial_no FROM earlier_reading AS k
        )
    UNION ALL
    SELECT 'payment_package', t.file_id, t.row_no, 'NO_PAYMENT', t.package_no, t.declared_minor
    FROM standing_payment_package AS t
    WHERE t.declared_count > 0 AND t.file_name NOT IN (
        SELECT p.file_name FROM migration.payment AS p
        WHERE p.load_id = :load_id AND NOT p.is_deleted AND p.file_name IS NOT NULL
        UNION ALL
        SELECT p.file_name FROM earlier_payment AS p
    )
) AS n
INNER JOIN migration.reason AS r ON r.reason_code = n.reason_code
INNER JOIN landing.file AS f ON f.file_id = n.file_id;

INSERT INTO migration.check_result (
    load_id, stage, level, entity, unit, measure, source_value, target_value, difference, tolerance, status
)
SELECT
    :load_id, 'verdict', 'row', n.entity, '', n.measure, n.found, 0, n.found, 0,
    CASE WHEN n.found = 0 THEN 'equal' ELSE 'noted' END
FROM (
    SELECT k.entity, k.measure, count(d.entity) AS found
    FROM (
        VALUES
        ('metering_point', 'without an account', 'NO_ACCOUNT'), ('meter', 'without a metering point', 'NO_ACCOUNT'),
        ('reading', 'without a metering point', 'NO_ACCOUNT'), ('reading', 'without a meter', 'NO_METER'),
        ('charge', 'without an account', 'NO_ACCOUNT'), ('opening_balance', 'without an account', 'NO_ACCOUNT'),
        ('half_hours', 'without a point', 'NO_METER'), ('payment', 'without a register', 'NO_PACKAGE')
    ) AS k (entity, measure, reason_code)
    LEFT JOIN migration.verdict AS d
        ON d.load_id = :load_id AND d.entity = k.entity AND d.reason_code = k.reason_code
    GROUP BY k.entity, k.measure
    UNION ALL
    SELECT k.entity, k.measure, count(r.remark_id)
    FROM (
        VALUES
        ('account', 'without a metering point', 'NO_POINT'), ('metering_point', 'without a meter', 'NO_METER_OF_POINT'),
        ('meter', 'without a reading', 'NO_READING'), ('payment_package', 'without a payment', 'NO_PAYMENT'),
        ('payment', 'without an account', 'UNRECOGNISED_MONEY')
    ) AS k (entity, measure, reason_code)
    LEFT JOIN migration.remark AS r ON r.load_id = :load_id AND r.reason_code = k.reason_code
    GROUP BY k.entity, k.measure
) AS n;
