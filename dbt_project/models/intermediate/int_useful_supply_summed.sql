{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ forget_unsettled_months() }}",
    indexes=[{'columns': ['booked_month']}, {'columns': ['is_closed', 'booked_month']}]
) }}

with located as (
    select * from {{ ref('int_useful_supply_located') }}
    where {{ is_unsettled('booked_month') }}
),

summed as (
    select
        leaf_unit_id,
        res_id,
        booked_month,
        service_month,
        consumer_group,
        tariff_code,
        step_no,
        origin,
        count(distinct account_id) as account_count,
        sum(energy_kwh)::numeric(18, 6) as energy_kwh,
        sum(charge_minor)::bigint as charge_minor,
        sum(vat_minor)::bigint as vat_minor
    from located
    group by
        leaf_unit_id,
        res_id,
        booked_month,
        service_month,
        consumer_group,
        tariff_code,
        step_no,
        origin
)

select
    summed.*,
    coalesce(periods.is_closed, false) as is_closed
from summed
left join {{ ref('stg_ops__billing_periods') }} as periods using (res_id, booked_month)
