"""The process of the embedded server: found, launched, ended.

One server per `var` directory, reachable from this machine only. Everything here may be killed at any
instant; the next call finds what is true and goes on. Which databases it holds belongs to `databases`.
"""

import fcntl
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from operational_db.refusal import Refusal
from operational_db.server.address import as_url
from operational_db.server.data_directory import (
    ADMIN_LOGIN,
    PostmasterPid,
    ServerFiles,
    check_ownership,
    environment_without_postgres,
    make_data_directory,
    read_postmaster_pid,
)
from operational_db.server.databases import MAINTENANCE_DATABASE, open_session
from operational_db.server.processes import is_alive, is_server_of, servers_in
from operational_db.server.run_as import RunAs, choose_run_as
from operational_db.server.tuning import server_options
from operational_db.settings import Settings

_POLL_SECONDS = 0.02
# Recovery replays at most max_wal_size of log, which takes minutes on a slow disk.
_READY_SECONDS = 600.0
_STOP_SECONDS = 120.0
_ORPHAN_SECONDS = 10.0
_PORT_ATTEMPTS = 3


def address_of(files: ServerFiles, port: int, database: str) -> str:
    return as_url(host="127.0.0.1", port=port, user=ADMIN_LOGIN, password=files.password(), dbname=database)


@contextmanager
def one_at_a_time(files: ServerFiles) -> Iterator[None]:
    """Two commands started together must not both start a server. The lock dies with its holder."""
    try:
        files.lock_file.parent.mkdir(parents=True, exist_ok=True)
        lock = files.lock_file.open("a")
    except OSError as error:
        raise Refusal(
            f"{files.lock_file} cannot be written ({error.strerror}); make it writable or name another "
            "directory in WATTBOOK_VAR_DIR."
        ) from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        check_ownership(files)
        yield


def find_running(files: ServerFiles) -> PostmasterPid | None:
    """The live server of this data directory, once it lets us in; None when there is none."""
    check_ownership(files)
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline:
        found = read_postmaster_pid(files)
        if found is None or not is_server_of(found.pid, files.data_dir):
            return None
        if _lets_us_in(files, found.port):
            return found
        time.sleep(_POLL_SECONDS)
    raise Refusal(
        f"The server of {files.data_dir} lives but has not answered for {_READY_SECONDS:.0f} seconds; read "
        f"{files.log_file}, then stop it with `wattbook db stop` and try again."
    )


def launch(settings: Settings, files: ServerFiles, bin_dir: Path) -> PostmasterPid:
    """Start a server that is known not to run, on new data when there are none."""
    files.server_dir.mkdir(parents=True, exist_ok=True)
    run_as = choose_run_as(files.server_dir, files.data_dir, bin_dir / "postgres")
    if files.exists:
        _clear_what_a_killed_server_left(files)
    else:
        make_data_directory(files, bin_dir, run_as)
    port = _remembered_port(files) or _free_port()
    for _ in range(_PORT_ATTEMPTS):
        log_starts_at = files.log_file.stat().st_size if files.log_file.exists() else 0
        pid = _spawn(_command(settings, files, bin_dir, run_as, port), files.log_file, run_as)
        found = _wait_until_ready(files, pid)
        if found is not None:
            files.port_file.write_text(f"{found.port}\n")
            return found
        complaints = _complaints(files.log_file, log_starts_at)
        if "could not create any TCP/IP sockets" not in complaints:
            raise Refusal(
                f"The database server did not start ({complaints or 'it said nothing'}); read "
                f"{files.log_file}, or run `wattbook doctor`."
            )
        # Someone took the port between our look and the server's.
        port = _free_port()
    raise Refusal("The database server found no free port on 127.0.0.1; close programs that listen there.")


def halt(files: ServerFiles) -> bool:
    """Stop cleanly; False when none was running."""
    running = read_postmaster_pid(files)
    if running is None or not is_server_of(running.pid, files.data_dir):
        return False
    # SIGINT: sessions are ended, work in progress is rolled back, the log is closed.
    _signal(running.pid, signal.SIGINT)
    if not _wait_for(lambda: not is_alive(running.pid), _STOP_SECONDS):
        # The next start recovers from its log.
        _signal(running.pid, signal.SIGQUIT)
        _wait_for(lambda: not is_alive(running.pid), _STOP_SECONDS)
    return True


def _command(settings: Settings, files: ServerFiles, bin_dir: Path, run_as: RunAs, port: int) -> list[str]:
    options = server_options(settings) | {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        # TCP alone: a deep checkout exceeds the 107 bytes of a socket's path, bulk loads are no slower
        # (measured), and every tool of ours needs TCP anyway.
        "unix_socket_directories": "",
    }
    command = [*run_as.prefix, str(bin_dir / "postgres"), "-D", str(files.data_dir)]
    for name, value in options.items():
        command += ["-c", f"{name}={value}"]
    return command


def _spawn(command: list[str], log_file: Path, run_as: RunAs) -> int:
    """Start the server in a process session of its own, without a parent.

    No key pressed here reaches it, and it leaves no zombie in a long-lived caller.
    """
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
            **run_as.popen_options(),
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


def _lets_us_in(files: ServerFiles, port: int) -> bool:
    """Only our own server knows the generated password, so a login also proves who answers on the port."""
    try:
        open_session(address_of(files, port, MAINTENANCE_DATABASE)).close()
    except psycopg.OperationalError:
        return False
    return True


def _clear_what_a_killed_server_left(files: ServerFiles) -> None:
    """After kill -9 of the server its sessions may outlive it and hold its memory."""
    orphans = servers_in(files.data_dir)
    for number in (signal.SIGQUIT, signal.SIGKILL):
        for pid in orphans:
            _signal(pid, number)
        if _wait_for(lambda: not any(is_alive(pid) for pid in orphans), _ORPHAN_SECONDS):
            break
    # A process number that was given to another program since would make PostgreSQL refuse to start.
    (files.data_dir / "postmaster.pid").unlink(missing_ok=True)


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass  # it ended by itself meanwhile
    except PermissionError as error:
        raise Refusal(
            f"The server process {pid} belongs to another user; run the command as that user or as root."
        ) from error


def _wait_for(condition: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(_POLL_SECONDS)
    return condition()


def _remembered_port(files: ServerFiles) -> int | None:
    """The port of the last time, so that an address someone noted stays right; None when it is taken."""
    if not files.port_file.is_file():
        return None
    text = files.port_file.read_text().strip()
    if not text.isdigit():
        return None
    with socket.socket() as probe:
        # PostgreSQL sets this too; without it a port whose last sessions are only just closed seems taken.
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


def _complaints(log_file: Path, starts_at: int) -> str:
    with log_file.open("rb") as log:
        log.seek(starts_at)
        lines = log.read().decode(errors="replace").splitlines()
    telling = [line for line in lines if "FATAL" in line or "PANIC" in line] or lines[-1:]
    return " ".join(line.partition("FATAL:  ")[2] or line for line in telling)
