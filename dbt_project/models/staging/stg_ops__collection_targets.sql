select
    unit_id,
    target_share,
    valid_from,
    valid_to
from {{ source('ops', 'collection_target') }}
where known_to is null
