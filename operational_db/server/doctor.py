"""What is wrong with an installation, told in sentences that say what to do.

Each finding looks at one thing and changes nothing. Whether the rows are right is not asked here: that is what the data
checks of the warehouse are for.
"""

import os
import shutil
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from operational_db.chromium import find_chromium
from operational_db.connections import Role, connect_as_admin
from operational_db.pango import NO_PANGO, find_weasyprint
from operational_db.refusal import Refusal
from operational_db.schema import current_revision, newest_revision
from operational_db.server.binaries import bin_path, find_bin_dir, server_major_version
from operational_db.server.data_directory import ServerFiles, read_postmaster_pid, server_files
from operational_db.server.life_cycle import ServerStatus, status
from operational_db.server.processes import is_server_of
from operational_db.server.tuning import machine_memory_mb
from operational_db.settings import Settings

_GIBIBYTE = 1024**3
# The demonstration of 20,000 accounts takes about 1 GB; a province for a year about 20.
_LEAST_FREE_BYTES = 3 * _GIBIBYTE
_LEAST_MEMORY_MB = 3 * 1024


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    ok: bool
    sentence: str


def diagnose(settings: Settings) -> list[Finding]:
    """Look at everything; what cannot be looked at because of an earlier fault is left out."""
    findings = [_told(look, settings) for look in _MACHINE]
    if settings.is_embedded:
        findings += [_told(look, settings) for look in _EMBEDDED]
    try:
        now = status(settings)
    except Refusal as refusal:
        return [*findings, Finding(False, refusal.sentence)]
    findings.append(_server(settings, now))
    if now.database_bytes is not None:
        findings += [_told(look, settings) for look in _DATABASE]
    return findings


def _told(look: Callable[[Settings], Finding], settings: Settings) -> Finding:
    """A refusal met while looking is itself the finding."""
    try:
        return look(settings)
    except Refusal as refusal:
        return Finding(False, refusal.sentence)


def _python(_: Settings) -> Finding:
    version = ".".join(str(part) for part in sys.version_info[:3])
    if (3, 11) <= sys.version_info[:2] <= (3, 13):
        return Finding(True, f"Python {version} is one that Wattbook is tested with.")
    return Finding(False, f"Python {version} is not supported; make the environment with 3.11, 3.12 or 3.13.")


def _memory(_: Settings) -> Finding:
    memory_mb = machine_memory_mb()
    if memory_mb >= _LEAST_MEMORY_MB:
        return Finding(True, f"There are {memory_mb} MB of memory.")
    return Finding(False, f"There are {memory_mb} MB of memory; the demonstration needs {_LEAST_MEMORY_MB}.")


def _var_directory(settings: Settings) -> Finding:
    place = _nearest_existing(settings.var_dir)
    if place.is_dir() and os.access(place, os.W_OK | os.X_OK):
        return Finding(True, f"{settings.var_dir} can be written.")
    return Finding(
        False,
        f"{place} is no directory that this user can write; change its owner, or name another in WATTBOOK_VAR_DIR.",
    )


def _disk(settings: Settings) -> Finding:
    place = _nearest_existing(settings.var_dir)
    free = shutil.disk_usage(place).free
    shown = f"There are {free / _GIBIBYTE:.1f} GB free where {settings.var_dir} is"
    if free >= _LEAST_FREE_BYTES:
        return Finding(True, shown + ".")
    return Finding(
        False,
        f"{shown}, less than the {_LEAST_FREE_BYTES // _GIBIBYTE} that the demonstration needs; free some space or "
        "name another directory in WATTBOOK_VAR_DIR.",
    )


def _client_programs(settings: Settings) -> Finding:
    return Finding(True, f"Copies of the database are made by {bin_path(settings, 'pg_dump')}.")


def _chromium(_: Settings) -> Finding:
    chromium = find_chromium()
    if chromium is not None:
        return Finding(True, f"Browser tests run in {chromium}.")
    return Finding(
        False,
        "There is no Chromium, so browser tests are skipped; have root install it (on Debian: apt-get install "
        "chromium fonts-dejavu-core).",
    )


def _pango(_: Settings) -> Finding:
    if find_weasyprint() is not None:
        return Finding(True, "Bills and other pages can be written as PDF (Pango is installed).")
    return Finding(False, NO_PANGO)


def _time_zone(settings: Settings) -> Finding:
    try:
        ZoneInfo(settings.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        return Finding(
            False,
            f"WATTBOOK_TIME_ZONE is {settings.time_zone}, which is not a time zone; name one such as Asia/Tashkent.",
        )
    return Finding(True, f"Days begin and end in the time zone {settings.time_zone}.")


def _locale(_: Settings) -> Finding:
    encoding = sys.stdout.encoding or "none"
    if encoding.lower().replace("-", "") == "utf8" or sys.flags.utf8_mode:
        return Finding(True, "The terminal shows Cyrillic (UTF-8).")
    return Finding(False, f"The terminal's encoding is {encoding}; set LANG=C.UTF-8, else names cannot be printed.")


def _server_programs(settings: Settings) -> Finding:
    files = server_files(settings)
    bin_dir = find_bin_dir(settings, files.major_version() if files.exists else None)
    return Finding(True, f"The embedded server is PostgreSQL {server_major_version(bin_dir)} from {bin_dir}.")


def _stale_pid(settings: Settings) -> Finding:
    files = server_files(settings)
    left = read_postmaster_pid(files)
    if left is None or is_server_of(left.pid, files.data_dir):
        return Finding(True, "No killed server left its process number behind.")
    return Finding(
        False,
        f"The server was killed: its process number {left.pid} is still noted but the process is gone; "
        "`wattbook db start` recovers the data.",
    )


def _port(settings: Settings) -> Finding:
    files = server_files(settings)
    noted = _noted_port(files)
    running = read_postmaster_pid(files)
    if noted is None or running is not None:
        return Finding(True, "The server has its port or chooses a free one.")
    with socket.socket() as probe:
        taken = probe.connect_ex(("127.0.0.1", noted)) == 0
    if not taken:
        return Finding(True, f"The server's port {noted} is free.")
    return Finding(
        False,
        f"Another program listens on the server's port {noted}; the next start takes another port, so addresses that "
        "were noted down change: `wattbook db status` prints the new one.",
    )


def _server(settings: Settings, now: ServerStatus) -> Finding:
    if not now.is_running:
        # Not a fault: any command starts it.
        return Finding(True, "The server is not running; any command starts it.")
    where = now.dsn_shown or ""
    if now.database_bytes is None:
        return Finding(
            False,
            f"The server at {where} has no database {settings.database_name}; `wattbook db start` makes it.",
        )
    return Finding(True, f"PostgreSQL {now.version} answers at {where}.")


def _encoding(settings: Settings) -> Finding:
    with connect_as_admin(settings) as session:
        encoding, lowered = session.execute("SELECT current_setting('server_encoding'), lower('Ж')").fetchall()[0]
    if encoding == "UTF8" and lowered == "ж":
        return Finding(True, "The database stores UTF-8 and knows Cyrillic.")
    return Finding(
        False,
        f"The database {settings.database_name} has encoding {encoding} and lower('Ж') gives {lowered}; drop it and "
        "let `wattbook db start` make it, or create it with ENCODING 'UTF8' LC_CTYPE 'C.UTF-8'.",
    )


def _roles(settings: Settings) -> Finding:
    wanted = [role.database_role for role in Role]
    with connect_as_admin(settings) as session:
        rows = session.execute("SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)", (wanted,)).fetchall()
    missing = sorted(set(wanted) - {name for (name,) in rows})
    if not missing:
        return Finding(True, f"All {len(wanted)} database roles are there.")
    return Finding(False, f"Database roles are missing ({', '.join(missing)}); `wattbook db start` makes them.")


def _schema(settings: Settings) -> Finding:
    newest = newest_revision()
    current = current_revision(settings)
    if current == newest:
        return Finding(True, f"The schema is at its newest revision {newest}.")
    return Finding(
        False,
        f"The schema is at revision {current or 'none'} and this version of Wattbook needs {newest}; "
        "`wattbook db start` brings it there.",
    )


def _nearest_existing(path: Path) -> Path:
    return next(place for place in (path, *path.parents) if place.exists())


def _noted_port(files: ServerFiles) -> int | None:
    text = files.port_file.read_text().strip() if files.port_file.is_file() else ""
    return int(text) if text.isdigit() and int(text) < 65536 else None


_MACHINE = (_python, _memory, _var_directory, _disk, _client_programs, _chromium, _pango, _time_zone, _locale)
_EMBEDDED = (_server_programs, _stale_pid, _port)
_DATABASE = (_encoding, _roles, _schema)
