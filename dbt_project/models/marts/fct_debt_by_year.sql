{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ forget_unsettled_months() }}",
    post_hook="{{ guard_rows_by_res() }}",
    indexes=[
        {'columns': ['booked_month', 'res_id', 'article_code', 'year_of_origin'], 'unique': true},
        {'columns': ['is_closed', 'booked_month']},
    ]
) }}

with periods as (
    select * from {{ ref('stg_ops__billing_periods') }}
    where {{ is_unsettled('booked_month') }}
),

aged as (
    -- The function that tells a clerk, so that a screen and a counter agree: a row for each year, one for all of them.
    select
        periods.res_id,
        periods.booked_month,
        periods.is_closed,
        debts.*
    from periods
    cross join lateral
        ops.debt_together(null, array[periods.res_id], null, {{ last_day('periods.booked_month') }}) as debts
)

select
    res_id,
    booked_month,
    article_code,
    year_of_origin,
    balance_minor,
    0::bigint as advance_minor,
    current_minor,
    days_1_30_minor,
    days_31_90_minor,
    days_91_365_minor,
    years_1_3_minor,
    over_3_years_minor,
    is_closed
from aged
where year_of_origin is not null
union all
select
    res_id,
    booked_month,
    article_code,
    null::integer as year_of_origin,
    -advance_minor as balance_minor,
    advance_minor,
    0::bigint as current_minor,
    0::bigint as days_1_30_minor,
    0::bigint as days_31_90_minor,
    0::bigint as days_91_365_minor,
    0::bigint as years_1_3_minor,
    0::bigint as over_3_years_minor,
    is_closed
from aged
where year_of_origin is null and advance_minor > 0
