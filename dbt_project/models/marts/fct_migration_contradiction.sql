select
    differences.load_id,
    protocols.protocol_id,
    differences.check_code,
    count(*) as row_count,
    sum(differences.energy_kwh)::numeric(18, 6) as energy_kwh,
    sum(differences.amount_minor)::bigint as amount_minor
from {{ ref('stg_migration__differences') }} as differences
inner join {{ ref('stg_migration__protocols') }} as protocols on differences.load_id = protocols.load_id
group by differences.load_id, protocols.protocol_id, differences.check_code
