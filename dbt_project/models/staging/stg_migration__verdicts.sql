select
    load_id,
    entity,
    file_id,
    row_no,
    part_no,
    verdict,
    reason_code,
    energy_kwh,
    amount_minor
from {{ source('migration', 'verdict') }}
