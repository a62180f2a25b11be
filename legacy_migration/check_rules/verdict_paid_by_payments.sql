-- What the old program says was paid in a month against the payments of that month: two payments that changed owners or
-- amounts leave every total as it was, but not the accounts'.
INSERT INTO migration.difference (load_id, check_code, file_id, row_no, legacy_key, measure, stated, expected, sentence)
SELECT
    :load_id, 'PAID_MISMATCH', c.file_id, c.row_no, c.account_no || ' ' || to_char(c.service_month, 'YYYY-MM'),
    'paid_minor', c.paid_minor, coalesce(p.amount_minor, 0),
    format(
        '%s, row %s: account %s, %s: %s is stated as paid, but its payments of that month are %s; find out which figure '
        'is wrong.',
        f.path, c.row_no, c.account_no, to_char(c.service_month, 'YYYY-MM'), round(c.paid_minor / 100.0, 2),
        round(coalesce(p.amount_minor, 0) / 100.0, 2)
    )
FROM standing_charge AS c
INNER JOIN landing.file AS f ON f.file_id = c.file_id
LEFT JOIN (
    SELECT
        t.account_no, date_trunc('month', t.paid_on)::date AS service_month, sum(t.amount_minor) AS amount_minor
    FROM standing_payment AS t
    GROUP BY t.account_no, date_trunc('month', t.paid_on)
) AS p ON p.account_no = c.account_no AND p.service_month = c.service_month
WHERE c.paid_minor <> coalesce(p.amount_minor, 0)
    -- Only months of which the dump has payments at all.
    AND c.service_month IN (SELECT date_trunc('month', t.paid_on)::date FROM standing_payment AS t);

INSERT INTO migration.check_result (
    load_id, stage, level, entity, unit, measure, source_value, target_value, difference, tolerance, status
)
SELECT
    :load_id, 'verdict', 'row', 'charge', '', 'amounts stated as paid that payments do not make up', count(*), 0, count(*),
    0, CASE WHEN count(*) = 0 THEN 'equal' ELSE 'noted' END
FROM migration.difference AS d
WHERE d.load_id = :load_id AND d.check_code = 'PAID_MISMATCH'
HAVING EXISTS (SELECT 1 FROM standing_charge) AND EXISTS (SELECT 1 FROM standing_payment);
