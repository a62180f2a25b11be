-- Opening balances by year of origin, and payments in their packages: posted by the procedures of the book alone.
CREATE TABLE work.opening_:load_id AS
SELECT
    a.account_id, b.booked_month, t.year_of_origin,
    sum(t.debit_minor - t.credit_minor)::bigint AS balance_minor, 'electricity'::text AS article_code,
    b.booked_month AS posted_on, a.res_id, min(s.source_id) AS source_id, min(t.row_no) AS source_row
FROM standing_opening_balance AS t
INNER JOIN file_source AS s ON s.file_id = t.file_id
INNER JOIN known_account AS a ON a.account_no = t.account_no
INNER JOIN booking_month AS b ON b.res_id = a.res_id AND b.month = :first_day
GROUP BY a.account_id, t.year_of_origin, a.res_id, b.booked_month;
GRANT SELECT ON work.opening_:load_id TO wattbook_owner;
SELECT ops.post_opening_balances('work.opening_:load_id');
DROP TABLE work.opening_:load_id;

INSERT INTO ops.payment_package (
    channel_code, package_no, paid_on, declared_count, declared_minor, source_id, source_row
)
SELECT t.channel_code, t.package_no, t.paid_on, t.declared_count, t.declared_minor, s.source_id, t.row_no
FROM standing_payment_package AS t
INNER JOIN file_source AS s ON s.file_id = t.file_id
ORDER BY t.row_no;

-- Money of nobody known stands on the technical account of the RES it names, else of the first RES of the load.
CREATE TABLE work.payment_:load_id AS
SELECT
    k.channel_code, t.external_id, coalesce(a.account_id, x.account_id, y.account_id) AS account_id,
    b.booked_month,
    k.payment_package_id, t.paid_on, t.amount_minor, 'electricity'::text AS article_code,
    CASE WHEN a.account_id IS NULL THEN t.payer_text END AS payer_text,
    coalesce(a.res_id, x.res_id, y.res_id) AS res_id, s.source_id, t.row_no AS source_row
FROM standing_payment AS t
INNER JOIN file_source AS s ON s.file_id = t.file_id
INNER JOIN told_payment_package AS g ON g.file_name = t.file_name
INNER JOIN ops.payment_package AS k ON k.package_no = g.package_no
LEFT JOIN known_account AS a ON a.account_no = t.account_no
LEFT JOIN ops.account AS x ON x.account_no = ops.technical_account_no(t.res_code) AND x.kind = 'technical'
CROSS JOIN (
    SELECT c.account_id, c.res_id
    FROM ops.account AS c
    WHERE c.kind = 'technical' AND c.res_id IN (SELECT n.res_id FROM known_account AS n)
    ORDER BY c.account_no
    LIMIT 1
) AS y
INNER JOIN booking_month AS b
    ON b.res_id = coalesce(a.res_id, x.res_id, y.res_id)
    AND b.month = least(greatest(:first_day, date_trunc('month', k.paid_on)::date), (:end_day - interval '1 month')::date);
GRANT SELECT ON work.payment_:load_id TO wattbook_owner;
SELECT ops.post_payments('work.payment_:load_id');
DROP TABLE work.payment_:load_id;
