select
    load_id,
    profile,
    directory,
    started_at
from {{ source('landing', 'load') }}
