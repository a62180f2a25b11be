{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ forget_unsettled_months() }}",
    post_hook="{{ guard_rows_by_res() }}",
    indexes=[
        {'columns': ['booked_month', 'res_id', 'article_code'], 'unique': true},
        {'columns': ['is_closed', 'booked_month']},
    ]
) }}

with periods as (
    select * from {{ ref('stg_ops__billing_periods') }}
    where {{ is_unsettled('booked_month') }}
)

select
    periods.res_id,
    periods.booked_month,
    aged.article_code,
    sum(aged.balance_minor)::bigint as balance_minor,
    sum(aged.advance_minor)::bigint as advance_minor,
    sum(aged.current_minor)::bigint as current_minor,
    sum(aged.days_1_30_minor)::bigint as days_1_30_minor,
    sum(aged.days_31_90_minor)::bigint as days_31_90_minor,
    sum(aged.days_91_365_minor)::bigint as days_91_365_minor,
    sum(aged.years_1_3_minor)::bigint as years_1_3_minor,
    sum(aged.over_3_years_minor)::bigint as over_3_years_minor,
    bool_and(periods.is_closed) as is_closed
from periods
-- The function that tells a clerk, so that a screen and a counter agree.
cross join lateral
    ops.debt_by_age(array[periods.res_id], null, {{ last_day('periods.booked_month') }}) as aged
group by periods.res_id, periods.booked_month, aged.article_code
