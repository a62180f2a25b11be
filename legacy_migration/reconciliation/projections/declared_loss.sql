-- One row per unit, kind of loss and span that the utility declares.
-- side: loaded
SELECT
    concat_ws(' ', t.unit_code, t.loss_kind, t.span_from) AS legacy_key,
    (t.span_from + t.span_months * interval '1 month')::date AS span_to, t.energy_kwh, t.file_id, t.row_no
FROM standing_declared_loss AS t
-- side: book
SELECT concat_ws(' ', u.code, e.loss_kind, e.span_from) AS legacy_key, e.span_to, e.energy_kwh, e.source_id
FROM ops.declared_loss AS e
INNER JOIN ops.unit AS u ON u.unit_id = e.unit_id
WHERE e.source_id IN (SELECT s.source_id FROM source_of_load AS s)
