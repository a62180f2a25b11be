with amendments as (
    select
        bill_amendment_id,
        account_id,
        metering_point_id,
        source_id
    from {{ source('ops', 'bill_amendment') }}
),

settled as (
    select
        bill_amendment_id,
        source_id as run_source_id
    from {{ source('ops', 'bill_amendment_settled') }}
),

sources as (
    select
        source_id,
        kind,
        name
    from {{ source('ops', 'source') }}
),

events as (
    -- What became of readings of an account by one command; that asks for its bills.
    select
        source_id,
        account_id,
        min(event) as event
    from {{ source('ops', 'reading_event') }}
    group by source_id, account_id
)

select
    amendments.bill_amendment_id,
    amendments.account_id,
    amendments.metering_point_id,
    settled.run_source_id,
    case
        when events.event is not null then 'reading_' || events.event
        when sources.kind = 'command' then sources.name
        else sources.kind
    end as asked_by
from amendments
inner join settled using (bill_amendment_id)
inner join sources using (source_id)
left join events using (source_id, account_id)
