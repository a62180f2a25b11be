"""What a person decides about readings in the book: quarantine, release, cancel; and what stands there to be decided.

A decision is about all scales of a meter on a day, and is an event with its reason. What was billed on a reading that
no longer stands is taken back by the next bill run.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import psycopg
from psycopg.rows import class_row

from operational_db.command_session import command_session
from operational_db.connections import Role, connect
from operational_db.metering.scope import res_ids_of
from operational_db.refused import refusals
from operational_db.settings import Settings


@dataclass(frozen=True)
class ReadingInHistory:
    """A reading with its state; `energy_kwh` counts from the standing value before it (`counted_from`)."""

    reading_id: int
    point_code: str
    serial_no: str | None
    zone_code: str
    read_on: date
    value_kwh: Decimal
    kind: str
    is_opening: bool
    state: str
    reason: str | None
    is_passed_over: bool
    is_rollover: bool
    counted_from: date | None
    energy_kwh: Decimal | None
    booked_month: date
    billed_month: date | None
    entered_by: str | None
    entered_at: datetime | None


@dataclass(frozen=True)
class QuarantinedReading:
    """A reading that waits for a decision, and why."""

    reading_id: int
    account_no: str
    point_code: str
    serial_no: str
    zone_code: str
    read_on: date
    value_kwh: Decimal
    kind: str
    rule: str | None
    reason: str
    booked_month: date
    since: datetime | None


def quarantine_reading(
    settings: Settings, place: str, *, on: date, reason: str, by: str, serial_no: str | None = None
) -> list[ReadingInHistory]:
    """Put a reading into quarantine, billed already or not; returns the readings that went there.

    A later reading that would then be an incredible passage through zero goes with it.

    Raises:
        Refusal: no such reading, no right, it came with an operation on the meter, or stands there already.
    """
    return _set_aside(settings, place, on, "quarantined", reason, by, serial_no)


def cancel_reading(
    settings: Settings, place: str, *, on: date, reason: str, by: str, serial_no: str | None = None
) -> list[ReadingInHistory]:
    """Cancel a reading, billed already or not: it stays in the history and never counts again.

    Raises:
        Refusal: as for `quarantine_reading`.
    """
    return _set_aside(settings, place, on, "cancelled", reason, by, serial_no)


def release_reading(
    settings: Settings,
    place: str,
    *,
    on: date,
    reason: str,
    by: str,
    serial_no: str | None = None,
    passed_zero: bool = False,
) -> list[ReadingInHistory]:
    """Bring a reading back out of quarantine, so that it is billed.

    Args:
        passed_zero: the register did pass zero, though it is hard to believe; the energy is billed as such.

    Raises:
        Refusal: it does not stand in quarantine, is below the last one without `passed_zero`, or a lower one that
            stands after it would become a passage through zero.
    """
    arguments = {"place": place, "on": on, "reason": reason, "serial_no": serial_no, "passed_zero": passed_zero}
    with command_session(settings, "release_reading", arguments, by=by) as (session, source_id):
        touched = session.execute(
            "SELECT reading_id FROM ops.release_readings(%s, %s, %s, %s, %s, %s)",
            [place, serial_no, on, reason, passed_zero, source_id],
        ).fetchall()
        return _with_ids(session, place, [row[0] for row in touched])


def reading_history(settings: Settings, place: str, *, by: str, since: date | None = None) -> list[ReadingInHistory]:
    """Readings of a metering point or account with their states, newest first.

    Raises:
        Refusal: there is no such place among those the user may see.
    """
    with connect(settings, Role.APP, user=by) as session, refusals():
        session.execute("SELECT ops.require_place(%s)", [place])
        return _history(session, place, since)


def quarantined_readings(settings: Settings, *, by: str, unit_code: str | None = None) -> list[QuarantinedReading]:
    """Readings under a unit that wait for a decision, oldest first."""
    with connect(settings, Role.APP, user=by) as session, refusals():
        res_ids = res_ids_of(session, unit_code)
        with session.cursor(row_factory=class_row(QuarantinedReading)) as cursor:
            return cursor.execute("SELECT * FROM ops.quarantined_readings(%s)", [res_ids]).fetchall()


def _set_aside(
    settings: Settings, place: str, on: date, event: str, reason: str, by: str, serial_no: str | None
) -> list[ReadingInHistory]:
    arguments = {"place": place, "on": on, "event": event, "reason": reason, "serial_no": serial_no}
    with command_session(settings, "set_reading_aside", arguments, by=by) as (session, source_id):
        touched = session.execute(
            "SELECT reading_id FROM ops.set_readings_aside(%s, %s, %s, %s, %s, %s)",
            [place, serial_no, on, event, reason, source_id],
        ).fetchall()
        return _with_ids(session, place, [row[0] for row in touched])


def _with_ids(session: psycopg.Connection, place: str, reading_ids: list[int]) -> list[ReadingInHistory]:
    return [reading for reading in _history(session, place, None) if reading.reading_id in reading_ids]


def _history(session: psycopg.Connection, place: str, since: date | None) -> list[ReadingInHistory]:
    with session.cursor(row_factory=class_row(ReadingInHistory)) as cursor:
        return cursor.execute("SELECT * FROM ops.reading_history(%s, %s)", [place, since]).fetchall()
