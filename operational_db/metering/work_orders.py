"""Work orders at metering points: issued, assigned, executed or not, cancelled. One function, one transaction."""

from dataclasses import dataclass
from datetime import date

from psycopg.rows import class_row

from operational_db.command_session import command_session
from operational_db.connections import Role, connect
from operational_db.refused import refusals
from operational_db.settings import Settings


@dataclass(frozen=True)
class WorkOrder:
    """A work order as it stands; `state` is issued, assigned, executed, not_executed or cancelled."""

    order_no: str
    kind: str
    point_code: str
    issued_on: date
    due_on: date | None
    inspection_type: str
    task: str | None
    state: str
    since: date | None
    executor: str | None
    result: str | None


def issue_order(
    settings: Settings,
    kind: str,
    point_code: str,
    *,
    on: date,
    by: str,
    order_no: str | None = None,
    due_on: date | None = None,
    executor: str | None = None,
    inspection_type: str | None = None,
    task: str | None = None,
) -> str:
    """Issue a work order at a point and assign it where an executor is named; returns its number.

    Args:
        kind: install, remove, replace, relocate, ratio, zones, test, inspect, seal or maintain.
        order_no: the number on the paper; the next one of the year where none is told.
        inspection_type: round unless told.

    Raises:
        Refusal: an unknown kind, point or type of inspection, a number used already, no right.
    """
    arguments = {"kind": kind, "point": point_code, "on": on, "order": order_no, "executor": executor}
    with command_session(settings, "issue_work_order", arguments, by=by) as (session, source_id):
        return session.execute(
            "SELECT ops.issue_work_order(%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [order_no, kind, point_code, on, due_on, inspection_type, task, executor, source_id],
        ).fetchone()[0]


def assign_order(settings: Settings, order_no: str, executor: str, *, on: date, by: str) -> None:
    """Give an open order to somebody, or to somebody else.

    Raises:
        Refusal: no such order, or it is not open any more.
    """
    _note(settings, order_no, "assigned", on=on, by=by, executor=executor)


def execute_order(
    settings: Settings,
    order_no: str,
    result: str,
    *,
    on: date,
    by: str,
    executor: str | None = None,
    done: bool = True,
) -> None:
    """Record what became of an order; `done` false where it could not be carried out.

    An operation on a meter that rests on an open order executes it by itself.

    Raises:
        Refusal: no such order, or it is not open any more.
    """
    _note(settings, order_no, "executed" if done else "not_executed", on=on, by=by, executor=executor, result=result)


def cancel_order(settings: Settings, order_no: str, reason: str, *, on: date, by: str) -> None:
    """Call an open order off.

    Raises:
        Refusal: no such order, or it is not open any more.
    """
    _note(settings, order_no, "cancelled", on=on, by=by, result=reason)


def list_orders(
    settings: Settings, *, by: str, point_code: str | None = None, state: str | None = None, executor: str | None = None
) -> list[WorkOrder]:
    """Orders at the points that the user may see, newest first.

    Args:
        state: issued, assigned, executed, not_executed or cancelled; `open` means the first two.
    """
    with connect(settings, Role.APP, user=by) as session, refusals():
        cursor = session.cursor(row_factory=class_row(WorkOrder))
        return cursor.execute(
            "SELECT o.order_no, o.kind, p.code AS point_code, o.issued_on, o.due_on,"
            "  o.inspection_type_code AS inspection_type, o.task, s.state, s.since, s.executor, s.result"
            " FROM ops.work_order AS o"
            " INNER JOIN ops.work_order_state AS s ON s.work_order_id = o.work_order_id"
            " INNER JOIN ops.metering_point AS p ON p.metering_point_id = o.metering_point_id"
            " WHERE (%(point)s::text IS NULL OR p.code = %(point)s)"
            "   AND (%(state)s::text IS NULL OR s.state = %(state)s"
            "     OR (%(state)s = 'open' AND s.state IN ('issued', 'assigned')))"
            "   AND (%(executor)s::text IS NULL OR s.executor = %(executor)s)"
            " ORDER BY o.issued_on DESC, o.work_order_id DESC",
            {"point": point_code, "state": state, "executor": executor},
        ).fetchall()


def _note(
    settings: Settings,
    order_no: str,
    event: str,
    *,
    on: date,
    by: str,
    executor: str | None = None,
    result: str | None = None,
) -> None:
    arguments = {"order": order_no, "event": event, "on": on, "executor": executor, "result": result}
    with command_session(settings, "note_work_order", arguments, by=by) as (session, source_id):
        session.execute(
            "SELECT ops.note_work_order(%s, %s, %s, %s, %s, %s)", [order_no, event, on, executor, result, source_id]
        )
