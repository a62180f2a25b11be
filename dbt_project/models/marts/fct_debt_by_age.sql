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

select
    res_id,
    booked_month,
    article_code,
    sum(balance_minor)::bigint as balance_minor,
    sum(advance_minor)::bigint as advance_minor,
    sum(current_minor)::bigint as current_minor,
    sum(days_1_30_minor)::bigint as days_1_30_minor,
    sum(days_31_90_minor)::bigint as days_31_90_minor,
    sum(days_91_365_minor)::bigint as days_91_365_minor,
    sum(years_1_3_minor)::bigint as years_1_3_minor,
    sum(over_3_years_minor)::bigint as over_3_years_minor,
    bool_and(is_closed) as is_closed
from {{ ref('fct_debt_by_year') }}
where {{ is_unsettled('booked_month') }}
group by res_id, booked_month, article_code
