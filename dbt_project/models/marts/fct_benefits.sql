{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ forget_unsettled_months() }}",
    post_hook="{{ guard_rows_by_res() }}",
    indexes=[
        {'columns': ['booked_month', 'res_id']},
        {'columns': ['is_closed', 'booked_month']},
    ]
) }}

with benefits as (
    select * from {{ ref('stg_ops__benefit_lines') }}
    where {{ is_unsettled('booked_month') }}
),

lines as (
    -- Only lines with benefits: their tariff tells town, village, electric stove or heating.
    select
        benefits.*,
        versions.tariff_code,
        bill_lines.variant_code
    from benefits
    inner join {{ ref('stg_ops__bill_lines') }} as bill_lines
        using (account_id, booked_month, bill_no, line_no)
    inner join {{ ref('stg_ops__tariff_versions') }} as versions using (tariff_version_id)
)

select
    lines.res_id,
    lines.booked_month,
    lines.service_month,
    lines.category_code,
    lines.report_row,
    lines.financing_source,
    lines.tariff_code,
    lines.variant_code,
    count(distinct lines.account_id) as account_count,
    sum(lines.energy_kwh)::numeric(18, 6) as energy_kwh,
    sum(lines.full_minor)::bigint as full_minor,
    sum(lines.benefit_minor)::bigint as benefit_minor,
    sum(lines.full_minor - lines.benefit_minor)::bigint as paid_by_consumer_minor,
    bool_and(coalesce(periods.is_closed, false)) as is_closed
from lines
left join {{ ref('stg_ops__billing_periods') }} as periods using (res_id, booked_month)
group by
    lines.res_id,
    lines.booked_month,
    lines.service_month,
    lines.category_code,
    lines.report_row,
    lines.financing_source,
    lines.tariff_code,
    lines.variant_code
