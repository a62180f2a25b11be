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

months as (
    select
        booked_month,
        array_agg(res_id) as res_ids
    from periods
    group by booked_month
),

of_origin as (
    -- The function that tells a clerk, so that a screen and a counter agree. All RES of a month at once: one by one
    -- takes three times as long.
    select
        debts.res_id,
        months.booked_month,
        debts.article_code,
        debts.year_of_origin,
        debts.origin_month,
        sum(debts.owed_minor) as owed_minor
    from months
    cross join lateral ops.open_debts(months.res_ids, null, {{ last_day('months.booked_month') }}) as debts
    group by debts.res_id, months.booked_month, debts.article_code, debts.year_of_origin, debts.origin_month
),

aged as (
    select
        of_origin.*,
        ops.debt_age_code(of_origin.origin_month, {{ last_day('of_origin.booked_month') }}) as age_code
    from of_origin
),

summed as (
    select
        res_id,
        booked_month,
        article_code,
        year_of_origin,
        sum(owed_minor)::bigint as balance_minor,
        coalesce(-sum(owed_minor) filter (where age_code = 'advance'), 0)::bigint as advance_minor,
        {% for age in ['current', 'days_1_30', 'days_31_90', 'days_91_365', 'years_1_3', 'over_3_years'] %}
            coalesce(sum(owed_minor) filter (where age_code = '{{ age }}'), 0)::bigint as {{ age }}_minor
            {%- if not loop.last %},{% endif %}
        {% endfor %}
    from aged
    group by res_id, booked_month, article_code, year_of_origin
)

select
    summed.*,
    periods.is_closed
from summed
inner join periods using (res_id, booked_month)
