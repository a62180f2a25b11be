"""The automatic reading: what stands at the beginning of a point whose contract is signed before a meter hangs.

Belongs here: setting it. Does not belong here: the use by contract (`contract_use`), the estimates that are billed
until a meter comes (`reading_estimates`).
"""

from datetime import date

from operational_db.command_session import command_session
from operational_db.settings import Settings


def set_automatic_reading(settings: Settings, point_code: str, *, by: str, on: date | None = None) -> tuple[date, bool]:
    """Set the automatic reading of 0 on the day of signing; returns that day, and whether it was set now.

    Args:
        on: the day of signing; else that of the account's signed contract.

    Raises:
        Refusal: no such point, no right, no day of signing, or a meter hung there on that day.
    """
    with command_session(settings, "set_automatic_reading", {"point": point_code, "on": on}, by=by) as (
        session,
        source_id,
    ):
        return session.execute(
            "SELECT read_on, is_new FROM ops.set_automatic_reading(%s, %s, %s)", [point_code, on, source_id]
        ).fetchone()
