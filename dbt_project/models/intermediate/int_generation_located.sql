{# A view: models that read it ask for the months that are not settled, and only those are computed. #}
{{ config(materialized='view') }}

with injected as (
    select * from {{ ref('stg_ops__measured_energy') }}
    where direction = 'injected'
),

by_month as (
    select
        injected.account_id,
        injected.metering_point_id,
        injected.res_id,
        injected.booked_month,
        part.service_month,
        {{ energy_of_part('injected.energy_kwh', 'injected.span_from', 'injected.span_to') }} as energy_kwh
    from injected
    {{ months_of_span('injected.span_from', 'injected.span_to') }}
)

select
    coalesce(places.unit_id, by_month.res_id) as leaf_unit_id,
    by_month.res_id,
    by_month.account_id,
    by_month.metering_point_id,
    by_month.booked_month,
    by_month.service_month,
    by_month.energy_kwh
from by_month
left join {{ ref('int_metering_points_hung') }} as places
    on
        by_month.metering_point_id = places.metering_point_id
        and places.valid_from <= {{ last_day('by_month.service_month') }}
        and (places.valid_to is null or places.valid_to > {{ last_day('by_month.service_month') }})
