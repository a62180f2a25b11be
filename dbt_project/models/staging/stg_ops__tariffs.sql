select
    tariff_code,
    consumer_kind,
    consumer_group
from {{ source('ops', 'tariff') }}
