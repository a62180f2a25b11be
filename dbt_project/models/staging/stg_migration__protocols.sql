with last_events as (
    select distinct on (protocol_id)
        protocol_id,
        event
    from {{ source('migration', 'protocol_event') }}
    order by protocol_id asc, protocol_event_id desc
)

select
    protocols.protocol_id,
    protocols.load_id,
    protocols.prepared_at,
    protocols.prepared_by,
    coalesce(last_events.event, 'prepared') as status
from {{ source('migration', 'protocol') }} as protocols
left join last_events using (protocol_id)
