with units as (
    select * from {{ ref('stg_ops__units') }}
),

levels as (
    select * from {{ ref('stg_ops__unit_levels') }}
),

hung_today as (
    select * from {{ ref('int_units_hung') }}
    where valid_from <= current_date and (valid_to is null or valid_to > current_date)
),

latest_names as (
    -- The name of today, or the last one of a unit that is no more.
    select distinct on (unit_id, locale)
        unit_id,
        locale,
        name
    from {{ ref('stg_ops__unit_names') }}
    where valid_from <= current_date
    order by unit_id asc, locale asc, valid_from desc
),

names as (
    select
        unit_id,
        max(name) filter (where locale = 'en') as name_en,
        max(name) filter (where locale = 'ru') as name_ru,
        max(name) filter (where locale = 'uk') as name_uk,
        max(name) filter (where locale = 'uz') as name_uz
    from latest_names
    group by unit_id
)

select
    units.unit_id,
    units.code,
    units.level,
    levels.depth,
    hung_today.parent_unit_id,
    hung_today.republic_id,
    hung_today.region_id,
    hung_today.ptpp_id,
    hung_today.res_id,
    hung_today.substation_id,
    hung_today.feeder_id,
    hung_today.transformer_point_id,
    names.name_en,
    names.name_ru,
    names.name_uk,
    names.name_uz,
    units.is_verified
from units
inner join levels using (level)
left join hung_today using (unit_id)
left join names using (unit_id)
