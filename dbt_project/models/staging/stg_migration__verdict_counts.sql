select
    load_id,
    file_id,
    entity,
    read_count,
    loaded_count,
    merged_count,
    rejected_count,
    out_of_scope_count,
    energy_kwh,
    rejected_kwh,
    amount_minor,
    rejected_minor
from {{ source('migration', 'verdict_count') }}
