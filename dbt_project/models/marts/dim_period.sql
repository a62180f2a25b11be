{{ config(post_hook="{{ guard_rows_by_res() }}") }}

select
    res_id,
    booked_month,
    is_closed,
    closed_at
from {{ ref('stg_ops__billing_periods') }}
