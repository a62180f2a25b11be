"""`wattbook targets`: what units are asked to collect.

Does not belong here: the rules of targets (`operational_db.plans`).
"""

# Imports inside the functions: listing the commands must not wait for what one of them needs.
# ruff: noqa: PLC0415
from datetime import date
from decimal import Decimal
from typing import Annotated

import typer

from orchestration.command_line.arguments import FIRST_USER, AsJson, ByUser, month_of, number_of
from orchestration.command_line.meter_arguments import database_settings

app = typer.Typer(help="Targets of collection, by unit and month.", no_args_is_help=True)

Unit = Annotated[str, typer.Argument(metavar="UNIT", help="A RES or a unit above it, such as UZ-SA or SA01.")]
FromMonth = Annotated[date, typer.Option("--from", parser=month_of, metavar="YYYY-MM", help="The first month.")]


@app.command("set")
def set_(
    unit: Unit,
    percent: Annotated[
        Decimal, typer.Argument(parser=number_of, metavar="PERCENT", help="Paid in percent of what is charged.")
    ],
    from_month: FromMonth,
    document: Annotated[str, typer.Option("--document", metavar="TEXT", help="The paper that sets it.")],
    by: ByUser = FIRST_USER,
) -> None:
    """Set the target of a unit, and of all under it that have none of their own.

    [dim]wattbook targets set UZ-SA 95 --from 2026-01 --document "Order 12 of 05.01.2026"[/]
    """
    from operational_db.plans.collection_targets import set_collection_target
    from orchestration.answers import say

    until = set_collection_target(
        database_settings(), unit, percent / 100, from_month=from_month, document=document, by=by
    )
    say(f"{unit} is to collect {percent} % from {from_month:%Y-%m} {_until(until)}. {_REBUILD}")


@app.command("end")
def end(unit: Unit, from_month: FromMonth, by: ByUser = FIRST_USER) -> None:
    """End the target of a unit; that of the unit above holds from then on."""
    from operational_db.plans.collection_targets import end_collection_target
    from orchestration.answers import say

    until = end_collection_target(database_settings(), unit, from_month=from_month, by=by)
    say(f"{unit} has no target of its own from {from_month:%Y-%m} {_until(until)}. {_REBUILD}")


@app.command("list")
def list_(as_json: AsJson = False, by: ByUser = FIRST_USER) -> None:
    """List the targets that stand."""
    from operational_db.plans.collection_targets import list_collection_targets
    from orchestration.answers import say, show_json

    targets = list_collection_targets(database_settings(), by=by)
    if as_json:
        show_json(targets)
        return
    for t in targets:
        percent = (t.target_share * 100).normalize()
        say(f"{t.unit_code}: {percent:f} % from {t.valid_from:%Y-%m} {_until(t.valid_to)} ({t.document})")
    if not targets:
        say("No targets are set; `wattbook targets set` sets one.")


_REBUILD = "Screens show it after `wattbook build`."


def _until(month: date | None) -> str:
    return "on" if month is None else f"until {month:%Y-%m}, exclusive"
