{# Usage of the schemas that people and screens read; SELECT on each table comes from its `grants`. #}
{% macro grant_usage(schemas) %}
    {% for schema in schemas if schema in ('marts', 'reports') %}
        grant usage on schema {{ schema }} to wattbook_app, wattbook_reader, wattbook_web;
    {% endfor %}
{% endmacro %}

{# A row of a mart is seen by those whose rights reach its RES, as in operational_db/schema/sql/row_level_security.sql.
   A rebuilt table has no policy left, so each build sets it anew. #}
{% macro guard_rows_by_res() %}
    alter table {{ this }} enable row level security;
    alter table {{ this }} force row level security;
    drop policy if exists visible_unit on {{ this }};
    create policy visible_unit on {{ this }} using (res_id = any((select ops.visible_res_ids())::integer []));
{% endmacro %}

{# The same where a row is about a unit of any level: who sees all RES whose figures are in it (res_ids) sees it. #}
{% macro guard_rows_by_all_res() %}
    alter table {{ this }} enable row level security;
    alter table {{ this }} force row level security;
    drop policy if exists visible_unit on {{ this }};
    create policy visible_unit on {{ this }} using (res_ids <@ (select ops.visible_res_ids())::integer []);
{% endmacro %}
