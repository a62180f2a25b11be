select
    file_id,
    load_id,
    path,
    sha256,
    described_as,
    row_count
from {{ source('landing', 'file') }}
