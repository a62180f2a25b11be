with readings as (
    select
        readings.grid_meter_id,
        readings.read_on,
        readings.value_kwh,
        lag(readings.read_on) over meter as opening_on,
        lag(readings.value_kwh) over meter as opening_kwh
    from {{ ref('stg_ops__grid_meter_readings') }} as readings
    window meter as (partition by readings.grid_meter_id order by readings.read_on)
)

select
    readings.grid_meter_id,
    readings.opening_on as span_from,
    readings.read_on as span_to,
    ops.register_energy_kwh(
        readings.opening_kwh, readings.value_kwh, meters.digits, meters.ratio
    )::numeric(18, 6) as energy_kwh
from readings
inner join {{ ref('stg_ops__grid_meters') }} as meters using (grid_meter_id)
where readings.opening_on is not null
