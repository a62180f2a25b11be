"""How fast a legacy dump becomes judged, proved typed rows, beside three other ways to bring the same files in.

`python -m orchestration.benchmarks.migration_load --rows 400000` makes up a utility of about so many rows in DBF files,
loads it in every way, prints the figures and writes the section of docs/benchmarks.md. The others: dbfread with COPY of
the same typed rows, pgloader (which checks nothing; skipped where it is not installed), and binary COPY of the same
typed rows into bare tables, which nothing can beat.
"""

import argparse
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import psycopg

from legacy_migration.commands import migrate
from legacy_migration.entities import ENTITIES
from legacy_migration.synthetic_utility.generation import generate
from operational_db import server
from operational_db.connections import Role, connect, connect_as_admin
from operational_db.reference.loading import FIRST_LOGIN
from operational_db.settings import Settings, load_settings
from orchestration.benchmarks.dbfread_way import copy_by_dbfread
from orchestration.benchmarks.page import PAGE
from orchestration.benchmarks.reading_judge import own_book

ROWS = 400_000
ROWS_A_HOUSEHOLD = 20.2
MONTHS = 6
SEED = 501
MEMORY_LIMIT_MB = 1_536
BARE = "bare"

HEADING = "## Migration: about {asked:,} rows of DBF files"
SECTION = (
    HEADING
    + """
`python -m orchestration.benchmarks.migration_load --rows {asked}`, {machine}, Python {python}: {rows:,} rows of
{bytes:.0f} MB become {typed:,} typed rows; all ways in one run, one after the other. Processor seconds are those
of this program and of the server's sessions, which other work on the machine hardly lengthens.

| way | seconds | rows/s | ours to it | processor seconds | what it does |
|---|--:|--:|--:|--:|---|
{ways}

Goals: dbfread 3x (10x), pgloader more than 1x (3x), floor 20 % (50 %). Peak memory of the loading process: {memory:.0f}
MB of the {limit:,} MB allowed. Of our seconds, {landing:.1f} go into bytes and typed rows, {proof:.1f} into the proof
that every typed row arrived ({share:.0%} of the rest), {verdicts:.1f} into verdicts, cell ledger, checks and protocol.
"""
)


@dataclass(frozen=True)
class Way:
    """One way to bring the rows in."""

    name: str
    seconds: float
    processor_seconds: float | None
    does: str


@dataclass(frozen=True)
class Phases:
    """Where the seconds of our way go, and what it took."""

    landing: float
    proof: float
    verdicts: float
    memory_mb: float
    row_count: int
    typed_count: int


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m orchestration.benchmarks.migration_load", description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--no-page", action="store_true", help="print the figures only")
    parser.add_argument("--load", metavar="DUMP", help=argparse.SUPPRESS)
    parser.add_argument("--database", help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    settings = load_settings()
    if asked.load:
        own = settings.model_copy(update={"database_name": asked.database})
        sys.stdout.write(json.dumps(_load(own, Path(asked.load))) + "\n")
        return 0
    server.start(settings)
    with tempfile.TemporaryDirectory(prefix="wattbook-bench-") as folder:
        dump = Path(folder) / "dump"
        generate(int(asked.rows / ROWS_A_HOUSEHOLD), MONTHS, SEED, dump)
        # What the other ways do not read: XML of half-hours, and a table whose memos are cut.
        shutil.rmtree(dump / "askue", ignore_errors=True)
        for path in dump.glob("legal/DOGOVOR.*"):
            path.unlink()
        ways, phases = measure(settings, dump)
        byte_count = sum(path.stat().st_size for path in dump.rglob("*") if path.is_file())
    section = _section(asked.rows, ways, phases, byte_count)
    sys.stdout.write(section)
    if not asked.no_page:
        _write(section, HEADING.format(asked=asked.rows))
    return 0


def measure(settings: Settings, dump: Path) -> tuple[list[Way], Phases]:
    """Every way, each into a place of its own."""
    with own_book(settings, "bench_migration") as own:
        ours, phases = _our_way(own, dump)
        ways = [ours]
        with connect_as_admin(own, autocommit=True) as session:
            _make_bare_tables(session)
            ways.append(_timed(own, "dbfread", "dbfread and text COPY of the same typed rows into bare tables",
                               lambda: copy_by_dbfread(own, dump, BARE)))  # fmt: skip
            _empty_bare_tables(session)
            if shutil.which("pgloader"):
                session.execute("DROP SCHEMA IF EXISTS pgloader CASCADE")
                session.execute("CREATE SCHEMA pgloader")
                ways.append(_timed(own, "pgloader", "loads the DBF files as they are, checks nothing",
                                   lambda: _pgloader(own, dump)))  # fmt: skip
            else:
                sys.stderr.write("pgloader is not installed (on Debian: apt-get install pgloader), so it is skipped.\n")
            ways.append(_floor(own, session))
    return [way for way in ways if way], phases


def _our_way(own: Settings, dump: Path) -> tuple[Way, Phases]:
    before = _server_seconds(own)
    run = subprocess.run(
        [sys.executable, "-m", "orchestration.benchmarks.migration_load", "--load", str(dump), "--database",
         own.database_name],
        env={**os.environ, **own.as_environment()}, check=True, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    used = _server_seconds(own) - before
    told = json.loads(run.stdout.splitlines()[-1])
    phases = Phases(**{name: told[name] for name in Phases.__dataclass_fields__})
    does = "bytes kept, typed rows, proof by hashes, verdicts with rejects, cell ledger, checks, protocol"
    return Way("ours", told["seconds"], told["processor"] + used, does), phases


def _load(own: Settings, dump: Path) -> dict[str, float]:
    """In a process of its own, so that its memory is its own: land and judge the dump, and say where the time went."""
    marks: dict[str, float] = {}

    def on_progress(phase: str, done: int, _total: int) -> None:
        marks.setdefault(f"{phase} {done}", time.monotonic())

    began, used = time.monotonic(), time.process_time()
    protocol = migrate(own, dump, profile="merged_utility", by=FIRST_LOGIN, on_progress=on_progress)
    ended, used = time.monotonic(), time.process_time() - used
    with connect(own, Role.LOADER) as session:
        (row_count,) = session.execute("SELECT sum(row_count)::bigint FROM landing.file").fetchone()
        (typed_count,) = session.execute("SELECT sum(row_count)::bigint FROM migration.sent_rows").fetchone()
    if protocol.differing_count:
        raise RuntimeError(f"{protocol.differing_count} checks differ; a load that is not whole is no measurement.")
    return {
        "seconds": ended - began,
        "processor": used,
        "landing": marks["verdicts 0"] - began,
        "proof": marks["verdicts 2"] - marks["verdicts 1"],
        "verdicts": ended - marks["verdicts 2"] + marks["verdicts 1"] - marks["verdicts 0"],
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "row_count": row_count,
        "typed_count": typed_count,
    }


def _processor_seconds(own: Settings) -> float:
    """Of this program with its children, and of the server."""
    return _server_seconds(own) + sum(
        used.ru_utime + used.ru_stime
        for used in (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    )


def _server_seconds(own: Settings) -> float:
    """Of the server with the sessions that have ended; 0 where it runs elsewhere."""
    with connect_as_admin(own) as session:
        (folder,) = session.execute("SHOW data_directory").fetchone()
    try:
        pid = Path(folder, "postmaster.pid").read_text(encoding="utf-8").split()[0]
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(int(ticks) for ticks in fields[11:15]) / os.sysconf("SC_CLK_TCK")


def _timed(own: Settings, name: str, does: str, run: Callable[[], None]) -> Way:
    before, began = _processor_seconds(own), time.monotonic()
    run()
    return Way(name, time.monotonic() - began, _processor_seconds(own) - before, does)


def _typed_tables(session: psycopg.Connection) -> list[str]:
    found = session.execute("SELECT entity, sum(row_count) FROM migration.sent_rows GROUP BY 1 ORDER BY 2 DESC, 1")
    return [name for name, _ in found]


def _make_bare_tables(session: psycopg.Connection) -> None:
    """The typed tables without keys: what a load that is never asked for anything would fill."""
    session.execute(f"DROP SCHEMA IF EXISTS {BARE} CASCADE")
    session.execute(f"CREATE SCHEMA {BARE}")
    for entity in ENTITIES.values():
        session.execute(f"CREATE TABLE {BARE}.{entity.name} AS TABLE migration.{entity.name} WITH NO DATA")


def _empty_bare_tables(session: psycopg.Connection) -> None:
    for entity in ENTITIES.values():
        session.execute(f"TRUNCATE {BARE}.{entity.name}")


def _pgloader(own: Settings, dump: Path) -> None:
    """All DBF files by one run of pgloader, each into a table of its own."""
    with connect_as_admin(own) as session:
        place = session.info
        host = f"unix:{place.host}" if place.host.startswith("/") else place.host
        password = place.password
        target = f"postgresql://{place.user}@{host}:{place.port}/{place.dbname}"
    commands = []
    for number, path in enumerate(sorted(dump.rglob("*.DBF"))):
        encoding = "cp1251" if "payments" in path.parts else "cp866"
        commands.append(
            f"LOAD DBF FROM '{path}' WITH ENCODING {encoding} INTO {target} "
            f"TARGET TABLE pgloader.f{number} WITH truncate, create table;"
        )
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "all.load"
        script.write_text("\n".join(commands), encoding="utf-8")
        run = subprocess.run(
            ["pgloader", "--root-dir", folder, str(script)],
            env={**os.environ, "PGPASSWORD": password}, capture_output=True, text=True, check=False,
        )  # fmt: skip
    with connect_as_admin(own) as session:
        (table_count,) = session.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'pgloader'").fetchone()
    if run.returncode or table_count != len(commands):
        raise RuntimeError(
            f"pgloader made {table_count} of {len(commands)} tables: {(run.stdout + run.stderr)[-2000:]}"
        )


def _floor(own: Settings, session: psycopg.Connection) -> Way:
    """The same typed rows as bytes that the server only has to take in, by two sessions at once."""
    _empty_bare_tables(session)
    names = _typed_tables(session)
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            with (
                Path(folder, name).open("wb") as file,
                session.cursor().copy(f"COPY migration.{name} TO STDOUT (FORMAT BINARY)") as copy,
            ):
                for block in copy:
                    file.write(block)
        return _timed(
            own, "floor", "binary COPY of the same typed rows into bare tables, two sessions",
            lambda: _copy_all(own, Path(folder), names),
        )  # fmt: skip


def _copy_all(own: Settings, folder: Path, names: list[str]) -> None:
    waiting = iter(names)

    def one_session() -> None:
        with connect_as_admin(own) as session:
            for name in waiting:
                with (
                    Path(folder, name).open("rb") as file,
                    session.cursor().copy(f"COPY {BARE}.{name} FROM STDIN (FORMAT BINARY)") as copy,
                ):
                    while block := file.read(1 << 20):
                        copy.write(block)

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(one_session) for _ in range(2)]:
            done.result()


def _section(asked: int, ways: Sequence[Way], phases: Phases, byte_count: int) -> str:
    ours = ways[0]
    return SECTION.format(
        rows=phases.row_count,
        asked=asked,
        machine=platform.machine(),
        python=platform.python_version(),
        bytes=byte_count / 1_000_000,
        typed=phases.typed_count,
        ways="\n".join(
            f"| {way.name} | {way.seconds:.1f} | {phases.row_count / way.seconds:,.0f} | "
            f"{way.seconds / ours.seconds:.2f} | {way.processor_seconds or 0:.1f} | {way.does} |"
            for way in ways
        ),
        memory=phases.memory_mb,
        limit=MEMORY_LIMIT_MB,
        landing=phases.landing,
        proof=phases.proof,
        share=phases.proof / (ours.seconds - phases.proof),
        verdicts=phases.verdicts,
    )


def _write(section: str, heading: str, page: Path = PAGE) -> None:
    """Put the section in the place of the older one of this size; all others stay."""
    introduction, *others = page.read_text(encoding="utf-8").split("\n## ")
    kept = [f"## {other}".rstrip() for other in others if not f"## {other}".startswith(heading)]
    page.write_text("\n\n".join([introduction.rstrip(), *kept, section.rstrip()]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
