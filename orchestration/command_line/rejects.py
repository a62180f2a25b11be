"""`wattbook rejects export`, `return`: rejected rows out to the old system's people, and back corrected."""

# Imports inside the functions: listing the commands must not wait for what one of them needs.
# ruff: noqa: PLC0415
from pathlib import Path
from typing import Annotated

import typer

from orchestration.command_line.arguments import AsJson

app = typer.Typer(no_args_is_help=True, help="Rejected rows of a load: out for correction, and back.")

ProtocolId = Annotated[int, typer.Option("--protocol", metavar="ID", help="The number of the protocol.")]
ProfileName = Annotated[
    str | None, typer.Option("--profile", metavar="NAME", help="The profile of the load, where it is a file elsewhere.")
]


@app.command("export")
def export(
    protocol_id: ProtocolId,
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="An empty folder for the files.", file_okay=False)],
    profile: ProfileName = None,
    as_json: AsJson = False,
) -> None:
    """Write the rejected rows that are still open, per file in its old layout, with reason and row number.

    [dim]wattbook rejects export --protocol 1 var/rejects[/]
    """
    from legacy_migration.rejects.export import export_rejects
    from orchestration.answers import grouped, say, show_json
    from orchestration.command_line.surroundings import settings_with_database

    exported = export_rejects(settings_with_database(), protocol_id, directory, profile=profile)
    if as_json:
        show_json(exported)
        return
    for path in exported.files:
        say(str(path))
    say(f"{grouped(exported.row_count)} rejected rows in {len(exported.files)} files, {exported.returned_count} others")
    say("came back before. Let the old program's people correct cells and leave the columns WB_... as they are; then")
    say(f"`wattbook rejects return --protocol {protocol_id} {directory} --by NAME`.")


@app.command("return")
def return_(
    protocol_id: ProtocolId,
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The corrected files.", file_okay=False)],
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who judges them: a user with the right to migrate.")],
    profile: ProfileName = None,
    as_json: AsJson = False,
) -> None:
    """Judge corrected rows of an accepted load by the same rules, and prepare their protocol to be accepted.

    [dim]wattbook rejects return --protocol 1 var/rejects --by administrator[/]
    """
    from legacy_migration.rejects.returning import return_rejects
    from orchestration.answers import grouped, say, show_json
    from orchestration.command_line.surroundings import settings_with_database
    from orchestration.progress import bars

    settings = settings_with_database()
    with bars() as on_progress:
        told = return_rejects(settings, protocol_id, directory, by=by, profile=profile, on_progress=on_progress)
    if as_json:
        show_json(told)
        return
    summary = told.summary
    if summary.was_there:
        say("These files came back before; nothing was taken in twice.")
    say(
        f"Protocol {summary.protocol_id} ({summary.state}) judges what came back: {grouped(summary.read_count)} facts "
        f"= {grouped(summary.loaded_count)} loaded + {grouped(summary.merged_count)} merged + "
        f"{grouped(summary.rejected_count)} rejected + {grouped(summary.out_of_scope_count)} out of scope."
    )
    say(
        f"Of {grouped(told.rejected_count)} rejected rows of protocol {protocol_id}, {grouped(told.returned_count)} "
        f"came back and {grouped(told.open_count)} are still open."
    )
    for sentence in told.left_open:
        say(f"Left open: {sentence}.")
    if summary.state == "prepared":
        say(f"Let a second person sign it: `wattbook accept --protocol {summary.protocol_id} --by NAME`.")
