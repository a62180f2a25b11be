{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ forget_unsettled_months() }}",
    indexes=[{'columns': ['booked_month']}, {'columns': ['is_closed', 'booked_month']}]
) }}

with entries as (
    select * from {{ ref('stg_ops__ledger_entries') }}
    where {{ is_unsettled('booked_month') }}
),

signed as (
    -- What an entry adds to the debt of the consumer: both sides of an entry may be accounts of consumers.
    select
        entries.account_id,
        entries.res_id,
        entries.article_code,
        entries.booked_month,
        entries.document_kind,
        entries.amount_minor * (debits.is_consumer_balance::integer - credits.is_consumer_balance::integer)
            as balance_minor,
        -- Bills, services, penalties: what makes a consumer owe stays on this side when it is taken back.
        debits.is_consumer_balance and not credits.is_consumer_balance
        and entries.document_kind <> 'opening_debt' as is_charge
    from entries
    inner join {{ ref('stg_ops__ledger_accounts') }} as debits
        on entries.debit_code = debits.ledger_account_code
    inner join {{ ref('stg_ops__ledger_accounts') }} as credits
        on entries.credit_code = credits.ledger_account_code
),

moved as (
    select
        account_id,
        res_id,
        article_code,
        booked_month,
        coalesce(sum(balance_minor) filter (where document_kind in ('opening_debt', 'opening_credit')), 0)
            as taken_over_minor,
        coalesce(sum(balance_minor) filter (where is_charge), 0) as charged_minor,
        coalesce(-sum(balance_minor) filter (where document_kind = 'payment'), 0) as paid_minor,
        coalesce(
            sum(balance_minor) filter (
                where not is_charge and document_kind not in ('opening_debt', 'opening_credit', 'payment')
            ), 0
        ) as other_minor,
        sum(balance_minor) as change_minor
    from signed
    group by account_id, res_id, article_code, booked_month
),

months as (
    -- A RES has no balances in a month that it has not opened yet, though others have.
    select
        res_id,
        booked_month
    from {{ ref('stg_ops__billing_periods') }}
    where {{ is_unsettled('booked_month') }}
),

carried as (
    -- Balances at the end of the last settled month, from which the unsettled ones go on.
    {% if is_incremental() %}
        select
            account_id,
            res_id,
            article_code,
            closing_minor
        from {{ this }}
        where booked_month = ((select min(booked_month) from months) - interval '1 month')::date
    {% else %}
        select
            null::bigint as account_id,
            null::integer as res_id,
            null::text as article_code,
            null::bigint as closing_minor
        where false
    {% endif %}
),

balances as (
    select
        account_id,
        res_id,
        article_code
    from moved
    union
    select
        account_id,
        res_id,
        article_code
    from carried
    where closing_minor <> 0
),

running as (
    select
        balances.account_id,
        balances.res_id,
        balances.article_code,
        months.booked_month,
        coalesce(moved.taken_over_minor, 0) as taken_over_minor,
        coalesce(moved.charged_minor, 0) as charged_minor,
        coalesce(moved.paid_minor, 0) as paid_minor,
        coalesce(moved.other_minor, 0) as other_minor,
        coalesce(carried.closing_minor, 0)
        + coalesce(sum(moved.change_minor) over balance, 0) as closing_minor,
        coalesce(moved.change_minor, 0) as change_minor,
        moved.account_id is not null as is_moved
    from balances
    inner join months using (res_id)
    left join moved using (account_id, res_id, article_code, booked_month)
    left join carried using (account_id, res_id, article_code)
    window balance as (
        partition by balances.account_id, balances.res_id, balances.article_code order by months.booked_month
    )
)

select
    running.account_id,
    running.res_id,
    running.article_code,
    running.booked_month,
    (running.closing_minor - running.change_minor + running.taken_over_minor)::bigint as opening_minor,
    running.taken_over_minor::bigint as taken_over_minor,
    running.charged_minor::bigint as charged_minor,
    running.paid_minor::bigint as paid_minor,
    running.other_minor::bigint as other_minor,
    running.closing_minor::bigint as closing_minor,
    coalesce(periods.is_closed, false) as is_closed
from running
left join {{ ref('stg_ops__billing_periods') }} as periods using (res_id, booked_month)
where running.is_moved or running.closing_minor <> 0
