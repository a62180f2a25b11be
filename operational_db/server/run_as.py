"""As whom the embedded server runs: PostgreSQL refuses to run as root, so root hands it to another user.

In order: the owner of existing data; the users `postgres` and `nobody`, when they can enter the directory and
run the programs (a checkout below a 0700 home keeps them out); root itself under another name inside a user
namespace. An ordinary user runs it as themselves.
"""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from operational_db.refusal import Refusal

_USERS_TO_TRY = ("postgres", "nobody")
# Any number but 0 will do: inside the namespace root's files belong to it.
_NUMBER_IN_NAMESPACE = "1000"


@dataclass(frozen=True)
class RunAs:
    """How to start a program as the server's user."""

    prefix: tuple[str, ...] = ()
    uid: int | None = None
    gid: int | None = None

    def popen_options(self) -> dict[str, Any]:
        if self.uid is None:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def take_over(self, path: Path) -> None:
        """Give a file or an empty directory to the server's user."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)


def choose_run_as(server_dir: Path, data_dir: Path, postgres: Path) -> RunAs:
    """Whom to run as for data that exists, or for data that is to be made in an existing `server_dir`."""
    if os.geteuid() != 0:
        return RunAs()
    in_namespace = RunAs(prefix=_namespace_prefix())
    if data_dir.exists():
        owner = data_dir.stat()
        candidates = [RunAs(uid=owner.st_uid, gid=owner.st_gid) if owner.st_uid != 0 else in_namespace]
    else:
        candidates = [RunAs(uid=user.pw_uid, gid=user.pw_gid) for user in _known_users()] + [in_namespace]
    for candidate in candidates:
        if _can_work(candidate, server_dir, postgres):
            return candidate
    raise Refusal(
        f"PostgreSQL refuses to run as root, no other user can enter {server_dir} and run {postgres}, and "
        "this machine allows no user namespace: run as an ordinary user, or move the checkout out of root's "
        "home, for example to /srv/wattbook."
    )


def _known_users() -> list[pwd.struct_passwd]:
    by_name = {user.pw_name: user for user in pwd.getpwall()}
    return [by_name[name] for name in _USERS_TO_TRY if name in by_name]


def _namespace_prefix() -> tuple[str, ...]:
    number = _NUMBER_IN_NAMESPACE
    return ("unshare", "--user", f"--map-user={number}", f"--map-group={number}", "--")


def _can_work(candidate: RunAs, server_dir: Path, postgres: Path) -> bool:
    if candidate.prefix and shutil.which(candidate.prefix[0]) is None:
        return False
    try_it = 'test -x "$1" && exec "$2" --version'
    answer = subprocess.run(
        [*candidate.prefix, "/bin/sh", "-c", try_it, "sh", server_dir, postgres],
        capture_output=True,
        check=False,
        **candidate.popen_options(),
    )
    return answer.returncode == 0
