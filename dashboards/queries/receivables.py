"""The money of a place: month by month, one month by the places under it, by article, age, year and means of payment.

Places are as hung at the end of the month that is shown, so children add up to their place whatever moved since. All
figures are of the marts; sums over the RES of a place are made here, nothing else is.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from dashboards.queries.places import Place, Unit
from dashboards.reading import Reader

_MONTHS = """
SELECT m.month::date AS month, c.opening_minor, c.charged_minor, c.other_minor, c.paid_minor, c.closing_minor,
    c.debt_minor, c.overpaid_minor, c.collection_share, c.target_share, c.above_target_share, c.uncollected_minor,
    c.debt_growth_minor, c.target_unit_id,
    t.name_en AS target_en, t.name_ru AS target_ru, t.name_uk AS target_uk, t.name_uz AS target_uz
FROM generate_series(%(first_month)s::timestamp, %(last_month)s::timestamp, interval '1 month') AS m (month)
LEFT JOIN marts.fct_collection AS c ON c.unit_id = %(unit_id)s AND c.booked_month = m.month
LEFT JOIN marts.dim_unit AS t ON t.unit_id = c.target_unit_id
ORDER BY m.month
"""

_CHILDREN = """
SELECT c.*, c.collection_share - b.collection_share AS collection_share_change,
    u.unit_id, u.code, u.level, u.res_id, u.is_verified, u.name_en, u.name_ru, u.name_uk, u.name_uz,
    sum(greatest(c.uncollected_minor, 0)) OVER (ORDER BY c.uncollected_minor DESC, c.unit_id ROWS UNBOUNDED PRECEDING)
        - greatest(c.uncollected_minor, 0) < sum(greatest(c.uncollected_minor, 0)) OVER () / 2 AS is_in_first_half
FROM marts.fct_collection AS c
INNER JOIN marts.dim_unit AS u ON u.unit_id = c.unit_id
LEFT JOIN marts.fct_collection AS b ON b.unit_id = c.unit_id AND b.booked_month = %(base_month)s
WHERE c.parent_unit_id = %(unit_id)s AND c.booked_month = %(month)s
ORDER BY c.uncollected_minor DESC, u.code
"""

_WITHOUT_FIGURES = """
SELECT count(*) AS unit_count
FROM marts.dim_unit AS d
WHERE d.parent_unit_id = %(unit_id)s AND d.level IN ('region', 'ptpp', 'res')
    AND NOT EXISTS (
        SELECT 1 FROM marts.fct_collection AS c WHERE c.unit_id = d.unit_id AND c.booked_month = %(month)s
    )
"""

_ARTICLES = """
SELECT a.*
FROM marts.fct_collection_by_article AS a
INNER JOIN ops.article AS r ON r.article_code = a.article_code
WHERE a.unit_id = %(unit_id)s AND a.booked_month = %(month)s
ORDER BY r.sort_order
"""

# One row for all articles, one for each, and one for each year of each; what is in advance has no year.
_DEBTS = """
SELECT d.article_code, d.year_of_origin, sum(d.balance_minor)::numeric AS balance_minor,
    sum(d.advance_minor)::numeric AS advance_minor, sum(d.current_minor)::numeric AS current_minor,
    sum(d.days_1_30_minor)::numeric AS days_1_30_minor, sum(d.days_31_90_minor)::numeric AS days_31_90_minor,
    sum(d.days_91_365_minor)::numeric AS days_91_365_minor, sum(d.years_1_3_minor)::numeric AS years_1_3_minor,
    sum(d.over_3_years_minor)::numeric AS over_3_years_minor,
    sum(d.balance_minor + d.advance_minor)::numeric AS owed_minor
FROM marts.fct_collection AS c
INNER JOIN marts.fct_debt_by_year AS d ON d.res_id = ANY (c.res_ids) AND d.booked_month = c.booked_month
INNER JOIN ops.article AS r ON r.article_code = d.article_code
WHERE c.unit_id = %(unit_id)s AND c.booked_month = %(month)s
GROUP BY GROUPING SETS ((), (d.article_code, r.sort_order), (d.article_code, r.sort_order, d.year_of_origin))
HAVING grouping(d.article_code) = 1 AND count(*) > 0 OR grouping(d.year_of_origin) = 1 AND grouping(d.article_code) = 0
    OR d.year_of_origin IS NOT NULL
ORDER BY r.sort_order NULLS FIRST, grouping(d.year_of_origin) DESC, d.year_of_origin
"""

# A means of payment that was used in one of the months has a zero in the other, unless nothing is known of that month.
_CHANNELS = """
WITH paid AS (
    SELECT p.channel_code,
        coalesce(sum(p.paid_minor) FILTER (WHERE p.booked_month = %(month)s), 0)::numeric AS paid_minor,
        coalesce(sum(p.paid_minor) FILTER (WHERE p.booked_month = %(base_month)s), 0)::numeric AS base_paid_minor
    FROM marts.fct_collection AS c
    INNER JOIN marts.fct_payments_by_channel AS p
        ON p.res_id = ANY (c.res_ids) AND p.booked_month IN (%(month)s, %(base_month)s)
    WHERE c.unit_id = %(unit_id)s AND c.booked_month = %(month)s
    GROUP BY p.channel_code
)
SELECT p.channel_code, p.paid_minor, CASE WHEN b.unit_id IS NOT NULL THEN p.base_paid_minor END AS base_paid_minor,
    CASE WHEN sum(p.paid_minor) OVER () > 0 THEN p.paid_minor / sum(p.paid_minor) OVER () END AS paid_share
FROM paid AS p
LEFT JOIN marts.fct_collection AS b ON b.unit_id = %(unit_id)s AND b.booked_month = %(base_month)s
ORDER BY p.paid_minor DESC, p.channel_code
"""


@dataclass(frozen=True)
class MonthOfMoney:
    """One month of a place; None where nothing of the place is known in the month."""

    month: date
    opening_minor: Decimal | None
    charged_minor: Decimal | None
    other_minor: Decimal | None
    paid_minor: Decimal | None
    closing_minor: Decimal | None
    debt_minor: Decimal | None
    overpaid_minor: Decimal | None
    collection_share: Decimal | None
    """None also where nothing was charged."""
    target_share: Decimal | None
    above_target_share: Decimal | None
    uncollected_minor: Decimal | None
    debt_growth_minor: Decimal | None
    target_unit_id: int | None
    target_names: dict[str, str | None]
    """Of the unit whose target it is, by language."""

    @property
    def is_known(self) -> bool:
        return self.closing_minor is not None


@dataclass(frozen=True)
class ChildMoney:
    """One place directly under a place in one month."""

    unit: Unit
    figures: dict[str, Any]
    is_in_first_half: bool
    """Whether it belongs to the fewest places that together make half of what was not collected."""


def money_by_month(reader: Reader, place: Place, first_month: date, last_month: date) -> dict[date, MonthOfMoney]:
    rows = reader.rows(_MONTHS, {"unit_id": place.unit.unit_id, "first_month": first_month, "last_month": last_month})
    months = {}
    for row in rows:
        names = {locale: row.pop(f"target_{locale}") for locale in ("en", "ru", "uk", "uz")}
        months[row["month"]] = MonthOfMoney(**row, target_names=names)
    return months


def money_by_child(reader: Reader, place: Place, month: date, base_month: date) -> list[ChildMoney]:
    """Sorted by the money that was not collected, the most first."""
    rows = reader.rows(_CHILDREN, {"unit_id": place.unit.unit_id, "month": month, "base_month": base_month})
    return [ChildMoney(Unit.of(row, is_permitted=True), row, bool(row["is_in_first_half"])) for row in rows]


def count_without_figures(reader: Reader, place: Place, month: date) -> int:
    """How many places directly under a place keep money and have no figures of the month."""
    row = reader.row(_WITHOUT_FIGURES, {"unit_id": place.unit.unit_id, "month": month})
    return row["unit_count"] if row else 0


def money_by_article(reader: Reader, place: Place, month: date) -> list[dict[str, Any]]:
    return reader.rows(_ARTICLES, {"unit_id": place.unit.unit_id, "month": month})


def debts(reader: Reader, place: Place, month: date) -> list[dict[str, Any]]:
    """The row of all articles first, then each article, followed by its years of origin; none where nothing is owed."""
    return reader.rows(_DEBTS, {"unit_id": place.unit.unit_id, "month": month})


def money_by_channel(reader: Reader, place: Place, month: date, base_month: date) -> list[dict[str, Any]]:
    """Sorted by the money paid, the most first; means of payment of the compared month are there as well."""
    return reader.rows(_CHANNELS, {"unit_id": place.unit.unit_id, "month": month, "base_month": base_month})
