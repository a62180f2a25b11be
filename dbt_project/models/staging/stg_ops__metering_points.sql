select
    metering_point_id,
    account_id,
    consumer_class
from {{ source('ops', 'metering_point') }}
