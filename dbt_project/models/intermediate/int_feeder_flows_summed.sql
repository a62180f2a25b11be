{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ forget_unsettled_months() }}",
    indexes=[{'columns': ['booked_month']}, {'columns': ['is_closed', 'booked_month']}]
) }}

with supplied as (
    select
        leaf_unit_id,
        res_id,
        booked_month,
        service_month,
        energy_kwh as useful_supply_kwh,
        null::numeric as generation_kwh
    from {{ ref('int_useful_supply_summed') }}
    where {{ is_unsettled('booked_month') }}
),

generated as (
    select
        leaf_unit_id,
        res_id,
        booked_month,
        service_month,
        null::numeric as useful_supply_kwh,
        energy_kwh as generation_kwh
    from {{ ref('int_generation_located') }}
    where {{ is_unsettled('booked_month') }}
),

flows as (
    select * from supplied
    union all
    select * from generated
),

by_feeder as (
    select
        units.feeder_id,
        flows.res_id,
        flows.booked_month,
        flows.service_month,
        sum(flows.useful_supply_kwh)::numeric(18, 6) as useful_supply_kwh,
        sum(flows.generation_kwh)::numeric(18, 6) as generation_kwh
    from flows
    inner join {{ ref('int_units_hung') }} as units
        on
            flows.leaf_unit_id = units.unit_id
            and units.valid_from <= {{ last_day('flows.service_month') }}
            and (units.valid_to is null or units.valid_to > {{ last_day('flows.service_month') }})
    group by units.feeder_id, flows.res_id, flows.booked_month, flows.service_month
)

select
    by_feeder.*,
    coalesce(periods.is_closed, false) as is_closed
from by_feeder
left join {{ ref('stg_ops__billing_periods') }} as periods using (res_id, booked_month)
