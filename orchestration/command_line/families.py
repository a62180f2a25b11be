"""`wattbook family`: how many persons live at an account, by dated records.

Does not belong here: the rules (`operational_db.subscribers`).
"""

# Imports inside the functions: listing the commands must not wait for what one of them needs.
# ruff: noqa: PLC0415
from datetime import date
from typing import Annotated

import typer

from orchestration.command_line.arguments import FIRST_USER, AsJson, ByUser, day_of
from orchestration.command_line.meter_arguments import database_settings

app = typer.Typer(help="Sizes of families: dated records, added and deleted.", no_args_is_help=True)

AccountNo = Annotated[str, typer.Option("--account", metavar="NUMBER", help="The account, by its number.")]
FromDay = Annotated[
    date, typer.Option("--from", parser=day_of, metavar="YYYY-MM-DD", help="The first day of the record.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Try it and take it back.")]


@app.command("list")
def list_them(
    account: AccountNo,
    deleted_too: Annotated[
        bool, typer.Option("--deleted-too", help="Also what the book knew before and no longer holds.")
    ] = False,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """List how many persons live at an account, and from which day on."""
    from operational_db.subscribers.family_sizes import family_sizes
    from orchestration.answers import say, show_json

    found = family_sizes(database_settings(), account, deleted_too=deleted_too, by=by)
    if as_json:
        show_json(found)
        return
    if not found:
        say(f"The book does not know how many persons live at {account}.")
    for one in found:
        known = "" if one.known_to is None else f", known until {one.known_to:%Y-%m-%d %H:%M}"
        say(f"{one.persons} persons from {one.valid_from} to {one.valid_to or 'further notice'}{known}")


@app.command("add")
def add(
    account: AccountNo,
    persons: Annotated[int, typer.Option("--persons", help="How many live there.")],
    from_day: FromDay,
    dry_run: DryRun = False,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Say how many persons live at an account from a day on; the record before it ends there.

    [dim]wattbook family add --account SA01/12/345 --persons 4 --from 2026-01-16[/]
    """
    from operational_db.subscribers.family_sizes import add_family_size
    from orchestration.answers import say, show_json

    done = add_family_size(database_settings(), account, persons, from_day=from_day, dry_run=dry_run, by=by)
    if as_json:
        show_json(done)
        return
    until = f" to {done.valid_to}" if done.valid_to else " on"
    verb = "would live" if dry_run else "live"
    say(f"{persons} persons {verb} at {done.account_no} from {from_day}{until}.")
    _say_what_follows(account, from_day, done.amended_count, by=by)


@app.command("delete")
def delete(
    account: AccountNo,
    from_day: FromDay,
    dry_run: DryRun = False,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Delete the record that begins on a day; the one before it goes on, and what was known stays on file."""
    from operational_db.subscribers.family_sizes import delete_family_size
    from orchestration.answers import say, show_json

    done = delete_family_size(database_settings(), account, from_day=from_day, dry_run=dry_run, by=by)
    if as_json:
        show_json(done)
        return
    now = (
        "nothing is known of those days"
        if done.persons_before is None
        else f"it is {done.persons_before} persons again"
    )
    say(
        f"{'Would delete' if dry_run else 'Deleted'} the record of {done.persons} persons at {done.account_no} from "
        f"{from_day}; {now}."
    )
    _say_what_follows(account, from_day, done.amended_count, by=by)


def _say_what_follows(account: str, from_day: date, amended_count: int, *, by: str) -> None:
    from operational_db.subscribers.family_sizes import grants_by_persons
    from orchestration.answers import say

    if amended_count:
        say(f"Billed days of {amended_count} points depend on it; the next `wattbook bill` bills them anew.")
    for one in grants_by_persons(database_settings(), account, from_day=from_day, by=by):
        say(
            f"Grant {one.grant_no} ({one.category_code} at {one.point_code}) counts {one.entitled_persons} entitled "
            "persons of its own; change that by `wattbook benefits reassign "
            f"{one.grant_no} --from {from_day} --persons N`."
        )
