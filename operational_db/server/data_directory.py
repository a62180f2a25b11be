"""The files of the embedded server below `var/postgres` and how a new data directory is made.

Starting and stopping the server on them belongs to `embedded`.
"""

import os
import secrets
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from operational_db.refusal import Refusal
from operational_db.server.binaries import server_major_version
from operational_db.server.run_as import RunAs
from operational_db.settings import Settings

ADMIN_LOGIN = "postgres"
_BUILTIN_LOCALE_SINCE = 17


@dataclass(frozen=True)
class ServerFiles:
    """Where everything of the server is."""

    server_dir: Path

    @property
    def data_dir(self) -> Path:
        return self.server_dir / "data"

    @property
    def password_file(self) -> Path:
        """In libpq's format, so that `psql` reads it through `passfile=`."""
        return self.server_dir / "pgpass"

    @property
    def port_file(self) -> Path:
        return self.server_dir / "port"

    @property
    def log_file(self) -> Path:
        return self.server_dir / "server.log"

    @property
    def lock_file(self) -> Path:
        # Beside the directory, not in it: `reset` removes the directory while it holds the lock.
        return self.server_dir.parent / "postgres.lock"

    @property
    def exists(self) -> bool:
        return self.data_dir.is_dir()

    def major_version(self) -> int:
        try:
            return int((self.data_dir / "PG_VERSION").read_text())
        except (FileNotFoundError, ValueError) as error:
            raise Refusal(
                f"{self.data_dir} is no PostgreSQL data directory: its PG_VERSION is missing or empty; bring the "
                "directory back from a copy, or run `wattbook db reset` and restore a backup."
            ) from error

    def password(self) -> str:
        try:
            return self.password_file.read_text().strip().rpartition(":")[2]
        except OSError as error:
            raise Refusal(
                f"The database's password cannot be read from {self.password_file} ({error.strerror}); "
                "run as the user who started it, or put the file back from a backup of the directory."
            ) from error


@dataclass(frozen=True)
class PostmasterPid:
    """What a running server says of itself in `postmaster.pid`."""

    pid: int
    port: int


def server_files(settings: Settings) -> ServerFiles:
    return ServerFiles(settings.var_dir / "postgres")


def read_postmaster_pid(files: ServerFiles) -> PostmasterPid | None:
    """None when there is no such file, or when the server has not written it whole yet."""
    try:
        lines = (files.data_dir / "postmaster.pid").read_text().splitlines()
    except (FileNotFoundError, NotADirectoryError):
        return None
    if len(lines) < 4 or not lines[0].strip().isdigit() or not lines[3].strip().isdigit():
        return None
    return PostmasterPid(pid=int(lines[0]), port=int(lines[3]))


def check_ownership(files: ServerFiles) -> None:
    """PostgreSQL keeps its directory to one user; another user is told so."""
    if files.exists and not os.access(files.data_dir, os.R_OK | os.W_OK | os.X_OK):
        raise Refusal(
            f"The database in {files.data_dir} belongs to user number {files.data_dir.stat().st_uid}; run as "
            "that user or as root, or name a directory of your own in WATTBOOK_VAR_DIR."
        )


def make_data_directory(files: ServerFiles, bin_dir: Path, run_as: RunAs) -> None:
    """Make the data directory whole or not at all: a killed run leaves one that the next run throws away."""
    for left in files.server_dir.glob("data.unfinished.*"):
        # An initdb that outlived its killed starter may still write there; it fails, and what is left goes next time.
        shutil.rmtree(left, ignore_errors=True)
    unfinished = files.server_dir / f"data.unfinished.{os.getpid()}"
    password_for_initdb = files.server_dir / "initdb.password"
    unfinished.mkdir(mode=0o700)
    run_as.take_over(unfinished)
    password = secrets.token_urlsafe(32)
    _write_secret(files.password_file, f"127.0.0.1:*:*:{ADMIN_LOGIN}:{password}\n")
    _write_secret(password_for_initdb, password)
    run_as.take_over(password_for_initdb)
    command: list[str | Path] = [
        *run_as.prefix,
        bin_dir / "initdb",
        f"--pgdata={unfinished}",
        f"--username={ADMIN_LOGIN}",
        "--auth=scram-sha-256",
        f"--pwfile={password_for_initdb}",
        "--encoding=UTF8",
        *_locale_options(server_major_version(bin_dir)),
        "--no-sync",
    ]
    answer = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env=environment_without_postgres(),
        **run_as.popen_options(),
    )
    password_for_initdb.unlink()
    if answer.returncode != 0:
        said = (answer.stderr or answer.stdout).strip().splitlines()
        raise Refusal(
            f"PostgreSQL could not make its data directory in {files.server_dir} ({'; '.join(said[-2:])}); "
            "free some space or name another directory in WATTBOOK_VAR_DIR."
        )
    unfinished.rename(files.data_dir)


def discard(files: ServerFiles) -> None:
    """Throw everything of a stopped server away; from the first instant no half of it can be taken for a server."""
    if files.server_dir.exists():
        files.server_dir.rename(files.server_dir.with_name(f"{files.server_dir.name}.discarded.{os.getpid()}"))
    for left in files.server_dir.parent.glob(f"{files.server_dir.name}.discarded.*"):
        shutil.rmtree(left)


def environment_without_postgres() -> dict[str, str]:
    """This process's environment less libpq's variables, which would send the programs elsewhere."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")}


def _locale_options(major_version: int) -> list[str]:
    """One order of strings on every machine: bytes; and lower() that knows Cyrillic."""
    if major_version >= _BUILTIN_LOCALE_SINCE:
        return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    return ["--locale=C", "--lc-ctype=C.UTF-8"]


def _write_secret(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
