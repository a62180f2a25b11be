-- What the sender of a register declared, against the rows that came (a receipt sent twice is in both).
INSERT INTO migration.difference (load_id, check_code, file_id, row_no, legacy_key, measure, stated, expected, sentence)
SELECT
    :load_id, 'PACKAGE_MISMATCH', p.file_id, p.row_no, p.package_no, 'declared_minor', p.declared_minor,
    coalesce(c.amount_minor, 0),
    format(
        'Package %s (%s) declares %s payments of %s, its file has %s of %s; ask the channel %s.',
        p.package_no, p.file_name, p.declared_count, round(p.declared_minor / 100.0, 2), coalesce(c.row_count, 0),
        round(coalesce(c.amount_minor, 0) / 100.0, 2), p.channel_code
    )
FROM standing_payment_package AS p
LEFT JOIN (
    SELECT t.file_name, count(*) AS row_count, sum(t.amount_minor) AS amount_minor
    FROM migration.payment AS t
    WHERE t.load_id = :load_id AND NOT t.is_deleted
    GROUP BY t.file_name
) AS c ON c.file_name = p.file_name
WHERE p.declared_count <> coalesce(c.row_count, 0) OR p.declared_minor <> coalesce(c.amount_minor, 0);

INSERT INTO migration.check_result (
    load_id, stage, level, entity, unit, measure, source_value, target_value, difference, tolerance, status
)
SELECT
    :load_id, 'verdict', 'sum', 'payment', '', 'money that packages declare', p.declared, c.amount,
    p.declared - c.amount, 0, CASE WHEN p.declared = c.amount THEN 'equal' ELSE 'noted' END
FROM (SELECT sum(declared_minor) / 100.0 AS declared FROM standing_payment_package) AS p,
    (
        SELECT coalesce(sum(amount_minor), 0) / 100.0 AS amount
        FROM migration.payment WHERE load_id = :load_id AND NOT is_deleted
    ) AS c
WHERE p.declared IS NOT NULL;
