{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ forget_unsettled_months() }}",
    post_hook="{{ guard_rows_by_res() }}",
    indexes=[
        {'columns': ['booked_month', 'res_id']},
        {'columns': ['service_month', 'leaf_unit_id']},
        {'columns': ['is_closed', 'booked_month']},
    ]
) }}

select
    leaf_unit_id,
    res_id,
    booked_month,
    service_month,
    consumer_group,
    tariff_code,
    step_no,
    origin,
    account_count,
    energy_kwh::numeric(18, 6) as energy_kwh,
    charge_minor,
    vat_minor,
    is_closed
from {{ ref('int_useful_supply_summed') }}
where {{ is_unsettled('booked_month') }}
