with declared as (
    select
        unit_id,
        split_part(loss_kind, '.', 1) as loss_class,
        nullif(split_part(loss_kind, '.', 2), '') as segment,
        span_from,
        span_to,
        energy_kwh
    from {{ ref('stg_ops__declared_losses') }}
)

select
    declared.unit_id,
    part.service_month,
    declared.loss_class,
    declared.segment,
    declared.span_from,
    declared.span_to,
    {{ energy_of_part('declared.energy_kwh', 'declared.span_from', 'declared.span_to') }} as energy_kwh
from declared
{{ months_of_span('declared.span_from', 'declared.span_to') }}
