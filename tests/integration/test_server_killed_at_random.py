"""kill -9 at random instants of starting, working and throwing away: the next command always finds or makes a server.

A few seeds run with every change, many in `make torture`; the seed of a failure is its parameter.
"""

import contextlib
import os
import random
import signal
import subprocess
import sys

import pytest

from operational_db import server
from operational_db.connections import connect_as_admin
from operational_db.server.data_directory import read_postmaster_pid, server_files
from operational_db.settings import REPOSITORY_DIR, Settings

pytestmark = pytest.mark.db

# Another process starts the server and then commits one row after another.
_WRITER = """
from operational_db.connections import connect_as_admin
from operational_db.settings import load_settings
print("ready", flush=True)
with connect_as_admin(load_settings(), autocommit=True) as session:
    session.execute("CREATE TABLE IF NOT EXISTS reading (n int PRIMARY KEY)")
    n = session.execute("SELECT coalesce(max(n), 0) FROM reading").fetchone()[0]
    while True:
        n += 1
        session.execute("INSERT INTO reading VALUES (%s)", (n,))
        print(n, flush=True)
"""
_ROUNDS = 3


def written_until_killed(settings: Settings, chance: random.Random) -> int:
    """The last row that the writer was told is committed; the writer, or the server too, dies at a random instant."""
    writer = subprocess.Popen(
        [sys.executable, "-c", _WRITER],
        env=os.environ | settings.as_environment(),
        cwd=REPOSITORY_DIR,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert writer.stdout is not None
    assert writer.stdout.readline() == "ready\n"
    with contextlib.suppress(subprocess.TimeoutExpired):
        writer.wait(timeout=chance.uniform(0, 1.5))
    running = read_postmaster_pid(server_files(settings))
    if running is not None and chance.random() < 0.5:
        os.kill(running.pid, signal.SIGKILL)
    writer.kill()
    told, _ = writer.communicate()
    # The last line may have been cut by the kill.
    numbers = [int(line) for line in told.split("\n")[:-1]]
    return max(numbers, default=0)


@pytest.mark.parametrize("seed", [*range(2), *(pytest.param(n, marks=pytest.mark.torture) for n in range(2, 40))])
def test_nothing_committed_is_lost_and_the_server_reopens(own_server: Settings, seed: int) -> None:
    chance = random.Random(seed)
    committed = 0
    for _ in range(_ROUNDS):
        committed = max(committed, written_until_killed(own_server, chance))
    with connect_as_admin(own_server) as session:
        session.execute("CREATE TABLE IF NOT EXISTS reading (n int PRIMARY KEY)")
        rows, last = session.execute("SELECT count(*), coalesce(max(n), 0) FROM reading").fetchall()[0]
    # Rows are numbered without gaps; one more than was told may have been committed before the kill.
    assert rows == last
    assert last >= committed
    server.reset(own_server)
    assert not server.status(own_server).is_running
