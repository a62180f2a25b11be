select
    metering_point_id,
    unit_id,
    {{ stretched_from('metering_point_id') }} as valid_from,
    {{ stretched_to('metering_point_id') }} as valid_to
from {{ ref('stg_ops__metering_point_placements') }}
