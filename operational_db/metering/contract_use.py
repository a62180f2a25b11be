"""The use that a contract foresees: what a point is taken to use where nothing was measured."""

from datetime import date
from decimal import Decimal

from operational_db.command_session import command_session
from operational_db.settings import Settings


def set_contract_use(settings: Settings, point_code: str, monthly_kwh: Decimal | int, *, on: date, by: str) -> None:
    """Enter the monthly use by contract from a day on, in kWh, as the mean of a year's months.

    Raises:
        Refusal: no such point, no right, or a figure that cannot be.
    """
    arguments = {"point": point_code, "monthly_kwh": monthly_kwh, "on": on}
    with command_session(settings, "set_contract_use", arguments, by=by) as (session, source_id):
        session.execute("SELECT ops.set_contract_use(%s, %s, %s, %s)", [point_code, monthly_kwh, on, source_id])
