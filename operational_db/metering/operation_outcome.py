"""What an operation on a meter did, or would do: its readings, the days without a meter, the bill that follows.

Belongs here: the shape of that answer, and the one way in which operations run, for good or dry. Does not belong here:
the operations themselves (`meter_operations`, `meter_settings`, `undo`).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import groupby

import psycopg
from psycopg.rows import class_row

from operational_db.command_session import command_session
from operational_db.settings import Settings

Values = Decimal | int | Mapping[str, Decimal | int]
"""Values of a meter in kWh before the ratio: one number for a meter with the one scale `all`, else one by scale."""


@dataclass(frozen=True)
class LastReading:
    """The last value that stood on a scale before the operation."""

    serial_no: str
    zone_code: str
    read_on: date
    value_kwh: Decimal
    kind: str


@dataclass(frozen=True)
class OperationReading:
    """A value that the operation entered; `energy_kwh` is what it closes, counted from the value before."""

    serial_no: str
    point_code: str
    zone_code: str
    purpose: str
    read_on: date
    value_kwh: Decimal
    kind: str
    booked_month: date
    counted_from: date | None
    counted_from_kwh: Decimal | None
    ratio: Decimal | None
    energy_kwh: Decimal | None


@dataclass(frozen=True)
class Gap:
    """Days without a meter that an installation ended: `energy_kwh` = `daily_kwh` x days."""

    point_code: str
    span_from: date
    span_to: date
    basis: str
    daily_kwh: Decimal
    energy_kwh: Decimal
    booked_month: date


@dataclass(frozen=True)
class ComingLine:
    """A line that the next bill of the account would have."""

    point_code: str
    zone_code: str
    span_from: date
    span_to: date
    step_no: int
    energy_kwh: Decimal
    price_minor: Decimal
    charge_minor: int


@dataclass(frozen=True)
class ComingBill:
    """What a bill run would post for the account and month now, and what the account owes before and after it."""

    account_no: str
    booked_month: date
    energy_kwh: Decimal
    charge_minor: int
    left_out_count: int
    balance_minor: int
    balance_after_minor: int
    lines: list[ComingLine]


@dataclass(frozen=True)
class MeterOperation:
    """An operation as it stands in the book, or as it would; a dry run has no number."""

    operation_id: int | None
    is_dry_run: bool
    kind: str
    performed_on: date
    point_code: str | None
    to_point_code: str | None
    serial_no: str
    new_serial_no: str | None
    order_no: str | None
    inspection_type: str
    confirmed_by: str | None
    is_undone: bool
    last_readings: list[LastReading] = field(default_factory=list)
    readings: list[OperationReading] = field(default_factory=list)
    gap: Gap | None = None
    bills: list[ComingBill] = field(default_factory=list)


def as_values(values: Values | None) -> str | None:
    """Values as the JSON that the SQL functions take: exact, by scale."""
    if values is None:
        return None
    by_zone = values if isinstance(values, Mapping) else {"all": values}
    return json.dumps({zone: str(value) for zone, value in by_zone.items()})


def perform(
    settings: Settings,
    function: str,
    arguments: Mapping[str, object],
    *,
    by: str,
    dry_run: bool,
    point_code: str | None = None,
) -> MeterOperation:
    """Run one of the SQL operations and tell what it did.

    Args:
        function: the SQL function without its schema; it takes `arguments` and `of_source_id` by name and returns the
            number of the operation.
        arguments: names and values of its parameters.
        by: login of the user.
        dry_run: compute everything, then take it back.
        point_code: the point whose last readings are shown.
    """
    with command_session(settings, function, arguments, by=by, dry_run=dry_run) as (session, source_id):
        last = _last_readings(session, point_code)
        given = {**arguments, "of_source_id": source_id}
        # Names are those of this package's own calls, values are bound.
        call = ", ".join(f"{name} => %({name})s" for name in given)
        operation_id = session.execute(f"SELECT ops.{function}({call})", given).fetchone()[0]
        return describe(session, operation_id, last_readings=last, is_dry_run=dry_run)


def describe(
    session: psycopg.Connection,
    operation_id: int,
    *,
    last_readings: list[LastReading] | None = None,
    is_dry_run: bool = False,
) -> MeterOperation:
    """The operation with its readings, its gap and the bills that follow from them."""
    row = session.execute(
        "SELECT o.kind, o.performed_on, p.code, t.code, m.serial_no, n.serial_no, w.order_no, o.inspection_type_code,"
        "  c.login, u.meter_operation_id IS NOT NULL"
        " FROM ops.meter_operation AS o"
        " INNER JOIN ops.meter AS m ON m.meter_id = o.meter_id"
        " LEFT JOIN ops.meter AS n ON n.meter_id = o.new_meter_id"
        " LEFT JOIN ops.metering_point AS p ON p.metering_point_id = o.metering_point_id"
        " LEFT JOIN ops.metering_point AS t ON t.metering_point_id = o.to_metering_point_id"
        " LEFT JOIN ops.work_order AS w ON w.work_order_id = o.work_order_id"
        " LEFT JOIN ops.app_user AS c ON c.user_id = o.confirmed_by"
        " LEFT JOIN ops.meter_operation_undo AS u ON u.meter_operation_id = o.meter_operation_id"
        " WHERE o.meter_operation_id = %s",
        [operation_id],
    ).fetchone()
    with session.cursor(row_factory=class_row(OperationReading)) as cursor:
        readings = cursor.execute("SELECT * FROM ops.readings_of_operation(%s)", [operation_id]).fetchall()
    with session.cursor(row_factory=class_row(Gap)) as cursor:
        gap = cursor.execute(
            "SELECT p.code AS point_code, g.span_from, g.span_to, g.basis, g.daily_kwh, g.energy_kwh, g.booked_month"
            " FROM ops.meter_operation_gap AS g"
            " INNER JOIN ops.metering_point AS p ON p.metering_point_id = g.metering_point_id"
            " WHERE g.meter_operation_id = %s",
            [operation_id],
        ).fetchone()
    return MeterOperation(
        None if is_dry_run else operation_id,
        is_dry_run,
        *row,
        last_readings=last_readings or [],
        readings=readings,
        gap=gap,
        bills=_coming_bills(session, operation_id),
    )


def _last_readings(session: psycopg.Connection, point_code: str | None) -> list[LastReading]:
    with session.cursor(row_factory=class_row(LastReading)) as cursor:
        return cursor.execute("SELECT * FROM ops.last_readings(%s)", [point_code]).fetchall()


def _coming_bills(session: psycopg.Connection, operation_id: int) -> list[ComingBill]:
    rows = session.execute(
        "SELECT b.account_no, b.booked_month, b.bill_kwh, b.bill_minor, b.left_out_count, b.balance_minor,"
        "  b.balance_after_minor, b.point_code, b.zone_code, b.span_from, b.span_to, b.step_no, b.energy_kwh,"
        "  b.price_minor, b.charge_minor"
        " FROM ops.bills_after_operation(%s) AS b",
        [operation_id],
    ).fetchall()
    return [
        ComingBill(*bill, lines=[ComingLine(*line[7:]) for line in lines if line[7] is not None])
        for bill, lines in groupby(rows, key=lambda row: row[:7])
    ]
