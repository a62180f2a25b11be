with receivables as (
    select * from {{ ref('fct_receivables') }}
),

hung as (
    select * from {{ ref('int_units_hung') }}
),

of_res as (
    -- Each RES with the units above it as hung at the last day of the month; levels may be left out.
    select
        receivables.*,
        above.unit_id
    from receivables
    inner join hung
        on
            receivables.res_id = hung.unit_id
            and hung.valid_from <= {{ last_day('receivables.booked_month') }}
            and (hung.valid_to is null or hung.valid_to > {{ last_day('receivables.booked_month') }})
    cross join lateral (
        values (hung.res_id), (hung.ptpp_id), (hung.region_id), (hung.republic_id)
    ) as above (unit_id)
    where above.unit_id is not null
)

select
    unit_id,
    booked_month,
    article_code,
    array_agg(res_id order by res_id) as res_ids,
    sum(opening_minor)::bigint as opening_minor,
    sum(charged_minor)::bigint as charged_minor,
    sum(other_minor)::bigint as other_minor,
    sum(paid_minor)::bigint as paid_minor,
    sum(closing_minor)::bigint as closing_minor,
    sum(opening_debt_minor)::bigint as opening_debt_minor,
    sum(debt_minor)::bigint as debt_minor,
    sum(overpaid_minor)::bigint as overpaid_minor,
    bool_and(is_closed) as is_closed
from of_res
group by unit_id, booked_month, article_code
