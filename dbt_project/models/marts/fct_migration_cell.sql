select
    cells.load_id,
    protocols.protocol_id,
    cells.file_id,
    files.path as file_name,
    cells.column_name,
    cells.class,
    cells.rule,
    cells.cell_count::bigint as cell_count
from {{ ref('stg_migration__cell_counts') }} as cells
inner join {{ ref('stg_landing__files') }} as files using (file_id)
inner join {{ ref('stg_migration__protocols') }} as protocols on cells.load_id = protocols.load_id
