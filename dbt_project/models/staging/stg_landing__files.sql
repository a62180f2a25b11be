select
    file_id,
    load_id,
    path,
    sha256
from {{ source('landing', 'file') }}
