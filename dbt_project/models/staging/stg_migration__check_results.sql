select
    load_id,
    stage,
    level,
    entity,
    unit,
    measure,
    difference,
    status
from {{ source('migration', 'check_result') }}
