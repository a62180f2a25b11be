with periods as (
    select
        res_id,
        booked_month
    from {{ source('ops', 'billing_period') }}
),

closes as (
    select
        res_id,
        booked_month,
        closed_at,
        energy_kwh,
        charge_minor,
        paid_minor
    from {{ source('ops', 'period_close') }}
)

select
    periods.res_id,
    periods.booked_month,
    closes.closed_at,
    closes.energy_kwh,
    closes.charge_minor,
    closes.paid_minor,
    closes.closed_at is not null as is_closed
from periods
left join closes using (res_id, booked_month)
