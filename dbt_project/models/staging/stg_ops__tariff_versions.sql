select
    tariff_version_id,
    tariff_code
from {{ source('ops', 'tariff_version') }}
