select
    account_id,
    booked_month,
    bill_no,
    line_no,
    metering_point_id,
    service_month,
    tariff_version_id,
    step_no,
    energy_kwh,
    charge_minor,
    vat_minor,
    res_id
from {{ source('ops', 'bill_line') }}
