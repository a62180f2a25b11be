"""The life of the server: started or adopted, stopped, asked how it is, thrown away.

One server per `var` directory, reachable from this machine only. Everything here may be killed at any instant; the next call
finds what is true and goes on from there. With WATTBOOK_DATABASE_URL the server is someone else's: it is only asked.
"""

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from operational_db.refusal import Refusal
from operational_db.server.binaries import OLDEST_SUPPORTED_VERSION, find_bin_dir
from operational_db.server.data_directory import (
    ADMIN_LOGIN,
    PostmasterPid,
    ServerFiles,
    environment_without_postgres,
    make_data_directory,
    read_postmaster_pid,
    server_files,
)
from operational_db.server.processes import is_alive, servers_in, working_directory
from operational_db.server.run_as import choose_run_as
from operational_db.server.tuning import server_options
from operational_db.settings import Settings, without_password

_POLL_SECONDS = 0.02
# Recovery replays at most max_wal_size of log, which is minutes on a slow disk.
_READY_SECONDS = 600.0
_STOP_SECONDS = 120.0
_ORPHAN_SECONDS = 10.0
_PORT_ATTEMPTS = 3
_MAINTENANCE_DATABASE = "postgres"
# Unsynchronised reads never see half a database: it is made under a name of its own and renamed by the server.
_DATABASE_EXISTS = "SELECT 1 FROM pg_database WHERE datname = %s"


@dataclass(frozen=True)
class ServerInfo:
    """A server that answers. `dsn_admin` holds the password; `dsn_shown` may be printed and works in psql on this machine."""

    dsn_admin: str
    dsn_shown: str
    port: int
    pid: int | None
    bin_dir: Path | None
    adopted: bool


@dataclass(frozen=True)
class ServerStatus:
    """How the server is, without changing anything."""

    is_embedded: bool
    is_running: bool
    dsn_shown: str | None
    pid: int | None
    version: str | None
    data_dir: Path | None
    database_bytes: int | None


def start(settings: Settings) -> ServerInfo:
    """Make sure that the server answers and that it has the database of the settings."""
    if not settings.is_embedded:
        return _reach_real_server(settings)
    files = server_files(settings)
    with _one_at_a_time(files):
        bin_dir = find_bin_dir(settings, files.major_version() if files.exists else None)
        running = _find_running(files)
        adopted = running is not None
        if running is None:
            running = _launch(settings, files, bin_dir)
        info = _info(settings, files, running, bin_dir, adopted)
        _ensure_database(settings, info.dsn_admin)
    return info


def stop(settings: Settings) -> bool:
    """Stop the embedded server cleanly; False when none was running."""
    if not settings.is_embedded:
        raise Refusal(
            "WATTBOOK_DATABASE_URL names a server that Wattbook did not start, so it is not stopped; stop it with its own tools."
        )
    files = server_files(settings)
    with _one_at_a_time(files):
        return _stop(files)


def reset(settings: Settings) -> None:
    """Destroy the data: the whole embedded server, or the one database on a real server. Whoever calls has asked first."""
    if settings.is_embedded:
        files = server_files(settings)
        with _one_at_a_time(files):
            _stop(files)
            if files.server_dir.exists():
                shutil.rmtree(files.server_dir)
        return
    with _maintenance_connection(settings, str(settings.database_url)) as connection:
        # A database name is an identifier: it cannot be a parameter.
        name = sql.Identifier(settings.database_name)
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))


def status(settings: Settings) -> ServerStatus:
    """What is true now; starts nothing."""
    if settings.is_embedded:
        files = server_files(settings)
        running = _find_running(files) if files.exists else None
        if running is None:
            return ServerStatus(True, False, None, None, None, files.data_dir if files.exists else None, None)
        info = _info(settings, files, running, None, True)
        data_dir = files.data_dir
    else:
        info = _reach_real_server(settings)
        data_dir = None
    with _connect(info.dsn_admin) as connection:
        row = connection.execute("SELECT current_setting('server_version'), pg_database_size(current_database())").fetchone()
    version, database_bytes = row if row is not None else (None, None)
    return ServerStatus(settings.is_embedded, True, info.dsn_shown, info.pid, version, data_dir, database_bytes)


def address_without_asking(settings: Settings) -> str | None:
    """The admin address as far as files tell, for a caller that will try it at once; None when there is no server yet."""
    if not settings.is_embedded:
        return make_conninfo(str(settings.database_url), dbname=settings.database_name)
    files = server_files(settings)
    running = read_postmaster_pid(files) if files.exists else None
    if running is None:
        return None
    return _info(settings, files, running, None, True).dsn_admin


@contextmanager
def _one_at_a_time(files: ServerFiles) -> Iterator[None]:
    """Two commands started together must not both start a server. The lock dies with its holder."""
    try:
        files.lock_file.parent.mkdir(parents=True, exist_ok=True)
        lock = files.lock_file.open("w")
    except OSError as error:
        raise Refusal(
            f"{files.lock_file.parent} cannot be written ({error.strerror}); make it writable or name another directory in "
            "WATTBOOK_VAR_DIR."
        ) from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _find_running(files: ServerFiles) -> PostmasterPid | None:
    """The live server on this data directory, once it lets us in; None when there is none."""
    if not files.exists:
        return None
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline:
        found = read_postmaster_pid(files)
        if found is None or not _is_ours(found, files):
            return None
        if _lets_us_in(files, found.port):
            return found
        time.sleep(_POLL_SECONDS)
    raise Refusal(f"The server in {files.data_dir} is alive but does not answer; read {files.log_file}, or stop it and try again.")


def _is_ours(found: PostmasterPid, files: ServerFiles) -> bool:
    """A number in postmaster.pid may have been given to another process since."""
    place = working_directory(found.pid)
    return is_alive(found.pid) and (place is None or place == files.data_dir.resolve())


def _lets_us_in(files: ServerFiles, port: int) -> bool:
    """Only our own server knows our generated password, so a login also proves who answers on the port."""
    try:
        _connect(_address(files, port, _MAINTENANCE_DATABASE)).close()
    except psycopg.OperationalError:
        return False
    return True


def _launch(settings: Settings, files: ServerFiles, bin_dir: Path) -> PostmasterPid:
    files.server_dir.mkdir(parents=True, exist_ok=True)
    run_as = choose_run_as(files.server_dir, files.data_dir, bin_dir / "postgres")
    if files.exists:
        _clear_what_a_killed_server_left(files)
    else:
        make_data_directory(files, bin_dir, run_as)
    port = _remembered_port(files)
    for _ in range(_PORT_ATTEMPTS):
        if port is None:
            port = _free_port()
        log_from = files.log_file.stat().st_size if files.log_file.exists() else 0
        options = server_options(settings) | {
            "listen_addresses": "127.0.0.1",
            "port": str(port),
            # TCP alone: a socket's path may hold 107 bytes, which a deep checkout exceeds, and two ways in are one too many.
            "unix_socket_directories": "",
        }
        command: list[str] = [*run_as.prefix, str(bin_dir / "postgres"), "-D", str(files.data_dir)]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        pid = _spawn(command, files.log_file, run_as.popen_options())
        found = _wait_until_ready(files, pid)
        if found is not None:
            files.port_file.write_text(f"{found.port}\n")
            return found
        complaints = _fatal_lines(files.log_file, log_from)
        if "could not create any TCP/IP sockets" not in complaints:
            raise Refusal(
                f"The database server did not start: {complaints or 'it said nothing'}; read {files.log_file}, "
                "or run `wattbook doctor`."
            )
        port = None
    raise Refusal("The database server found no free port on 127.0.0.1; close programs that listen there and try again.")


def _spawn(command: list[str], log_file: Path, popen_options: dict[str, object]) -> int:
    """Start the server in a process session of its own, with no parent left: no key pressed here reaches it, and it leaves no
    zombie in a long-lived caller."""
    with log_file.open("ab") as log:
        # The shell puts the server in the background, tells its number and ends.
        shell = subprocess.run(
            ["/bin/sh", "-c", '"$@" >/dev/null & echo $!', "sh", *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            check=True,
            text=True,
            start_new_session=True,
            cwd="/",
            env=environment_without_postgres(),
            **popen_options,  # type: ignore[call-overload]
        )
    return int(shell.stdout)


def _wait_until_ready(files: ServerFiles, pid: int) -> PostmasterPid | None:
    """The server once it lets us in; None when the process ended instead."""
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline:
        if not is_alive(pid):
            return None
        found = read_postmaster_pid(files)
        if found is not None and found.pid == pid and _lets_us_in(files, found.port):
            return found
        time.sleep(_POLL_SECONDS)
    raise Refusal(f"The database server is still recovering after {_READY_SECONDS:.0f} seconds; wait and try again.")


def _clear_what_a_killed_server_left(files: ServerFiles) -> None:
    """After kill -9 of the server its sessions may outlive it and hold its memory; a reused process number may block it."""
    orphans = servers_in(files.data_dir)
    for pid in orphans:
        _signal(pid, signal.SIGQUIT)
    if not _wait_for(lambda: not any(is_alive(pid) for pid in orphans), _ORPHAN_SECONDS):
        for pid in orphans:
            _signal(pid, signal.SIGKILL)
    left = read_postmaster_pid(files)
    if left is not None and not _is_ours(left, files):
        (files.data_dir / "postmaster.pid").unlink(missing_ok=True)


def _stop(files: ServerFiles) -> bool:
    running = read_postmaster_pid(files) if files.exists else None
    if running is None or not _is_ours(running, files):
        return False
    # SIGINT: sessions are ended, work in progress is rolled back, the log is closed.
    _signal(running.pid, signal.SIGINT)
    if not _wait_for(lambda: not is_alive(running.pid), _STOP_SECONDS):
        _signal(running.pid, signal.SIGQUIT)
        _wait_for(lambda: not is_alive(running.pid), _STOP_SECONDS)
    return True


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass  # it ended by itself meanwhile
    except PermissionError as error:
        raise Refusal(f"The server process {pid} belongs to another user; run the command as that user or as root.") from error


def _wait_for(condition: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(_POLL_SECONDS)
    return condition()


def _remembered_port(files: ServerFiles) -> int | None:
    """The port of the last time, so that addresses that people noted down stay right; None when someone else took it."""
    if not files.port_file.is_file():
        return None
    text = files.port_file.read_text().strip()
    if not text.isdigit():
        return None
    with socket.socket() as probe:
        # A server has SO_REUSEADDR too; without it a port in TIME_WAIT would seem taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(text)))
        except (OSError, OverflowError):
            return None
    return int(text)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _fatal_lines(log_file: Path, offset: int) -> str:
    with log_file.open("rb") as log:
        log.seek(offset)
        lines = log.read().decode(errors="replace").splitlines()
    telling = [line for line in lines if "FATAL" in line or "PANIC" in line] or lines[-1:]
    return " ".join(line.partition("FATAL:  ")[2] or line for line in telling)


def _address(files: ServerFiles, port: int, database: str) -> str:
    return make_conninfo(host="127.0.0.1", port=port, user=ADMIN_LOGIN, password=files.password(), dbname=database)


def _info(
    settings: Settings, files: ServerFiles, running: PostmasterPid, bin_dir: Path | None, adopted: bool
) -> ServerInfo:
    dsn_admin = _address(files, running.port, settings.database_name)
    dsn_shown = make_conninfo(without_password(dsn_admin), passfile=str(files.password_file))
    return ServerInfo(dsn_admin, dsn_shown, running.port, running.pid, bin_dir, adopted)


def _reach_real_server(settings: Settings) -> ServerInfo:
    address = str(settings.database_url)
    shown = without_password(address)
    with _maintenance_connection(settings, address) as connection:
        version = connection.info.server_version // 10000
        port = connection.info.port
    if version < OLDEST_SUPPORTED_VERSION:
        raise Refusal(
            f"The server named by WATTBOOK_DATABASE_URL ({shown}) is PostgreSQL {version}; Wattbook needs "
            f"{OLDEST_SUPPORTED_VERSION} or later: upgrade it or unset the variable to use the embedded server."
        )
    dsn_admin = make_conninfo(address, dbname=settings.database_name)
    _ensure_database(settings, dsn_admin)
    return ServerInfo(dsn_admin, without_password(dsn_admin), port, None, None, True)


def _maintenance_connection(settings: Settings, address: str) -> psycopg.Connection:
    """A session outside the supplier's database, where it can be created and dropped."""
    try:
        return _connect(make_conninfo(address, dbname=_MAINTENANCE_DATABASE))
    except psycopg.OperationalError as error:
        reason = str(error).strip().splitlines()[-1]
        if settings.is_embedded:
            raise Refusal(f"The database server does not answer ({reason}); run `wattbook doctor`.") from error
        raise Refusal(
            f"The server named by WATTBOOK_DATABASE_URL ({without_password(address)}) does not let us in ({reason}); "
            "correct the address or unset the variable to use the embedded server."
        ) from error


def _ensure_database(settings: Settings, address: str) -> None:
    with _maintenance_connection(settings, address) as connection:
        name = settings.database_name
        if connection.execute(_DATABASE_EXISTS, (name,)).fetchone() is not None:
            return
        # Reading the catalogue's own locale keeps the embedded choice; a real server's template may have another one.
        is_builtin = connection.info.server_version >= 170000
        locale = (
            "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C'"
            if is_builtin
            else "LOCALE_PROVIDER libc LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'"
        )
        command = f"CREATE DATABASE {{}} TEMPLATE template0 ENCODING 'UTF8' {locale}"
        try:
            connection.execute(sql.SQL(command).format(sql.Identifier(name)))
        except psycopg.errors.DuplicateDatabase:
            pass  # another command made it a moment ago
        except psycopg.Error as error:
            raise Refusal(
                f"The database {name} does not exist and cannot be created ({str(error).strip().splitlines()[0]}); create it "
                "by hand with encoding UTF8, or give the login the right CREATEDB."
            ) from error


def _connect(address: str) -> psycopg.Connection:
    parts = conninfo_to_dict(address)
    parts.setdefault("connect_timeout", 10)
    return psycopg.connect(make_conninfo(**parts), autocommit=True)
