select
    readiness_id,
    component_code,
    done,
    whole,
    share,
    weight,
    is_stopping,
    sentence
from {{ source('migration', 'readiness_component') }}
