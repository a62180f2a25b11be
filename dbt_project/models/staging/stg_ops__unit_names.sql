select
    unit_id,
    locale,
    name,
    valid_from,
    valid_to
from {{ source('ops', 'unit_name') }}
