{# A view: models that read it ask for the months that are not settled, and only those are computed. #}
{{ config(materialized='view') }}

with bill_lines as (
    select * from {{ ref('stg_ops__bill_lines') }}
),

tariffs as (
    select
        tariff_versions.tariff_version_id,
        tariffs.tariff_code,
        tariffs.consumer_kind,
        tariffs.consumer_group
    from {{ ref('stg_ops__tariff_versions') }} as tariff_versions
    inner join {{ ref('stg_ops__tariffs') }} as tariffs using (tariff_code)
),

legacy_billed as (
    select * from {{ ref('stg_ops__measured_energy') }}
    where kind = 'legacy_billed' and direction = 'consumed'
),

legacy_by_month as (
    select
        legacy_billed.account_id,
        legacy_billed.booked_month,
        legacy_billed.metering_point_id,
        legacy_billed.res_id,
        part.service_month,
        {{ energy_of_part('legacy_billed.energy_kwh', 'legacy_billed.span_from', 'legacy_billed.span_to') }}
            as energy_kwh
    from legacy_billed
    {{ months_of_span('legacy_billed.span_from', 'legacy_billed.span_to') }}
),

billed as (
    select
        bill_lines.account_id,
        bill_lines.booked_month,
        bill_lines.metering_point_id,
        bill_lines.res_id,
        bill_lines.service_month,
        bill_lines.bill_no,
        bill_lines.line_no,
        tariffs.consumer_kind,
        tariffs.consumer_group,
        tariffs.tariff_code,
        bill_lines.step_no,
        'billed' as origin,
        bill_lines.energy_kwh,
        bill_lines.charge_minor,
        bill_lines.vat_minor
    from bill_lines
    inner join tariffs using (tariff_version_id)
),

billed_before as (
    -- The supplier's own class stands for the group where no tariff of ours was in force; money of those bills is
    -- not known here, only its balance came over.
    select
        legacy_by_month.account_id,
        legacy_by_month.booked_month,
        legacy_by_month.metering_point_id,
        legacy_by_month.res_id,
        legacy_by_month.service_month,
        null::integer as bill_no,
        null::smallint as line_no,
        tariffs.consumer_kind,
        coalesce(tariffs.consumer_group, points.consumer_class) as consumer_group,
        tariffs.tariff_code,
        null::smallint as step_no,
        'legacy_billed' as origin,
        legacy_by_month.energy_kwh,
        null::bigint as charge_minor,
        null::bigint as vat_minor
    from legacy_by_month
    inner join {{ ref('stg_ops__metering_points') }} as points using (metering_point_id)
    left join {{ ref('stg_ops__metering_point_tariffs') }} as point_tariffs
        on
            legacy_by_month.metering_point_id = point_tariffs.metering_point_id
            and point_tariffs.valid_from <= {{ last_day('legacy_by_month.service_month') }}
            and (
                point_tariffs.valid_to is null
                or point_tariffs.valid_to > {{ last_day('legacy_by_month.service_month') }}
            )
    left join {{ ref('stg_ops__tariffs') }} as tariffs using (tariff_code)
),

supplied as (
    select * from billed
    union all
    select * from billed_before
)

select
    coalesce(places.unit_id, supplied.res_id) as leaf_unit_id,
    supplied.res_id,
    supplied.account_id,
    supplied.metering_point_id,
    supplied.booked_month,
    supplied.service_month,
    supplied.consumer_group,
    supplied.tariff_code,
    supplied.step_no,
    supplied.origin,
    supplied.energy_kwh,
    supplied.charge_minor,
    supplied.vat_minor,
    supplied.bill_no,
    supplied.line_no,
    supplied.consumer_kind
from supplied
left join {{ ref('int_metering_points_hung') }} as places
    on
        supplied.metering_point_id = places.metering_point_id
        and places.valid_from <= {{ last_day('supplied.service_month') }}
        and (places.valid_to is null or places.valid_to > {{ last_day('supplied.service_month') }})
