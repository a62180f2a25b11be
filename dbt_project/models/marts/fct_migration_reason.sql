with verdicts as (
    select
        load_id,
        file_id,
        entity,
        verdict,
        reason_code,
        count(*) as row_count,
        sum(energy_kwh) as energy_kwh,
        sum(amount_minor)::bigint as amount_minor
    from {{ ref('stg_migration__verdicts') }}
    group by load_id, file_id, entity, verdict, reason_code
)

select
    verdicts.load_id,
    protocols.protocol_id,
    verdicts.file_id,
    files.path as file_name,
    verdicts.entity,
    verdicts.verdict,
    verdicts.reason_code,
    verdicts.row_count,
    verdicts.energy_kwh,
    verdicts.amount_minor
from verdicts
inner join {{ ref('stg_landing__files') }} as files using (file_id)
inner join {{ ref('stg_migration__protocols') }} as protocols on verdicts.load_id = protocols.load_id
