{# How energy of a span of days comes to calendar months: evenly by days, by the function that bills it
   too (ops.energy_until_kwh), so that bills and balances agree and the parts add up to the span exactly. #}

{# One row per calendar month of a span: service_month, part_from, part_to. Goes after the table of the span. #}
{% macro months_of_span(span_from, span_to) %}
cross join lateral (
        select
            months.month_start::date as service_month,
            greatest({{ span_from }}, months.month_start::date) as part_from,
            least({{ span_to }}, (months.month_start + interval '1 month')::date) as part_to
        from generate_series(
            date_trunc('month', {{ span_from }}::timestamp), {{ span_to }}::timestamp - interval '1 day', interval '1 month'
        ) as months (month_start)
    ) as part
{% endmacro %}

{# The energy of the part that months_of_span cut out. #}
{% macro energy_of_part(energy_kwh, span_from, span_to) -%}
(
            ops.energy_until_kwh({{ energy_kwh }}, {{ span_from }}, {{ span_to }}, part.part_to)
            - ops.energy_until_kwh({{ energy_kwh }}, {{ span_from }}, {{ span_to }}, part.part_from)
        )::numeric(18, 6)
{%- endmacro %}

{# The day on which a month asks where things hang: its last one. #}
{% macro last_day(month) -%}
({{ month }} + interval '1 month' - interval '1 day')::date
{%- endmacro %}

{# A placement holds until the next one of the same thing begins, the first one also before it began: so energy and
   money of any day have exactly one place, and nothing drops out of a total when a place was closed or dated late. #}
{% macro stretched_from(key) -%}
case
            when row_number() over (partition by {{ key }} order by valid_from) = 1 then date '1900-01-01'
            else valid_from
        end
{%- endmacro %}

{% macro stretched_to(key) -%}
lead(valid_from) over (partition by {{ key }} order by valid_from)
{%- endmacro %}
