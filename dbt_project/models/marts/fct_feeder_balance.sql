{{ config(
    post_hook="{{ guard_rows_by_res() }}",
    indexes=[{'columns': ['service_month', 'feeder_id'], 'unique': true}, {'columns': ['res_id', 'service_month']}]
) }}

with flows as (
    select
        feeder_id,
        service_month,
        sum(useful_supply_kwh) as useful_supply_kwh,
        sum(generation_kwh) as generation_kwh
    from {{ ref('int_feeder_flows_summed') }}
    where feeder_id is not null
    group by feeder_id, service_month
),

intake as (
    select
        feeder_id,
        service_month,
        intake_kwh,
        is_complete
    from {{ ref('int_feeder_intake_summed') }}
),

feeder_months as (
    select
        feeder_id,
        service_month
    from flows
    union
    select
        feeder_id,
        service_month
    from intake
),

supplied_months as (
    -- Months for which a RES has booked useful supply at all: only there no supply means zero.
    select distinct
        res_id,
        service_month
    from {{ ref('int_feeder_flows_summed') }}
    where useful_supply_kwh is not null
),

declared as (
    select
        unit_id as feeder_id,
        service_month,
        sum(energy_kwh) as declared_non_technical_kwh
    from {{ ref('int_declared_losses_spread') }}
    where loss_class = 'non_technical'
    group by unit_id, service_month
),

told as (
    select
        feeder_months.feeder_id,
        units.res_id,
        feeder_months.service_month,
        intake.feeder_id is not null as is_metered,
        intake.intake_kwh,
        coalesce(flows.generation_kwh, 0) as generation_kwh,
        case
            when supplied_months.res_id is not null then coalesce(flows.useful_supply_kwh, 0)
            else flows.useful_supply_kwh
        end as useful_supply_kwh,
        declared.declared_non_technical_kwh,
        coalesce(intake.is_complete, false) as is_intake_complete
    from feeder_months
    left join {{ ref('int_units_hung') }} as units
        on
            feeder_months.feeder_id = units.unit_id
            and units.valid_from <= {{ last_day('feeder_months.service_month') }}
            and (units.valid_to is null or units.valid_to > {{ last_day('feeder_months.service_month') }})
    left join supplied_months
        on units.res_id = supplied_months.res_id and feeder_months.service_month = supplied_months.service_month
    left join flows
        on feeder_months.feeder_id = flows.feeder_id and feeder_months.service_month = flows.service_month
    left join intake
        on feeder_months.feeder_id = intake.feeder_id and feeder_months.service_month = intake.service_month
    left join declared
        on feeder_months.feeder_id = declared.feeder_id and feeder_months.service_month = declared.service_month
),

judged as (
    select
        told.*,
        case
            when not told.is_metered then 'no meter at the feeder head'
            when told.intake_kwh is null then 'no energy of the feeder head is known for the month'
            when not told.is_intake_complete then 'the feeder head was measured for a part of the month only'
            when told.useful_supply_kwh is null then 'no useful supply of the month is booked yet'
        end as why_not_stated
    from told
)

select
    feeder_id,
    res_id,
    service_month,
    is_metered,
    intake_kwh,
    generation_kwh,
    useful_supply_kwh,
    case when why_not_stated is null then intake_kwh + generation_kwh - useful_supply_kwh end as loss_kwh,
    case
        when why_not_stated is null
            then
                round(
                    (intake_kwh + generation_kwh - useful_supply_kwh) / nullif(intake_kwh + generation_kwh, 0), 6
                )
    end as loss_share,
    declared_non_technical_kwh,
    why_not_stated
from judged
