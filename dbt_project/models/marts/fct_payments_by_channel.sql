{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ forget_unsettled_months() }}",
    post_hook="{{ guard_rows_by_res() }}",
    indexes=[
        {'columns': ['booked_month', 'res_id', 'article_code', 'channel_code'], 'unique': true},
        {'columns': ['is_closed', 'booked_month']},
    ]
) }}

with paid as (
    -- What a payment paid of each article is in the ledger, its means of payment with the payment.
    select
        entries.res_id,
        entries.booked_month,
        entries.article_code,
        payments.channel_code,
        entries.account_id,
        entries.document_no,
        entries.amount_minor * (credits.is_consumer_balance::integer - debits.is_consumer_balance::integer)
            as paid_minor
    from {{ ref('stg_ops__ledger_entries') }} as entries
    inner join {{ ref('stg_ops__payments') }} as payments
        on
            entries.account_id = payments.account_id
            and entries.booked_month = payments.booked_month
            and entries.document_no = payments.payment_no
    inner join {{ ref('stg_ops__ledger_accounts') }} as debits
        on entries.debit_code = debits.ledger_account_code
    inner join {{ ref('stg_ops__ledger_accounts') }} as credits
        on entries.credit_code = credits.ledger_account_code
    where entries.document_kind = 'payment' and {{ is_unsettled('entries.booked_month') }}
),

summed as (
    -- Before the join with periods: the planner takes the join above for one row, and would go through all periods for
    -- each payment.
    select
        paid.res_id,
        paid.booked_month,
        paid.article_code,
        paid.channel_code,
        sum(paid.paid_minor)::bigint as paid_minor,
        count(distinct paid.document_no) as payment_count
    from paid
    group by paid.res_id, paid.booked_month, paid.article_code, paid.channel_code
)

select
    summed.res_id,
    summed.booked_month,
    summed.article_code,
    summed.channel_code,
    summed.paid_minor,
    summed.payment_count,
    coalesce(periods.is_closed, false) as is_closed
from summed
left join {{ ref('stg_ops__billing_periods') }} as periods using (res_id, booked_month)
