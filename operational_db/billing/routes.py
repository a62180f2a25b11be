"""Which bills go out together? Those of a month by route, in walking order, with what each route is left without.

A route is the book that accounts are kept in: SA01/2 of account SA01/2/17. Accounts whose number has no such part make
one route of their RES. Belongs here: reading a route in parts, so that a RES of any size fits into memory. Does not
belong here: how a bill looks (`dashboards.bills`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby
from math import ceil

import psycopg
from psycopg.rows import class_row

from operational_db.billing.commands import find_unit
from operational_db.billing.explanation import BillExplanation, BillHead, explained_bills
from operational_db.connections import Role, connect
from operational_db.exchange.sources import record_command
from operational_db.metering.scope import res_ids_of
from operational_db.refusal import Refusal
from operational_db.refused import refusals
from operational_db.settings import Settings


@dataclass(frozen=True)
class Route:
    """A route of a month and what all its bills come to; `book` is None for accounts of the RES without one."""

    res_id: int
    res_code: str
    book: str | None
    account_count: int
    bill_count: int
    energy_kwh: Decimal
    charge_minor: int
    vat_minor: int


@dataclass(frozen=True)
class LeftOut:
    """A point of the route that no bill of the month covers, and why; its account may have a bill for another point."""

    book: str | None
    account_no: str
    holder_name: str | None
    locality: str | None
    street_name: str | None
    house: str | None
    house_letter: str | None
    building: str | None
    flat: str | None
    point_code: str
    has_bill: bool
    reasons: list[str]


@dataclass(frozen=True)
class RoutePart:
    """A part of a route that is printed as one file; `first_no` is its first bill's place in the route, from 1.

    What the route was left without stands in its first part. `unit_path` names the RES and the units above it, top
    first.
    """

    month: date
    route: Route
    unit_path: tuple[str, ...]
    currency: str
    minor_per_major: int
    part_no: int
    part_count: int
    first_no: int
    bills: tuple[BillExplanation, ...]
    left_out: tuple[LeftOut, ...]

    @property
    def energy_kwh(self) -> Decimal:
        return sum((bill.head.energy_kwh for bill in self.bills), Decimal(0))

    @property
    def charge_minor(self) -> int:
        return sum(bill.head.charge_minor for bill in self.bills)

    @property
    def vat_minor(self) -> int:
        return sum(bill.head.vat_minor for bill in self.bills)


def parts_to_print(
    settings: Settings,
    month: date,
    *,
    by: str,
    bills_per_part: int,
    unit_code: str | None = None,
    book: str | None = None,
    language: str = "en",
) -> Iterator[RoutePart]:
    """The bills of a month under a unit, or of one book, route by route and part by part.

    All of them as they stood at one moment; only one part is held at a time. Bills of one account stay together, so a
    part may be a little longer than asked.

    Raises:
        Refusal: the user may not bill there, no account is kept there, or nothing is billed there in the month.
    """
    first_day = month.replace(day=1)
    with connect(settings, Role.APP, user=by) as session, refusals():
        session.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        unit_id = find_unit(session, unit_code) if unit_code is not None or book is None else None
        if unit_id is not None:
            session.execute("SELECT ops.require_right(%s, 'bill', %s)", [by, unit_id])
        routes = _routes(session, first_day, unit_code, book)
        for res_id in {route.res_id for route in routes}:
            user_id = session.execute("SELECT ops.require_right(%s, 'bill', %s)", [by, res_id]).fetchone()[0]
        if not any(route.bill_count for route in routes):
            where = f"with a number that begins {book}/" if book is not None else f"of {unit_code or 'the supplier'}"
            raise Refusal(
                f"No account {where} has a bill of {first_day:%Y-%m}, so there is nothing to print; "
                f"run `wattbook bill --month {first_day:%Y-%m}` first."
            )
        # Who handed out whose bills stays in the book.
        arguments = {"month": f"{first_day:%Y-%m}", "unit": unit_code, "book": book}
        record_command(session, "print_bills", arguments, user_id=user_id)
        currency = dict(
            session.execute(
                "SELECT parameter_code, value FROM ops.parameter"
                " WHERE parameter_code IN ('currency', 'minor_per_major')"
            ).fetchall()
        )
        for res_id, of_res in groupby(routes, key=lambda route: route.res_id):
            path = tuple(
                row[0]
                for row in session.execute(
                    "SELECT unit_name FROM ops.unit_paths(ARRAY[%s], %s, %s)", [res_id, first_day, language]
                )
            )
            left_out = _rows(session, LeftOut, "SELECT * FROM ops.left_out_of_routes(%s, %s)", [res_id, first_day])
            for route in of_res:
                left = tuple(one for one in left_out if one.book == route.book)
                heads = _rows(
                    session, BillHead, "SELECT * FROM ops.bills_of_route(%s, %s, %s)", [res_id, route.book, first_day]
                )
                first_no = 1
                cut = _cut(heads, bills_per_part) or ([[]] if left else [])
                for part_no, of_part in enumerate(cut, start=1):
                    yield RoutePart(
                        first_day, route, path, currency["currency"], int(currency["minor_per_major"]), part_no,
                        len(cut), first_no, tuple(explained_bills(session, of_part, first_day, language)),
                        left if part_no == 1 else (),
                    )  # fmt: skip
                    first_no += len(of_part)


def _routes(session: psycopg.Connection, month: date, unit_code: str | None, book: str | None) -> list[Route]:
    routes = _rows(
        session, Route, "SELECT * FROM ops.bill_routes(%s, %s, %s)", [res_ids_of(session, unit_code), month, book]
    )
    if not routes and book is not None:
        raise Refusal(
            f"No account among those you may see has a number that begins {book}/; check --book, such as SA01/2."
        )
    return routes


def _cut(heads: Sequence[BillHead], bills_per_part: int) -> list[list[BillHead]]:
    """Parts of about equal length; bills of one account stay together."""
    part_count = ceil(len(heads) / bills_per_part)
    parts: list[list[BillHead]] = [[] for _ in range(part_count)]
    place = 0
    for _, of_account in groupby(heads, key=lambda head: head.account_id):
        together = list(of_account)
        parts[place * part_count // len(heads)] += together
        place += len(together)
    return [part for part in parts if part]


def _rows(session: psycopg.Connection, shape: type, query: str, arguments: list) -> list:
    with session.cursor(row_factory=class_row(shape)) as cursor:
        return cursor.execute(query, arguments).fetchall()
