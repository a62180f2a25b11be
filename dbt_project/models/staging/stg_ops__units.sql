select
    unit_id,
    code,
    level,
    is_verified
from {{ source('ops', 'unit') }}
