select
    account_id,
    booked_month,
    document_kind,
    document_no,
    entry_no,
    debit_code,
    credit_code,
    amount_minor,
    article_code,
    res_id
from {{ source('ops', 'ledger') }}
