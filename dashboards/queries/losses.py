"""The feeders under a place and what each lost in a month."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from psycopg import sql

from dashboards.addresses import Sort
from dashboards.queries.places import Place
from dashboards.reading import Reader

MOST_FEEDERS = 500
SORTABLE = (
    "name", "intake_kwh", "generation_kwh", "useful_supply_kwh", "loss_kwh", "loss_share", "loss_change_kwh",
    "loss_share_change", "declared_non_technical_kwh",
)  # fmt: skip
BY_LOSS = Sort("loss_kwh", is_descending=True)

_FEEDERS = """
WITH feeder AS (
    SELECT b.feeder_id, u.code, u.res_id, u.substation_id,
        u.name_en, u.name_ru, u.name_uk, u.name_uz,
        b.is_metered, b.intake_kwh, b.generation_kwh, b.useful_supply_kwh, b.loss_kwh, b.loss_share,
        b.declared_non_technical_kwh, b.why_not_stated,
        b.loss_kwh - p.loss_kwh AS loss_change_kwh, b.loss_share - p.loss_share AS loss_share_change
    FROM marts.fct_feeder_balance AS b
    INNER JOIN marts.dim_unit AS u ON u.unit_id = b.feeder_id
    LEFT JOIN marts.fct_feeder_balance AS p ON p.feeder_id = b.feeder_id AND p.service_month = %(base_month)s
    WHERE {own} = %(unit_id)s AND b.service_month = %(month)s
),
ranked AS (
    SELECT f.*,
        sum(greatest(f.loss_kwh, 0)) OVER (ORDER BY f.loss_kwh DESC NULLS LAST, f.feeder_id ROWS UNBOUNDED PRECEDING)
            - greatest(f.loss_kwh, 0) < sum(greatest(f.loss_kwh, 0)) OVER () / 2 AS is_in_first_half
    FROM feeder AS f
)
SELECT f.*, count(*) OVER () AS feeder_count, count(f.loss_kwh) OVER () AS stated_feeder_count,
    sum(f.loss_kwh) OVER () AS total_loss_kwh,
    sum(f.loss_kwh) OVER () / nullif(
        sum(f.intake_kwh + coalesce(f.generation_kwh, 0)) FILTER (WHERE f.loss_kwh IS NOT NULL) OVER (), 0
    ) AS total_loss_share,
    count(*) FILTER (WHERE f.is_in_first_half AND f.loss_kwh > 0) OVER () AS first_half_count,
    s.name_en AS substation_en, s.name_ru AS substation_ru, s.name_uk AS substation_uk, s.name_uz AS substation_uz,
    s.code AS substation_code,
    r.name_en AS res_en, r.name_ru AS res_ru, r.name_uk AS res_uk, r.name_uz AS res_uz, r.code AS res_code
FROM ranked AS f
LEFT JOIN marts.dim_unit AS s ON s.unit_id = f.substation_id
LEFT JOIN marts.dim_unit AS r ON r.unit_id = f.res_id
ORDER BY {sort} NULLS LAST, f.code
LIMIT {limit}
"""

_ONE_FEEDER = """
SELECT b.service_month AS month, b.is_metered, b.intake_kwh, b.generation_kwh, b.useful_supply_kwh, b.loss_kwh,
    b.loss_share, b.declared_non_technical_kwh, b.why_not_stated
FROM marts.fct_feeder_balance AS b
WHERE b.feeder_id = %(unit_id)s AND b.service_month BETWEEN %(first_month)s AND %(last_month)s
ORDER BY b.service_month DESC
"""


@dataclass(frozen=True)
class FeederLosses:
    """At most `MOST_FEEDERS` rows in the wanted order, and what is true of all feeders of the place."""

    rows: list[dict[str, Any]]
    feeder_count: int = 0
    stated_feeder_count: int = 0
    total_loss_kwh: Decimal | None = None
    total_loss_share: Decimal | None = None
    first_half_count: int = 0
    """The fewest feeders that together make half of the loss."""

    @property
    def is_whole(self) -> bool:
        return len(self.rows) == self.feeder_count


def losses_by_feeder(
    reader: Reader, place: Place, month: date, base_month: date, sort: Sort | None, locale: str
) -> FeederLosses:
    rows = reader.rows(
        sql.SQL(_FEEDERS).format(
            own=place.own_column, sort=_order(sort or BY_LOSS, locale), limit=sql.Literal(MOST_FEEDERS)
        ),
        {"unit_id": place.unit.unit_id, "month": month, "base_month": base_month},
    )
    if not rows:
        return FeederLosses([])
    of_all = ("feeder_count", "stated_feeder_count", "total_loss_kwh", "total_loss_share", "first_half_count")
    return FeederLosses(rows, **{name: rows[0][name] for name in of_all})


def losses_by_month(reader: Reader, place: Place, first_month: date, last_month: date) -> list[dict[str, Any]]:
    """One row per month of one feeder, the newest first."""
    return reader.rows(
        _ONE_FEEDER,
        {"unit_id": place.unit.unit_id, "first_month": first_month, "last_month": last_month},
    )


def _order(sort: Sort, locale: str) -> sql.Composable:
    wanted = sort if sort.column in SORTABLE else BY_LOSS
    column = f"name_{locale}" if wanted.column == "name" else wanted.column
    direction = sql.SQL("DESC" if wanted.is_descending else "ASC")
    return sql.SQL("{} {}").format(sql.Identifier("f", column), direction)
