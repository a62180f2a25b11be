"""Doors to a database for tests: one throw-away server per run, one fresh database per test.

`settings` names a database of its own, copied from a template that has the schema and the reference data; `database`
is an admin session to it. `settings_on_15` is the same on the oldest supported version, for the slice of tests that
runs there too. `own_server` is a server for one test alone, which may be killed. A test marked `browser` skips by name
where there is no Chromium, except in CI.
"""

import itertools
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import psycopg
import pytest
from psycopg import sql

from operational_db import server
from operational_db.chromium import find_chromium
from operational_db.connections import connect_as_admin
from operational_db.reference.loading import load_reference
from operational_db.schema import ROLES_FILE, upgrade
from operational_db.server.processes import is_alive
from operational_db.settings import REPOSITORY_DIR, Settings

TEST_RUNS_DIR = REPOSITORY_DIR / "var" / "test"
TEMPLATE_NAME = "template_with_schema"
OLDEST_BIN_DIR = Path("/usr/lib/postgresql/15/bin")

_numbers = itertools.count(1)

# The same examples in every run, so that main passes or fails for everybody; `make torture` draws new ones. A shared
# two-core machine makes single examples slow now and then, so no deadline.
hypothesis.settings.register_profile("every_run", derandomize=True, deadline=None)
hypothesis.settings.load_profile("every_run")


@pytest.fixture(scope="session")
def run_dir() -> Iterator[Path]:
    """A directory of this run alone, so that runs side by side do not meet."""
    _sweep_killed_runs()
    place = TEST_RUNS_DIR / str(os.getpid())
    place.mkdir(parents=True)
    yield place
    shutil.rmtree(place)


@pytest.fixture(scope="session")
def shared_server(run_dir: Path) -> Iterator[Settings]:
    """The server of this run; its database is the template with the schema."""
    yield from _server_with_template(_throw_away_settings(run_dir / "shared"))


@pytest.fixture(scope="session")
def shared_server_15(run_dir: Path) -> Iterator[Settings]:
    """The same on PostgreSQL 15."""
    if not OLDEST_BIN_DIR.is_dir():
        pytest.skip(f"PostgreSQL 15 is not installed in {OLDEST_BIN_DIR}")
    yield from _server_with_template(_throw_away_settings(run_dir / "shared_15", OLDEST_BIN_DIR))


@pytest.fixture
def settings(shared_server: Settings) -> Iterator[Settings]:
    """Settings that name a fresh database with the schema, dropped after the test."""
    yield from fresh_database(shared_server)


@pytest.fixture
def settings_on_15(shared_server_15: Settings) -> Iterator[Settings]:
    """The same on PostgreSQL 15."""
    yield from fresh_database(shared_server_15)


@pytest.fixture
def database(settings: Settings) -> Iterator[psycopg.Connection]:
    """An admin session to the fresh database; it commits by itself."""
    with connect_as_admin(settings, autocommit=True) as connection:
        yield connection


@pytest.fixture
def own_server(run_dir: Path) -> Iterator[Settings]:
    """Settings of a server that does not exist yet, for one test alone."""
    own = _throw_away_settings(run_dir / f"own_{next(_numbers)}")
    yield own
    server.stop(own)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A missing browser is a reason to skip for a person, and a broken machine for CI."""
    if find_chromium() is not None or os.environ.get("CI") == "true":
        return
    no_browser = pytest.mark.skip(reason="Chromium is not installed; `make test` as root installs it")
    for item in items:
        if item.get_closest_marker("browser") is not None:
            item.add_marker(no_browser)


def _throw_away_settings(var_dir: Path, bin_dir: Path | None = None) -> Settings:
    return Settings(
        database_url=None,
        database_name="wattbook",
        var_dir=var_dir,
        postgres_bin_dir=bin_dir,
        server_memory_mb=64,
        server_durable=False,
    )


def _server_with_template(settings: Settings) -> Iterator[Settings]:
    template = settings.model_copy(update={"database_name": TEMPLATE_NAME})
    server.start(template)
    upgrade(template)
    load_reference(template)
    yield template
    server.stop(template)


def fresh_database(template: Settings) -> Iterator[Settings]:
    maintenance = template.model_copy(update={"database_name": "postgres"})
    fresh = template.model_copy(update={"database_name": f"test_{next(_numbers)}"})
    names = {"fresh": sql.Identifier(fresh.database_name), "template": sql.Identifier(template.database_name)}
    with connect_as_admin(maintenance, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {fresh} TEMPLATE {template}").format(**names))
    # A copy has all but the rights on the database itself.
    with connect_as_admin(fresh) as connection:
        connection.execute(ROLES_FILE.read_text(encoding="utf-8"))
    yield fresh
    with connect_as_admin(maintenance, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {fresh} WITH (FORCE)").format(**names))


def _sweep_killed_runs() -> None:
    """A test run that was killed leaves its servers behind; the next run ends them."""
    for left in TEST_RUNS_DIR.glob("*"):
        if left.name.isdigit() and not is_alive(int(left.name)):
            for var_dir in left.iterdir():
                server.stop(_throw_away_settings(var_dir))
            shutil.rmtree(left)
