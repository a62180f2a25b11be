"""Seals on meters: put on, taken off. A number is used once."""

from datetime import date

from operational_db.connections import Role, connect
from operational_db.metering.condition_events import NotedEvent, note_event
from operational_db.settings import Settings


def put_seal_on(
    settings: Settings,
    serial_no: str,
    seal_no: str,
    *,
    part: str,
    on: date,
    put_on_by: str,
    by: str,
    dry_run: bool = False,
) -> NotedEvent:
    """Record a seal on a meter.

    Args:
        part: what it seals, in words (cover, terminals, current transformers).
        put_on_by: who did it; `by` is who enters it.

    Raises:
        Refusal: the number was used already, or no such meter.
    """
    arguments = {"serial_no": serial_no, "seal_no": seal_no, "part": part, "on": on}
    return note_event(
        settings,
        "put_seal_on",
        arguments,
        "SELECT ops.put_seal_on(%s, %s, %s, %s, %s, %s)",
        [serial_no, seal_no, part, on, put_on_by],
        serial_no=serial_no,
        by=by,
        dry_run=dry_run,
    )


def take_seal_off(
    settings: Settings, seal_no: str, *, reason: str, on: date, taken_off_by: str, by: str, dry_run: bool = False
) -> NotedEvent:
    """Record that a seal was taken off, or was found broken.

    Raises:
        Refusal: no such seal, it was taken off already, or it was put on only later.
    """
    arguments = {"seal_no": seal_no, "reason": reason, "on": on}
    return note_event(
        settings,
        "take_seal_off",
        arguments,
        "SELECT ops.take_seal_off(%s, %s, %s, %s, %s)",
        [seal_no, on, taken_off_by, reason],
        serial_no=_serial_no_of(settings, seal_no, by=by),
        by=by,
        dry_run=dry_run,
    )


def _serial_no_of(settings: Settings, seal_no: str, *, by: str) -> str | None:
    """The meter that carries or carried a seal."""
    with connect(settings, Role.APP, user=by) as session:
        found = session.execute(
            "SELECT m.serial_no FROM ops.seal AS s INNER JOIN ops.meter AS m ON m.meter_id = s.meter_id"
            " WHERE s.seal_no = %s",
            [seal_no],
        ).fetchone()
    return found[0] if found else None
