"""`wattbook generate`, `migrate`, `protocol`, `accept`, `withdraw`: legacy files into the book, with proof."""

# Imports inside the functions: listing the commands must not wait for what one of them needs.
# ruff: noqa: PLC0415
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.command_line.arguments import FIRST_USER, AsJson, ByUser

if TYPE_CHECKING:
    from legacy_migration.commands import ProtocolSummary

Signer = Annotated[
    str, typer.Option("--by", metavar="NAME", help="Who answers for it: a user who holds the right to accept loads.")
]
DIFFERENCES_SHOWN = 50
ProtocolId = Annotated[int, typer.Option("--protocol", metavar="ID", help="The number of the protocol.")]


def generate(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Where the files go.", file_okay=False)],
    accounts: Annotated[int, typer.Option(min=1, help="How many consumers.")] = 20_000,
    months: Annotated[int, typer.Option(min=1, max=120, help="How many months of readings and payments.")] = 6,
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same bytes.")] = 1,
) -> None:
    """Write the legacy files of a made-up merged utility, with faults planted.

    [dim]wattbook generate --accounts 2000 --months 3 --seed 7 var/my_utility[/]
    """
    from orchestration.answers import say
    from orchestration.made_up_utility import MadeUpUtility, write
    from orchestration.progress import bars

    with bars() as on_progress:
        write(MadeUpUtility(accounts, months, seed), directory, on_progress)
    say(f"Wrote the files of {accounts} consumers over {months} months to {directory}.")
    say(f"Load them with `wattbook migrate {directory}`.")


def migrate(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The directory with the legacy files.")],
    profile: Annotated[str, typer.Option(metavar="NAME", help="The description of these files.")] = "merged_utility",
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Load legacy files beside the book, judge every row, and prepare the protocol to be accepted.

    [dim]wattbook migrate var/my_utility[/]
    [dim]wattbook migrate --profile bdgd ../shared/real_feeder[/]
    """
    from legacy_migration.commands import migrate as load
    from orchestration.answers import say, show_json
    from orchestration.command_line.surroundings import settings_with_database
    from orchestration.progress import bars

    settings = settings_with_database()
    with bars() as on_progress:
        summary = load(settings, directory, profile=profile, by=by, on_progress=on_progress)
    if as_json:
        show_json(summary)
        return
    _show(summary)
    say(f"Read it with `wattbook protocol {summary.protocol_id}`, then sign it with")
    say(f"`wattbook accept --protocol {summary.protocol_id} --by NAME`.")


def protocol(
    protocol_id: Annotated[int, typer.Argument(metavar="ID", help="The number of the protocol.")],
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where the pages go; else var/protocols.", file_okay=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write a protocol as HTML and XLSX, and show what it says.

    [dim]wattbook protocol 1[/]
    """
    from legacy_migration.commands import summarise, write_protocol
    from orchestration.answers import say, show_json
    from orchestration.command_line.surroundings import settings_with_database

    settings = settings_with_database()
    paths = write_protocol(settings, protocol_id, out or settings.var_dir / "protocols")
    summary = summarise(settings, protocol_id)
    if as_json:
        show_json({"protocol": summary, "files": paths})
        return
    _show(summary)
    for path in paths:
        say(str(path))


def accept(protocol_id: ProtocolId, by: Signer) -> None:
    """Sign a protocol: its accepted rows go into the book.

    [dim]wattbook accept --protocol 1 --by administrator[/]
    """
    from legacy_migration.commands import accept as sign
    from orchestration.answers import say
    from orchestration.command_line.surroundings import settings_with_database
    from orchestration.progress import bars

    settings = settings_with_database()
    with bars() as on_progress:
        summary = sign(settings, protocol_id, by=by, on_progress=on_progress)
    if summary.was_there:
        say(f"Protocol {protocol_id} was accepted before; nothing was done.")
    else:
        say(f"Protocol {protocol_id} is accepted; its rows are in the book and can be billed.")


def withdraw(protocol_id: ProtocolId, by: Signer) -> None:
    """Take an accepted load out of the book again; possible until its first bill.

    [dim]wattbook withdraw --protocol 1 --by administrator[/]
    """
    from legacy_migration.commands import withdraw as take_back
    from orchestration.answers import say
    from orchestration.command_line.surroundings import settings_with_database

    take_back(settings_with_database(), protocol_id, by=by)
    say(f"The load of protocol {protocol_id} is withdrawn; the same files can be migrated again.")


def compare_load(
    protocol_id: ProtocolId,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Compare the book with what a load brought, row by row and both ways; say what changed since and by whom.

    [dim]wattbook compare-load --protocol 1[/]
    """
    from legacy_migration.reconciliation.comparing import compare_load as compare
    from orchestration.answers import grouped, say, show_json
    from orchestration.command_line.surroundings import settings_with_database

    found = compare(settings_with_database(), protocol_id, by=by)
    if as_json:
        show_json(found)
        return
    for difference in found.differences[:DIFFERENCES_SHOWN]:
        say(difference.sentence)
    left = len(found.differences) - DIFFERENCES_SHOWN
    if left > 0:
        say(f"... and {grouped(left)} more, in migration.book_difference of comparison {found.comparison_id}.")
    compared = sum(kind.loaded_count for kind in found.kinds)
    say(
        f"{grouped(compared)} loaded rows compared with {grouped(sum(kind.book_count for kind in found.kinds))} "
        "rows of "
        f"the book: {grouped(len(found.differences)) if found.differences else 'none'} differ."
    )


def _show(summary: "ProtocolSummary") -> None:
    from orchestration.answers import grouped, say

    if summary.was_there:
        say("These files were judged before by the same profile; nothing was loaded twice.")
    say(
        f"Protocol {summary.protocol_id} ({summary.state}): {grouped(summary.row_count)} rows "
        f"in {summary.file_count} files."
    )
    say(
        f"{grouped(summary.read_count)} facts read = {grouped(summary.loaded_count)} loaded + "
        f"{grouped(summary.merged_count)} merged + {grouped(summary.rejected_count)} rejected + "
        f"{grouped(summary.out_of_scope_count)} deleted in the old program."
    )
    say(f"{summary.differing_count or 'No'} control sums differ.")
