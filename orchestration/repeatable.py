"""Commands as a graph needs them: what is done already is left as it is, so that any run can be run again.

The rules of each command are in the command; here is only how to see from the book that it is done.
"""

from datetime import date

from operational_db.billing.commands import BillRun, ClosedMonth, bill_month, close_month, close_obstacles
from operational_db.connections import Role, connect
from operational_db.refusal import Refusal
from operational_db.settings import Settings
from orchestration.book import root_unit_code


def newest_protocol(settings: Settings) -> int:
    """The protocol of the load that was prepared last."""
    with connect(settings, Role.LOADER) as session:
        protocol_id = session.execute("SELECT max(protocol_id) FROM migration.protocol").fetchone()[0]
    if protocol_id is None:
        raise Refusal("No load has a protocol yet; run `wattbook migrate DIR` first.")
    return protocol_id


def unequal_sums(settings: Settings, protocol_id: int, stage: str) -> list[str]:
    """The control sums of a protocol that differ beyond their tolerance, named."""
    with connect(settings, Role.LOADER) as session:
        return [
            row[0]
            for row in session.execute(
                "SELECT concat_ws(' ', c.entity, c.unit, c.measure, 'differs by', c.difference)"
                " FROM migration.check_result AS c"
                " INNER JOIN migration.protocol AS p ON p.load_id = c.load_id"
                " WHERE p.protocol_id = %s AND c.stage = %s AND c.status = 'differs' ORDER BY 1",
                [protocol_id, stage],
            )
        ]


def bill_once(settings: Settings, month: date, *, by: str) -> BillRun | None:
    """Bill the whole supplier's month; None where the month is closed, so that nothing is left to bill."""
    return None if _is_closed(settings, month) else bill_month(settings, month, by=by)


def obstacles(settings: Settings, month: date, *, by: str) -> list[str]:
    """Why the month cannot be closed; empty when it can be or is."""
    return [] if _is_closed(settings, month) else close_obstacles(settings, month, by=by)


def close_once(settings: Settings, month: date, *, by: str) -> list[ClosedMonth]:
    if _is_closed(settings, month):
        return []
    return close_month(settings, month, unit_code=root_unit_code(settings), by=by)


def _is_closed(settings: Settings, month: date) -> bool:
    """Whether the month was opened somewhere and stands open nowhere."""
    with connect(settings, Role.OWNER) as session:
        opened, still_open = session.execute(
            "SELECT EXISTS (SELECT 1 FROM ops.billing_period WHERE booked_month = %(month)s),"
            " EXISTS (SELECT 1 FROM ops.open_period WHERE booked_month = %(month)s)",
            {"month": month},
        ).fetchone()
    return opened and not still_open
