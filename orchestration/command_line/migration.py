"""`wattbook generate`, `migrate`, `protocol`, `accept`, `withdraw`: legacy files into the book, with proof."""

# Imports inside the functions: listing the commands must not wait for what one of them needs.
# ruff: noqa: PLC0415
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import click
import typer
from typer.core import TyperGroup

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


class _FolderOrCommand(TyperGroup):
    """`migrate DIR` loads a folder, `migrate inspect DIR` looks at one: what does not begin with a command is a load.

    A folder called as a command is given as `./inspect`.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in (*self.commands, "-h", "--help"):
            args = ["load", *args]
        return super().parse_args(ctx, args)


migrating = typer.Typer(
    cls=_FolderOrCommand,
    no_args_is_help=True,
    help="Load legacy files beside the book, or look at unknown ones.",
    epilog="`wattbook migrate DIR` is short for `wattbook migrate load DIR`.",
)


@migrating.command("load")
def migrate(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The directory with the legacy files.")],
    profile: Annotated[str, typer.Option(metavar="NAME", help="The description of these files.")] = "merged_utility",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show all that a load would find, and keep nothing.")
    ] = False,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Load legacy files beside the book, judge every row, and prepare the protocol to be accepted.

    [dim]wattbook migrate var/my_utility[/]
    [dim]wattbook migrate --profile bdgd ../shared/real_feeder[/]
    [dim]wattbook migrate --profile drafts/district.yaml --dry-run dumps/district[/]
    """
    if dry_run:
        _try(directory, profile, by, as_json=as_json)
        return
    from legacy_migration.commands import migrate as load
    from legacy_migration.expectations.commands import check_load
    from orchestration.answers import say, show_json
    from orchestration.command_line.expecting import tell
    from orchestration.command_line.surroundings import settings_with_database
    from orchestration.progress import bars

    settings = settings_with_database()
    with bars() as on_progress:
        summary = load(settings, directory, profile=profile, by=by, on_progress=on_progress)
        found = check_load(settings, summary.protocol_id)
    if as_json:
        show_json(summary)
        return
    _show(summary)
    tell(found, summary.protocol_id, every=False)
    say(f"Read it with `wattbook protocol {summary.protocol_id}`, then sign it with")
    say(f"`wattbook accept --protocol {summary.protocol_id} --by NAME`.")


def _try(directory: Path, profile: str, by: str, *, as_json: bool) -> None:
    from legacy_migration.dry_run import try_load
    from orchestration.answers import say, show_json, show_table
    from orchestration.command_line.surroundings import settings_with_database
    from orchestration.progress import bars

    settings = settings_with_database()
    with bars() as on_progress:
        tried = try_load(settings, directory, profile=profile, by=by, on_progress=on_progress)
    if as_json:
        show_json(tried)
        return
    for name, title in _TRIED.items():
        figures = tried.figures[name]
        if figures.rows:
            shown = [[_as_text(cell) for cell in row] for row in figures.rows[:_ROWS_SHOWN]]
            show_table(figures.headings, shown, title=title)
            if len(figures.rows) > _ROWS_SHOWN:
                say(f"... and {len(figures.rows) - _ROWS_SHOWN} more; all of them with --json.")
            say("")
    _show_counts(tried.summary)
    if tried.summary.was_there:
        say("These files were judged before by the same profile; this is what their protocol says.")
    say("This was a dry run: nothing of it was kept.")


_ROWS_SHOWN = 40
_TRIED = {
    "files": "Files",
    "entities": "Rows by kind of fact",
    "reasons": "Rows that are not simply loaded, with what is at stake",
    "checks": "What must agree",
    "differences": "Figures that the dump itself contradicts",
    "rejects": "Rejects",
    "remarks": "Remarks on rows that would be loaded",
}
"""Which tables of a protocol a dry run shows, in this order."""


def _as_text(cell: object) -> object:
    return f"{cell:f}" if isinstance(cell, Decimal) else cell


def inspect(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The directory with the unknown files.")],
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Where the drafted profile goes.")] = None,
    page: Annotated[Path | None, typer.Option(metavar="FILE", help="Where the report goes as an HTML page.")] = None,
    as_json: AsJson = False,
) -> None:
    """Look at an unknown dump: its files, keys, types, encodings, relations, code lists, and what looks wrong.

    [dim]wattbook migrate inspect dumps/district --out drafts/district.yaml[/]
    """
    from legacy_migration.inspection.draft import finished_draft
    from legacy_migration.inspection.dump import inspect_dump
    from legacy_migration.inspection.page import render_page
    from legacy_migration.inspection.report import sections_of
    from orchestration.answers import say, show_json, show_table
    from orchestration.progress import bars

    for path in filter(None, (out, page)):
        _require_free(path)
    with bars() as on_progress:
        inspection = inspect_dump(directory, on_progress)
    if page is not None:
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(render_page(inspection), encoding="utf-8")
    told = finished_draft(inspection, out) if out is not None else ""
    if as_json:
        show_json(inspection)
        return
    for section in sections_of(inspection):
        say(f"{section.title}")
        for sentence in section.sentences:
            say(sentence)
        if section.rows:
            show_table(section.heads, section.rows)
        say("")
    if out is not None:
        say(told)
        say(f"Finish it by editing, then try it: `wattbook migrate --profile {out} --dry-run {directory}`.")
    else:
        say("Draft a profile from it with --out FILE.yaml.")


migrating.command("inspect")(inspect)


def _require_free(path: Path) -> None:
    """An analyst's work is never overwritten."""
    from operational_db.refusal import Refusal

    if path.exists():
        raise Refusal(f"There is a file {path} already; name another one, or move it away.")
    if path.parent.is_file():
        raise Refusal(f"{path.parent} is a file, not a folder; name another place for {path.name}.")


def protocol(
    protocol_id: Annotated[int, typer.Argument(metavar="ID", help="The number of the protocol.")],
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where the pages go; else var/protocols.", file_okay=False)
    ] = None,
    pdf: Annotated[bool, typer.Option("--pdf/--no-pdf", help="Whether to set the paper too.")] = True,
    as_json: AsJson = False,
) -> None:
    """Write a protocol as HTML, XLSX, PDF and signed pages with the program that checks them, and show what it says.

    [dim]wattbook protocol 1[/]
    [dim]python3 var/protocols/verify_protocol.py var/protocols/protocol_1.json[/]
    """
    from legacy_migration.commands import summarise
    from legacy_migration.signing.filing import FORMS, write_protocol
    from orchestration.answers import say, show_json
    from orchestration.command_line.surroundings import settings_with_database

    settings = settings_with_database()
    forms = FORMS if pdf else tuple(form for form in FORMS if form != "pdf")
    paths = write_protocol(settings, protocol_id, out or settings.var_dir / "protocols", forms=forms)
    summary = summarise(settings, protocol_id)
    if as_json:
        show_json({"protocol": summary, "files": paths})
        return
    _show(summary)
    for path in paths:
        say(str(path))


def accept(protocol_id: ProtocolId, by: Signer) -> None:
    """Sign a protocol: its accepted rows go into the book. Who prepared it does not accept it too.

    [dim]wattbook accept --protocol 1 --by approver[/]
    """
    from legacy_migration.commands import accept as sign
    from legacy_migration.expectations.commands import check_load
    from orchestration.answers import say
    from orchestration.command_line.surroundings import settings_with_database
    from orchestration.progress import bars

    settings = settings_with_database()
    check_load(settings, protocol_id)
    with bars() as on_progress:
        summary = sign(settings, protocol_id, by=by, on_progress=on_progress)
    if summary.was_there:
        say(f"Protocol {protocol_id} was accepted before; nothing was done.")
    else:
        say(f"Protocol {protocol_id} is accepted; its rows are in the book and can be billed.")


def withdraw(protocol_id: ProtocolId, by: Signer) -> None:
    """Take an accepted load out of the book again; possible until its first bill.

    [dim]wattbook withdraw --protocol 1 --by approver[/]
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
    _show_counts(summary)


def _show_counts(summary: "ProtocolSummary") -> None:
    from orchestration.answers import grouped, say

    say(
        f"{grouped(summary.read_count)} facts read = {grouped(summary.loaded_count)} loaded + "
        f"{grouped(summary.merged_count)} merged + {grouped(summary.rejected_count)} rejected + "
        f"{grouped(summary.out_of_scope_count)} deleted in the old program."
    )
    say(f"{summary.differing_count or 'No'} control sums differ.")
