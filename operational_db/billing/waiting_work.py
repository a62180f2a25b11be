"""What waits for a person under a unit: packages, readings in quarantine, money of nobody known and the like.

Does not belong here: the lists themselves, which the commands of each subject show.
"""

from dataclasses import dataclass

from psycopg.rows import class_row

from operational_db.command_session import command_session
from operational_db.metering.scope import res_ids_of
from operational_db.settings import Settings


@dataclass(frozen=True)
class WaitingWork:
    """Work of one kind: packages, quarantine, unrecognised, doubled, amendments or readings; money where it has any."""

    work: str
    how_many: int
    first_one: str
    amount_minor: int | None


def waiting_work(settings: Settings, *, by: str, unit_code: str | None = None) -> list[WaitingWork]:
    """The kinds of work of which any waits, at RES under a unit or at all that the user may see.

    Raises:
        Refusal: there is no such unit or user.
    """
    with command_session(settings, "waiting_work", {}, by=by, dry_run=True) as (session, _):
        res_ids = res_ids_of(session, unit_code)
        with session.cursor(row_factory=class_row(WaitingWork)) as cursor:
            return cursor.execute("SELECT * FROM ops.waiting_work(%s)", [res_ids]).fetchall()
