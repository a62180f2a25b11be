"""Seals on meters: put on, taken off. A number is used once."""

from datetime import date

from operational_db.command_session import command_session
from operational_db.settings import Settings


def put_seal_on(
    settings: Settings, serial_no: str, seal_no: str, *, part: str, on: date, put_on_by: str, by: str
) -> None:
    """Record a seal on a meter.

    Args:
        part: what it seals, in words (cover, terminals, current transformers).
        put_on_by: who did it; `by` is who enters it.

    Raises:
        Refusal: the number was used already, or no such meter.
    """
    arguments = {"serial_no": serial_no, "seal_no": seal_no, "part": part, "on": on}
    with command_session(settings, "put_seal_on", arguments, by=by) as (session, source_id):
        session.execute(
            "SELECT ops.put_seal_on(%s, %s, %s, %s, %s, %s)", [serial_no, seal_no, part, on, put_on_by, source_id]
        )


def take_seal_off(settings: Settings, seal_no: str, *, reason: str, on: date, taken_off_by: str, by: str) -> None:
    """Record that a seal was taken off, or was found broken.

    Raises:
        Refusal: no such seal, it was taken off already, or it was put on only later.
    """
    arguments = {"seal_no": seal_no, "reason": reason, "on": on}
    with command_session(settings, "take_seal_off", arguments, by=by) as (session, source_id):
        session.execute("SELECT ops.take_seal_off(%s, %s, %s, %s, %s)", [seal_no, on, taken_off_by, reason, source_id])
