"""`wattbook meters install, remove, replace, relocate, undo`: which meter measures at a point.

Every operation answers with what it did, or with --dry-run what it would do: values, days without a meter, the bill
that follows and the balance.
"""

# Imports inside the functions: listing the commands must not wait for what one of them needs.
# ruff: noqa: PLC0415
from typing import Annotated

import typer

from orchestration.command_line.arguments import FIRST_USER, AsJson, ByUser
from orchestration.command_line.meter_answers import answer
from orchestration.command_line.meter_arguments import (
    AnyOrderNo,
    Beside,
    Confirmed,
    Digits,
    DryRun,
    Inspection,
    NewShown,
    Note,
    OfSeveral,
    OnDay,
    OrderNo,
    Point,
    Ratio,
    Scales,
    Serial,
    Shown,
    TypeCode,
    Unreadable,
    VoltageRatio,
    database_settings,
    told,
    values_of,
)

app = typer.Typer()

ToPlace = Annotated[
    str, typer.Option("--to", metavar="PLACE", help="Where the meter goes: store, repair, laboratory or scrapped.")
]


@app.command()
def install(
    point: Point,
    serial: Serial,
    on: OnDay,
    value: Shown,
    ratio: Ratio = None,
    voltage_ratio: VoltageRatio = None,
    beside: Beside = False,
    meter_type: TypeCode = None,
    digits: Digits = None,
    scales: Scales = None,
    order: AnyOrderNo = None,
    inspection: Inspection = None,
    note: Note = None,
    dry_run: DryRun = False,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Hang a meter at a point; days since the last meter are billed by what the point uses a day.

    [dim]wattbook meters install SA01/12/345#1 N-77 --on 2026-03-10 --value 0 --dry-run[/]
    """
    from operational_db.metering.meter_operations import install_meter

    done = install_meter(
        database_settings(), point, serial, on=on, values=values_of(value), by=by, beside=beside,
        meter_type=meter_type, digits=digits, zones=scales, order_no=order, inspection_type=inspection, note=note,
        dry_run=dry_run, **told(current_ratio=ratio, voltage_ratio=voltage_ratio),
    )  # fmt: skip
    answer(done, as_json=as_json)


@app.command()
def remove(
    point: Point,
    on: OnDay,
    order: OrderNo,
    value: Shown = None,
    meter: OfSeveral = None,
    unreadable: Unreadable = False,
    confirmed: Confirmed = False,
    to_place: ToPlace = "store",
    inspection: Inspection = None,
    note: Note = None,
    dry_run: DryRun = False,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Take a meter off its point.

    [dim]wattbook meters remove SA01/12/345#1 --on 2026-03-10 --value 1350 --order 17 --dry-run[/]
    """
    from operational_db.metering.meter_operations import remove_meter
    from orchestration.answers import say

    done = remove_meter(
        database_settings(), point, on=on, order_no=order, by=by, values=values_of(value), serial_no=meter,
        unreadable=unreadable, confirmed=confirmed, to_place=to_place, inspection_type=inspection, note=note,
        dry_run=dry_run,
    )  # fmt: skip
    answer(done, as_json=as_json)
    if not as_json and not dry_run:
        say(
            f"Next: `wattbook meters install {point} SERIAL --on {on} --value VALUE`; meters that hang nowhere: "
            "`wattbook meters stock --free`."
        )


@app.command()
def replace(
    point: Point,
    new_serial: Annotated[str, typer.Argument(metavar="NEW-SERIAL", help="Serial number of the new meter.")],
    on: OnDay,
    new_value: NewShown,
    order: OrderNo,
    value: Shown = None,
    meter: OfSeveral = None,
    ratio: Ratio = None,
    voltage_ratio: VoltageRatio = None,
    unreadable: Unreadable = False,
    confirmed: Confirmed = False,
    to_place: ToPlace = "store",
    meter_type: TypeCode = None,
    digits: Digits = None,
    scales: Scales = None,
    inspection: Inspection = None,
    note: Note = None,
    dry_run: DryRun = False,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Take a meter off and hang another in its place on the same day.

    [dim]wattbook meters replace SA01/12/345#1 N-77 --on 2026-03-10 --value 1350 --new-value 0 --order 17 --dry-run[/]
    """
    from operational_db.metering.meter_operations import replace_meter

    done = replace_meter(
        database_settings(), point, new_serial, on=on, new_values=values_of(new_value), order_no=order, by=by,
        values=values_of(value), serial_no=meter, unreadable=unreadable, confirmed=confirmed, current_ratio=ratio,
        voltage_ratio=voltage_ratio, to_place=to_place, meter_type=meter_type, digits=digits, zones=scales,
        inspection_type=inspection, note=note, dry_run=dry_run,
    )  # fmt: skip
    answer(done, as_json=as_json)


@app.command()
def relocate(
    point: Point,
    to_point: Annotated[str, typer.Argument(metavar="TO-POINT", help="The metering point where it goes.")],
    on: OnDay,
    value: Shown,
    order: OrderNo,
    meter: OfSeveral = None,
    ratio: Ratio = None,
    voltage_ratio: VoltageRatio = None,
    beside: Beside = False,
    confirmed: Confirmed = False,
    inspection: Inspection = None,
    note: Note = None,
    dry_run: DryRun = False,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Take a meter off one point and hang it at another on the same day; its value closes here and opens there.

    [dim]wattbook meters relocate SA01/12/345#1 SA01/12/346#1 --on 2026-03-10 --value 1350 --order 17 --dry-run[/]
    """
    from operational_db.metering.meter_operations import relocate_meter

    done = relocate_meter(
        database_settings(), point, to_point, on=on, values=values_of(value), order_no=order, by=by, serial_no=meter,
        confirmed=confirmed, beside=beside, inspection_type=inspection, note=note, dry_run=dry_run,
        **told(current_ratio=ratio, voltage_ratio=voltage_ratio),
    )  # fmt: skip
    answer(done, as_json=as_json)


@app.command()
def undo(
    point: Annotated[str | None, typer.Argument(metavar="POINT", help="The point whose last operation it was.")] = None,
    meter: Annotated[str | None, typer.Option("--meter", metavar="SERIAL", help="A meter that hangs nowhere.")] = None,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; it stays in the book.")] = "",
    dry_run: DryRun = False,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Take the last operation of a point back, while nothing of it is billed.

    [dim]wattbook meters undo SA01/12/345#1 --reason "wrong apartment"[/]
    """
    from operational_db.metering.undo import undo_last

    done = undo_last(database_settings(), reason=reason, by=by, point_code=point, serial_no=meter, dry_run=dry_run)
    answer(done, as_json=as_json)
