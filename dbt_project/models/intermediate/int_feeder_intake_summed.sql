with meters as (
    select
        meters.grid_meter_id,
        meters.unit_id as feeder_id,
        meters.valid_from,
        meters.valid_to
    from {{ ref('stg_ops__grid_meters') }} as meters
    inner join {{ ref('stg_ops__units') }} as units using (unit_id)
    where meters.role = 'head' and units.level = 'feeder'
),

best_told as (
    -- The same days may be told in several ways; one is taken: the one that covers most days, half-hours first.
    select distinct on (grid_meter_id, service_month)
        grid_meter_id,
        service_month,
        energy_kwh,
        covered_day_count
    from {{ ref('int_grid_energy_spread') }}
    order by
        grid_meter_id asc,
        service_month asc,
        covered_day_count desc,
        array_position(array['half_hours', 'readings', 'declared'], method) asc
),

months as (
    select distinct service_month from best_told
    union
    select distinct service_month from {{ ref('int_feeder_flows_summed') }}
),

meter_months as (
    select
        meters.feeder_id,
        months.service_month,
        meters.grid_meter_id,
        least(meters.valid_to, (months.service_month + interval '1 month')::date)
        - greatest(meters.valid_from, months.service_month) as wanted_day_count,
        daterange(meters.valid_from, meters.valid_to) as standing
    from meters
    inner join months
        on
            meters.valid_from < (months.service_month + interval '1 month')::date
            and (meters.valid_to is null or meters.valid_to > months.service_month)
)

select
    meter_months.feeder_id,
    meter_months.service_month,
    sum(best_told.energy_kwh)::numeric(18, 6) as intake_kwh,
    bool_and(coalesce(best_told.covered_day_count, 0) >= meter_months.wanted_day_count)
    and range_agg(meter_months.standing)
    @> daterange(meter_months.service_month, (meter_months.service_month + interval '1 month')::date) as is_complete
from meter_months
left join best_told using (grid_meter_id, service_month)
group by meter_months.feeder_id, meter_months.service_month
