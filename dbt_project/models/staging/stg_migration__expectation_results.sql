select
    results.load_id,
    results.expectation_code,
    results.entity,
    results.file_id,
    results.column_name,
    results.severity,
    results.sentence ->> 'en' as sentence_en,
    results.sentence ->> 'ru' as sentence_ru,
    results.checked_count,
    results.failed_count,
    results.is_met,
    results.energy_kwh,
    results.amount_minor,
    waivers.reason as waived_for,
    waivers.user_id as waived_by
from {{ source('migration', 'expectation_result') }} as results
left join {{ source('migration', 'expectation_waiver') }} as waivers
    on results.load_id = waivers.load_id and results.expectation_code = waivers.expectation_code
where results.boundary = 'legacy_in'
