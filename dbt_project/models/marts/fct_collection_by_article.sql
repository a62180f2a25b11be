{{ config(
    post_hook="{{ guard_rows_by_all_res() }}",
    indexes=[{'columns': ['unit_id', 'booked_month', 'article_code'], 'unique': true}]
) }}

select
    unit_id,
    booked_month,
    article_code,
    opening_minor,
    charged_minor,
    other_minor,
    paid_minor,
    closing_minor,
    debt_minor,
    overpaid_minor,
    {{ collection_share('paid_minor', 'charged_minor') }} as collection_share,
    charged_minor - paid_minor as uncollected_minor,
    debt_minor - opening_debt_minor as debt_growth_minor,
    res_ids,
    is_closed
from {{ ref('int_receivables_by_unit') }}
