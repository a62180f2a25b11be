"""What is true of operating-system processes: alive or not, and which ones serve a data directory.

Signalling them belongs to `embedded`, which knows that they are ours.
"""

import os
import subprocess
from pathlib import Path

_PROC = Path("/proc")
_SERVER_PROGRAM = "postgres"


def is_alive(pid: int) -> bool:
    """True for a running process; a zombie waiting for its parent is dead to us."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # it exists and belongs to someone else
    return _state(pid) not in ("Z", "X", "")


def is_server_of(pid: int, data_dir: Path) -> bool:
    """Whether the number is a live server of the directory, not another program that was given it since."""
    if not is_alive(pid):
        return False
    if not _PROC.is_dir():
        return True
    place = _working_directory(pid)
    # Another user's process keeps its place to itself, but not its name.
    return _name(pid) == _SERVER_PROGRAM and (place is None or place == data_dir.resolve())


def servers_in(data_dir: Path) -> list[int]:
    """Every live server process of the directory (none can be told where the system has no /proc)."""
    if not _PROC.is_dir():
        return []
    pids = [int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit()]
    return [pid for pid in pids if _name(pid) == _SERVER_PROGRAM and _working_directory(pid) == data_dir.resolve()]


def _working_directory(pid: int) -> Path | None:
    try:
        return (_PROC / str(pid) / "cwd").readlink()
    except OSError:
        return None


def _name(pid: int) -> str:
    try:
        return (_PROC / str(pid) / "comm").read_text().strip()
    except OSError:
        return ""


def _state(pid: int) -> str:
    """One letter: R, S, D, Z ...; empty when the process is gone."""
    if _PROC.is_dir():
        try:
            # "pid (name) S ...": the name may hold spaces and brackets; the state follows the last bracket.
            return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[0]
        except (OSError, IndexError):
            return ""
    command = ["ps", "-o", "state=", "-p", str(pid)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()[:1]
