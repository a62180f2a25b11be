"""`wattbook cutover`: the day from which Wattbook bills, and the checklist before it.

Does not belong here: the rules of the day and of signatures (`legacy_migration.cut_over`).
"""

# Imports inside the functions: listing the commands must not wait for what one of them needs.
# ruff: noqa: PLC0415
from datetime import date
from typing import Annotated

import typer

from orchestration.command_line.arguments import FIRST_USER, AsJson, ByUser, day_of

app = typer.Typer(no_args_is_help=True, help="Fix the day of cut-over and sign its checklist.")

Res = Annotated[str, typer.Option("--res", metavar="CODE", help="The RES.")]


@app.command("fix")
def fix(
    day: Annotated[date, typer.Argument(parser=day_of, metavar="YYYY-MM-DD", help="First day of a month.")],
    unit: Annotated[str, typer.Option(metavar="CODE", help="A RES, or a unit above: all RES under it.")],
    why: Annotated[str, typer.Option(metavar="TEXT", help="The order that fixes it, or what moved it.")],
    by: ByUser = FIRST_USER,
) -> None:
    """Fix the day from which a unit is billed here, or move it; the days before stay on record.

    [dim]wattbook cutover fix 2027-01-01 --unit UZ-SA --why "Order 12 of 01.11.2026"[/]
    """
    from legacy_migration.cut_over.commands import fix_day
    from orchestration.answers import say
    from orchestration.command_line.surroundings import settings_with_database

    fixed = fix_day(settings_with_database(), unit, day, reason=why, by=by)
    say(f"{unit} is cut over on {day}." if fixed else f"{unit} is cut over on {day} already; nothing was changed.")


@app.command("sign")
def sign(
    item: Annotated[str, typer.Argument(metavar="ITEM", help="An item that a person signs, such as staff_trained.")],
    res: Res,
    note: Annotated[str, typer.Option(metavar="TEXT", help="What it rests on.")],
    take_back: Annotated[bool, typer.Option("--take-back", help="Take the signature back.")] = False,
    by: ByUser = FIRST_USER,
) -> None:
    """Sign an item of a RES's checklist.

    [dim]wattbook cutover sign staff_trained --res SA01 --note "Register of 20.11.2026, 14 signatures"[/]
    """
    from legacy_migration.cut_over.commands import sign_item
    from orchestration.answers import say
    from orchestration.command_line.surroundings import settings_with_database

    signed = sign_item(settings_with_database(), res, item, note=note, by=by, is_done=not take_back)
    say(f"{signed.meaning}: {signed.told}")


@app.command("show")
def show(res: Res, as_json: AsJson = False) -> None:
    """Show the day of a RES, how it came to be, and what is done and open.

    [dim]wattbook cutover show --res SA01[/]
    """
    from legacy_migration.cut_over.commands import checklist
    from orchestration.answers import say, show_json, show_table
    from orchestration.command_line.surroundings import settings_with_database

    found = checklist(settings_with_database(), res)
    if as_json:
        show_json(found)
        return
    for day in found.days:
        say(f"{day.cutover_on} for {day.unit_code}, fixed by {day.fixed_by} on {day.fixed_at:%Y-%m-%d}: {day.reason}")
    show_table(
        ["item", "done", "what it rests on"],
        [(i.meaning, "yes" if i.is_done else "no", i.told) for i in found.items],
        title=f"{res}: {found.cutover_on or 'no day fixed'}, {found.open_count} open",
    )
