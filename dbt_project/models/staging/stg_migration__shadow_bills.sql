select
    load_id,
    res_code,
    service_month,
    class,
    energy_kwh,
    charge_minor,
    our_kwh,
    our_minor
from {{ source('migration', 'shadow_bill') }}
