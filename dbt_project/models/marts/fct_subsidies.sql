{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ forget_unsettled_months() }}",
    post_hook="{{ guard_rows_by_res() }}",
    indexes=[
        {'columns': ['booked_month', 'res_id'], 'unique': true},
        {'columns': ['is_closed', 'booked_month']},
    ]
) }}

with periods as (
    select * from {{ ref('stg_ops__billing_periods') }}
    where {{ is_unsettled('booked_month') }}
),

by_account as (
    -- The function that lets bills take subsidies, so that a form and a clerk see the same.
    select
        periods.res_id,
        periods.booked_month,
        periods.is_closed,
        subsidies.carried_minor,
        subsidies.awarded_minor,
        subsidies.recalculated_minor,
        subsidies.used_minor,
        subsidies.unused_minor
    from periods
    cross join lateral
        ops.subsidies_of_month(array[periods.res_id], null, periods.booked_month) as subsidies
)

select
    res_id,
    booked_month,
    count(*) filter (where awarded_minor <> 0) as awarded_account_count,
    count(*) filter (where used_minor <> 0) as used_account_count,
    count(*) filter (where unused_minor <> 0) as unused_account_count,
    sum(carried_minor)::bigint as carried_minor,
    sum(awarded_minor)::bigint as awarded_minor,
    sum(recalculated_minor)::bigint as recalculated_minor,
    sum(used_minor)::bigint as used_minor,
    sum(unused_minor)::bigint as unused_minor,
    bool_and(is_closed) as is_closed
from by_account
group by res_id, booked_month
