select
    account_id,
    booked_month,
    bill_no,
    line_no,
    grant_no,
    days_from,
    service_month,
    category_code,
    entitled_persons,
    energy_kwh,
    full_minor,
    benefit_minor,
    financing_source,
    report_row,
    res_id
from {{ source('ops', 'benefit_line') }}
