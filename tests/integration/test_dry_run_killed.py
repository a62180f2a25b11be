"""A dry run killed with SIGKILL at random instants leaves nothing behind, as one that ends well does not."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from legacy_migration.commands import migrate
from legacy_migration.synthetic_utility.twenty_accounts.dump import twenty_accounts
from operational_db.connections import Role, connect
from operational_db.settings import REPOSITORY_DIR, Settings

SEED = 20261130
KILLS = 4

PROGRAM = """
import sys
from legacy_migration.dry_run import try_load
from operational_db.settings import load_settings
tried = try_load(load_settings(), sys.argv[1], profile="merged_utility", by="administrator")
print(tried.summary.content_sha256)
"""


def counts(settings: Settings) -> dict[str, int]:
    with connect(settings, Role.OWNER) as session:
        tables = session.execute(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables "
            "WHERE schemaname IN ('landing', 'migration', 'ops')"
        ).fetchall()
        return {name: session.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for (name,) in tables}


def start(settings: Settings, dump: Path) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(dump)],
        cwd=REPOSITORY_DIR,
        env={**os.environ, **settings.as_environment()},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def wait_until_nobody_works(settings: Settings) -> None:
    """The server notices a dead client when it next writes to it."""
    with connect(settings, Role.OWNER, autocommit=True) as session:
        for _ in range(600):
            (others,) = session.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
                "AND backend_type = 'client backend'"
            ).fetchone()
            if not others:
                return
            time.sleep(0.05)
    pytest.fail("the killed client's session did not end")


@pytest.mark.requirement("A51", "B48")
def test_a_killed_dry_run_leaves_nothing(settings: Settings, tmp_path: Path) -> None:
    dump = twenty_accounts(tmp_path / "twenty")
    before = counts(settings)
    began = time.monotonic()
    whole = start(settings, dump)
    output, errors = whole.communicate(timeout=300)
    assert whole.returncode == 0, errors.decode()
    seconds = time.monotonic() - began
    assert counts(settings) == before
    chance = random.Random(SEED)
    killed = 0
    for _ in range(KILLS):
        program = start(settings, dump)
        # Starting Python takes a good part of it; the rows are in the transaction in the later half.
        time.sleep(seconds * chance.uniform(0.4, 0.95))
        killed += program.poll() is None
        program.send_signal(signal.SIGKILL)
        program.communicate()
        wait_until_nobody_works(settings)
        assert counts(settings) == before
    assert killed, "every run ended before it was killed; the seed proves nothing"
    # What was only tried is loaded afterwards as if nothing had been.
    assert (
        migrate(settings, dump, profile="merged_utility", by="administrator").content_sha256 == output.decode().strip()
    )
