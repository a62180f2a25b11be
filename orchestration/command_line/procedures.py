"""`wattbook procedure`: the end of a day and the end of a month, which the clock may run as well."""

# Imports inside the functions: listing the commands must not wait for what one of them needs.
# ruff: noqa: PLC0415
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from operational_db.refusal import Refusal
from orchestration.command_line.arguments import FIRST_USER, AsJson, ByUser, UnitCode, month_of, today

if TYPE_CHECKING:
    from orchestration.procedures.step import Step

app = typer.Typer(help="What is done at the end of a day and of a month, step by step.", no_args_is_help=True)

DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done and do nothing.")]


@app.command("end-of-day")
def end_of_day(
    unit: UnitCode = None, dry_run: DryRun = False, by: ByUser = FIRST_USER, as_json: AsJson = False
) -> None:
    """Say what waits for a person, build the marts, and verify the newest close of each RES. Posts nothing.

    [dim]wattbook procedure end-of-day --unit UZ-SA[/]
    """
    from orchestration.command_line.surroundings import settings_with_database
    from orchestration.procedures.end_of_day import end_of_day as steps_of_day
    from orchestration.progress import bars

    settings = settings_with_database()
    with bars() as on_progress:
        steps = steps_of_day(settings, by=by, unit_code=unit, dry_run=dry_run, on_progress=on_progress)
        _tell("end-of-day", steps, as_json=as_json)


@app.command("end-of-month")
def end_of_month(
    month: Annotated[
        date | None,
        typer.Option(parser=month_of, metavar="YYYY-MM", help="The month to end; the last one of the calendar if not."),
    ] = None,
    unit: UnitCode = None,
    dry_run: DryRun = False,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Bill, charge penalties, unwind credits, close each RES that nothing keeps open, build marts, write forms.

    What is done stays done; the same again goes on where something stood in the way.

    [dim]wattbook procedure end-of-month --month 2026-03 --unit UZ-SA --dry-run[/]
    """
    from orchestration.command_line.surroundings import settings_with_database
    from orchestration.months import month_before
    from orchestration.procedures.end_of_month import end_of_month as steps_of_month
    from orchestration.progress import bars

    settings = settings_with_database()
    ending = month or month_before(today())
    with bars() as on_progress:
        steps = steps_of_month(settings, ending, by=by, unit_code=unit, dry_run=dry_run, on_progress=on_progress)
        _tell(f"end-of-month --month {ending:%Y-%m}", steps, as_json=as_json)


def _tell(procedure: str, steps: "Iterator[Step]", *, as_json: bool) -> None:
    """Each step when it is over; refuses at the end where anything stands in the way."""
    from orchestration.answers import say, show_json
    from orchestration.procedures.step import steps_in_the_way

    done = []
    for step in steps:
        done.append(step)
        if not as_json:
            say(step.sentence)
            for line in step.lines:
                say(f"  {line}")
    in_the_way = steps_in_the_way(done)
    if as_json:
        show_json({"procedure": procedure, "steps": done, "in_the_way": in_the_way})
    if in_the_way:
        raise Refusal(
            f"Something stands in the way ({', '.join(in_the_way)}); what is done stays done. Mend what is named and "
            f"run `wattbook procedure {procedure}` again."
        )
