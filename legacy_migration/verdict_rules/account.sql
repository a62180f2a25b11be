-- A street that is not in the list: the account is loaded, its address is not.
INSERT INTO migration.remark (load_id, entity, file_id, row_no, reason_code, field, value, legacy_key)
SELECT :load_id, 'account', t.file_id, t.row_no, 'NO_ADDRESS', 'street_code', t.street_code, t.account_no
FROM standing_account AS t
LEFT JOIN told_street AS s ON s.res_code = t.res_code AND s.street_code = t.street_code
WHERE t.kind = 'household' AND s.street_code IS NULL AND EXISTS (SELECT 1 FROM told_street);

-- House and flat in one cell: a flat that is two numbers where no house is told.
INSERT INTO migration.remark (load_id, entity, file_id, row_no, reason_code, field, value, legacy_key)
SELECT :load_id, 'account', t.file_id, t.row_no, 'GLUED_ADDRESS', 'flat', t.flat, t.account_no
FROM standing_account AS t
WHERE coalesce(btrim(t.house), '') IN ('', '0') AND t.flat ~ '^\s*\d+\D?\s*[-/\\,.\s]\s*\d+\D?\s*$';
