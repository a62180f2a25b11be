{{ config(post_hook="{{ guard_rows_by_res() }}") }}

with bills as (
    select * from {{ ref('stg_migration__shadow_bills') }}
),

protocols as (
    select * from {{ ref('stg_migration__protocols') }}
),

units as (
    select * from {{ ref('stg_ops__units') }}
)

select
    bills.load_id,
    protocols.protocol_id,
    protocols.status,
    units.unit_id as res_id,
    bills.res_code,
    bills.service_month,
    bills.class,
    count(*) as bill_count,
    sum(bills.energy_kwh)::numeric(18, 6) as energy_kwh,
    sum(coalesce(bills.our_kwh, bills.energy_kwh))::numeric(18, 6) as our_kwh,
    sum(bills.charge_minor)::bigint as charge_minor,
    coalesce(sum(bills.our_minor), 0)::bigint as our_minor,
    (sum(bills.charge_minor) - coalesce(sum(bills.our_minor), 0))::bigint as difference_minor,
    count(*) filter (where bills.our_minor is null) as unrated_count
from bills
inner join protocols using (load_id)
left join units on bills.res_code = units.code
group by
    bills.load_id,
    protocols.protocol_id,
    protocols.status,
    units.unit_id,
    bills.res_code,
    bills.service_month,
    bills.class
