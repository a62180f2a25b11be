"""`wattbook penalty` as a clerk and as a program meet it."""

import json
import os
from collections.abc import Callable
from datetime import date

import psycopg
import pytest

from operational_db.settings import ENVIRONMENT_PREFIX, Settings
from orchestration.command_line import PROGRAM, command
from orchestration.command_line.ending import run_to_an_end
from tests.penalty_desk import PenaltyDesk
from tests.small_book import SmallBook

JANUARY, FEBRUARY, MARCH = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)
KARIMOV = "SA01/1/1"

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def desk(settings: Settings, database: psycopg.Connection) -> PenaltyDesk:
    book = SmallBook(settings, first_month=JANUARY, res_codes=("SA01",))
    for month in (FEBRUARY, MARCH):
        book.open(month)
    desk = PenaltyDesk(book, database)
    desk.account(KARIMOV)
    desk.owes(KARIMOV, 1_000_000, on=date(2026, 1, 31))
    return desk


@pytest.fixture
def run(
    desk: PenaltyDesk, settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Runs a command in this process: exit status, standard output, standard error."""
    assert desk
    for name in list(os.environ):
        if name.startswith(ENVIRONMENT_PREFIX):
            monkeypatch.delenv(name)
    for name, value in settings.as_environment().items():
        monkeypatch.setenv(name, value)

    def run_command(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        status = run_to_an_end(command(), PROGRAM, ("penalty", *arguments))
        told = capsys.readouterr()
        return status, told.out.replace("\u202f", " "), told.err

    return run_command


def test_a_clerk_looks_charges_and_takes_back(run: Run, desk: PenaltyDesk) -> None:
    status, told, _ = run("show", KARIMOV, "--to", "2026-03-28", "--explain")
    assert status == 0
    assert "1 000 000.00 overdue x 0.1 % x 18 days = 18 000.00" in told
    assert "Together 45 000.00 UZS; charged already 0.00, so 45 000.00 is left to post." in told

    assert run("charge", "2026-02", "--unit", "SA01", "--dry-run")[1].startswith(
        "Would charge 1 accounts in 2026-02: 18 000.00 UZS"
    )
    assert desk.posted(KARIMOV) == []
    assert run("charge", "2026-02", "--unit", "SA01")[1].startswith("Charged 1 accounts in 2026-02: 18 000.00 UZS")
    assert run("charge", "2026-02", "--account", KARIMOV)[1] == (
        "Nothing more to charge in 2026-02 there, so nothing was done.\n"
    )
    told = run(
        "reverse", KARIMOV, "--month", "2026-02", "--from", "2026-02-11", "--to", "2026-03-01", "--reason", "A court."
    )[1]
    assert told == f"Took back 18 000.00 UZS of account {KARIMOV}, booked in 2026-02.\n"
    assert desk.charged_minor(KARIMOV) == 0


def test_a_program_reads_the_rows(run: Run) -> None:
    status, told, _ = run("show", KARIMOV, "--to", "2026-03-28", "--json")
    found = json.loads(told)
    assert status == 0
    assert [(row["day_from"], row["day_to"], row["charge_minor"]) for row in found["rows"]] == [
        ("2026-02-11", "2026-03-01", 1_800_000),
        ("2026-03-01", "2026-03-28", 2_700_000),
    ]
    assert (found["charge_minor"], found["to_post_minor"]) == (4_500_000, 4_500_000)
    table = run("show", KARIMOV, "--to", "2026-03-28")[1]
    assert "500 000.00" in table  # the cap
    assert json.loads(run("charge", "2026-03", "--json")[1])["charged_minor"] == 4_900_000  # 18 + 31 days


def test_what_cannot_be_done_is_refused_in_a_sentence(run: Run) -> None:
    assert run("show", "SA01/9/9", "--to", "2026-03-01")[2].count("\n") == 1
    status, _, told = run("charge", "2031-05", "--unit", "SA01")
    assert (status, told.count("\n")) == (1, 1)
    assert run("charge", "2026-02", "--unit", "SA01", "--account", KARIMOV)[0] == 2
    status, _, told = run("rate", "nbu", "15", "--from", "2026-01-01", "--source", "bank.gov.ua")
    assert status == 1
    assert "write 15 % as 0.15" in told


def test_a_figure_is_entered(run: Run, desk: PenaltyDesk) -> None:
    assert run("rate", "nbu", "0.15", "--from", "2026-01-01", "--source", "a test")[1] == (
        "nbu is 0.15 from 2026-01-01 on.\n"
    )
    assert run("index", "ua_cpi", "2026-01", "1.008", "--source", "a test")[1] == "ua_cpi of 2026-01 is 1.008.\n"
    assert desk.database.execute(
        "SELECT r.rate::text, i.index_value::text, r.published_in FROM ops.reference_rate AS r, ops.price_index AS i"
    ).fetchall() == [("0.150000", "1.008000", "a test")]


def test_a_credit_is_unwound(run: Run, desk: PenaltyDesk, capsys: pytest.CaptureFixture[str]) -> None:
    assert run
    desk.account("SA01/1/2")
    desk.pays("SA01/1/2", 240_799, on=date(2026, 3, 5))
    capsys.readouterr()
    assert run_to_an_end(command(), PROGRAM, ("unwind", "--month", "2026-03", "--account", "SA01/1/2")) == 0
    # 200 x 600 + 150 x 800 = 240 000; 799 are too little for one more.
    assert capsys.readouterr().out.replace("\u202f", " ") == (
        "Unwound 1 credits in 2026-03: 240 799.00 UZS pay for 350 kWh (240 000.00).\n"
        "Prepaid since 2026-03: 350 kWh by uz.household as of 2026-03-31; 799.00 UZS are left as money.\n"
    )
