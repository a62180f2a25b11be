"""What is true of operating-system processes: alive or not, where they work, which ones are servers in a directory.

Signalling them belongs to `life_cycle`, which knows that they are ours.
"""

import os
import subprocess
from pathlib import Path

_PROC = Path("/proc")


def is_alive(pid: int) -> bool:
    """True for a running process; a zombie waiting for its parent is dead to us."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # it exists and belongs to someone else
    return _state(pid) not in ("Z", "X", "")


def working_directory(pid: int) -> Path | None:
    """Where the process works; None when this user or this system cannot tell."""
    try:
        return Path(os.readlink(_PROC / str(pid) / "cwd"))
    except OSError:
        return None


def servers_in(data_dir: Path) -> list[int]:
    """Every live `postgres` process that works in the directory (none where the system has no /proc)."""
    if not _PROC.is_dir():
        return []
    pids = [int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit()]
    return [pid for pid in pids if _name(pid) == "postgres" and working_directory(pid) == data_dir.resolve()]


def _name(pid: int) -> str:
    try:
        return (_PROC / str(pid) / "comm").read_text().strip()
    except OSError:
        return ""


def _state(pid: int) -> str:
    """One letter: R, S, D, Z ...; empty when the process is gone."""
    if _PROC.is_dir():
        try:
            # "pid (name) S ...": the name may hold spaces and brackets, so the state is what follows the last bracket.
            return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[0]
        except (OSError, IndexError):
            return ""
    shown = subprocess.run(["ps", "-o", "state=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return shown.stdout.strip()[:1]
