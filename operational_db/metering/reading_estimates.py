"""What stands in for readings that are missing: which are missing, estimates, and the sheet for the controller.

Belongs here: the commands and what they answer. Does not belong here: how much an estimate is
(`sql/reading_estimates.sql`, `sql/usual_use.sql`, `sql/group_use.sql`).
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import psycopg
from psycopg.rows import class_row

from operational_db.command_session import command_session
from operational_db.connections import Role, connect
from operational_db.metering.scope import res_ids_of
from operational_db.refusal import Refusal
from operational_db.refused import refusals
from operational_db.settings import Settings

METHODS = ("best", "average", "contract", "group")


@dataclass(frozen=True)
class MissingReading:
    """A meter, or a point without one, that was not read in the month; `last_values` stand in the order of `zones`."""

    account_no: str
    point_code: str
    serial_no: str | None
    zones: str | None
    last_on: date | None
    last_values: str | None
    is_estimated: bool
    is_in_doubt: bool


@dataclass(frozen=True)
class Estimate:
    """An estimate that was made, or the reason why none could be (`kind` is empty then).

    `basis` is season, year, contract, dwelling or tariff; a value per scale of a meter, only energy where none hangs.
    `point_count` is how many like consumers an estimate by group rests on.
    """

    account_no: str
    point_code: str
    serial_no: str | None
    zone_code: str | None
    kind: str | None
    basis: str | None
    span_from: date | None
    span_to: date
    last_kwh: Decimal | None
    daily_kwh: Decimal | None
    energy_kwh: Decimal | None
    value_kwh: Decimal | None
    point_count: int | None
    booked_month: date | None
    reason: str | None


@dataclass(frozen=True)
class SheetRow:
    """A scale on the sheet of a controller, in the order of the round."""

    account_no: str
    full_name: str | None
    address: str | None
    point_code: str
    serial_no: str
    zone_code: str
    digits: int
    last_on: date | None
    last_kwh: Decimal | None


def missing_readings(
    settings: Settings, month: date, *, by: str, unit_code: str | None = None, book: str | None = None
) -> list[MissingReading]:
    """Meters and points under a unit without a reading in the month; a reading of the first day after it closes it.

    Args:
        book: only accounts whose number begins so, such as SA01/12.
    """
    with connect(settings, Role.APP, user=by) as session, refusals():
        res_ids = res_ids_of(session, unit_code)
        with session.cursor(row_factory=class_row(MissingReading)) as cursor:
            return cursor.execute(
                "SELECT * FROM ops.points_without_reading(%s, %s, %s)", [res_ids, month.replace(day=1), book]
            ).fetchall()


def estimate_readings(
    settings: Settings,
    month: date,
    *,
    by: str,
    method: str = "best",
    unit_code: str | None = None,
    place: str | None = None,
    book: str | None = None,
    dry_run: bool = False,
) -> list[Estimate]:
    """Estimate what was not read in a month that is over: for a place, a book, or all under a unit.

    A second run makes nothing twice. When a true reading comes later, the bill run passes over the estimates before it.

    Args:
        method: average (own use of the same season a year ago, else of 12 months), contract, group (what like consumers
            of the RES used that month), or best: the first of these that has a figure.

    Raises:
        Refusal: no right, unknown method, the month is not over, or nothing to estimate for a named place.
    """
    arguments = {"month": month, "method": method, "unit": unit_code, "place": place, "book": book}
    with command_session(settings, "estimate_readings", arguments, by=by, dry_run=dry_run) as (session, source_id):
        res_ids = _res_ids(session, unit_code, place)
        with session.cursor(row_factory=class_row(Estimate)) as cursor:
            made = cursor.execute(
                "SELECT * FROM ops.estimate_readings(%s, %s, %s, %s, %s, %s)",
                [res_ids, month.replace(day=1), method, place, book, source_id],
            ).fetchall()
        if place is not None and not made:
            raise Refusal(f"Nothing is missing at {place} in {month:%Y-%m}: it was read or estimated already.")
        if place is not None and all(one.kind is None for one in made):
            raise Refusal(str(made[0].reason))
    return made


def round_sheet(
    settings: Settings, month: date, *, by: str, unit_code: str | None = None, book: str | None = None
) -> list[SheetRow]:
    """Every scale that a controller has to read for the month, by address, with the last value that stands.

    What the scale is expected to show is left out on purpose: it would be written down instead of read.
    """
    with connect(settings, Role.APP, user=by) as session, refusals():
        res_ids = res_ids_of(session, unit_code)
        with session.cursor(row_factory=class_row(SheetRow)) as cursor:
            return cursor.execute(
                "SELECT * FROM ops.round_sheet(%s, %s, %s)", [res_ids, month.replace(day=1), book]
            ).fetchall()


def _res_ids(session: psycopg.Connection, unit_code: str | None, place: str | None) -> list[int]:
    if place is None:
        return res_ids_of(session, unit_code)
    session.execute("SELECT ops.require_place(%s)", [place])
    rows = session.execute(
        "SELECT DISTINCT a.res_id FROM ops.account AS a"
        " INNER JOIN ops.metering_point AS p ON p.account_id = a.account_id"
        " WHERE p.code = %s OR a.account_no = %s",
        [place, place],
    )
    return [row[0] for row in rows]
