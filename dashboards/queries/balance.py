"""The energy and money of a place: month by month, and one month by the units directly under it.

A loss is stated only for feeders whose balance is whole; what they received and supplied is kept apart from the useful
supply of all consumers, so that a share is never taken of what was not measured.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from psycopg import sql

from dashboards.queries.places import Place, Unit
from dashboards.reading import Reader

_FEEDER_FIGURES = """
    sum(b.intake_kwh + coalesce(b.generation_kwh, 0)) FILTER (WHERE b.loss_kwh IS NOT NULL) AS received_kwh,
    sum(b.useful_supply_kwh) FILTER (WHERE b.loss_kwh IS NOT NULL) AS balanced_supply_kwh,
    sum(b.loss_kwh) AS loss_kwh,
    sum(b.declared_non_technical_kwh) AS declared_non_technical_kwh,
    count(b.loss_kwh) AS stated_feeder_count,
    count(*) AS feeder_count
"""

_MONTHS = f"""
WITH balance AS (
    SELECT b.service_month AS month, {_FEEDER_FIGURES}
    FROM marts.fct_feeder_balance AS b
    INNER JOIN marts.dim_unit AS u ON u.unit_id = b.feeder_id
    WHERE {{own}} = %(unit_id)s AND b.service_month BETWEEN %(first_month)s AND %(last_month)s
    GROUP BY b.service_month
),
supply AS (
    SELECT f.service_month AS month, sum(f.energy_kwh) AS supply_kwh
    FROM marts.fct_useful_supply AS f
    INNER JOIN marts.dim_unit AS u ON u.unit_id = f.leaf_unit_id
    WHERE {{own}} = %(unit_id)s AND f.service_month BETWEEN %(first_month)s AND %(last_month)s
    GROUP BY f.service_month
),
charged AS (
    SELECT f.booked_month AS month, sum(f.charge_minor)::numeric AS charge_minor
    FROM marts.fct_useful_supply AS f
    INNER JOIN marts.dim_unit AS u ON u.unit_id = f.leaf_unit_id
    WHERE {{own}} = %(unit_id)s AND f.booked_month BETWEEN %(first_month)s AND %(last_month)s
    GROUP BY f.booked_month
),
receivables AS (
    SELECT r.booked_month AS month, sum(r.paid_minor)::numeric AS paid_minor, sum(r.debt_minor)::numeric AS debt_minor
    FROM marts.fct_receivables AS r
    INNER JOIN marts.dim_unit AS u ON u.unit_id = r.res_id
    WHERE {{own}} = %(unit_id)s AND r.booked_month BETWEEN %(first_month)s AND %(last_month)s
    GROUP BY r.booked_month
)
SELECT m.month::date AS month, b.received_kwh, b.balanced_supply_kwh, b.loss_kwh,
    b.loss_kwh / nullif(b.received_kwh, 0) AS loss_share, b.declared_non_technical_kwh,
    coalesce(b.stated_feeder_count, 0) AS stated_feeder_count, coalesce(b.feeder_count, 0) AS feeder_count,
    s.supply_kwh, c.charge_minor, r.paid_minor, r.debt_minor
FROM generate_series(%(first_month)s::timestamp, %(last_month)s::timestamp, interval '1 month') AS m (month)
LEFT JOIN balance AS b ON b.month = m.month
LEFT JOIN supply AS s ON s.month = m.month
LEFT JOIN charged AS c ON c.month = m.month
LEFT JOIN receivables AS r ON r.month = m.month
ORDER BY m.month
"""  # noqa: S608 - only the fixed list of figures is put in

_CHILDREN = """
WITH balance AS (
    SELECT {child} AS unit_id,
        sum(b.intake_kwh + coalesce(b.generation_kwh, 0))
            FILTER (WHERE b.loss_kwh IS NOT NULL AND b.service_month = %(month)s) AS received_kwh,
        sum(b.useful_supply_kwh)
            FILTER (WHERE b.loss_kwh IS NOT NULL AND b.service_month = %(month)s) AS balanced_supply_kwh,
        sum(b.loss_kwh) FILTER (WHERE b.service_month = %(month)s) AS loss_kwh,
        sum(b.loss_kwh) FILTER (WHERE b.service_month = %(base_month)s)
            / nullif(sum(b.intake_kwh + coalesce(b.generation_kwh, 0))
                FILTER (WHERE b.loss_kwh IS NOT NULL AND b.service_month = %(base_month)s), 0) AS base_loss_share,
        count(b.loss_kwh) FILTER (WHERE b.service_month = %(month)s) AS stated_feeder_count,
        count(*) FILTER (WHERE b.service_month = %(month)s) AS feeder_count
    FROM marts.fct_feeder_balance AS b
    INNER JOIN marts.dim_unit AS u ON u.unit_id = b.feeder_id
    WHERE {own} = %(unit_id)s AND b.service_month IN (%(month)s, %(base_month)s)
    GROUP BY 1
),
supply AS (
    SELECT coalesce({child}, 0) AS unit_id, sum(f.energy_kwh) AS supply_kwh
    FROM marts.fct_useful_supply AS f
    INNER JOIN marts.dim_unit AS u ON u.unit_id = f.leaf_unit_id
    WHERE {own} = %(unit_id)s AND f.service_month = %(month)s
    GROUP BY 1
),
charged AS (
    SELECT coalesce({child}, 0) AS unit_id, sum(f.charge_minor)::numeric AS charge_minor
    FROM marts.fct_useful_supply AS f
    INNER JOIN marts.dim_unit AS u ON u.unit_id = f.leaf_unit_id
    WHERE {own} = %(unit_id)s AND f.booked_month = %(month)s
    GROUP BY 1
),
receivables AS (
    SELECT {child} AS unit_id, sum(r.paid_minor)::numeric AS paid_minor, sum(r.debt_minor)::numeric AS debt_minor
    FROM marts.fct_receivables AS r
    INNER JOIN marts.dim_unit AS u ON u.unit_id = r.res_id
    WHERE {own} = %(unit_id)s AND r.booked_month = %(month)s
    GROUP BY 1
),
children AS (
    SELECT d.unit_id FROM marts.dim_unit AS d WHERE d.parent_unit_id = %(unit_id)s
    UNION
    SELECT s.unit_id FROM supply AS s
    UNION
    SELECT c.unit_id FROM charged AS c
),
figures AS (
    SELECT i.unit_id AS child_id, b.received_kwh, b.balanced_supply_kwh, b.loss_kwh,
        b.loss_kwh / nullif(b.received_kwh, 0) AS loss_share,
        b.loss_kwh / nullif(b.received_kwh, 0) - b.base_loss_share AS loss_share_change,
        coalesce(b.stated_feeder_count, 0) AS stated_feeder_count, coalesce(b.feeder_count, 0) AS feeder_count,
        s.supply_kwh, c.charge_minor, r.paid_minor, r.debt_minor
    FROM children AS i
    LEFT JOIN balance AS b ON b.unit_id = i.unit_id
    LEFT JOIN supply AS s ON s.unit_id = i.unit_id
    LEFT JOIN charged AS c ON c.unit_id = i.unit_id
    LEFT JOIN receivables AS r ON r.unit_id = i.unit_id
)
SELECT f.*, u.unit_id, u.code, u.level, u.res_id, u.is_verified, u.name_en, u.name_ru, u.name_uk, u.name_uz,
    sum(greatest(f.loss_kwh, 0)) OVER (ORDER BY f.loss_kwh DESC NULLS LAST, f.child_id ROWS UNBOUNDED PRECEDING)
        - greatest(f.loss_kwh, 0) < sum(greatest(f.loss_kwh, 0)) OVER () / 2 AS is_in_first_half
FROM figures AS f
LEFT JOIN marts.dim_unit AS u ON u.unit_id = f.child_id
ORDER BY f.loss_kwh DESC NULLS LAST, f.supply_kwh DESC NULLS LAST, u.code
"""


@dataclass(frozen=True)
class MonthFigures:
    """One month of a place; None is what cannot be stated."""

    month: date
    received_kwh: Decimal | None
    balanced_supply_kwh: Decimal | None
    loss_kwh: Decimal | None
    loss_share: Decimal | None
    declared_non_technical_kwh: Decimal | None
    stated_feeder_count: int
    feeder_count: int
    supply_kwh: Decimal | None
    charge_minor: Decimal | None
    paid_minor: Decimal | None
    debt_minor: Decimal | None


@dataclass(frozen=True)
class ChildFigures:
    """One unit directly under a place in one month; without a unit, what hangs on the place itself."""

    unit: Unit | None
    figures: dict[str, Any]
    is_in_first_half: bool
    """Whether it belongs to the fewest units that together make half of the loss."""


def figures_by_month(reader: Reader, place: Place, first_month: date, last_month: date) -> dict[date, MonthFigures]:
    rows = reader.rows(
        sql.SQL(_MONTHS).format(own=place.own_column),
        {"unit_id": place.unit.unit_id, "first_month": first_month, "last_month": last_month},
    )
    return {row["month"]: MonthFigures(**row) for row in rows}


def figures_by_child(reader: Reader, place: Place, month: date, base_month: date) -> list[ChildFigures]:
    """Sorted by the energy lost, the most first."""
    rows = reader.rows(
        sql.SQL(_CHILDREN).format(own=place.own_column, child=place.child_column),
        {"unit_id": place.unit.unit_id, "month": month, "base_month": base_month},
    )
    return [
        ChildFigures(
            unit=Unit.of(row, is_permitted=True) if row["unit_id"] is not None else None,
            figures=row,
            is_in_first_half=bool(row["is_in_first_half"]),
        )
        for row in rows
    ]
