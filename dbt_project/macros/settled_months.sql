{# Months are built once and for all when every RES has closed them. Each model that uses this remembers which months
   every RES that had them had closed when it was built, so the next build begins at the first month that is open now,
   was open somewhere when last built, or was never built; what lies before is not read again. Rows cannot tell that: a
   RES may have none in a month that it had not closed yet. Such models carry booked_month, append, and forget the
   unsettled months first. #}

{# Where it is remembered: one row per model and month, with how many RES had the month. Made before each run. #}
{% macro remember_settled_months() %}
    create schema if not exists intermediate;
    create table if not exists intermediate.settled_month (
        model_name text not null,
        booked_month date not null,
        res_count bigint not null,
        primary key (model_name, booked_month)
    );
{% endmacro %}

{# The months that every RES which has them has closed, and how many those are. #}
{% macro months_closed_everywhere(periods) %}
    select
        period.booked_month,
        count(*) as res_count
    from {{ periods }} as period
    group by period.booked_month
    having bool_and(period.is_closed)
{% endmacro %}

{# The first month to build, as a literal that prunes partitions; none when every month is settled. #}
{% macro first_unsettled_month(periods) %}
    {% set wanted %}
        select min(period.booked_month)::text
        from {{ periods }} as period
        where (period.booked_month, true) not in (
            select
                closed.booked_month,
                closed.res_count = built.res_count
            from ({{ months_closed_everywhere(periods) }}) as closed
            inner join intermediate.settled_month as built on closed.booked_month = built.booked_month
            where built.model_name = '{{ this.identifier }}'
        )
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

{# Before a model is built, in its transaction: what it is about to build is forgotten, and the months that are closed
   everywhere by now are remembered as built. Nothing comes into those any more, so the build sees all of them. #}
{% macro forget_unsettled_months() %}
    {%- set periods = ref('stg_ops__billing_periods') -%}
    {% if is_incremental() %}
        delete from {{ this }} where {{ is_unsettled('booked_month') }};
    {% endif %}
    delete from intermediate.settled_month where model_name = '{{ this.identifier }}';
    insert into intermediate.settled_month (model_name, booked_month, res_count)
    select
        '{{ this.identifier }}',
        closed.booked_month,
        closed.res_count
    from ({{ months_closed_everywhere(periods) }}) as closed;
{% endmacro %}
