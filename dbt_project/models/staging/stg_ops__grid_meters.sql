select
    grid_meter_id,
    unit_id,
    role,
    digits,
    ratio,
    valid_from,
    valid_to
from {{ source('ops', 'grid_meter') }}
where known_to is null
