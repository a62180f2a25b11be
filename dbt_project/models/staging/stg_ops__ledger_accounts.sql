select
    ledger_account_code,
    is_consumer_balance
from {{ source('ops', 'ledger_account') }}
