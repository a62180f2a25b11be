"""What was done to a meter, or at a point: operations with their readings, and seals, verifications, faults, work."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import psycopg
from psycopg.rows import class_row

from operational_db.connections import Role, connect
from operational_db.metering.condition_events import ConditionEvent, condition_events
from operational_db.metering.operation_outcome import LastReading
from operational_db.refusal import Refusal
from operational_db.refused import refusals
from operational_db.settings import Settings


@dataclass(frozen=True)
class PastOperation:
    """One operation; `undone_because` tells that it was taken back."""

    operation_id: int
    kind: str
    performed_on: date
    point_code: str | None
    to_point_code: str | None
    serial_no: str
    new_serial_no: str | None
    order_no: str | None
    inspection_type: str
    readings: str | None
    gap_days: int | None
    gap_kwh: Decimal | None
    entered_by: str | None
    confirmed_by: str | None
    undone_because: str | None


@dataclass(frozen=True)
class MeterHistory:
    """Operations and events, oldest first, and the last values that stand."""

    operations: list[PastOperation]
    events: list[ConditionEvent]
    last_readings: list[LastReading]


def meter_history(
    settings: Settings, *, by: str, point_code: str | None = None, serial_no: str | None = None
) -> MeterHistory:
    """The history of a point with all meters that hung there, or of one meter wherever it was.

    Raises:
        Refusal: neither or both are named, or there is no such point or meter among those the user may see.
    """
    if (point_code is None) == (serial_no is None):
        raise Refusal("Name the point or the meter whose history is wanted, not both and not neither.")
    with connect(settings, Role.APP, user=by) as session, refusals():
        if point_code is not None:
            known = session.execute("SELECT 1 FROM ops.metering_point WHERE code = %s", [point_code]).fetchone()
        else:
            known = session.execute("SELECT 1 FROM ops.meter WHERE serial_no = %s", [serial_no]).fetchone()
        if known is None:
            raise Refusal(
                f'There is no metering point "{point_code}" among those you may see; check the code.'
                if point_code is not None
                else f'There is no meter with serial number "{serial_no}"; check the number.'
            )
        keys = {"point": point_code, "serial": serial_no}
        return MeterHistory(
            _rows(session, PastOperation, "SELECT * FROM ops.operations_of(%(point)s, %(serial)s)", keys),
            condition_events(session, point_code, serial_no),
            _rows(session, LastReading, "SELECT * FROM ops.last_readings(%(point)s)", keys),
        )


def _rows(session: psycopg.Connection, shape: type, query: str, keys: dict[str, str | None]) -> list:
    with session.cursor(row_factory=class_row(shape)) as cursor:
        return cursor.execute(query, keys).fetchall()
