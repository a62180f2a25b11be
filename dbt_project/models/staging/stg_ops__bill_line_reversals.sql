select
    account_id,
    reversing_month,
    reversing_bill_no,
    reversing_line_no
from {{ source('ops', 'bill_line_reversal') }}
