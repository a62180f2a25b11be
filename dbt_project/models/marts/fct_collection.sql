{{ config(
    post_hook="{{ guard_rows_by_all_res() }}",
    indexes=[
        {'columns': ['unit_id', 'booked_month'], 'unique': true},
        {'columns': ['parent_unit_id', 'booked_month']},
    ]
) }}

with by_article as (
    select * from {{ ref('int_receivables_by_unit') }}
),

all_articles as (
    select
        unit_id,
        booked_month,
        sum(opening_minor)::bigint as opening_minor,
        sum(charged_minor)::bigint as charged_minor,
        sum(other_minor)::bigint as other_minor,
        sum(paid_minor)::bigint as paid_minor,
        sum(closing_minor)::bigint as closing_minor,
        sum(opening_debt_minor)::bigint as opening_debt_minor,
        sum(debt_minor)::bigint as debt_minor,
        sum(overpaid_minor)::bigint as overpaid_minor,
        bool_and(is_closed) as is_closed
    from by_article
    group by unit_id, booked_month
),

res_of_units as (
    -- A RES may lack an article, and has its say in the others.
    select
        by_article.unit_id,
        by_article.booked_month,
        array_agg(distinct each_res.res_id order by each_res.res_id) as res_ids
    from by_article
    cross join lateral unnest(by_article.res_ids) as each_res (res_id)
    group by by_article.unit_id, by_article.booked_month
),

hung as (
    select
        all_articles.unit_id,
        all_articles.booked_month,
        units_hung.parent_unit_id,
        units_hung.republic_id,
        units_hung.region_id,
        units_hung.ptpp_id,
        units_hung.res_id
    from all_articles
    inner join {{ ref('int_units_hung') }} as units_hung
        on
            all_articles.unit_id = units_hung.unit_id
            and units_hung.valid_from <= {{ last_day('all_articles.booked_month') }}
            and (units_hung.valid_to is null or units_hung.valid_to > {{ last_day('all_articles.booked_month') }})
),

aimed as (
    -- The target of the unit itself, else of the nearest unit above that has one in the month.
    select distinct on (hung.unit_id, hung.booked_month)
        hung.unit_id,
        hung.booked_month,
        targets.target_share,
        targets.unit_id as target_unit_id
    from hung
    cross join lateral (
        values (hung.res_id, 1), (hung.ptpp_id, 2), (hung.region_id, 3), (hung.republic_id, 4)
    ) as above (unit_id, distance)
    inner join {{ ref('stg_ops__collection_targets') }} as targets
        on
            above.unit_id = targets.unit_id
            and hung.booked_month >= targets.valid_from
            and (targets.valid_to is null or hung.booked_month < targets.valid_to)
    order by hung.unit_id, hung.booked_month, above.distance
),

shares as (
    select
        all_articles.*,
        {{ collection_share('paid_minor', 'charged_minor') }} as collection_share
    from all_articles
)

select
    shares.unit_id,
    hung.parent_unit_id,
    shares.booked_month,
    shares.opening_minor,
    shares.charged_minor,
    shares.other_minor,
    shares.paid_minor,
    shares.closing_minor,
    shares.debt_minor,
    shares.overpaid_minor,
    shares.collection_share,
    aimed.target_share::numeric(18, 6) as target_share,
    (shares.collection_share - aimed.target_share)::numeric(18, 6) as above_target_share,
    aimed.target_unit_id,
    shares.charged_minor - shares.paid_minor as uncollected_minor,
    shares.debt_minor - shares.opening_debt_minor as debt_growth_minor,
    res_of_units.res_ids,
    shares.is_closed
from shares
inner join hung using (unit_id, booked_month)
inner join res_of_units using (unit_id, booked_month)
left join aimed using (unit_id, booked_month)
