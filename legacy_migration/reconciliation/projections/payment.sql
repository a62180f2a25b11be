-- One row per payment: whose it is, when, how much, in which register; one that was taken back since says so.
-- side: loaded
SELECT
    concat_ws(' ', g.channel_code, t.external_id) AS legacy_key, coalesce(a.account_no, x.account_no, y.account_no)
    AS account_no, g.package_no, t.paid_on, t.amount_minor, CASE WHEN a.account_no IS NULL THEN t.payer_text END
    AS payer_text, false AS is_taken_back, t.file_id, t.row_no
FROM standing_payment AS t
INNER JOIN told_payment_package AS g ON g.file_name = t.file_name
LEFT JOIN told_account AS a ON a.account_no = t.account_no
-- No function of the house here: the pass would no longer be parallel.
LEFT JOIN (
    SELECT u.code AS res_code, c.account_no
    FROM ops.account AS c
    INNER JOIN ops.unit AS u ON u.unit_id = c.res_id
    WHERE c.kind = 'technical'
) AS x ON x.res_code = t.res_code
CROSS JOIN (
    SELECT min(c.account_no) AS account_no
    FROM ops.account AS c
    INNER JOIN ops.unit AS u ON u.unit_id = c.res_id
    WHERE c.kind = 'technical' AND u.code IN (SELECT n.res_code FROM told_account AS n)
) AS y
-- side: book
SELECT
    concat_ws(' ', p.channel_code, p.external_id) AS legacy_key, a.account_no, k.package_no, p.paid_on, p.amount_minor,
    p.payer_text, v.payment_no IS NOT NULL AS is_taken_back, greatest(p.source_id, v.source_id) AS source_id
FROM ops.payment AS p
INNER JOIN ops.account AS a ON a.account_id = p.account_id
LEFT JOIN ops.payment_package AS k ON k.payment_package_id = p.payment_package_id
LEFT JOIN ops.payment_reversal AS v
    ON v.account_id = p.account_id AND v.booked_month = p.booked_month AND v.payment_no = p.payment_no
WHERE p.source_id IN (SELECT s.source_id FROM source_of_load AS s)
