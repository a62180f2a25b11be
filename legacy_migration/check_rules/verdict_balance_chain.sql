-- Each balance of the old program follows from the one before: before + charged - paid. Where it does not, a figure of
-- that account and month is not its own (two amounts swapped, a row retyped).
INSERT INTO migration.difference (load_id, check_code, file_id, row_no, legacy_key, measure, stated, expected, sentence)
SELECT
    :load_id, 'BALANCE_MISMATCH', c.file_id, c.row_no, c.account_no || ' ' || to_char(c.service_month, 'YYYY-MM'),
    'balance_minor', c.balance_minor, c.expected_minor,
    format(
        '%s, row %s: account %s, %s: the balance is %s, but the one before, the charge and the payment make %s; '
        'find out which of the figures is wrong.',
        c.path, c.row_no, c.account_no, to_char(c.service_month, 'YYYY-MM'), round(c.balance_minor / 100.0, 2),
        round(c.expected_minor / 100.0, 2)
    )
FROM (
    SELECT
        t.*, f.path,
        t.charge_minor - t.paid_minor + CASE
            WHEN t.service_month = t.first_month THEN coalesce(o.balance_minor, 0)
            WHEN t.month_before = (t.service_month - interval '1 month')::date THEN t.balance_before
        END AS expected_minor
    FROM (
        SELECT
            c.file_id, c.row_no, c.account_no, c.service_month, c.charge_minor, c.paid_minor, c.balance_minor,
            lag(c.balance_minor) OVER chain AS balance_before, lag(c.service_month) OVER chain AS month_before,
            b.first_month
        FROM standing_charge AS c
        CROSS JOIN (SELECT min(b.service_month) AS first_month FROM standing_charge AS b) AS b
        WINDOW chain AS (PARTITION BY c.account_no ORDER BY c.service_month)
    ) AS t
    INNER JOIN landing.file AS f ON f.file_id = t.file_id
    LEFT JOIN (
        SELECT b.account_no, sum(b.debit_minor - b.credit_minor) AS balance_minor
        FROM standing_opening_balance AS b
        GROUP BY b.account_no
    ) AS o ON o.account_no = t.account_no
) AS c
WHERE c.balance_minor <> c.expected_minor;

INSERT INTO migration.check_result (
    load_id, stage, level, entity, unit, measure, source_value, target_value, difference, tolerance, status
)
SELECT
    :load_id, 'verdict', 'row', 'charge', '', 'balances that do not follow from the month before', count(*), 0, count(*), 0,
    CASE WHEN count(*) = 0 THEN 'equal' ELSE 'noted' END
FROM migration.difference AS d
WHERE d.load_id = :load_id AND d.check_code = 'BALANCE_MISMATCH'
HAVING EXISTS (SELECT 1 FROM standing_charge);
