select
    account_id,
    booked_month,
    metering_point_id,
    direction,
    span_from,
    span_to,
    energy_kwh,
    kind,
    res_id
from {{ source('ops', 'measured_energy') }}
