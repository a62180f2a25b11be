{# What was posted by RES and month, told without the marts: for a closed month by its close, for the others by a scan
   of the rows themselves. So a test of the marts costs the open months, not the history. #}
{% macro posted_by_res(relation, periods, measure, measure_of_close) %}
    select
        posted.res_id,
        posted.booked_month,
        sum(posted.{{ measure }}) as expected
    from {{ relation }} as posted
    inner join {{ periods }} as periods using (res_id, booked_month)
    where
        not periods.is_closed
        and posted.booked_month >= (
            select min(first_open.booked_month) from {{ periods }} as first_open
            where not first_open.is_closed
        )
    group by posted.res_id, posted.booked_month
    union all
    select
        closes.res_id,
        closes.booked_month,
        closes.{{ measure_of_close }}
    from {{ periods }} as closes
    where closes.is_closed
{% endmacro %}
