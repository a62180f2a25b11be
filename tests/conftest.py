"""Doors to a database for tests: one throw-away server per run, one fresh database per test.

`settings` points to a database of its own made from a template that has the schema; `database` is an admin
session to it.
"""

import importlib.util
import itertools
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from operational_db import server
from operational_db.connections import connect_as_admin
from operational_db.server.processes import is_alive
from operational_db.settings import REPOSITORY_DIR, Settings

TEST_RUNS_DIR = REPOSITORY_DIR / "var" / "test"
TEMPLATE_NAME = "template_with_schema"

_database_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def test_server_settings() -> Iterator[Settings]:
    """A server of this run alone, so that runs side by side do not meet."""
    _sweep_killed_runs()
    settings = Settings(
        database_url=None,
        var_dir=TEST_RUNS_DIR / str(os.getpid()),
        database_name=TEMPLATE_NAME,
        server_memory_mb=64,
        server_durable=False,
    )
    server.start(settings)
    yield settings
    server.stop(settings)
    shutil.rmtree(settings.var_dir)


@pytest.fixture(scope="session")
def template_database(test_server_settings: Settings) -> str:
    """The name of a database that has the whole schema and no rows; copying it takes 0.2 s."""
    schema = importlib.util.find_spec("operational_db.schema")
    if schema is not None and schema.origin is not None:
        from operational_db.schema import upgrade  # noqa: PLC0415

        upgrade(test_server_settings)
    return test_server_settings.database_name


@pytest.fixture
def settings(test_server_settings: Settings, template_database: str) -> Iterator[Settings]:
    """Settings that name a fresh database with the schema, dropped after the test."""
    fresh = test_server_settings.model_copy(update={"database_name": f"test_{next(_database_numbers)}"})
    maintenance = test_server_settings.model_copy(update={"database_name": "postgres"})
    name, template = sql.Identifier(fresh.database_name), sql.Identifier(template_database)
    with connect_as_admin(maintenance, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(name, template))
    yield fresh
    with connect_as_admin(maintenance, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


@pytest.fixture
def database(settings: Settings) -> Iterator[psycopg.Connection]:
    """An admin session to the fresh database; it commits by itself."""
    with connect_as_admin(settings, autocommit=True) as connection:
        yield connection


def _sweep_killed_runs() -> None:
    """A test run that was killed leaves its server behind; the next run ends it."""
    for left in TEST_RUNS_DIR.glob("*"):
        if left.name.isdigit() and not is_alive(int(left.name)):
            _throw_away(left)


def _throw_away(var_dir: Path) -> None:
    server.stop(Settings(database_url=None, var_dir=var_dir))
    shutil.rmtree(var_dir)
