select
    load_id,
    file_id,
    column_name,
    class,
    rule,
    cell_count
from {{ source('migration', 'cell_count') }}
