"""A bill run killed at any instant leaves nothing; the run after it gives what an undisturbed one gives."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import psycopg
import pytest
from psycopg import sql

from operational_db import schema, server
from operational_db.billing.commands import bill_month
from operational_db.connections import connect_as_admin
from operational_db.reference.loading import load_reference
from operational_db.settings import Settings
from orchestration.benchmarks.consumers import MONTH, fill
from tests.small_book import ADMINISTRATOR

ACCOUNTS = 600
TRIALS_PER_VICTIM = 4
SEED = 20260321

RUN = f"""
from operational_db.billing.commands import bill_month
from operational_db.settings import load_settings
from datetime import date
print("begun", flush=True)
bill_month(load_settings(), date({MONTH.year}, {MONTH.month}, 1), by={ADMINISTRATOR!r})
"""


@pytest.fixture
def filled(own_server: Settings) -> Settings:
    """A book ready to bill, on a server of its own, to be copied for each trial."""
    template = own_server.model_copy(update={"database_name": "filled"})
    server.start(template)
    schema.upgrade(template)
    load_reference(template)
    fill(template, ACCOUNTS)
    return template


def _copy(template: Settings, name: str) -> Settings:
    maintenance = template.model_copy(update={"database_name": "postgres"})
    with connect_as_admin(maintenance, autocommit=True) as session:
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        session.execute(statement.format(sql.Identifier(name), sql.Identifier(template.database_name)))
    return template.model_copy(update={"database_name": name})


def _result(settings: Settings) -> list[tuple]:
    with connect_as_admin(settings) as session:
        return session.execute(
            "SELECT u.code, ops.period_content_hash(u.unit_id, %s) FROM ops.unit AS u WHERE u.level = 'res' ORDER BY 1",
            [MONTH],
        ).fetchall()


def _counts(settings: Settings) -> tuple[int, ...]:
    """Bills, lines, ledger entries, billed days and work tables left over."""
    with connect_as_admin(settings) as session:
        return session.execute(
            "SELECT (SELECT count(*) FROM ops.bill), (SELECT count(*) FROM ops.bill_line),"
            " (SELECT count(*) FROM ops.ledger), (SELECT count(*) FROM ops.billed_days),"
            " (SELECT count(*) FROM pg_class WHERE relnamespace = 'work'::regnamespace)"
        ).fetchone()


def _kill_client(run: subprocess.Popen, settings: Settings) -> None:  # noqa: ARG001, victims share one signature
    run.kill()


def _kill_backend(run: subprocess.Popen, settings: Settings) -> None:  # noqa: ARG001
    """Ends the server process that works for the run; PostgreSQL then recovers as after a crash."""
    try:
        with connect_as_admin(settings, autocommit=True) as session:
            pids = session.execute(
                "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
                " AND backend_type = 'client backend'"
            ).fetchall()
            for (pid,) in pids:
                with contextlib.suppress(ProcessLookupError):  # a session of a part may have ended meanwhile
                    os.kill(pid, signal.SIGKILL)
    except psycopg.OperationalError:
        pass  # our own session fell with the server


@pytest.mark.parametrize("kill", [_kill_client, _kill_backend])
@pytest.mark.parametrize("in_parts", [False, True])
def test_a_killed_run_leaves_nothing_and_the_next_one_is_whole(
    filled: Settings, kill: Callable[[subprocess.Popen, Settings], None], in_parts: bool
) -> None:
    filled = filled.model_copy(update={"bill_in_parts_from": 0 if in_parts else ACCOUNTS + 1})
    undisturbed = _copy(filled, "undisturbed")
    began = time.monotonic()
    bill_month(undisturbed, MONTH, by=ADMINISTRATOR)
    usual_seconds = time.monotonic() - began
    expected, expected_counts = _result(undisturbed), _counts(undisturbed)
    assert expected_counts[0] == ACCOUNTS

    instants = random.Random(SEED)
    halfway = 0
    for trial in range(TRIALS_PER_VICTIM):
        killed = _copy(filled, f"killed_{trial}")
        run = subprocess.Popen(
            [sys.executable, "-c", RUN], env={**os.environ, **killed.as_environment()}, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        run.stdout.readline()
        time.sleep(instants.uniform(0, usual_seconds))
        kill(run, killed)
        run.wait()
        run.stdout.close()
        counts = _counts(killed)
        # What the sessions of the parts had prepared is posted nowhere, and goes when the next run begins.
        prepared = counts[-1:] if in_parts else (0,)
        assert counts in ((0, 0, 0, 0, *prepared), expected_counts)
        halfway += counts[0] == 0
        bill_month(killed, MONTH, by=ADMINISTRATOR)
        assert _result(killed) == expected
        assert _counts(killed) == expected_counts
    assert halfway > 0, "every kill came too late to prove anything"
