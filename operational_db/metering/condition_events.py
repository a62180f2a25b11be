"""What is noted of a meter as a thing: sealed, verified, broken, maintained, moved. The one way in which it is noted.

Belongs here: the shape of such an event, and how a command notes one for good or dry. Does not belong here: the
commands themselves (`meter_stock`, `seals`), operations on meters (`operation_outcome`).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date

import psycopg
from psycopg.rows import class_row

from operational_db.command_session import command_session
from operational_db.settings import Settings


@dataclass(frozen=True)
class ConditionEvent:
    """Something that happened to a meter beside operations: moved, sealed, verified, broken, maintained."""

    happened_on: date
    serial_no: str
    what: str


@dataclass(frozen=True)
class NotedEvent(ConditionEvent):
    """The event that a command noted, or would note."""

    is_dry_run: bool


def condition_events(
    session: psycopg.Connection, point_code: str | None, serial_no: str | None
) -> list[ConditionEvent]:
    """Of the meters that hung at a point, or of one meter, oldest first."""
    with session.cursor(row_factory=class_row(ConditionEvent)) as cursor:
        return cursor.execute("SELECT * FROM ops.condition_events_of(%s, %s)", [point_code, serial_no]).fetchall()


def note_event(
    settings: Settings,
    name: str,
    arguments: Mapping[str, object],
    statement: str,
    values: Sequence[object],
    *,
    serial_no: str | None,
    by: str,
    dry_run: bool,
) -> NotedEvent:
    """Run a statement that notes one event of a meter, and tell it as the meter's history does.

    Args:
        name: of the command, with `arguments`, as the source of its rows.
        values: of the statement's parameters, before its last one, the source.
    """
    with command_session(settings, name, arguments, by=by, dry_run=dry_run) as (session, source_id):
        before = Counter(condition_events(session, None, serial_no))
        session.execute(statement, [*values, source_id])
        (noted,) = Counter(condition_events(session, None, serial_no)) - before
        return NotedEvent(**asdict(noted), is_dry_run=dry_run)
