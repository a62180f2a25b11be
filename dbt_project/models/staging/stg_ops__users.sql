select
    user_id,
    login
from {{ source('ops', 'app_user') }}
