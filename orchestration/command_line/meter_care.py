"""`wattbook meters seal, unseal, verify, maintain, report-broken, move`: what is noted of a meter as a thing."""

# Imports inside the functions: listing the commands must not wait for what one of them needs.
# ruff: noqa: PLC0415
from datetime import date
from typing import Annotated

import typer

from orchestration.command_line.arguments import FIRST_USER, AsJson, ByUser, day_of
from orchestration.command_line.meter_answers import say_noted
from orchestration.command_line.meter_arguments import AnyOrderNo, DryRun, OnDay, Serial, database_settings

app = typer.Typer()

Doer = Annotated[str, typer.Option("--done-by", metavar="NAME", help="Who did it; --by is who enters it.")]


@app.command()
def seal(
    serial: Serial,
    seal_no: Annotated[str, typer.Argument(metavar="SEAL", help="Number of the seal; a number is used once.")],
    on: OnDay,
    part: Annotated[str, typer.Option("--part", metavar="TEXT", help="What it seals: cover, terminals ...")],
    done_by: Doer,
    dry_run: DryRun = False,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Record a seal that was put on a meter.

    [dim]wattbook meters seal N-77 P-1001 --on 2026-03-10 --part terminals --done-by Rakhimov[/]
    """
    from operational_db.metering.seals import put_seal_on

    noted = put_seal_on(
        database_settings(), serial, seal_no, part=part, on=on, put_on_by=done_by, by=by, dry_run=dry_run
    )
    say_noted(noted, as_json=as_json)


@app.command()
def unseal(
    seal_no: Annotated[str, typer.Argument(metavar="SEAL", help="Number of the seal.")],
    on: OnDay,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, or how it was found.")],
    done_by: Doer,
    dry_run: DryRun = False,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Record that a seal was taken off, or was found broken.

    [dim]wattbook meters unseal P-1001 --on 2026-03-20 --reason "found broken" --done-by Rakhimov[/]
    """
    from operational_db.metering.seals import take_seal_off

    noted = take_seal_off(
        database_settings(), seal_no, reason=reason, on=on, taken_off_by=done_by, by=by, dry_run=dry_run
    )
    say_noted(noted, as_json=as_json)


@app.command()
def verify(
    serial: Serial,
    on: OnDay,
    passed: Annotated[bool, typer.Option("--passed/--failed", help="How it went; a failed one is not installed.")],
    next_due: Annotated[
        date | None, typer.Option("--next-due", parser=day_of, metavar="YYYY-MM-DD", help="When the next is due.")
    ] = None,
    laboratory: Annotated[str | None, typer.Option("--laboratory", metavar="NAME", help="Who verified it.")] = None,
    certificate: Annotated[str | None, typer.Option("--certificate", metavar="NUMBER", help="Its certificate.")] = None,
    dry_run: DryRun = False,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Record a verification of a meter.

    [dim]wattbook meters verify N-77 --on 2026-03-10 --passed --next-due 2034-03-10 --certificate 55/26[/]
    """
    from operational_db.metering.meter_stock import verify_meter

    noted = verify_meter(
        database_settings(), serial, on=on, passed=passed, by=by, next_due_on=next_due, laboratory=laboratory,
        certificate_no=certificate, dry_run=dry_run,
    )  # fmt: skip
    say_noted(noted, as_json=as_json)


@app.command()
def maintain(
    serial: Serial,
    on: OnDay,
    work: Annotated[str, typer.Option("--work", metavar="TEXT", help="What was done.")],
    done_by: Doer,
    mended: Annotated[bool, typer.Option("--mended", help="It was broken and is not any more.")] = False,
    order: AnyOrderNo = None,
    dry_run: DryRun = False,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Record work on a meter.

    [dim]wattbook meters maintain N-77 --on 2026-03-10 --work "new display" --done-by Karimov --mended[/]
    """
    from operational_db.metering.meter_stock import maintain_meter

    noted = maintain_meter(
        database_settings(), serial, work, on=on, done_by=done_by, by=by, mended=mended, order_no=order,
        dry_run=dry_run,
    )  # fmt: skip
    say_noted(noted, as_json=as_json)


@app.command()
def report_broken(
    serial: Serial,
    on: OnDay,
    fault: Annotated[str, typer.Option("--fault", metavar="TEXT", help="What is wrong with it.")],
    dry_run: DryRun = False,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Record that a meter is broken, so that it may be removed without a value."""
    from operational_db.metering.meter_stock import record_broken

    say_noted(record_broken(database_settings(), serial, fault, on=on, by=by, dry_run=dry_run), as_json=as_json)


@app.command()
def move(
    serial: Serial,
    place: Annotated[str, typer.Argument(metavar="PLACE", help="store, repair, laboratory or scrapped.")],
    on: OnDay,
    unit: Annotated[str, typer.Option("--unit", metavar="CODE", help="Of which unit.")],
    note: Annotated[str | None, typer.Option("--note", metavar="TEXT", help="A remark.")] = None,
    dry_run: DryRun = False,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Move a meter that hangs nowhere.

    [dim]wattbook meters move N-77 laboratory --unit SA01 --on 2026-03-10[/]
    """
    from operational_db.metering.meter_stock import move_meter

    noted = move_meter(database_settings(), serial, place, unit_code=unit, on=on, by=by, note=note, dry_run=dry_run)
    say_noted(noted, as_json=as_json)
