with recursive

units as (
    select * from {{ ref('stg_ops__units') }}
),

placements as (
    select
        unit_id,
        parent_unit_id,
        {{ stretched_from('unit_id') }} as valid_from,
        {{ stretched_to('unit_id') }} as valid_to
    from {{ ref('stg_ops__unit_placements') }}
),

tops as (
    -- Units that hang on nothing: the Republic, and whatever was never placed.
    select units.*
    from units
    left join placements using (unit_id)
    where placements.unit_id is null
),

hung as (
    select
        unit_id,
        null::integer as parent_unit_id,
        date '1900-01-01' as valid_from,
        null::date as valid_to,
        case when level = 'republic' then unit_id end as republic_id,
        case when level = 'region' then unit_id end as region_id,
        case when level = 'ptpp' then unit_id end as ptpp_id,
        case when level = 'res' then unit_id end as res_id,
        case when level = 'substation' then unit_id end as substation_id,
        case when level = 'feeder' then unit_id end as feeder_id,
        case when level = 'transformer_point' then unit_id end as transformer_point_id
    from tops
    union all
    select
        units.unit_id,
        hung.unit_id as parent_unit_id,
        greatest(placements.valid_from, hung.valid_from) as valid_from,
        least(placements.valid_to, hung.valid_to) as valid_to,
        case when units.level = 'republic' then units.unit_id else hung.republic_id end as republic_id,
        case when units.level = 'region' then units.unit_id else hung.region_id end as region_id,
        case when units.level = 'ptpp' then units.unit_id else hung.ptpp_id end as ptpp_id,
        case when units.level = 'res' then units.unit_id else hung.res_id end as res_id,
        case when units.level = 'substation' then units.unit_id else hung.substation_id end as substation_id,
        case when units.level = 'feeder' then units.unit_id else hung.feeder_id end as feeder_id,
        case when units.level = 'transformer_point' then units.unit_id else hung.transformer_point_id end
            as transformer_point_id
    from hung
    inner join placements
        on
            hung.unit_id = placements.parent_unit_id
            and (hung.valid_to is null or hung.valid_to > placements.valid_from)
            and (placements.valid_to is null or hung.valid_from < placements.valid_to)
    inner join units on placements.unit_id = units.unit_id
)

select * from hung
