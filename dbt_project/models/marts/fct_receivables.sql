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
    sum(opening_minor)::bigint as opening_minor,
    sum(taken_over_minor)::bigint as taken_over_minor,
    sum(charged_minor)::bigint as charged_minor,
    sum(paid_minor)::bigint as paid_minor,
    sum(other_minor)::bigint as other_minor,
    sum(closing_minor)::bigint as closing_minor,
    coalesce(sum(closing_minor) filter (where closing_minor > 0), 0)::bigint as debt_minor,
    coalesce(-sum(closing_minor) filter (where closing_minor < 0), 0)::bigint as overpaid_minor,
    count(*) as account_count,
    bool_and(is_closed) as is_closed,
    coalesce(sum(opening_minor) filter (where opening_minor > 0), 0)::bigint as opening_debt_minor
from {{ ref('int_account_balances') }}
where {{ is_unsettled('booked_month') }}
group by res_id, booked_month, article_code
