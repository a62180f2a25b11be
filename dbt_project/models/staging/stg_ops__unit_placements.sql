select
    unit_id,
    parent_unit_id,
    valid_from,
    valid_to
from {{ source('ops', 'unit_placement') }}
where known_to is null
