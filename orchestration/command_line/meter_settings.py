"""`wattbook meters set-ratio, set-scales, test, edit`: what changes on a meter that stays where it is.

As with the operations at points, each is tried with --dry-run, and the last one undone (`wattbook meters undo`).
"""

# Imports inside the functions: listing the commands must not wait for what one of them needs.
# ruff: noqa: PLC0415
from decimal import Decimal
from typing import Annotated

import typer

from orchestration.command_line.arguments import FIRST_USER, AsJson, ByUser, number_of
from orchestration.command_line.meter_answers import answer
from orchestration.command_line.meter_arguments import (
    AnyOrderNo,
    Confirmed,
    Digits,
    DryRun,
    Inspection,
    NewShown,
    Note,
    OfSeveral,
    OnDay,
    Point,
    Serial,
    Shown,
    VoltageRatio,
    database_settings,
    told,
    values_of,
)

app = typer.Typer()


@app.command()
def set_ratio(
    point: Point,
    on: OnDay,
    value: Shown,
    ratio: Annotated[
        Decimal,
        typer.Option("--ratio", parser=number_of, metavar="NUMBER", help="New ratio of the current transformers."),
    ],
    voltage_ratio: VoltageRatio = None,
    meter: OfSeveral = None,
    confirmed: Confirmed = False,
    order: AnyOrderNo = None,
    inspection: Inspection = None,
    note: Note = None,
    dry_run: DryRun = False,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Set other transformers from a day on; the value of that day parts the energy of the two ratios.

    [dim]wattbook meters set-ratio U-17#1 --on 2026-03-10 --value 112.5 --ratio 40 --dry-run[/]
    """
    from operational_db.metering.meter_settings import change_ratio

    done = change_ratio(
        database_settings(), point, on=on, values=values_of(value), current_ratio=ratio, by=by, serial_no=meter,
        confirmed=confirmed, order_no=order, inspection_type=inspection, note=note, dry_run=dry_run,
        **told(voltage_ratio=voltage_ratio),
    )  # fmt: skip
    answer(done, as_json=as_json)


@app.command()
def set_scales(
    serial: Serial,
    on: OnDay,
    scales: Annotated[list[str], typer.Option("--scale", metavar="ZONE", help="all; day, night; peak, semi, night.")],
    value: Shown = None,
    new_value: NewShown = None,
    digits: Annotated[int | None, typer.Option("--digits", help="Whole digits of the new scales.")] = None,
    confirmed: Confirmed = False,
    order: AnyOrderNo = None,
    inspection: Inspection = None,
    note: Note = None,
    dry_run: DryRun = False,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Set the scales of a meter from a day on; where it hangs, values close the old ones and open the new.

    [dim]wattbook meters set-scales N-77 --on 2026-03-10 --scale day --scale night --value 1350
    --new-value day=0 --new-value night=0[/]
    """
    from operational_db.metering.meter_settings import set_zones

    done = set_zones(
        database_settings(), serial, scales, on=on, by=by, values=values_of(value), new_values=values_of(new_value),
        digits=digits, confirmed=confirmed, order_no=order, inspection_type=inspection, note=note, dry_run=dry_run,
    )  # fmt: skip
    answer(done, as_json=as_json)


@app.command("test")
def note_test(
    point: Point,
    on: OnDay,
    passed: Annotated[
        bool, typer.Option("--passed/--failed", help="Its error is within its class of accuracy, or outside.")
    ],
    error: Annotated[
        Decimal | None,
        typer.Option("--error", parser=number_of, metavar="PERCENT", help="Above zero when it shows too much."),
    ] = None,
    value: Shown = None,
    meter: OfSeveral = None,
    confirmed: Confirmed = False,
    order: AnyOrderNo = None,
    inspection: Inspection = None,
    note: Note = None,
    dry_run: DryRun = False,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Record the test of a meter where it hangs; a value taken on the way is a reading like others.

    [dim]wattbook meters test SA01/12/345#1 --on 2026-03-10 --failed --error=-12.5 --order 18[/]
    """
    from operational_db.metering.meter_settings import record_test

    done = record_test(
        database_settings(), point, on=on, within_class=passed, error_percent=error, values=values_of(value), by=by,
        serial_no=meter, confirmed=confirmed, order_no=order, inspection_type=inspection, note=note, dry_run=dry_run,
    )  # fmt: skip
    answer(done, as_json=as_json)


@app.command()
def edit(
    serial: Serial,
    new_serial: Annotated[str | None, typer.Option("--serial", metavar="SERIAL", help="The right number.")] = None,
    meter_type: Annotated[
        str | None, typer.Option("--type", metavar="CODE", help="The right type; brings its digits along.")
    ] = None,
    digits: Digits = None,
    made_in: Annotated[int | None, typer.Option("--made-in", metavar="YEAR", help="Year on the plate.")] = None,
    note: Note = None,
    dry_run: DryRun = False,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Put right what the book says of a meter: number, type, digits, year.

    [dim]wattbook meters edit N-77 --type TE73 --dry-run[/]
    """
    from operational_db.metering.meter_settings import edit_meter

    done = edit_meter(
        database_settings(), serial, by=by, new_serial_no=new_serial, meter_type=meter_type, digits=digits,
        made_in=made_in, note=note, dry_run=dry_run,
    )  # fmt: skip
    answer(done, as_json=as_json)
