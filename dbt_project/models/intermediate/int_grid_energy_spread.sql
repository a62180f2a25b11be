with spans as (
    select
        grid_meter_id,
        'readings' as method,
        span_from,
        span_to,
        energy_kwh
    from {{ ref('int_grid_readings_paired') }}
    union all
    select
        grid_meter_id,
        'declared' as method,
        span_from,
        span_to,
        energy_kwh
    from {{ ref('stg_ops__grid_energy') }}
),

spread as (
    select
        spans.grid_meter_id,
        part.service_month,
        spans.method,
        {{ energy_of_part('spans.energy_kwh', 'spans.span_from', 'spans.span_to') }} as energy_kwh,
        part.part_to - part.part_from as covered_day_count
    from spans
    {{ months_of_span('spans.span_from', 'spans.span_to') }}
),

told as (
    select * from spread
    union all
    select
        grid_meter_id,
        service_month,
        'half_hours' as method,
        energy_kwh,
        covered_day_count
    from {{ ref('int_grid_half_hours_summed') }}
)

select
    grid_meter_id,
    service_month,
    method,
    sum(energy_kwh)::numeric(18, 6) as energy_kwh,
    sum(covered_day_count)::integer as covered_day_count
from told
group by grid_meter_id, service_month, method
