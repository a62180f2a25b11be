select
    tariff_version_id,
    tariff_code,
    price_includes_vat
from {{ source('ops', 'tariff_version') }}
