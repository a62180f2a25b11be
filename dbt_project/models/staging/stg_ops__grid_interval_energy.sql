select
    grid_meter_id,
    booked_month,
    channel,
    measured_on,
    half_hours
from {{ source('ops', 'grid_interval_energy') }}
