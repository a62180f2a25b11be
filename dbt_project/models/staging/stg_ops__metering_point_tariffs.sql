select
    metering_point_id,
    tariff_code,
    valid_from,
    valid_to
from {{ source('ops', 'metering_point_tariff') }}
where known_to is null
