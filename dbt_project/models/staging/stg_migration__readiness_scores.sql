select
    readiness_id,
    res_id,
    scored_at,
    user_id,
    score,
    is_ready
from {{ source('migration', 'readiness') }}
