"""Which months have figures, and whether a month is closed or still open for a place."""

from dataclasses import dataclass
from datetime import date

from psycopg import sql

from dashboards.queries.places import Place
from dashboards.reading import Reader

_MONTHS = """
SELECT m.month
FROM (
    SELECT DISTINCT booked_month AS month FROM marts.fct_receivables
    UNION
    SELECT DISTINCT service_month FROM marts.fct_feeder_balance
) AS m
ORDER BY m.month DESC
"""

_LAST_CLOSED = "SELECT max(p.booked_month) AS month FROM marts.dim_period AS p WHERE p.is_closed"

_STATES = """
SELECT p.booked_month AS month, count(*) AS opened_count, count(*) FILTER (WHERE p.is_closed) AS closed_count
FROM marts.dim_unit AS u
INNER JOIN marts.dim_period AS p ON p.res_id = u.unit_id
WHERE u.level = 'res' AND (u.unit_id = %(res_id)s OR {own} = %(unit_id)s)
    AND p.booked_month BETWEEN %(first_month)s AND %(last_month)s
GROUP BY p.booked_month
"""


@dataclass(frozen=True)
class PeriodState:
    """How many RES of a place have opened the month, and how many of them have closed it."""

    opened_count: int
    closed_count: int

    @property
    def is_closed(self) -> bool:
        return self.opened_count > 0 and self.opened_count == self.closed_count

    @property
    def is_provisional(self) -> bool:
        return self.closed_count < self.opened_count


def months_with_figures(reader: Reader) -> list[date]:
    """The newest first."""
    return [row["month"] for row in reader.rows(_MONTHS)]


def month_to_show_first(reader: Reader, months: list[date]) -> date | None:
    """The last closed month, since its figures are final; else the newest with figures."""
    row = reader.row(_LAST_CLOSED)
    if row is not None and row["month"] in months:
        return row["month"]
    return months[0] if months else None


def period_states(reader: Reader, place: Place, first_month: date, last_month: date) -> dict[date, PeriodState]:
    """Months that no RES of the place has opened are left out."""
    rows = reader.rows(
        sql.SQL(_STATES).format(own=place.own_column),
        {
            "res_id": place.unit.res_id,
            "unit_id": place.unit.unit_id,
            "first_month": first_month,
            "last_month": last_month,
        },
    )
    return {row["month"]: PeriodState(row["opened_count"], row["closed_count"]) for row in rows}
