select
    load_id,
    check_code,
    file_id,
    measure,
    stated,
    expected,
    -- The name of a measure ends with its unit.
    case when measure like '%kwh' then abs(stated - expected) else 0 end as energy_kwh,
    case when measure like '%minor' then abs(stated - expected) else 0 end as amount_minor
from {{ source('migration', 'difference') }}
