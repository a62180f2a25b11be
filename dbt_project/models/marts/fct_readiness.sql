{{ config(post_hook="{{ guard_rows_by_res() }}") }}

with scores as (
    select
        *,
        row_number() over (partition by res_id order by readiness_id desc) = 1 as is_newest
    from {{ ref('stg_migration__readiness_scores') }}
),

components as (
    select * from {{ ref('stg_migration__readiness_components') }}
),

users as (
    select * from {{ ref('stg_ops__users') }}
)

select
    scores.readiness_id,
    scores.res_id,
    scores.scored_at,
    users.login as scored_by,
    scores.is_newest,
    scores.score,
    scores.is_ready,
    components.component_code,
    components.done,
    components.whole,
    components.share,
    components.weight,
    components.is_stopping,
    components.sentence
from scores
inner join components using (readiness_id)
inner join users using (user_id)
