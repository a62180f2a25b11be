"""A migration disturbed at a random instant: what runs after it ends exactly where an undisturbed run ends.

A few seeds run with every change, 500 in `make torture`; the seed of a failure is its parameter, and replays it.
"""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from legacy_migration.commands import accept, migrate
from legacy_migration.loads import require_protocol
from legacy_migration.synthetic_utility.twenty_accounts.dump import twenty_accounts
from operational_db import server
from operational_db.connections import Role, connect, connect_as_admin
from operational_db.reference.loading import APPROVER_LOGIN as APPROVER
from operational_db.reference.loading import load_reference
from operational_db.schema import upgrade
from operational_db.server.data_directory import read_postmaster_pid, server_files
from operational_db.settings import REPOSITORY_DIR, Settings
from tests.book_of_a_load import book_of
from tests.conftest import fresh_database

IN_EVERY_RUN, IN_TORTURE = 5, 500
DISK_MB = 500

# Says in which phase it is. Who writes a line to it lets its connections break off.
PROGRAM = """
import os, socket, sys, threading
from legacy_migration.commands import accept, migrate
from operational_db.settings import load_settings

said = set()

def say(phase):
    if phase not in said:
        said.add(phase)
        print(phase, flush=True)

def progress(phase, done, total):
    say("signing" if phase == "publishing" and done == total else phase)

def break_off():
    sys.stdin.readline()
    for number in os.listdir("/proc/self/fd"):
        try:
            if os.readlink(f"/proc/self/fd/{number}").startswith("socket:"):
                socket.socket(fileno=os.dup(int(number))).shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

threading.Thread(target=break_off, daemon=True).start()
settings = load_settings()
protocol = migrate(settings, sys.argv[1], profile="merged_utility", by="administrator", on_progress=progress)
say("accepting")
accept(settings, protocol.protocol_id, by="approver", on_progress=progress)
"""
PHASES = ("landing", "verdicts", "accepting", "publishing", "signing")


@dataclass(frozen=True)
class Undisturbed:
    """What a run leaves that nothing disturbs, and how many seconds it spends in each phase."""

    content_sha256: str
    book: list[tuple]
    seconds: dict[str, float]


def start(settings: Settings, dump: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(dump)],
        cwd=REPOSITORY_DIR,
        env={**os.environ, **settings.as_environment()},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@pytest.fixture(scope="module")
def dump(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return twenty_accounts(tmp_path_factory.mktemp("legacy") / "twenty")


@pytest.fixture(scope="module")
def small_disk(run_dir: Path) -> Iterator[Path | None]:
    """A disk that can be filled without harm to anybody else; None for a user who may not mount one."""
    place = run_dir / "small_disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m,mode=755", "tmpfs", str(place)],
        capture_output=True,
        check=False,
    )
    yield place if mounted.returncode == 0 else None
    if mounted.returncode == 0:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.fixture(scope="module")
def mortal_server(run_dir: Path, small_disk: Path | None) -> Iterator[Settings]:
    """A server that may be killed, on the small disk; its database is a template with the schema."""
    template = Settings(
        database_url=None,
        database_name="template_with_schema",
        var_dir=(small_disk or run_dir) / "mortal",
        server_memory_mb=64,
        server_durable=False,
    )
    server.start(template)
    upgrade(template)
    load_reference(template)
    yield template
    server.stop(template)


@pytest.fixture
def book(mortal_server: Settings) -> Iterator[Settings]:
    """A fresh database of that server."""
    yield from fresh_database(mortal_server)


@pytest.fixture(scope="module")
def undisturbed(mortal_server: Settings, dump: Path) -> Undisturbed:
    for settings in fresh_database(mortal_server):
        began: dict[str, float] = {}
        with start(settings, dump) as run:
            assert run.stdout is not None
            for line in run.stdout:
                began[line.strip()] = time.monotonic()
        assert run.returncode == 0
        ends = [*list(began.values())[1:], time.monotonic()]
        assert tuple(began) == PHASES
        seconds = {phase: end - begin for (phase, begin), end in zip(began.items(), ends, strict=True)}
        wanted = book_of(settings)
        assert len(wanted) > 100
        with connect(settings, Role.LOADER) as session:
            return Undisturbed(require_protocol(session, 1).content_sha256, wanted, seconds)
    raise AssertionError


def kill_the_client(run: subprocess.Popen[str], settings: Settings) -> None:  # noqa: ARG001 - one shape for all
    os.killpg(run.pid, signal.SIGKILL)


def end_the_session(run: subprocess.Popen[str], settings: Settings) -> None:  # noqa: ARG001
    with connect_as_admin(settings, autocommit=True) as session:
        session.execute(
            "SELECT pg_terminate_backend(a.pid) FROM pg_stat_activity AS a WHERE a.datname = current_database() "
            "AND a.pid <> pg_backend_pid() AND a.backend_type = 'client backend'"
        )


def kill_the_server(run: subprocess.Popen[str], settings: Settings) -> None:  # noqa: ARG001
    running = read_postmaster_pid(server_files(settings))
    assert running is not None
    os.kill(running.pid, signal.SIGKILL)


def lose_the_connection(run: subprocess.Popen[str], settings: Settings) -> None:  # noqa: ARG001
    assert run.stdin is not None
    with contextlib.suppress(BrokenPipeError):
        run.stdin.write("break off\n")
        run.stdin.flush()


def fill_the_disk(run: subprocess.Popen[str], settings: Settings) -> None:
    """To the last byte, until the run has ended."""
    filler = settings.var_dir.parent / "filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(b"\0" * 65_536):
            pass
    with contextlib.suppress(subprocess.TimeoutExpired):
        run.wait(timeout=60)
    filler.unlink()


BLOWS: dict[str, Callable[[subprocess.Popen[str], Settings], None]] = {
    "client": kill_the_client,
    "session": end_the_session,
    "server": kill_the_server,
    "connection": lose_the_connection,
    "disk": fill_the_disk,
}


def disturb(settings: Settings, dump: Path, blow: str, phase: str, wait_s: float) -> int:
    """Run until some time in a phase, then strike; the run ends, well or badly, with the returned exit status."""
    with start(settings, dump) as run:
        assert run.stdout is not None
        for line in run.stdout:
            if line.strip() == phase:
                break
        time.sleep(wait_s)
        BLOWS[blow](run, settings)
        _, complaint = run.communicate(timeout=120)
    # Seen where the test fails.
    sys.stdout.write(f"{blow} in {phase}: exit {run.returncode} {complaint.strip().splitlines()[-1:]}\n")
    return run.returncode


def wait_until_nobody_works(settings: Settings) -> None:
    """A server that lost its client notices when it next writes to it; one that was killed is started anew."""
    for _ in range(1200):
        with contextlib.suppress(psycopg.OperationalError), connect_as_admin(settings, autocommit=True) as session:
            others = session.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
                "AND backend_type = 'client backend'"
            ).fetchone()
            if others == (0,):
                return
        time.sleep(0.05)
    pytest.fail("the session of the disturbed run did not end")


@pytest.mark.parametrize(
    "seed",
    [*range(IN_EVERY_RUN), *(pytest.param(n, marks=pytest.mark.torture) for n in range(IN_EVERY_RUN, IN_TORTURE))],
)
def test_what_runs_after_a_blow_ends_as_if_nothing_had_been(
    book: Settings, dump: Path, undisturbed: Undisturbed, small_disk: Path | None, seed: int
) -> None:
    chance = random.Random(seed)
    first = list(BLOWS)[seed % len(BLOWS)]
    blows = [first, *chance.choices(list(BLOWS), k=chance.choice([0, 0, 1]))]
    if "disk" in blows and small_disk is None:
        pytest.skip("This user may not mount a small disk to fill; run as root.")
    for place, blow in enumerate(blows):
        # Late in a run a blow may find nothing left to disturb; in every run, and where a disk fills, it comes early.
        is_early = blow == "disk" or seed < IN_EVERY_RUN
        phase = chance.choice(PHASES[:-1] if is_early else PHASES)
        status = disturb(
            book, dump, blow, phase, chance.uniform(0, 0.3 if is_early else 1.1) * undisturbed.seconds[phase]
        )
        assert status != 0 or not is_early or place > 0
        wait_until_nobody_works(book)
    rerun = migrate(book, dump, profile="merged_utility", by="administrator")
    accept(book, rerun.protocol_id, by=APPROVER)
    assert rerun.content_sha256 == undisturbed.content_sha256
    assert book_of(book) == undisturbed.book
    with connect(book, Role.LOADER) as session:
        assert session.execute("SELECT count(*) FROM landing.load").fetchone() == (1,)
        assert session.execute("SELECT count(*) FROM migration.protocol_event").fetchone() == (1,)
        assert session.execute("SELECT count(*), count(DISTINCT path) FROM landing.file").fetchone() == (
            session.execute("SELECT (summary ->> 'file_count')::int, (summary ->> 'file_count')::int"
                            " FROM migration.protocol").fetchone()
        )  # fmt: skip
