"""A copy of the database in one file, brought back whole or not at all, and proved to be the same.

Beside the copy lies a list of what every table held at that instant (`contents`); verifying restores the copy
into a scratch database and compares. Works on the embedded server and on a real one.
"""

import hashlib
import json
import subprocess
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from operational_db import server
from operational_db.connections import connect_as_admin
from operational_db.refusal import Refusal
from operational_db.schema import ROLES_FILE
from operational_db.server.address import with_parts
from operational_db.server.binaries import bin_path
from operational_db.server.contents import Difference, OnTable, TableContents, differences, read_contents
from operational_db.server.data_directory import environment_without_postgres
from operational_db.server.databases import MAINTENANCE_DATABASE, drop_database, ensure_database
from operational_db.settings import Settings

_RESTORE_JOBS = 2
# Level 1: higher ones cost several times the seconds for a few per cent of the size.
_COMPRESSION_LEVEL = 1
_LONGEST_NAME = 63


@dataclass(frozen=True)
class BackupContents:
    """What a backup file holds; written beside it."""

    taken_at: str
    server_version: str
    file_sha256: str
    tables: list[TableContents]

    @property
    def row_count(self) -> int:
        return sum(table.row_count for table in self.tables)


def backup(settings: Settings, path: Path, on_table: OnTable | None = None) -> BackupContents:
    """Copy the database into the file, while others go on working; the file appears when it is whole."""
    if path.exists():
        raise Refusal(f"The backup {path} exists already and is not overwritten; name another file.")
    unfinished = path.with_name(path.name + ".unfinished")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.touch(mode=0o600)
    except OSError as error:
        raise Refusal(f"The backup {path} cannot be written ({error.strerror}); name another file.") from error
    with connect_as_admin(settings) as session:
        session.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        # The copy and the list are of the same instant.
        snapshot = session.execute("SELECT pg_export_snapshot()").fetchall()[0][0]
        version = session.info.server_version // 10000
        arguments = [
            "--format=custom",
            f"--compress={_COMPRESSION_LEVEL}",
            "--no-unlogged-table-data",
            f"--snapshot={snapshot}",
            f"--file={unfinished}",
        ]
        _run(settings, "pg_dump", version, settings.database_name, arguments)
        tables = list(read_contents(session, on_table))
        contents = BackupContents(
            taken_at=datetime.now(UTC).isoformat(timespec="seconds"),
            server_version=session.info.parameter_status("server_version") or "",
            file_sha256=_sha256(unfinished),
            tables=tables,
        )
    # The list first: a backup that is there always has its list.
    contents_file(path).write_text(json.dumps(asdict(contents), indent=1) + "\n", encoding="utf-8")
    unfinished.rename(path)
    return contents


def restore(settings: Settings, path: Path) -> BackupContents:
    """Put the copy in place of the database.

    It is restored beside it and they change places at the end: a run that fails leaves the old one as it was.
    """
    contents = _contents_of_whole_file(path)
    name = settings.database_name
    restored, replaced = _beside(name, "restored"), _beside(name, "replaced")
    _restore_into(settings, path, restored)
    with _maintenance_session(settings) as session:
        drop_database(session, replaced)
        ensure_database(session, name)
        try:
            with session.transaction():
                for old, new in ((name, replaced), (restored, name)):
                    _end_sessions(session, old)
                    rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
                    session.execute(rename.format(sql.Identifier(old), sql.Identifier(new)))
        except psycopg.errors.ObjectInUse as error:
            drop_database(session, restored)
            raise Refusal(
                f"The database {name} is in use and was left as it was; stop the dashboard and other "
                "programs, then restore again."
            ) from error
        drop_database(session, replaced)
    return contents


def verify(settings: Settings, path: Path, on_table: OnTable | None = None) -> list[Difference]:
    """Restore the copy into a scratch database and compare each table with the list; empty when all agree."""
    contents = _contents_of_whole_file(path)
    scratch = settings.model_copy(update={"database_name": _beside(settings.database_name, "verified")})
    _restore_into(settings, path, scratch.database_name)
    try:
        with connect_as_admin(scratch) as session:
            found = list(read_contents(session, on_table))
    finally:
        with _maintenance_session(settings) as session:
            drop_database(session, scratch.database_name)
    return differences(contents.tables, found)


def contents_file(path: Path) -> Path:
    return path.with_name(path.name + ".contents.json")


def read_backup_contents(path: Path) -> BackupContents:
    """The list beside a backup file, or one sentence about what is missing or broken."""
    if not path.is_file():
        raise Refusal(f"The backup {path} does not exist; name a file that `wattbook db backup` wrote.")
    try:
        stored = json.loads(contents_file(path).read_text(encoding="utf-8"))
        return BackupContents(**{**stored, "tables": [TableContents(**table) for table in stored["tables"]]})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Refusal(
            f"The list {contents_file(path)} that belongs to the backup is missing or broken; keep both files together."
        ) from error


def _contents_of_whole_file(path: Path) -> BackupContents:
    contents = read_backup_contents(path)
    if _sha256(path) != contents.file_sha256:
        raise Refusal(f"The backup {path} is not the file that was written: its SHA-256 differs; use another backup.")
    return contents


def _restore_into(settings: Settings, path: Path, name: str) -> None:
    """A fresh database with the rows of the file; dropped again when that fails."""
    with _maintenance_session(settings) as session:
        drop_database(session, name)
        ensure_database(session, name)
        version = session.info.server_version // 10000
    target = settings.model_copy(update={"database_name": name})
    with connect_as_admin(target) as session:
        # Roles belong to the whole server, so a copy of one database does not bring them.
        session.execute(ROLES_FILE.read_text(encoding="utf-8"))
    try:
        _run(settings, "pg_restore", version, name, ["--exit-on-error", f"--jobs={_RESTORE_JOBS}", str(path)])
    except Refusal:
        with _maintenance_session(settings) as session:
            drop_database(session, name)
        raise


def _run(settings: Settings, program: str, version: int, database: str, arguments: list[str]) -> None:
    address = with_parts(server.start(settings).dsn_admin, dbname=database)
    password = conninfo_to_dict(address).get("password")
    environment = environment_without_postgres() | ({"PGPASSWORD": str(password)} if password else {})
    # The password goes through the environment: a command line is there for everyone to read.
    command = [
        bin_path(settings, program, version),
        f"--dbname={with_parts(address, password=None)}",
        *arguments,
    ]
    answer = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if answer.returncode != 0:
        said = (answer.stderr or answer.stdout).strip().splitlines()
        raise Refusal(
            f"{program} failed on the database {database} ({'; '.join(said[-2:])}); nothing was changed: "
            "remove the cause and run it again."
        )


def _maintenance_session(settings: Settings) -> psycopg.Connection:
    return connect_as_admin(settings.model_copy(update={"database_name": MAINTENANCE_DATABASE}), autocommit=True)


def _end_sessions(session: psycopg.Connection, database: str) -> None:
    session.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()",
        (database,),
    )


def _beside(name: str, purpose: str) -> str:
    return f"{name[: _LONGEST_NAME - len(purpose) - 1]}_{purpose}"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
