-- One row per register of payments with the totals that its sender declared.
-- side: loaded
SELECT
    t.package_no AS legacy_key, t.channel_code, t.paid_on, t.declared_count, t.declared_minor, t.file_id, t.row_no
FROM standing_payment_package AS t
-- side: book
SELECT k.package_no AS legacy_key, k.channel_code, k.paid_on, k.declared_count, k.declared_minor, k.source_id
FROM ops.payment_package AS k
WHERE k.source_id IN (SELECT s.source_id FROM source_of_load AS s)
