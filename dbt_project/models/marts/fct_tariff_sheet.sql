{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ forget_unsettled_months() }}",
    post_hook="{{ guard_rows_by_res() }}",
    indexes=[{'columns': ['booked_month', 'res_id']}, {'columns': ['is_closed', 'booked_month']}]
) }}

with bill_lines as (
    select * from {{ ref('stg_ops__bill_lines') }}
    where {{ is_unsettled('booked_month') }}
),

tariffs as (
    select
        tariff_versions.tariff_version_id,
        tariff_versions.price_includes_vat,
        tariffs.tariff_code,
        tariffs.consumer_kind,
        tariffs.consumer_group
    from {{ ref('stg_ops__tariff_versions') }} as tariff_versions
    inner join {{ ref('stg_ops__tariffs') }} as tariffs using (tariff_code)
),

summed as (
    select
        bill_lines.res_id,
        bill_lines.booked_month,
        tariffs.consumer_kind,
        tariffs.consumer_group,
        tariffs.tariff_code,
        bill_lines.variant_code,
        bill_lines.component,
        bill_lines.zone_code,
        bill_lines.step_no,
        bill_lines.price_minor,
        coalesce(bill_lines.price_numerator, 1)::smallint as price_numerator,
        coalesce(bill_lines.price_denominator, 1)::smallint as price_denominator,
        tariffs.price_includes_vat,
        count(distinct bill_lines.account_id) as account_count,
        count(*) as line_count,
        sum(bill_lines.energy_kwh)::numeric(18, 6) as energy_kwh,
        sum(bill_lines.charge_minor)::bigint as charge_minor,
        sum(bill_lines.vat_minor)::bigint as vat_minor
    from bill_lines
    inner join tariffs using (tariff_version_id)
    group by
        bill_lines.res_id,
        bill_lines.booked_month,
        tariffs.consumer_kind,
        tariffs.consumer_group,
        tariffs.tariff_code,
        bill_lines.variant_code,
        bill_lines.component,
        bill_lines.zone_code,
        bill_lines.step_no,
        bill_lines.price_minor,
        coalesce(bill_lines.price_numerator, 1),
        coalesce(bill_lines.price_denominator, 1),
        tariffs.price_includes_vat
)

select
    summed.*,
    coalesce(periods.is_closed, false) as is_closed
from summed
left join {{ ref('stg_ops__billing_periods') }} as periods using (res_id, booked_month)
