"""`wattbook meters`: the stock, and what was done to a meter.

Belongs here: the list of these commands, and those that look or keep lists. Does not belong here: operations at points
(`meter_operations`, `meter_settings`), what is noted of a meter's condition (`meter_care`), orders (`work_orders`).
"""

# Imports inside the functions: listing the commands must not wait for what one of them needs.
# ruff: noqa: PLC0415
from datetime import date
from typing import Annotated

import typer

from orchestration.command_line import meter_care, meter_operations, meter_settings, work_orders
from orchestration.command_line.arguments import FIRST_USER, AsJson, ByUser, day_of
from orchestration.command_line.meter_answers import plain
from orchestration.command_line.meter_arguments import Digits, OnDay, Scales, Serial, database_settings

app = typer.Typer(help="Meters: stock, operations at points, undo, work orders.", no_args_is_help=True)
for of_subject in (meter_operations, meter_settings, meter_care):
    app.add_typer(of_subject.app)
app.add_typer(work_orders.app, name="order")


@app.command()
def register(
    serial: Serial,
    meter_type: Annotated[str, typer.Option("--type", metavar="CODE", help="Type of the meter.")],
    unit: Annotated[str, typer.Option("--unit", metavar="CODE", help="In whose store it is.")],
    on: OnDay,
    digits: Digits = None,
    scales: Scales = None,
    by: ByUser = FIRST_USER,
) -> None:
    """Add a meter to the store of a unit."""
    from operational_db.metering.meter_stock import register_meter
    from orchestration.answers import say

    register_meter(database_settings(), serial, meter_type, unit_code=unit, on=on, by=by, digits=digits, zones=scales)
    say(f'Meter "{serial}" is in the store of {unit}.')


@app.command()
def stock(
    unit: Annotated[str | None, typer.Option("--unit", metavar="CODE", help="Only this unit's.")] = None,
    free: Annotated[bool, typer.Option("--free", help="Only those that hang nowhere and can be installed.")] = False,
    due_before: Annotated[
        date | None, typer.Option("--due-before", parser=day_of, metavar="YYYY-MM-DD", help="Verification due.")
    ] = None,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Meters, where they are and in what condition."""
    _list_meters(unit=unit, free=free, broken=False, due_before=due_before, by=by, as_json=as_json)


@app.command()
def broken(
    unit: Annotated[str | None, typer.Option("--unit", metavar="CODE", help="Only this unit's.")] = None,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Meters that are recorded as broken."""
    _list_meters(unit=unit, free=False, broken=True, due_before=None, by=by, as_json=as_json)


@app.command()
def show(
    point: Annotated[str | None, typer.Argument(metavar="POINT", help="A metering point.")] = None,
    meter: Annotated[str | None, typer.Option("--meter", metavar="SERIAL", help="A meter, wherever it was.")] = None,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """What was done at a point, or to a meter, and the values that stand."""
    from operational_db.metering.meter_history import meter_history
    from orchestration.answers import say, show_json, show_table

    history = meter_history(database_settings(), by=by, point_code=point, serial_no=meter)
    if as_json:
        show_json(history)
        return
    if history.operations:
        show_table(
            ("no.", "on", "operation", "point", "meter", "new meter", "values", "gap kWh", "by", "undone because"),
            [
                (
                    one.operation_id, one.performed_on, one.kind, one.point_code or "", one.serial_no,
                    one.new_serial_no or "", one.readings or "", "" if one.gap_kwh is None else one.gap_kwh,
                    one.entered_by or "", one.undone_because or "",
                )
                for one in history.operations
            ],
            title="Operations",
        )  # fmt: skip
    if history.events:
        show_table(("on", "meter", "what"), [(e.happened_on, e.serial_no, e.what) for e in history.events])
    if history.last_readings:
        show_table(
            ("meter", "scale", "read on", "value", "kind"),
            [(r.serial_no, r.zone_code, r.read_on, plain(r.value_kwh), r.kind) for r in history.last_readings],
            title="Values that stand",
        )
    if not (history.operations or history.events or history.last_readings):
        say("Nothing was done there yet.")


def _list_meters(
    *, unit: str | None, free: bool, broken: bool, due_before: date | None, by: str, as_json: bool
) -> None:
    from operational_db.metering.meter_stock import list_meters
    from orchestration.answers import say, show_json, show_table

    found = list_meters(database_settings(), by=by, unit_code=unit, free=free, broken=broken, due_before=due_before)
    if as_json:
        show_json(found)
    elif not found:
        say("There are no such meters.")
    else:
        show_table(
            ("meter", "type", "scales", "digits", "place", "unit or point", "verified", "due", "fault"),
            [
                (
                    m.serial_no, m.meter_type, " ".join(m.zones), m.digits, m.place or "",
                    m.point_code or m.unit_code or "", m.verified_on or "", m.next_due_on or "", m.fault or "",
                )
                for m in found
            ],
        )  # fmt: skip
