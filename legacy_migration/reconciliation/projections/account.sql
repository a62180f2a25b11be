-- One row per account with its holder, address, family and contract.
-- side: loaded
SELECT
    t.account_no AS legacy_key, t.kind, t.res_code, least(coalesce(t.contract_on, :first_day), :first_day) AS opened_on,
    coalesce(t.is_archived, false) AS is_archived, b.full_name, b.tax_number, b.passport_number, b.phone,
    s.locality, s.street_name, CASE WHEN s.street_code IS NOT NULL THEN coalesce(d.house, '') END AS house,
    CASE WHEN s.street_code IS NOT NULL THEN coalesce(d.house_letter, '') END AS house_letter,
    CASE WHEN s.street_code IS NOT NULL THEN coalesce(d.building, '') END AS building,
    CASE WHEN s.street_code IS NOT NULL THEN coalesce(d.flat, '') END AS flat, t.residents, t.contract_no,
    CASE WHEN t.contract_no IS NOT NULL THEN t.contract_on END AS signed_on, t.file_id, t.row_no
FROM standing_account AS t
-- Holder and address are those of another account where a decision joined the two.
LEFT JOIN (SELECT m.* FROM migration.applied_merge AS m WHERE m.load_id = :load_id AND m.kind = 'person') AS m
    ON m.account_no = t.account_no
INNER JOIN told_account AS b ON b.account_no = coalesce(m.keeper_no, t.account_no)
LEFT JOIN (SELECT h.* FROM migration.applied_merge AS h WHERE h.load_id = :load_id AND h.kind = 'premises') AS h
    ON h.account_no = t.account_no
INNER JOIN told_account AS d ON d.account_no = coalesce(h.keeper_no, t.account_no)
LEFT JOIN told_street AS s ON s.res_code = d.res_code AND s.street_code = d.street_code
-- side: book
SELECT
    a.account_no AS legacy_key, a.kind, u.code AS res_code, a.opened_on, a.closed_on IS NOT NULL AS is_archived,
    b.full_name, b.tax_number, b.passport_number, b.phone, k.locality, k.street_name, d.house, d.house_letter,
    d.building, d.flat, f.persons AS residents, c.contract_no, c.signed_on,
    greatest(a.source_id, h.source_id, b.source_id, r.source_id, d.source_id, f.source_id, c.source_id) AS source_id
FROM ops.account AS a
INNER JOIN ops.unit AS u ON u.unit_id = a.res_id
LEFT JOIN ops.account_subscriber AS h ON h.account_id = a.account_id AND h.known_to IS NULL AND h.valid_to IS NULL
LEFT JOIN ops.subscriber AS b ON b.subscriber_id = h.subscriber_id
LEFT JOIN ops.account_premises AS r ON r.account_id = a.account_id AND r.known_to IS NULL AND r.valid_to IS NULL
LEFT JOIN ops.premises AS p ON p.premises_id = r.premises_id
LEFT JOIN ops.address AS d ON d.address_id = p.address_id
LEFT JOIN ops.street AS k ON k.street_id = d.street_id
LEFT JOIN ops.family_size AS f ON f.account_id = a.account_id AND f.known_to IS NULL AND f.valid_to IS NULL
LEFT JOIN ops.contract AS c ON c.account_id = a.account_id
WHERE a.kind <> 'technical' AND a.source_id IN (SELECT s.source_id FROM source_of_load AS s)
