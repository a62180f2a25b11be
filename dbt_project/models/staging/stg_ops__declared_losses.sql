select
    unit_id,
    loss_kind,
    span_from,
    span_to,
    energy_kwh
from {{ source('ops', 'declared_loss') }}
