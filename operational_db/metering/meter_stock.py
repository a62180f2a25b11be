"""Meters as things: which are there, where they are, in what condition. One function, one transaction.

Belongs here: registering and moving meters, verification, maintenance, faults, and the list of the stock. Does not
belong here: meters at a point (`meter_operations`).
"""

from dataclasses import dataclass
from datetime import date

from psycopg.rows import class_row

from operational_db.command_session import command_session
from operational_db.connections import Role, connect
from operational_db.metering.condition_events import NotedEvent, note_event
from operational_db.refused import refusals
from operational_db.settings import Settings


@dataclass(frozen=True)
class StockMeter:
    """A meter, where it is since when, and what is known of its condition."""

    serial_no: str
    meter_type: str
    zones: list[str]
    digits: int
    made_in: int | None
    place: str | None
    unit_code: str | None
    point_code: str | None
    since: date | None
    verified_on: date | None
    next_due_on: date | None
    fault: str | None
    broken_since: date | None


def register_meter(
    settings: Settings,
    serial_no: str,
    meter_type: str,
    *,
    unit_code: str,
    on: date,
    by: str,
    digits: int | None = None,
    zones: list[str] | None = None,
    made_in: int | None = None,
) -> int:
    """Add a meter to the store of a unit; returns its id.

    Args:
        digits: whole digits of its registers, where they are not those of the type.
        zones: its scales, where they are not those of the type.

    Raises:
        Refusal: the serial number is registered already, an unknown type or scale, no right for the unit.
    """
    arguments = {"serial_no": serial_no, "type": meter_type, "unit": unit_code, "on": on}
    with command_session(settings, "register_meter", arguments, by=by) as (session, source_id):
        return session.execute(
            "SELECT ops.register_meter(%s, %s, %s, %s, %s::smallint, ops.find_unit(%s), %s, %s)",
            [serial_no, meter_type, digits, zones, made_in, unit_code, on, source_id],
        ).fetchone()[0]


def move_meter(
    settings: Settings,
    serial_no: str,
    to_place: str,
    *,
    unit_code: str,
    on: date,
    by: str,
    note: str | None = None,
    dry_run: bool = False,
) -> NotedEvent:
    """Move a meter that hangs nowhere to the store, repair shop, laboratory or scrap of a unit.

    Raises:
        Refusal: the meter hangs at a point or is scrapped, an unknown place, no right where it lies now.
    """
    arguments = {"serial_no": serial_no, "place": to_place, "unit": unit_code, "on": on}
    return note_event(
        settings,
        "move_meter",
        arguments,
        "SELECT ops.move_meter(%s, %s, ops.find_unit(%s), %s, %s, %s)",
        [serial_no, to_place, unit_code, on, note],
        serial_no=serial_no,
        by=by,
        dry_run=dry_run,
    )


def verify_meter(
    settings: Settings,
    serial_no: str,
    *,
    on: date,
    passed: bool,
    by: str,
    next_due_on: date | None = None,
    laboratory: str | None = None,
    certificate_no: str | None = None,
    dry_run: bool = False,
) -> NotedEvent:
    """Record a verification; one that failed keeps the meter from being installed.

    Raises:
        Refusal: the same day is entered already, or the day on which the next is due is missing or out of place.
    """
    arguments = {"serial_no": serial_no, "on": on, "passed": passed, "next_due_on": next_due_on}
    return note_event(
        settings,
        "verify_meter",
        arguments,
        "SELECT ops.verify_meter(%s, %s, %s, %s, %s, %s, %s)",
        [serial_no, on, passed, next_due_on, laboratory, certificate_no],
        serial_no=serial_no,
        by=by,
        dry_run=dry_run,
    )


def record_broken(
    settings: Settings, serial_no: str, fault: str, *, on: date, by: str, dry_run: bool = False
) -> NotedEvent:
    """Record that a meter is broken from a day on.

    Raises:
        Refusal: it is recorded as broken already.
    """
    arguments = {"serial_no": serial_no, "fault": fault, "on": on}
    return note_event(
        settings,
        "record_meter_fault",
        arguments,
        "SELECT ops.record_meter_fault(%s, %s, %s, %s)",
        [serial_no, on, fault],
        serial_no=serial_no,
        by=by,
        dry_run=dry_run,
    )


def maintain_meter(
    settings: Settings,
    serial_no: str,
    work: str,
    *,
    on: date,
    done_by: str,
    by: str,
    mended: bool = False,
    order_no: str | None = None,
    dry_run: bool = False,
) -> NotedEvent:
    """Record work on a meter; `mended` ends its being broken.

    Raises:
        Refusal: an unknown work order, or a meter to mend that is not recorded as broken.
    """
    arguments = {"serial_no": serial_no, "work": work, "on": on, "mended": mended, "order": order_no}
    return note_event(
        settings,
        "maintain_meter",
        arguments,
        "SELECT ops.maintain_meter(%s, %s, %s, %s, %s, %s, %s)",
        [serial_no, on, work, done_by, mended, order_no],
        serial_no=serial_no,
        by=by,
        dry_run=dry_run,
    )


def list_meters(
    settings: Settings,
    *,
    by: str,
    unit_code: str | None = None,
    place: str | None = None,
    free: bool = False,
    broken: bool = False,
    due_before: date | None = None,
    limit: int = 1000,
) -> list[StockMeter]:
    """Meters under a unit, by serial number.

    Args:
        place: only those in such a place.
        free: only those that hang nowhere and may be installed.
        broken: only broken ones, wherever they are.
        due_before: only those whose verification runs out before that day.
        limit: at most so many.

    Raises:
        Refusal: an unknown unit.
    """
    # Only the conditions that are asked for: a list of the few broken meters must not walk through all meters.
    conditions = {
        "unit_id IN (SELECT u.unit_id FROM ops.places_under(ops.find_unit(%(unit)s)) AS u)": unit_code is not None,
        "place_code = %(place)s": place is not None,
        "is_free": free,
        "fault IS NOT NULL": broken,
        "next_due_on < %(due)s": due_before is not None,
    }
    asked = " AND ".join(condition for condition, is_asked in conditions.items() if is_asked) or "true"
    with connect(settings, Role.APP, user=by) as session, refusals():
        cursor = session.cursor(row_factory=class_row(StockMeter))
        return cursor.execute(
            "SELECT serial_no, meter_type_code AS meter_type, zones, digits, made_in_year AS made_in,"  # noqa: S608
            "  place_code AS place, unit_code, point_code, since, verified_on, next_due_on, fault, broken_since"
            f" FROM ops.meter_state WHERE {asked} ORDER BY serial_no LIMIT %(limit)s",
            {"unit": unit_code, "place": place, "due": due_before, "limit": limit},
        ).fetchall()
