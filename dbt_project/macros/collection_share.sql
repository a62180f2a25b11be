{# Paid as a share of what was charged; nothing where nothing was charged, or less than nothing. #}
{% macro collection_share(paid_minor, charged_minor) -%}
(case when {{ charged_minor }} > 0 then {{ paid_minor }}::numeric / {{ charged_minor }} end)::numeric(18, 6)
{%- endmacro %}
