select
    level,
    depth
from {{ source('ops', 'unit_level') }}
