select
    account_id,
    booked_month,
    bill_no,
    res_id,
    energy_kwh,
    charge_minor,
    vat_minor,
    kind,
    source_id
from {{ source('ops', 'bill') }}
