"""The end of a day and of a month, told as the person would tell it who runs them or finds that the clock did."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import psycopg
import pytest

from operational_db.billing.commands import bill_month, close_month
from operational_db.billing.preview import bill_anew
from operational_db.connections import connect_as_admin
from operational_db.payments.packages import ToldPayment, post_package
from operational_db.settings import Settings
from orchestration.command_line import PROGRAM, command
from orchestration.command_line.ending import run_to_an_end
from tests.cash_desk import BY, SOUM, CashDesk
from tests.penalty_desk import PenaltyDesk

DECEMBER, JANUARY, FEBRUARY = date(2025, 12, 1), date(2026, 1, 1), date(2026, 2, 1)
TENTH = date(2026, 1, 10)

Run = Callable[..., tuple[int, list[str], str]]


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Runs a procedure in this process: exit status, lines of standard output, standard error."""
    for name, value in settings.as_environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)

    def run_procedure(*arguments: str) -> tuple[int, list[str], str]:
        capsys.readouterr()
        status = run_to_an_end(command(), PROGRAM, ("procedure", *arguments))
        told = capsys.readouterr()
        return status, told.out.replace("\u202f", " ").splitlines(), told.err

    return run_procedure


@pytest.fixture
def desk(settings: Settings, database: psycopg.Connection) -> CashDesk:
    """January of two RES: two households that were read, one who is late since November, one who paid ahead."""
    desk = CashDesk(settings, database, first_month=JANUARY)
    desk.book.consumer("SA01/1/1", res="SA01", readings={JANUARY: 1000, FEBRUARY: 1100})
    desk.book.consumer("SA02/1/1", res="SA02", readings={JANUARY: 200, FEBRUARY: 250})
    late = PenaltyDesk(desk.book, database)
    late.account("SA01/1/2")
    late.owes("SA01/1/2", 1_000_000, on=date(2025, 11, 30))
    desk.consumer("SA02/1/2")
    desk.paid("SA02/1/2", 12_000, on=TENTH, channel_id="A1")
    desk.package("R-17", [ToldPayment("SA01/1/1", 20_000 * SOUM, "T1")], on=TENTH)
    return desk


def _posted(desk: CashDesk) -> dict[str, int]:
    tables = ("bill", "bill_run", "penalty", "prepaid_energy", "ledger", "period_close", "bill_run_preview", "source")
    return {table: desk.database.execute(f"SELECT count(*) FROM ops.{table}").fetchone()[0] for table in tables}


@pytest.mark.requirement("E159", "E150")
def test_the_month_ends_where_nothing_stands_in_the_way_and_goes_on_where_something_did(
    desk: CashDesk, run: Run
) -> None:
    # SA01/1/1: 100 kWh x 600 = 60,000; SA02/1/1: 50 x 600 = 30,000; together 150 kWh, 90,000.
    # SA01/1/2: 1,000,000 x 0.1 % x 52 days (11 to 31 December 21, January 31) = 52,000.
    # SA02/1/2: 12,000 in advance / 600 = 20 kWh.
    tried = _posted(desk)
    status, told, _ = run("end-of-month", "--month", "2026-01", "--dry-run")
    assert (status, _posted(desk)) == (1, tried)
    assert told[:4] == [
        "Would bill 2026-01: 2 bills, 150 kWh, 90 000.00 UZS.",
        "Would charge penalties to 1 accounts: 52 000.00 UZS, corrections 0.00 UZS.",
        "Would use subsidies of 0 accounts: 0.00 UZS.",
        "Would unwind 1 credits: 20 kWh for 12 000.00 UZS.",
    ]
    assert told[4] == "Something stands in the way of closing 2026-01 at 2 of 2 RES, as the book is now:"
    assert told[-2:] == ["Would close 2026-01 at 0 RES.", "Would build the marts."]

    status, told, err = run("end-of-month", "--month", "2026-01")
    assert status == 1
    assert told == [
        "Billed 2026-01: 2 bills, 150 kWh, 90 000.00 UZS.",
        "Charged penalties to 1 accounts: 52 000.00 UZS, corrections 0.00 UZS.",
        "Used subsidies of 0 accounts: 0.00 UZS.",
        "Unwound 1 credits: 20 kWh for 12 000.00 UZS.",
        "Something stands in the way of closing 2026-01 at 1 of 2 RES:",
        (
            "  SA01: 1 packages of payments are entered and not posted, the first of them R-17; post or discard them "
            "(`wattbook payments package post`, `discard`)."
        ),
        "Closed 2026-01 at 1 RES: SA02.",
        "The marts are built and their checks passed.",
    ]
    assert "Something stands in the way (checks); what is done stays done." in err
    assert "`wattbook procedure end-of-month --month 2026-01`" in err

    post_package(desk.settings, "R-17", **BY)
    status, told, _ = run("end-of-month", "--month", "2026-01")
    assert (status, told[:7]) == (
        0,
        [
            "Billed 2026-01: 0 bills, 0 kWh, 0.00 UZS.",
            "Charged penalties to 0 accounts: 0.00 UZS, corrections 0.00 UZS.",
            "Used subsidies of 0 accounts: 0.00 UZS.",
            "Unwound 0 credits: 0 kWh for 0.00 UZS.",
            "Nothing stands in the way of closing 2026-01 at 1 RES.",
            "Closed 2026-01 at 1 RES: SA01.",
            "The marts are built and their checks passed.",
        ],
    )
    assert " workbooks of 2026-01 into " in told[7]

    # Once more: nothing is left to do, and it ends the same.
    ended = _posted(desk)
    status, told, _ = run("end-of-month", "--month", "2026-01")
    assert (status, _posted(desk)) == (0, ended)
    assert told[:2] == ["2026-01 is closed already at all 2 RES there.", "The marts are built and their checks passed."]


@pytest.mark.requirement("E159")
def test_a_res_that_cannot_be_billed_keeps_no_other_open(
    settings: Settings, database: psycopg.Connection, run: Run
) -> None:
    desk = CashDesk(settings, database, first_month=DECEMBER)
    desk.book.consumer("SA01/1/1", res="SA01", readings={JANUARY: 1000, FEBRUARY: 1100})
    # December of SA02 was read and never billed.
    desk.book.consumer("SA02/1/1", res="SA02", since=DECEMBER, readings={DECEMBER: 100, JANUARY: 200, FEBRUARY: 250})
    close_month(settings, DECEMBER, unit_code="SA01", **BY)
    status, told, err = run("end-of-month", "--month", "2026-01", "--json")
    assert (status, "(bills)" in err) == (1, True)
    answer = json.loads("\n".join(told))
    steps = {step["name"]: step for step in answer["steps"]}
    assert answer["in_the_way"] == ["bills"]
    assert steps["bills"]["lines"] == ["SA02: Month 2025-12 still has 1 readings to bill; bill it before 2026-01."]
    assert steps["close"]["sentence"] == "Closed 2026-01 at 1 RES: SA01."
    # Whoever names the month that was left out first ends both.
    assert run("end-of-month", "--month", "2025-12", "--unit", "SA02")[0] == 0
    status, told, _ = run("end-of-month", "--month", "2026-01", "--unit", "SA02")
    assert (status, told[5]) == (0, "Closed 2026-01 at 1 RES: SA02.")


@pytest.mark.requirement("E159")
def test_the_end_of_a_day_says_what_waits_and_posts_nothing(desk: CashDesk, run: Run) -> None:
    in_doubt = desk.book.consumer("SA01/1/3", res="SA01", readings={JANUARY: 0})
    desk.book.event(desk.book.reading(in_doubt, FEBRUARY, 9000), "quarantined")
    desk.package("R-18", [ToldPayment("nobody", 5_000 * SOUM, "U1")], on=TENTH)
    post_package(desk.settings, "R-18", pool_res="SA01", **BY)
    desk.paid("SA02/1/1", 7_000, on=TENTH, channel_id="77")
    desk.paid("SA02/1/1", 7_000, on=TENTH, channel_id="077")
    bill_month(desk.settings, JANUARY, unit_code="SA02", **BY)
    bill_anew(desk.settings, "SA02/1/1", JANUARY, "The tariff was another", **BY)
    before = _posted(desk)
    status, told, _ = run("end-of-day")
    assert (status, _posted(desk)) == (0, before)
    assert told == [
        (
            "1 packages of payments are entered and not posted, 20 000.00 UZS, the first of them R-17 "
            "(`wattbook payments package list`)."
        ),
        (
            "1 readings stand in quarantine, the first of them SA01/1/3#1 of 2026-02-01 "
            "(`wattbook readings quarantine`)."
        ),
        (
            "1 payments are of nobody known, 5 000.00 UZS, the first of them bank U1 of 2026-01-10 "
            "(`wattbook payments pool`)."
        ),
        (
            "1 payments may have come in twice, 7 000.00 UZS, the first of them bank 77 and 077 "
            "(`wattbook payments doubled`)."
        ),
        (
            "1 corrections of billed months wait for the next bill run, the first of them SA02/1/1 from 2026-01-01 "
            "(`wattbook bill`)."
        ),
        # SA01/1/1 alone: SA02 is billed, what is in doubt waits for nobody's run.
        "1 readings wait for the next bill run, the first of them SA01/1/1 in 2026-01 (`wattbook bill`).",
        "The marts are built and their checks passed.",
        "The newest closed month of each RES is what was closed.",
    ]
    # SA02 has neither a draft nor a reading in doubt.
    status, told, _ = run("end-of-day", "--unit", "SA02", "--dry-run")
    assert (status, told[:2], told[6]) == (
        0,
        ["0 packages of payments are entered and not posted.", "0 readings stand in quarantine."],
        "Would build the marts.",
    )


@pytest.mark.requirement("E159", "E150")
def test_the_end_of_a_day_finds_a_closed_month_that_somebody_changed(desk: CashDesk, run: Run) -> None:
    post_package(desk.settings, "R-17", **BY)
    bill_month(desk.settings, JANUARY, **BY)
    close_month(desk.settings, JANUARY, **BY)
    with connect_as_admin(desk.settings) as session:
        session.execute("SET session_replication_role = replica")
        session.execute("UPDATE ops.payment SET amount_minor = 1 WHERE external_id = 'A1'")
    status, told, err = run("end-of-day", "--dry-run")
    assert (status, "(closes)" in err) == (1, True)
    # 12,000 soum then, one coin now.
    assert told[-1] == (
        "  2026-01 of SA02: its rows are not those that were closed; paid coins 1 now and 1200000 then."
    )


def test_wrong_usage_is_told_apart_from_what_stands_in_the_way(desk: CashDesk, run: Run) -> None:
    assert desk
    assert run("end-of-month", "--month", "March")[0] == 2
    assert run("end-of-year")[0] == 2
    status, told, err = run("end-of-month", "--month", "2027-05")
    assert (status, told) == (1, [])
    assert "Month 2027-05 was never opened there" in err
    status, _, err = run("end-of-day", "--by", "nobody")
    assert (status, err) == (1, 'There is no active user "nobody"; name one with --by.\n')
