{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ forget_unsettled_months() }}",
    post_hook="{{ guard_rows_by_res() }}",
    indexes=[
        {'columns': ['booked_month', 'res_id']},
        {'columns': ['service_month', 'leaf_unit_id']},
        {'columns': ['is_closed', 'booked_month']},
    ]
) }}

with lines as (
    select * from {{ ref('int_useful_supply_located') }}
    where origin = 'billed' and service_month <> booked_month and {{ is_unsettled('booked_month') }}
),

bills as (
    select * from {{ ref('stg_ops__bills') }}
    where {{ is_unsettled('booked_month') }}
),

reversals as (
    select * from {{ ref('stg_ops__bill_line_reversals') }}
    where {{ is_unsettled('reversing_month') }}
),

asked as (
    -- Several demands may ask for one point's bills; the first is the reason, the others came on top.
    select distinct on (run_source_id, account_id, metering_point_id)
        run_source_id,
        account_id,
        metering_point_id,
        asked_by
    from {{ ref('stg_ops__bill_amendments') }}
    order by run_source_id, account_id, metering_point_id, bill_amendment_id
),

explained as (
    select
        lines.*,
        reversals.account_id is not null as is_reversed,
        case
            when bills.kind in ('benefit_reversing', 'benefit_correction') then 'benefit_recalculation'
            when bills.kind in ('reversing', 'correction') then coalesce(asked.asked_by, 'unknown')
            when bills.kind in ('normal', 'by_average', 'by_contract', 'gap') then 'billed_late'
            else bills.kind
        end as reason
    from lines
    inner join bills using (account_id, booked_month, bill_no)
    left join reversals
        on
            lines.account_id = reversals.account_id
            and lines.booked_month = reversals.reversing_month
            and lines.bill_no = reversals.reversing_bill_no
            and lines.line_no = reversals.reversing_line_no
    left join asked
        on
            bills.source_id = asked.run_source_id
            and lines.account_id = asked.account_id
            and lines.metering_point_id = asked.metering_point_id
),

summed as (
    select
        leaf_unit_id,
        res_id,
        booked_month,
        service_month,
        consumer_kind,
        consumer_group,
        reason,
        count(distinct account_id) as account_count,
        coalesce(sum(energy_kwh) filter (where is_reversed), 0)::numeric(18, 6) as reversed_kwh,
        coalesce(sum(energy_kwh) filter (where not is_reversed), 0)::numeric(18, 6) as right_kwh,
        coalesce(sum(charge_minor) filter (where is_reversed), 0)::bigint as reversed_minor,
        coalesce(sum(charge_minor) filter (where not is_reversed), 0)::bigint as right_minor,
        sum(vat_minor)::bigint as vat_minor
    from explained
    group by
        leaf_unit_id,
        res_id,
        booked_month,
        service_month,
        consumer_kind,
        consumer_group,
        reason
)

select
    summed.leaf_unit_id,
    summed.res_id,
    summed.booked_month,
    summed.service_month,
    summed.consumer_kind,
    summed.consumer_group,
    summed.reason,
    summed.account_count,
    summed.reversed_kwh,
    summed.right_kwh,
    (summed.reversed_kwh + summed.right_kwh)::numeric(18, 6) as energy_kwh,
    summed.reversed_minor,
    summed.right_minor,
    summed.reversed_minor + summed.right_minor as charge_minor,
    summed.vat_minor,
    coalesce(periods.is_closed, false) as is_closed
from summed
left join {{ ref('stg_ops__billing_periods') }} as periods using (res_id, booked_month)
