-- Money is never lost: what belongs to no account of the load stands on the technical account of its RES.
INSERT INTO migration.remark (load_id, entity, file_id, row_no, reason_code, field, value, legacy_key)
SELECT :load_id, 'payment', t.file_id, t.row_no, 'UNRECOGNISED_MONEY', 'account_no', coalesce(t.account_no, t.payer_text), t.external_id
FROM standing_payment AS t
WHERE NOT EXISTS (SELECT 1 FROM told_account AS a WHERE a.account_no = t.account_no);

INSERT INTO migration.verdict (load_id, entity, file_id, row_no, part_no, verdict, reason_code, field, value, legacy_key)
SELECT :load_id, 'payment', t.file_id, t.row_no, t.part_no, 'rejected', 'BAD_NUMBER', 'amount_minor', '0', t.external_id
FROM standing_payment AS t
WHERE t.amount_minor = 0;

-- Money that goes the other way: a refund has a paper, a slip has none.
INSERT INTO migration.remark (load_id, entity, file_id, row_no, reason_code, field, value, legacy_key)
SELECT
    :load_id, 'payment', t.file_id, t.row_no, 'NEGATIVE_PAYMENT', 'amount_minor',
    round(t.amount_minor / 100.0, 2)::text, t.external_id
FROM standing_payment AS t
WHERE t.amount_minor < 0;
