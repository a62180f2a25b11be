select
    metering_point_id,
    unit_id,
    valid_from,
    valid_to
from {{ source('ops', 'metering_point_placement') }}
where known_to is null
