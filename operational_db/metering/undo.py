"""Taking back the last operation on a meter; the row of the undoing stays in its place."""

from operational_db.command_session import command_session
from operational_db.metering.operation_outcome import MeterOperation, describe
from operational_db.refusal import Refusal
from operational_db.settings import Settings


def undo_last(
    settings: Settings,
    *,
    reason: str,
    by: str,
    point_code: str | None = None,
    serial_no: str | None = None,
    dry_run: bool = False,
) -> MeterOperation:
    """Undo the last operation of a point, or of a meter that hangs nowhere.

    Its readings and its gap are cancelled, the facts that it changed return as new versions, a work order that it
    executed is open again. Afterwards the book bills as if it had never been done.

    Raises:
        Refusal: nothing to undo, a later operation or reading, something of it is billed, or a removed meter has been
            moved on since.
    """
    if (point_code is None) == (serial_no is None):
        raise Refusal("Name the point whose last operation is undone, or the meter, not both and not neither.")
    if not reason.strip():
        raise Refusal("An operation is undone for a reason; give it in a few words.")
    arguments = {"point": point_code, "serial_no": serial_no, "reason": reason}
    with command_session(settings, "undo_last_meter_operation", arguments, by=by, dry_run=dry_run) as (
        session,
        source_id,
    ):
        operation_id = session.execute(
            "SELECT ops.undo_last_meter_operation(%s, %s, %s, %s)", [point_code, serial_no, reason, source_id]
        ).fetchone()[0]
        return describe(session, operation_id, is_dry_run=dry_run)
