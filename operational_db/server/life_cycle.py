"""The life of the server as commands see it: started or adopted, stopped, asked how it is, thrown away.

With WATTBOOK_DATABASE_URL the server is someone else's: it is reached, never started or stopped.
"""

from dataclasses import dataclass
from pathlib import Path

import psycopg

from operational_db.refusal import Refusal
from operational_db.server import embedded
from operational_db.server.address import with_parts, without_password
from operational_db.server.binaries import find_bin_dir
from operational_db.server.data_directory import (
    PostmasterPid,
    ServerFiles,
    discard,
    read_postmaster_pid,
    server_files,
)
from operational_db.server.databases import (
    MAINTENANCE_DATABASE,
    check_version,
    database_bytes,
    drop_database,
    ensure_database,
    open_session,
    reach,
)
from operational_db.settings import Settings

_URL_VARIABLE = "WATTBOOK_DATABASE_URL"


@dataclass(frozen=True)
class ServerInfo:
    """A server that answers. `dsn_admin` holds the password; `dsn_shown` may be printed, for psql."""

    dsn_admin: str
    dsn_shown: str
    port: int
    pid: int | None
    bin_dir: Path | None
    adopted: bool


@dataclass(frozen=True)
class ServerStatus:
    """How the server is; asking changes nothing."""

    is_embedded: bool
    is_running: bool
    dsn_shown: str | None = None
    pid: int | None = None
    version: str | None = None
    data_dir: Path | None = None
    database_bytes: int | None = None


def start(settings: Settings) -> ServerInfo:
    """Make sure that the server answers and that it has the database of the settings."""
    if not settings.is_embedded:
        return _reach_real_server(settings)
    files = server_files(settings)
    with embedded.one_at_a_time(files):
        bin_dir = find_bin_dir(settings, files.major_version() if files.exists else None)
        found = embedded.find_running(files)
        running = found or embedded.launch(settings, files, bin_dir)
        dsn_admin, dsn_shown = _addresses(settings, files, running)
        with open_session(with_parts(dsn_admin, dbname=MAINTENANCE_DATABASE)) as connection:
            ensure_database(connection, settings.database_name)
    return ServerInfo(dsn_admin, dsn_shown, running.port, running.pid, bin_dir, adopted=found is not None)


def stop(settings: Settings) -> bool:
    """Stop the embedded server cleanly; False when none was running."""
    if not settings.is_embedded:
        raise Refusal(
            f"{_URL_VARIABLE} names a server that Wattbook did not start, so it is not stopped; stop it with "
            "its own tools."
        )
    files = server_files(settings)
    with embedded.one_at_a_time(files):
        return embedded.halt(files)


def reset(settings: Settings) -> None:
    """Destroy the data: the whole embedded server, or one database on a real server. The caller has asked."""
    if not settings.is_embedded:
        maintenance = with_parts(str(settings.database_url), dbname=MAINTENANCE_DATABASE)
        with reach(maintenance, _URL_VARIABLE) as connection:
            drop_database(connection, settings.database_name)
        return
    files = server_files(settings)
    with embedded.one_at_a_time(files):
        embedded.halt(files)
        discard(files)


def status(settings: Settings) -> ServerStatus:
    """What is true now; starts nothing and makes nothing."""
    name = settings.database_name
    if not settings.is_embedded:
        address = with_parts(str(settings.database_url), dbname=name)
        with reach(address, _URL_VARIABLE) as connection:
            shown, version = without_password(address), _version(connection)
            return ServerStatus(False, True, shown, version=version, database_bytes=database_bytes(connection, name))
    files = server_files(settings)
    running = embedded.find_running(files)
    if running is None:
        return ServerStatus(True, False, data_dir=files.data_dir if files.exists else None)
    dsn_admin, dsn_shown = _addresses(settings, files, running)
    with open_session(with_parts(dsn_admin, dbname=MAINTENANCE_DATABASE)) as connection:
        size = database_bytes(connection, name)
        return ServerStatus(True, True, dsn_shown, running.pid, _version(connection), files.data_dir, size)


def address_without_asking(settings: Settings) -> str | None:
    """The admin address as far as files tell, for a caller who tries it at once; None when no server runs."""
    if not settings.is_embedded:
        return with_parts(str(settings.database_url), dbname=settings.database_name)
    files = server_files(settings)
    running = read_postmaster_pid(files)
    return None if running is None else _addresses(settings, files, running)[0]


def _addresses(settings: Settings, files: ServerFiles, running: PostmasterPid) -> tuple[str, str]:
    """With the password, and fit to be shown."""
    dsn_admin = embedded.address_of(files, running.port, settings.database_name)
    return dsn_admin, with_parts(dsn_admin, password=None, passfile=str(files.password_file))


def _reach_real_server(settings: Settings) -> ServerInfo:
    address = with_parts(str(settings.database_url), dbname=settings.database_name)
    with reach(address, _URL_VARIABLE) as connection:
        check_version(connection, _URL_VARIABLE)
        ensure_database(connection, settings.database_name)
        port = connection.info.port
    return ServerInfo(address, without_password(address), port, None, None, adopted=True)


def _version(connection: psycopg.Connection) -> str:
    return connection.info.parameter_status("server_version") or ""
