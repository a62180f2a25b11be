"""`wattbook duplicates`: pairs of a load that may be one person, place or meter, and what was decided about them.

Does not belong here: how pairs are found and what a decision does (`legacy_migration.duplicates`).
"""

# Imports inside the functions: listing the commands must not wait for what one of them needs.
# ruff: noqa: PLC0415
from enum import StrEnum
from typing import Annotated

import typer

from orchestration.command_line.arguments import FIRST_USER, AsJson, ByUser

app = typer.Typer(
    help="Pairs of a load that may be one: listed with evidence, decided by people.", no_args_is_help=True
)


class Kind(StrEnum):
    """What a pair may be one of."""

    person = "person"
    premises = "premises"
    meter = "meter"


ProtocolId = Annotated[int, typer.Option("--protocol", metavar="ID", help="The number of the protocol.")]
PAIRS_SHOWN = 50


@app.command("list")
def list_them(
    protocol_id: ProtocolId,
    kind: Annotated[Kind | None, typer.Option("--kind", help="Only pairs of this kind.")] = None,
    undecided: Annotated[bool, typer.Option("--undecided", help="Only pairs that nobody decided about.")] = False,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """List the pairs of a load, the likeliest and dearest first, with what speaks for and against each.

    [dim]wattbook duplicates list --protocol 1 --kind person --undecided[/]
    """
    from legacy_migration.duplicates.decisions import list_duplicates
    from orchestration.answers import grouped, say, show_json
    from orchestration.command_line.surroundings import settings_with_database

    found = list_duplicates(
        settings_with_database(), protocol_id, by=by, kind=kind and kind.value, undecided_only=undecided
    )
    if as_json:
        show_json(found)
        return
    for pair in found[:PAIRS_SHOWN]:
        decided = f"{pair.decided} by {pair.decided_by}: {pair.reason}" if pair.decided else "not decided"
        say(f"{pair.score} {pair.kind}: {pair.first_key} and {pair.second_key}; {pair.evidence} ({decided}).")
    if len(found) > PAIRS_SHOWN:
        say(f"... and {grouped(len(found) - PAIRS_SHOWN)} more, in the workbook of the protocol.")
    say(f"{grouped(len(found)) if found else 'No'} pairs.")


@app.command("decide")
def decide(
    first: Annotated[str, typer.Argument(metavar="KEY", help="Old key of one of the pair.")],
    second: Annotated[str, typer.Argument(metavar="KEY", help="Old key of the other.")],
    protocol_id: ProtocolId,
    kind: Annotated[Kind, typer.Option("--kind", help="What the pair may be one of.")],
    merge: Annotated[
        bool, typer.Option("--merge/--keep-apart", help="They are one, or they are not.", show_default=False)
    ],
    why: Annotated[str, typer.Option("--why", metavar="TEXT", help="What shows it.")],
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Decide about a pair: it takes effect when a dump of the system is next published; nothing is undone by it.

    [dim]wattbook duplicates decide SA01/1/1 SA01/1/9 --protocol 1 --kind person --merge --why "passport seen"[/]
    """
    from legacy_migration.duplicates.decisions import decide as record
    from orchestration.answers import say, show_json
    from orchestration.command_line.surroundings import settings_with_database

    pair = record(settings_with_database(), protocol_id, kind.value, first, second, merge=merge, reason=why, by=by)
    if as_json:
        show_json(pair)
        return
    say(
        f"{pair.first_key} and {pair.second_key} are one {pair.kind}: from the next publishing of this system on."
        if pair.decided == "merge"
        else f"{pair.first_key} and {pair.second_key} stay apart."
    )
