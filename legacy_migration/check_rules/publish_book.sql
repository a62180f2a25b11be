-- The book against the typed rows that were to be published: counts, energy and money that came from the load's files.
INSERT INTO migration.check_result (
    load_id, stage, level, entity, unit, measure, source_value, target_value, difference, tolerance, status
)
SELECT
    :load_id, 'publish', n.level, n.entity, '', n.measure, trim_scale(n.source), trim_scale(n.target),
    trim_scale(n.source - n.target), 0, CASE WHEN n.source = n.target THEN 'equal' ELSE 'differs' END
FROM (
    SELECT
        'count' AS level, 'account' AS entity, 'accounts' AS measure,
        (SELECT count(*) FROM standing_account)::numeric AS source,
        (SELECT count(*) FROM ops.account AS a INNER JOIN file_source AS s USING (source_id))::numeric AS target
    UNION ALL
    SELECT
        'count', 'account', 'archived accounts', (SELECT count(*) FROM standing_account WHERE is_archived),
        (
            SELECT count(*) FROM ops.account AS a INNER JOIN file_source AS s USING (source_id)
            WHERE a.closed_on IS NOT NULL
        )
    UNION ALL
    SELECT
        'count', 'metering_point', 'metering points', (SELECT count(*) FROM standing_metering_point),
        (SELECT count(*) FROM ops.metering_point AS m INNER JOIN file_source AS s USING (source_id))
    UNION ALL
    SELECT
        'count', 'meter', 'stays of meters', (SELECT count(*) FROM standing_meter),
        (SELECT count(*) FROM ops.meter_installation AS m INNER JOIN file_source AS s USING (source_id))
    UNION ALL
    SELECT
        'count', 'reading', 'readings', (SELECT count(*) FROM standing_reading),
        (SELECT count(*) FROM ops.reading AS r INNER JOIN file_source AS s USING (source_id))
    UNION ALL
    SELECT
        'sum', 'reading', 'values of registers', (SELECT coalesce(sum(value_kwh), 0) FROM standing_reading),
        (SELECT coalesce(sum(r.value_kwh), 0) FROM ops.reading AS r INNER JOIN file_source AS s USING (source_id))
    UNION ALL
    SELECT
        'sum', 'declared_energy', 'kWh', (SELECT coalesce(sum(energy_kwh), 0) FROM standing_declared_energy),
        (
            SELECT coalesce(sum(e.energy_kwh), 0) FROM ops.measured_energy AS e INNER JOIN file_source AS s USING (source_id)
            WHERE e.kind = 'legacy_billed'
        )
    UNION ALL
    SELECT
        'sum', 'half_hours', 'kWh',
        (SELECT coalesce(sum(energy_kwh), 0) FROM standing_half_hours),
        (
            SELECT coalesce(sum(v.value), 0)
            FROM ops.interval_energy AS e
            INNER JOIN file_source AS s USING (source_id)
            CROSS JOIN unnest(e.half_hours) AS v (value)
        ) + (
            SELECT coalesce(sum(v.value), 0)
            FROM ops.grid_interval_energy AS e
            INNER JOIN file_source AS s USING (source_id)
            CROSS JOIN unnest(e.half_hours) AS v (value)
        )
    UNION ALL
    SELECT
        'sum', 'grid_reading', 'values of registers', (SELECT coalesce(sum(value_kwh), 0) FROM standing_grid_reading),
        (
            SELECT coalesce(sum(r.value_kwh), 0) FROM ops.grid_meter_reading AS r
            INNER JOIN file_source AS s USING (source_id)
        )
    UNION ALL
    SELECT
        'sum', 'grid_energy', 'kWh', (SELECT coalesce(sum(energy_kwh), 0) FROM standing_grid_energy),
        (SELECT coalesce(sum(e.energy_kwh), 0) FROM ops.grid_energy AS e INNER JOIN file_source AS s USING (source_id))
    UNION ALL
    SELECT
        'sum', 'declared_loss', 'kWh', (SELECT coalesce(sum(energy_kwh), 0) FROM standing_declared_loss),
        (SELECT coalesce(sum(e.energy_kwh), 0) FROM ops.declared_loss AS e INNER JOIN file_source AS s USING (source_id))
    UNION ALL
    SELECT
        'sum', 'opening_balance', 'smallest coins, debit less credit',
        (SELECT coalesce(sum(debit_minor - credit_minor), 0) FROM standing_opening_balance),
        (
            SELECT coalesce(sum(CASE WHEN g.document_kind = 'opening_debt' THEN g.amount_minor ELSE -g.amount_minor END), 0)
            FROM ops.ledger AS g INNER JOIN file_source AS s USING (source_id)
            WHERE g.document_kind IN ('opening_debt', 'opening_credit')
        )
    UNION ALL
    SELECT
        'sum', 'payment', 'smallest coins', (SELECT coalesce(sum(amount_minor), 0) FROM standing_payment),
        (SELECT coalesce(sum(p.amount_minor), 0) FROM ops.payment AS p INNER JOIN file_source AS s USING (source_id))
) AS n
WHERE n.source <> 0 OR n.target <> 0;
