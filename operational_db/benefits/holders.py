"""Who holds benefits on a day: the list by category, RES, locality and street, its counts, and as a file.

Does not belong here: what benefits cost (`dbt_project`), how one is granted (`grants`).
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date
from decimal import Decimal
from itertools import groupby
from pathlib import Path

from psycopg.rows import class_row

from operational_db.billing.commands import find_unit
from operational_db.connections import Role, connect
from operational_db.exchange.entered_files import cell_text
from operational_db.exchange.written_files import write_table
from operational_db.refusal import Refusal
from operational_db.refused import refusals
from operational_db.settings import Settings


@dataclass(frozen=True)
class HolderRow:
    """A grant that holds on the day; columns as in ops.benefit_holders_on, `valid_to` the first day without it."""

    res_code: str
    locality: str | None
    street_name: str | None
    house: str | None
    house_letter: str | None
    building: str | None
    flat: str | None
    account_no: str
    point_code: str
    category_code: str
    category_name: str | None
    full_name: str
    tax_id: str | None
    document: str | None
    entitled_persons: int
    dwelling_code: str | None
    norm_kwh: Decimal | None
    share: Decimal | None
    financing_source: str | None
    report_row: str | None
    grant_no: int
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True)
class HolderCount:
    """Grants of a category on a street, the persons who hold them, and those who are entitled by them."""

    category_code: str
    res_code: str
    locality: str | None
    street_name: str | None
    grant_count: int
    holder_count: int
    entitled_persons: int


def holders_on(
    settings: Settings,
    day: date,
    *,
    by: str,
    category_code: str | None = None,
    unit_code: str | None = None,
    locality: str | None = None,
    street: str | None = None,
) -> list[HolderRow]:
    """Grants that hold on a day at the accounts that the user may see, by category and address.

    Raises:
        Refusal: no such category or unit.
    """
    with connect(settings, Role.APP, user=by) as session, refusals():
        known = "SELECT 1 FROM ops.benefit_category WHERE category_code = %s"
        if category_code is not None and session.execute(known, [category_code]).fetchone() is None:
            raise Refusal(f'There is no category of benefit "{category_code}"; see `wattbook benefits categories`.')
        unit_id = find_unit(session, unit_code)
        return (
            session.cursor(row_factory=class_row(HolderRow))
            .execute(
                "SELECT * FROM ops.benefit_holders_on(%s, %s, ARRAY(SELECT r.res_id FROM ops.res_under(%s, %s) AS r),"
                " %s, %s)",
                [day, category_code, unit_id, day, locality, street],
            )
            .fetchall()
        )


def counts_of(rows: Sequence[HolderRow]) -> list[HolderCount]:
    """How many hold each category in each RES, locality and street."""

    def place(row: HolderRow) -> tuple[str, str, str, str]:
        return row.category_code, row.res_code, row.locality or "", row.street_name or ""

    counts = []
    for (category_code, res_code, locality, street), group in groupby(sorted(rows, key=place), key=place):
        members = list(group)
        people = {(row.account_no, row.tax_id or row.document or row.full_name) for row in members}
        counts.append(
            HolderCount(
                category_code, res_code, locality or None, street or None, len(members), len(people),
                sum(row.entitled_persons for row in members),
            )
        )  # fmt: skip
    return counts


def write_holders(rows: Sequence[HolderRow], path: Path) -> None:
    """Write the list: XLSX by its ending, else CSV.

    Raises:
        Refusal: the file cannot be written.
    """
    columns = [one.name for one in fields(HolderRow)]
    write_table(path, columns, [[cell_text(value) for value in asdict(row).values()] for row in rows], sheet="holders")
