select
    results.load_id,
    protocols.protocol_id,
    results.expectation_code,
    results.entity,
    results.column_name,
    results.severity,
    results.sentence_en,
    results.sentence_ru,
    count(results.file_id) filter (where results.failed_count > 0) as failed_file_count,
    sum(results.checked_count)::bigint as checked_count,
    sum(results.failed_count)::bigint as failed_count,
    bool_and(results.is_met) as is_met,
    sum(results.energy_kwh)::numeric(18, 6) as energy_kwh,
    sum(results.amount_minor)::bigint as amount_minor,
    results.waived_for,
    results.waived_by,
    not bool_and(results.is_met) and results.severity = 'stop' and results.waived_for is null as is_stopping
from {{ ref('stg_migration__expectation_results') }} as results
inner join {{ ref('stg_migration__protocols') }} as protocols on results.load_id = protocols.load_id
group by
    results.load_id, protocols.protocol_id, results.expectation_code, results.entity, results.column_name,
    results.severity, results.sentence_en, results.sentence_ru, results.waived_for, results.waived_by
