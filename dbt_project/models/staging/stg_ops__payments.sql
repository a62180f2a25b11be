select
    account_id,
    booked_month,
    payment_no,
    channel_code,
    paid_on,
    amount_minor,
    article_code,
    res_id
from {{ source('ops', 'payment') }}
