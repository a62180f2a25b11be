"""`wattbook db ...`: the server and its data as an administrator handles them."""

# Imports inside the functions: listing the commands must not wait for what one of them needs.
# ruff: noqa: PLC0415
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from operational_db.refusal import Refusal
from orchestration.command_line.arguments import AsJson

app = typer.Typer(no_args_is_help=True, help="The database: start, stop, look, copy, bring back, throw away.")

BackupFile = Annotated[Path, typer.Argument(metavar="FILE", help="The backup file.", dir_okay=False)]


@app.command()
def start(as_json: AsJson = False) -> None:
    """Start the server and bring schema and reference data up to date.

    [dim]wattbook db start[/]
    """
    from operational_db import server
    from operational_db.schema import current_revision
    from operational_db.settings import load_settings
    from orchestration.answers import say, show_json
    from orchestration.readiness import build

    settings = load_settings()
    running = server.start(settings)
    build(settings)
    if as_json:
        revision = current_revision(settings)
        show_json({"dsn": running.dsn_shown, "port": running.port, "pid": running.pid, "revision": revision})
        return
    say(f"The database {settings.database_name} answers; psql users connect with:")
    say(f"  {running.dsn_shown}")


@app.command()
def stop() -> None:
    """Stop the embedded server cleanly."""
    from operational_db import server
    from operational_db.settings import load_settings
    from orchestration.answers import say

    say("Stopped." if server.stop(load_settings()) else "It was not running.")


@app.command()
def status(as_json: AsJson = False) -> None:
    """Say whether the server runs, where its data is and how large it is; changes nothing."""
    from operational_db import server
    from operational_db.settings import load_settings
    from orchestration.answers import grouped, say, show_json

    now = server.status(load_settings())
    if as_json:
        show_json(now)
        return
    if not now.is_running:
        where = f"its data is in {now.data_dir}" if now.data_dir else "it has no data yet"
        say(f"The embedded server does not run; {where}. Start it with `wattbook db start`.")
        return
    kind = "The embedded server" if now.is_embedded else "The server named in WATTBOOK_DATABASE_URL"
    say(f"{kind} runs PostgreSQL {now.version}: {now.dsn_shown}")
    if now.data_dir:
        say(f"Its data is in {now.data_dir}.")
    if now.database_bytes is not None:
        say(f"The database takes {grouped(now.database_bytes // 2**20)} MB.")


@app.command()
def reset(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Destroy all data: the embedded server's, or the database on a named server. Asks first."""
    from operational_db import server
    from operational_db.settings import load_settings
    from orchestration.answers import say

    settings = load_settings()
    what = (
        f"all data of the embedded server in {settings.var_dir}"
        if settings.is_embedded
        else f"the database {settings.database_name} on the server named in WATTBOOK_DATABASE_URL"
    )
    if not yes and not typer.confirm(f"Destroy {what}?"):
        raise Refusal("Nothing was destroyed; answer y, or give --yes, to destroy the data.")
    server.reset(settings)
    say("Destroyed. `wattbook db start` builds it anew, `wattbook demo` fills it.")


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def shell(context: typer.Context) -> None:
    """Open psql on the database; what follows is given to psql.

    [dim]wattbook db shell -- -c 'select count(*) from ops.account'[/]
    """
    import os

    from operational_db import server
    from operational_db.server.address import with_parts
    from operational_db.settings import load_settings

    settings = load_settings()
    running = server.start(settings)
    psql = server.bin_path(settings, "psql")
    # The password goes by the environment: arguments of a process can be read by others on the machine.
    from psycopg.conninfo import conninfo_to_dict

    password = conninfo_to_dict(running.dsn_admin).get("password")
    environment = os.environ | ({"PGPASSWORD": str(password)} if password else {})
    os.execve(psql, [str(psql), with_parts(running.dsn_admin, password=None), *context.args], environment)  # noqa: S606


@app.command()
def backup(
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help="Where to; else a dated file under var/.")] = None,
) -> None:
    """Copy the database into one file, while others go on working.

    [dim]wattbook db backup /mnt/copies/wattbook.dump[/]
    """
    from operational_db.server.backup import backup as back_up
    from orchestration.answers import grouped, say
    from orchestration.command_line.surroundings import settings_with_database
    from orchestration.progress import bars

    settings = settings_with_database()
    path = file or settings.var_dir / "backups" / f"{settings.database_name}_{datetime.now(UTC):%Y%m%d_%H%M%S}.dump"
    with bars() as on_progress:
        contents = back_up(settings, path, lambda done, total: on_progress("counting tables", done, total))
    say(f"{path}: {grouped(contents.row_count)} rows of {len(contents.tables)} tables.")
    say(f"Prove it with `wattbook db verify {path}`.")


@app.command()
def restore(
    file: BackupFile,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Replace the database by the backup, whole or not at all. Asks first."""
    from operational_db.server.backup import restore as bring_back
    from operational_db.settings import load_settings
    from orchestration.answers import grouped, say

    settings = load_settings()
    if not yes and not typer.confirm(f"Replace the database {settings.database_name} by {file}?"):
        raise Refusal("Nothing was replaced; answer y, or give --yes, to replace the database.")
    contents = bring_back(settings, file)
    say(f"Brought back {grouped(contents.row_count)} rows of {len(contents.tables)} tables as of {contents.taken_at}.")


@app.command()
def verify(file: BackupFile) -> None:
    """Prove that a backup can be brought back: restores it beside the database and compares every table."""
    from operational_db.server.backup import verify as differences_of
    from operational_db.settings import load_settings
    from orchestration.answers import say
    from orchestration.progress import bars

    with bars() as on_progress:
        found = differences_of(load_settings(), file, lambda done, total: on_progress("comparing tables", done, total))
    if found:
        raise Refusal(" ".join(difference.sentence() for difference in found))
    say(f"{file} holds every row that it says it holds.")
