"""Totals by ledger account, told as the accountant who hands them over: each figure worked out by hand."""

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from operational_db.access.commands import create_user
from operational_db.accounting.trial_balance import trial_balance
from operational_db.billing.commands import bill_month, close_month
from operational_db.connections import connect_as_admin
from operational_db.debt.penalties import charge_penalties
from operational_db.payments.corrections import reverse_payment, transfer_payment
from operational_db.payments.services import bill_service, set_service_price
from operational_db.refusal import Refusal
from operational_db.settings import Settings
from orchestration.command_line import PROGRAM, command
from orchestration.command_line.ending import run_to_an_end
from tests.cash_desk import BY, SOUM, CashDesk
from tests.penalty_desk import PenaltyDesk

JANUARY, FEBRUARY, MARCH = (date(2026, month, 1) for month in (1, 2, 3))
TENTH = date(2026, 1, 10)

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def desk(settings: Settings, database: psycopg.Connection) -> CashDesk:
    """Two RES in January: a bill, a service, a penalty, an old debt and a payment at SA01; a payment at SA02."""
    desk = CashDesk(settings, database, first_month=JANUARY)
    karimov = desk.book.consumer("SA01/1/1", res="SA01", readings={JANUARY: 1000, FEBRUARY: 1100})
    desk.book.reading(karimov, MARCH, 1150)
    late = PenaltyDesk(desk.book, database)
    late.account("SA01/1/2")
    late.owes("SA01/1/2", 1_000_000, on=date(2025, 11, 30))
    desk.consumer("SA02/1/1")
    set_service_price(
        settings, "reconnection", 45_000 * SOUM, vat_rate=Decimal("0.12"), since=JANUARY, meaning="Reconnection", **BY
    )
    bill_service(settings, "SA01/1/1", "reconnection", done_on=TENTH, **BY)
    desk.paid("SA01/1/1", 20_000, on=TENTH, channel_id="T1", article="services")
    desk.paid("SA02/1/1", 7_000, on=TENTH, channel_id="T2")
    bill_month(settings, JANUARY, **BY)
    charge_penalties(settings, JANUARY, **BY)
    return desk


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    for name, value in settings.as_environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)

    def run_command(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        status = run_to_an_end(command(), PROGRAM, ("trial-balance", *arguments))
        told = capsys.readouterr()
        return status, told.out.replace("\u202f", " "), told.err.replace("\u202f", " ")

    return run_command


def _rows(desk: CashDesk, month: date, unit: str) -> dict[str, tuple[Decimal, ...]]:
    """Opening, debit, credit and closing by ledger account, in soum."""
    found = trial_balance(desk.settings, month, unit_code=unit, **BY)
    assert found.is_proven
    return {
        row.ledger_account_code: tuple(
            Decimal(minor) / SOUM for minor in (row.opening_minor, row.debit_minor, row.credit_minor, row.closing_minor)
        )
        for row in found.rows
    }


def _soum(*texts: str) -> tuple[Decimal, ...]:
    return tuple(Decimal(text) for text in texts)


@pytest.mark.requirement("A67", "A68", "D10")
def test_totals_by_ledger_account_are_those_worked_by_hand_and_go_on_from_month_to_month(desk: CashDesk) -> None:
    # Bill: 100 kWh x 600 = 60,000, VAT 60,000 x 0.12 / 1.12 = 6,428.57, net 53,571.43.
    # Service: 45,000, VAT 4,821.43, net 40,178.57. Penalty: 1,000,000 x 0.1 % x 52 days = 52,000.
    # Taken over 1,000,000; paid 20,000. 4010: 60,000 + 45,000 + 52,000 + 1,000,000 = 1,157,000; less 20,000.
    assert _rows(desk, JANUARY, "SA01") == {
        "0000": _soum("0", "0", "1000000", "-1000000"),
        "4010": _soum("0", "1157000", "20000", "1137000"),
        "5110": _soum("0", "20000", "0", "20000"),
        "6410": _soum("0", "0", "11250", "-11250"),  # 6,428.57 + 4,821.43
        "9030": _soum("0", "0", "93750", "-93750"),  # 53,571.43 + 40,178.57
        "9330": _soum("0", "0", "52000", "-52000"),
    }
    assert _rows(desk, JANUARY, "SA02") == {
        "4010": _soum("0", "0", "7000", "-7000"),
        "5110": _soum("0", "7000", "0", "7000"),
    }
    close_month(desk.settings, JANUARY, **BY)
    bill_month(desk.settings, FEBRUARY, **BY)
    # 50 kWh x 600 = 30,000, VAT 3,214.29, net 26,785.71. The wrong payment is taken back: -20,000 on its own sides.
    reverse_payment(desk.settings, "bank", "T1", reason="Returned by the bank", **BY)
    assert _rows(desk, FEBRUARY, "SA01") == {
        "0000": _soum("-1000000", "0", "0", "-1000000"),
        "4010": _soum("1137000", "30000", "-20000", "1187000"),
        "5110": _soum("20000", "-20000", "0", "0"),
        "6410": _soum("-11250", "0", "3214.29", "-14464.29"),
        "9030": _soum("-93750", "0", "26785.71", "-120535.71"),
        "9330": _soum("-52000", "0", "0", "-52000"),
    }
    # January reads as it did: what came later is not in it.
    assert _rows(desk, JANUARY, "SA01")["4010"] == _soum("0", "1157000", "20000", "1137000")
    whole = trial_balance(desk.settings, FEBRUARY, **BY)
    # 1,187,000 at SA01, 7,000 in advance at SA02; three accounts were ever moved.
    assert (whole.owed_by_chart_minor, whole.account_count) == (1_180_000 * SOUM, 3)
    assert sum(row.debit_minor - row.credit_minor for row in whole.rows) == 0
    assert sum(row.closing_minor for row in whole.rows) == 0


@pytest.mark.requirement("A67", "A68")
def test_money_that_moves_to_another_res_moves_in_both_balances(desk: CashDesk) -> None:
    transfer_payment(desk.settings, "bank", "T1", "SA02/1/1", reason="Neighbour's number", **BY)
    # 20,000 leave SA01, and SA02 has 27,000 in advance.
    assert _rows(desk, JANUARY, "SA01")["4010"][3] == Decimal(1_157_000)
    assert _rows(desk, JANUARY, "SA02")["4010"] == _soum("0", "0", "27000", "-27000")


@pytest.mark.requirement("A67", "A68")
def test_the_command_line_shows_the_totals_and_says_what_they_are_proven_by(desk: CashDesk, run: Run) -> None:
    status, out, _ = run("--month", "2026-01", "--unit", "SA01")
    assert status == 0
    row = next(line for line in out.splitlines() if "Receivables from consumers" in line)
    assert row.split()[-9:] == ["0.00", "1", "157", "000.00", "20", "000.00", "1", "137", "000.00"]
    assert out.endswith(
        "Consumers owe 1 137 000.00 UZS at its end: by the chart, by the sum of 2 accounts, and by their documents.\n"
    )
    status, out, _ = run("--month", "2026-01", "--json")
    told = json.loads(out)
    assert (told["owed_by_documents_minor"], told["is_proven"]) == (113_000_000, True)
    # Somebody turns a payment round past the book: its sum is the same, and the consumer owes 40,000 more.
    with connect_as_admin(desk.settings) as session:
        session.execute("SET session_replication_role = replica")
        session.execute(
            "UPDATE ops.ledger SET debit_code = credit_code, credit_code = debit_code"
            " WHERE document_kind = 'payment' AND res_id = %s",
            [desk.book.res_ids["SA01"]],
        )
    status, _, err = run("--month", "2026-01", "--unit", "SA01")
    assert status == 1
    assert (
        "What consumers owe at the end of 2026-01 is 1 177 000.00 UZS by the chart, 1 177 000.00 by the sum of their "
        "accounts and 1 137 000.00 by their documents; 1 accounts differ, the first of them SA01/1/1." in err
    )


@pytest.mark.requirement("A68")
def test_every_kind_of_document_that_posts_is_counted_among_the_documents(database: psycopg.Connection) -> None:
    # What is taken over has no document of its own.
    kinds = database.execute(
        "SELECT DISTINCT document_kind FROM ops.posting_rule WHERE document_kind NOT LIKE 'opening%'"
    ).fetchall()
    definition = database.execute("SELECT pg_get_viewdef('ops.balance_document')").fetchone()[0]
    assert {kind for (kind,) in kinds if f"'{kind}'" not in definition} == set()


def test_totals_are_shown_to_those_who_see_the_unit(desk: CashDesk) -> None:
    create_user(desk.settings, login="boss", full_name="Boss", group_code="management", unit_code="SA01", **BY)
    assert trial_balance(desk.settings, JANUARY, unit_code="SA01", by="boss").account_count == 2
    with pytest.raises(Refusal, match='"boss" does not hold the right "see" for UZ'):
        trial_balance(desk.settings, JANUARY, by="boss")
    with pytest.raises(Refusal, match="Month 2027-01 was never opened there"):
        trial_balance(desk.settings, date(2027, 1, 1), by="boss", unit_code="SA01")
