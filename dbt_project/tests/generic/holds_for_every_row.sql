{# A condition over the columns of one row. A condition that cannot be told (NULL) counts as held. #}
{% test holds_for_every_row(model, condition) %}
    select *
    from {{ model }}
    where not ({{ condition }})
{% endtest %}
