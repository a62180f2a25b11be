select
    protocol_event_id,
    protocol_id,
    event,
    user_id,
    happened_at
from {{ source('migration', 'protocol_event') }}
