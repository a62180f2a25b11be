with prepared as (
    select
        load_id,
        protocol_id,
        0::bigint as place,
        'prepared'::text as event,
        prepared_by as user_id,
        prepared_at as happened_at
    from {{ ref('stg_migration__protocols') }}
),

later as (
    select
        protocols.load_id,
        protocols.protocol_id,
        events.protocol_event_id as place,
        events.event,
        events.user_id,
        events.happened_at
    from {{ ref('stg_migration__protocol_events') }} as events
    inner join {{ ref('stg_migration__protocols') }} as protocols using (protocol_id)
)

select * from prepared
union all
select * from later
