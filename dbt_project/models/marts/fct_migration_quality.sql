with counts as (
    select * from {{ ref('stg_migration__verdict_counts') }}
),

files as (
    select * from {{ ref('stg_landing__files') }}
),

loads as (
    select * from {{ ref('stg_landing__loads') }}
),

protocols as (
    select * from {{ ref('stg_migration__protocols') }}
)

select
    counts.load_id,
    protocols.protocol_id,
    loads.profile,
    loads.directory,
    protocols.status,
    protocols.prepared_at,
    counts.file_id,
    files.path as file_name,
    counts.entity,
    counts.read_count,
    counts.loaded_count,
    counts.merged_count,
    counts.rejected_count,
    counts.out_of_scope_count,
    counts.energy_kwh,
    counts.rejected_kwh,
    counts.amount_minor,
    counts.rejected_minor
from counts
inner join files using (file_id)
inner join loads on counts.load_id = loads.load_id
inner join protocols on counts.load_id = protocols.load_id
