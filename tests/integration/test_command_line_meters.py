"""`wattbook meters` as a clerk and as a program meet it."""

import json
import os
from collections.abc import Callable
from datetime import date

import psycopg
import pytest

from operational_db.billing.commands import bill_month
from operational_db.settings import ENVIRONMENT_PREFIX, Settings
from orchestration.command_line import PROGRAM, command
from orchestration.command_line.ending import run_to_an_end
from tests.meter_yard import MeterYard
from tests.small_book import ADMINISTRATOR

JANUARY, TWENTY_FIRST, FEBRUARY = date(2026, 1, 1), date(2026, 1, 21), date(2026, 2, 1)
POINT = "SA01/1/1#1"

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def yard(settings: Settings, database: psycopg.Connection) -> MeterYard:
    yard = MeterYard(settings, database)
    yard.book.consumer("SA01/1/1", res="SA01", readings={JANUARY: 1000})
    return yard


@pytest.fixture
def run(
    yard: MeterYard, settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Runs a command in this process: exit status, standard output, standard error."""
    assert yard
    for name in list(os.environ):
        if name.startswith(ENVIRONMENT_PREFIX):
            monkeypatch.delenv(name)
    for name, value in settings.as_environment().items():
        monkeypatch.setenv(name, value)

    def run_command(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        status = run_to_an_end(command(), PROGRAM, ("meters", *arguments))
        told = capsys.readouterr()
        return status, told.out, told.err

    return run_command


REPLACE = ("replace", POINT, "NEW", "--on", "2026-01-21", "--value", "1100", "--new-value", "5", "--order", "17")


@pytest.mark.requirement("A45", "E94")
def test_a_clerk_tries_a_replacement_does_it_and_takes_it_back(run: Run) -> None:
    assert run("register", "NEW", "--type", "unknown", "--unit", "SA01", "--on", "2026-01-02", "--digits", "5")[0] == 0
    status, out, _ = run("order", "issue", "replace", POINT, "--on", "2026-01-02", "--number", "17")
    assert (status, out) == (0, f"Work order 17 is issued: replace at {POINT}.\n")

    status, out, _ = run(*REPLACE, "--dry-run")
    assert status == 0
    # 1100 - 1000 = 100 kWh x 600 = 60 000, nothing owed before
    assert "Nothing was written." in out
    assert "100.000 kWh, 60\u202f000.00 UZS; balance 0.00 before, 60\u202f000.00 after." in out
    assert json.loads(run("show", POINT, "--json")[1])["operations"] == []

    status, out, _ = run(*REPLACE)
    assert status == 0
    assert f"replace at {POINT}" in out
    assert "NEW" not in [meter["serial_no"] for meter in json.loads(run("stock", "--free", "--json")[1])]

    status, out, _ = run("undo", POINT, "--reason", "wrong apartment", "--json")
    undone = json.loads(out)
    assert (status, undone["kind"], undone["is_undone"]) == (0, "replace", True)
    assert "wrong apartment" in run("show", POINT, "--json")[1]
    assert [o["state"] for o in json.loads(run("order", "list", "--state", "open", "--json")[1])] == ["issued"]


def test_what_cannot_be_is_refused_with_a_sentence(run: Run, yard: MeterYard) -> None:
    run("register", "NEW", "--type", "unknown", "--unit", "SA01", "--on", "2026-01-02", "--digits", "5")
    status, _, err = run(*REPLACE)
    assert status == 1
    assert "17" in err
    assert "Traceback" not in err
    run("order", "issue", "replace", POINT, "--on", "2026-01-02", "--number", "17")
    run(*REPLACE)
    yard.book.reading(yard.with_meter(yard.book.consumer("SA01/1/9", res="SA01", readings={}), "NEW"), FEBRUARY, 50)
    bill_month(yard.settings, JANUARY, by=ADMINISTRATOR)
    status, _, err = run("undo", POINT, "--reason", "late")
    assert status == 1
    assert "billed" in err
    assert run("undo", POINT)[0] == 1
    assert run("replace", POINT, "NEW", "--on", "yesterday")[0] == 2
