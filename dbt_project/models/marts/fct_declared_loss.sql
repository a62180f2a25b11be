{{ config(post_hook="{{ guard_rows_by_res() }}") }}

with spread as (
    select * from {{ ref('int_declared_losses_spread') }}
),

whole as (
    select
        unit_id,
        loss_class,
        segment,
        span_from,
        span_to,
        sum(energy_kwh) as energy_kwh
    from spread
    group by unit_id, loss_class, segment, span_from, span_to
)

select
    whole.unit_id,
    units.res_id,
    whole.loss_class,
    whole.segment,
    whole.span_from,
    whole.span_to,
    whole.energy_kwh
from whole
left join {{ ref('int_units_hung') }} as units
    on
        whole.unit_id = units.unit_id
        and whole.span_to > units.valid_from
        and (units.valid_to is null or whole.span_to <= units.valid_to)
