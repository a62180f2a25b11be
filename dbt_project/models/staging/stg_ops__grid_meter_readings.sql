select
    grid_meter_id,
    booked_month,
    read_on,
    value_kwh
from {{ source('ops', 'grid_meter_reading') }}
