select
    grid_meter_id,
    booked_month,
    span_from,
    span_to,
    energy_kwh
from {{ source('ops', 'grid_energy') }}
