with protocols as (
    select * from {{ ref('stg_migration__protocols') }}
),

loads as (
    select * from {{ ref('stg_landing__loads') }}
),

files as (
    select
        load_id,
        count(*) as file_count,
        count(*) filter (where described_as is null) as unknown_file_count,
        sum(row_count)::bigint as row_count
    from {{ ref('stg_landing__files') }}
    group by load_id
),

accounts as (
    select
        load_id,
        sum(read_count)::bigint as account_count,
        sum(loaded_count)::bigint as loaded_account_count
    from {{ ref('stg_migration__verdict_counts') }}
    where entity = 'account'
    group by load_id
),

sums as (
    select
        load_id,
        count(*) as unequal_count
    from {{ ref('stg_migration__check_results') }}
    where status = 'differs'
    group by load_id
),

contradictions as (
    select
        load_id,
        count(*) as contradiction_count,
        sum(amount_minor)::bigint as contradicted_minor
    from {{ ref('stg_migration__differences') }}
    group by load_id
),

expectations as (
    select
        load_id,
        count(*) as expectation_count,
        count(*) filter (where not is_met) as unmet_count,
        count(*) filter (where not is_met and severity = 'stop' and waived_for is null) as stopping_count
    from (
        select
            load_id,
            expectation_code,
            severity,
            waived_for,
            bool_and(is_met) as is_met
        from {{ ref('stg_migration__expectation_results') }}
        group by load_id, expectation_code, severity, waived_for
    ) as of_load
    group by load_id
)

select
    protocols.load_id,
    protocols.protocol_id,
    loads.profile,
    loads.directory,
    loads.started_at,
    protocols.prepared_at,
    protocols.status,
    coalesce(files.file_count, 0) as file_count,
    coalesce(files.unknown_file_count, 0) as unknown_file_count,
    coalesce(files.row_count, 0) as row_count,
    coalesce(accounts.account_count, 0) as account_count,
    coalesce(accounts.loaded_account_count, 0) as loaded_account_count,
    coalesce(sums.unequal_count, 0) as unequal_count,
    coalesce(contradictions.contradiction_count, 0) as contradiction_count,
    coalesce(contradictions.contradicted_minor, 0) as contradicted_minor,
    expectations.expectation_count,
    expectations.unmet_count,
    expectations.stopping_count
from protocols
inner join loads using (load_id)
left join files using (load_id)
left join accounts using (load_id)
left join sums using (load_id)
left join contradictions using (load_id)
left join expectations using (load_id)
