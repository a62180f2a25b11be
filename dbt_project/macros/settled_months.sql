{# Months are built once and for all when every RES has closed them. Rows remember whether their RES had closed
   (is_closed), so the next build begins at the first month that is open now, was open when last built, or was never
   built; what lies before is not read again. Models that use this carry booked_month and is_closed, both
   indexed so that looking for the first month does not read the table, append, and forget the unsettled months first. #}

{# The first month to build, as a literal that prunes partitions; none when every month is settled. #}
{% macro first_unsettled_month(periods) %}
    {% set wanted %}
        select least(
            (select min(built.booked_month) from {{ this }} as built where not built.is_closed),
            (
                select min(period.booked_month) from {{ periods }} as period
                where
                    not period.is_closed
                    or not exists (select 1 from {{ this }} as built where built.booked_month = period.booked_month)
            )
        )::text
    {% endset %}
    {{ return(run_query(wanted).columns[0].values()[0]) }}
{% endmacro %}

{% macro is_unsettled(booked_month) %}
    {#- Named outside the condition, so that dbt knows of it when it only reads the project. -#}
    {%- set periods = ref('stg_ops__billing_periods') -%}
    {%- if is_incremental() -%}
        {%- set first_month = first_unsettled_month(periods) -%}
        {%- if first_month -%}{{ booked_month }} >= date '{{ first_month }}'{%- else -%}false{%- endif -%}
    {%- else -%}
        true
    {%- endif -%}
{% endmacro %}

{% macro forget_unsettled_months() %}
    {% if is_incremental() %}
        delete from {{ this }} where {{ is_unsettled('booked_month') }}
    {% endif %}
{% endmacro %}
