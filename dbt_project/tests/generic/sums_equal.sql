{# The sum of an expression here equals a sum over other relations, for each value of the columns in `per`; nothing lies
   on one side only. `other` is a query that gives the columns of `per` and `expected`. #}
{% test sums_equal(model, expression, per, other) %}
    select
        {{ per | join(', ') }},
        coalesce(here.found, 0) as found,
        coalesce(there.expected, 0) as expected
    from (
        select {{ per | join(', ') }}, sum({{ expression }}) as found
        from {{ model }}
        group by {{ per | join(', ') }}
    ) as here
    full join ({{ other }}) as there using ({{ per | join(', ') }})
    where coalesce(here.found, 0) <> coalesce(there.expected, 0)
{% endtest %}
