"""`wattbook pilot`: branches that begin before all do, what they ask for, reviews, what was entered.

Does not belong here: the rules of these facts (`legacy_migration.pilot`).
"""

# Imports inside the functions: listing the commands must not wait for what one of them needs.
# ruff: noqa: PLC0415
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.command_line.arguments import FIRST_USER, AsJson, ByUser, day_of, today
from orchestration.command_line.ending import REFUSED

if TYPE_CHECKING:
    from legacy_migration.pilot.report import PilotReport

app = typer.Typer(no_args_is_help=True, help="Keep the log of the pilot and report on it.")

DAY = "YYYY-MM-DD"
Branch = Annotated[str, typer.Argument(metavar="CODE", help="The branch: a RES or a unit above it.")]


@app.command("branch")
def branch(
    unit: Branch,
    pilot_from: Annotated[date, typer.Option("--from", parser=day_of, metavar=DAY, help="First day of its pilot.")],
    note: Annotated[str, typer.Option(metavar="TEXT", help="The paper that says so.")],
    pilot_to: Annotated[
        date | None, typer.Option("--to", parser=day_of, metavar=DAY, help="First day after it; open unless given.")
    ] = None,
    by: ByUser = FIRST_USER,
) -> None:
    """Say from when until when a branch is in pilot.

    [dim]wattbook pilot branch SA01 --from 2026-09-01 --to 2026-12-01 --note "Order 7"[/]
    """
    from legacy_migration.pilot.commands import set_branch
    from orchestration.answers import say
    from orchestration.command_line.surroundings import settings_with_database

    set_branch(settings_with_database(), unit, pilot_from=pilot_from, pilot_to=pilot_to, note=note, by=by)
    say(f"{unit} is in pilot from {pilot_from}{f' until {pilot_to}, exclusive' if pilot_to else ''}.")


@app.command("review")
def review(
    unit: Branch,
    sponsor: Annotated[str, typer.Option(metavar="NAME", help="Who took part for the sponsor.")],
    outcome: Annotated[str, typer.Option(metavar="TEXT", help="What was found and agreed.")],
    on: Annotated[date | None, typer.Option(parser=day_of, metavar=DAY, help="Today unless given.")] = None,
    by: ByUser = FIRST_USER,
) -> None:
    """Record a review of the pilot's status with its sponsor and a branch.

    [dim]wattbook pilot review SA01 --sponsor "A. Karimov" --outcome "Go on; two modules are late"[/]
    """
    from legacy_migration.pilot.commands import review_branch
    from orchestration.answers import say
    from orchestration.command_line.surroundings import settings_with_database

    day = on or today()
    opened = review_branch(settings_with_database(), unit, reviewed_on=day, sponsor=sponsor, outcome=outcome, by=by)
    say(f"The review of {unit} on {day} is recorded; {opened} of its requests were open.")


@app.command("volume")
def volume(
    unit: Branch,
    kind: Annotated[str, typer.Option(metavar="KIND", help="reference_record, contract or application.")],
    count: Annotated[int, typer.Option(metavar="NUMBER", help="Entered until that day.")],
    on: Annotated[date | None, typer.Option(parser=day_of, metavar=DAY, help="Today unless given.")] = None,
    by: ByUser = FIRST_USER,
) -> None:
    """Record how much a branch has entered.

    [dim]wattbook pilot volume SA01 --kind contract --count 744[/]
    """
    from legacy_migration.pilot.commands import tell_volume
    from orchestration.answers import say
    from orchestration.command_line.surroundings import settings_with_database

    tell_volume(settings_with_database(), unit, kind, count, counted_on=on or today(), by=by)
    say(f"Recorded: {unit} had entered {count} of {kind}.")


@app.command("load")
def load(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV or XLSX; the first row names the columns.")],
    delimiter: Annotated[str, typer.Option(metavar="CHAR", help="Between the cells of a CSV.")] = ",",
    encoding: Annotated[str, typer.Option(metavar="NAME", help="Of a CSV.")] = "utf-8",
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Enter requests of the pilot: columns request, branch, received, subject, module and, where known, closed, answer.

    A row that is no request is told in one sentence, the others stand; the exit status is 1 then.

    [dim]wattbook pilot load requests.xlsx[/]
    """
    from legacy_migration.pilot.commands import load_requests
    from orchestration.answers import say, show_json, warn
    from orchestration.command_line.surroundings import settings_with_database

    loaded = load_requests(settings_with_database(), file, by=by, delimiter=delimiter, encoding=encoding)
    if as_json:
        show_json(loaded)
    else:
        say(
            f"{loaded.new_count} new requests, {loaded.changed_count} told otherwise than before, "
            f"{loaded.known_count} known."
        )
        for sentence in loaded.unreadable:
            warn(sentence)
    if loaded.unreadable:
        raise typer.Exit(REFUSED)


@app.command("report")
def report(
    on: Annotated[
        date | None, typer.Option(parser=day_of, metavar=DAY, help="As of that day, today unless given.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show how the pilot stands: requests by branch, module and age, reviews, what was entered.

    [dim]wattbook pilot report --on 2018-11-30[/]
    """
    from legacy_migration.pilot.report import pilot_report
    from orchestration.answers import show_json
    from orchestration.command_line.surroundings import settings_with_database

    found = pilot_report(settings_with_database(), on=on)
    if as_json:
        show_json(found)
    else:
        _show(found)


def _show(found: "PilotReport") -> None:
    from orchestration.answers import grouped, say, show_table

    say(
        f"{found.on}: {grouped(found.received_count)} requests received, {grouped(found.closed_count)} closed, "
        f"{grouped(found.open_count)} open."
    )
    for title, counts in (("branch", found.by_branch), ("module", found.by_module)):
        if counts:
            show_table(
                [title, "received", "closed", "open", "oldest open, days"],
                [(c.name, c.received_count, c.closed_count, c.open_count, c.oldest_open_days) for c in counts],
            )
    show_table(["open since", "requests"], [(age.age, age.open_count) for age in found.by_age])
    if found.branches:
        show_table(
            ["branch", "from", "to", "reviews", "last", "open then", "outcome"],
            [
                (b.unit_code, b.pilot_from, b.pilot_to, b.review_count, b.reviewed_on, b.open_at_review, b.outcome)
                for b in found.branches
            ],
        )
    show_table(
        ["entered", "told by branches", "in the book"], [(v.kind, v.told_count, v.in_book_count) for v in found.volumes]
    )
