{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ forget_unsettled_months() }}",
    indexes=[{'columns': ['booked_month']}, {'columns': ['is_closed', 'booked_month']}]
) }}

with days as (
    select
        grid_meter_id,
        booked_month,
        date_trunc('month', measured_on)::date as service_month,
        (select sum(half_hour) from unnest(half_hours) as half_hour) as energy_kwh
    from {{ ref('stg_ops__grid_interval_energy') }}
    where channel = '01' and {{ is_unsettled('booked_month') }}
),

months as (
    -- The network's energy belongs to no one RES: it is settled when every RES has closed the month.
    select
        booked_month,
        bool_and(is_closed) as is_closed
    from {{ ref('stg_ops__billing_periods') }}
    group by booked_month
)

select
    days.grid_meter_id,
    days.booked_month,
    days.service_month,
    sum(days.energy_kwh)::numeric(18, 6) as energy_kwh,
    count(*)::integer as covered_day_count,
    coalesce(bool_and(months.is_closed), false) as is_closed
from days
left join months using (booked_month)
group by days.grid_meter_id, days.booked_month, days.service_month
