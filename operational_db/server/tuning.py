"""The server settings that pay for a warehouse on one small machine, worked out from what the machine has.

They are for the embedded server only: a real server keeps its own.
"""

import os
import shutil
from pathlib import Path

from operational_db.settings import Settings

_MEBIBYTE = 1024 * 1024
_CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")
_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108  asked for its size only
# Parallel queries keep hash tables in shared memory; a container's usual 64 MB breaks them.
_LEAST_SHARED_MEMORY_BYTES = 1024 * _MEBIBYTE


def server_options(settings: Settings) -> dict[str, str]:
    """PostgreSQL parameters by name."""
    memory_mb = settings.server_memory_mb or min(machine_memory_mb() // 4, 4096)
    is_small = memory_mb < 512
    # The log between two checkpoints must not fill a small disk.
    log_mb = 512 if is_small else max(512, min(_free_disk_mb(settings.var_dir) // 10, 8192))
    options = {
        "shared_buffers": f"{memory_mb}MB",
        "effective_cache_size": f"{memory_mb * 2}MB",
        "maintenance_work_mem": "64MB" if is_small else "512MB",
        "work_mem": "16MB" if is_small else "64MB",
        # No standby, no archive: a COPY into a table made in the same transaction then writes no log.
        "wal_level": "minimal",
        "max_wal_senders": "0",
        "min_wal_size": f"{log_mb // 8}MB",
        "max_wal_size": f"{log_mb}MB",
        "checkpoint_timeout": "15min",
        "max_parallel_workers_per_gather": "2",
        "max_parallel_maintenance_workers": "2",
        # Compiling costs more than it saves on many short statements.
        "jit": "off",
        "random_page_cost": "1.1",
        # One lock per partition and per index of it: a month over years of partitions takes thousands.
        "max_locks_per_transaction": "256",
        "max_connections": "100",
        # Else the session of a killed client would hold its locks until its long statement ends.
        "client_connection_check_interval": "1s",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_checkpoints": "off",
    }
    if not settings.server_durable:
        # A killed server still loses nothing: what it handed to the system stays there. Commits stay synchronous,
        # since what it has not handed over yet would be lost.
        options |= {"fsync": "off", "full_page_writes": "off"}
    if _shared_memory_is_short():
        options["dynamic_shared_memory_type"] = "mmap"
    return options


def machine_memory_mb() -> int:
    """Memory that this process may use: the container's limit where there is one."""
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if _CGROUP_LIMIT.is_file():
        limit = _CGROUP_LIMIT.read_text().strip()
        if limit.isdigit():
            physical = min(physical, int(limit))
    return physical // _MEBIBYTE


def _free_disk_mb(place: Path) -> int:
    existing = next(parent for parent in (place, *place.parents) if parent.exists())
    return shutil.disk_usage(existing).free // _MEBIBYTE


def _shared_memory_is_short() -> bool:
    if not _SHARED_MEMORY.is_dir():
        return False
    room = os.statvfs(_SHARED_MEMORY)
    return room.f_frsize * room.f_bavail < _LEAST_SHARED_MEMORY_BYTES
