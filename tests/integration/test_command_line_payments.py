"""`wattbook payments` and `wattbook services` as a clerk and as a program meet them."""

import json
import os
from collections.abc import Callable
from datetime import date
from pathlib import Path

import psycopg
import pytest

from operational_db.settings import ENVIRONMENT_PREFIX, Settings
from orchestration.command_line import PROGRAM, command
from orchestration.command_line.ending import run_to_an_end
from tests.cash_desk import CashDesk

Run = Callable[..., tuple[int, str, str]]
THIN = "\u202f"


@pytest.fixture
def desk(settings: Settings, database: psycopg.Connection) -> CashDesk:
    desk = CashDesk(settings, database, first_month=date(2026, 1, 1))
    desk.consumer("SA01/1/1", name="Каримов Алишер")
    desk.consumer("SA01/1/2")
    return desk


@pytest.fixture
def run(desk: CashDesk, settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command in this process: exit status, standard output, standard error."""
    assert desk
    for name in list(os.environ):
        if name.startswith(ENVIRONMENT_PREFIX):
            monkeypatch.delenv(name)
    for name, value in settings.as_environment().items():
        monkeypatch.setenv(name, value)

    def run_command(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        status = run_to_an_end(command(), PROGRAM, arguments)
        told = capsys.readouterr()
        return status, told.out.replace(THIN, " "), told.err

    return run_command


def test_a_package_from_its_cover_sheet_to_a_payment_taken_back(run: Run, tmp_path: Path) -> None:
    package = ("payments", "package")
    opened = run(
        *package, "open", "R-1", "bank", "--on", "2026-01-05", "--count", "3", "--sum", "60 000,50", "--unit", "SA01"
    )
    assert opened == (0, "Package R-1 is open: 3 payments of 60 000,50 to come.\n", "")
    assert run(*package, "add", "R-1", "SA01/1/1", "10000.50", "--id", "T1")[1] == (
        "Row 1 of package R-1: 10000.50 for SA01/1/1.\n"
    )
    file = tmp_path / "bank.csv"
    file.write_text(
        "account_no;amount;channel_id;payer\n77;20000;T2;Каримов Алишер\nSA01/1/2;x;T3;\n", encoding="utf-8"
    )
    status, _, err = run(*package, "load", "R-1", str(file))
    assert (status, err) == (1, f"{file} separates its cells by semicolons; load it with --delimiter ';'.\n")
    status, _, err = run(*package, "load", "R-1", str(file), "--delimiter", ";")
    assert (status, err) == (
        1,
        (
            'bank.csv, row 2: "x" is not an amount; write it as 12345.60.\n'
            f"1 rows of {file} are no payments, so none was added; correct them and load again.\n"
        ),
    )
    file.write_text("account_no,amount,channel_id,payer\n77,20000,T2,Каримов Алишер\nSA01/1/2,25000,T3,\n", "utf-8")
    assert run(*package, "load", "R-1", str(file))[1] == "Added 2 payments of 45 000.00 UZS to package R-1.\n"
    status, out, _ = run(*package, "check", "R-1")
    assert status == 1
    # 10,000.50 + 20,000 + 25,000 = 55,000.50
    assert "declares a sum of 60000.50, but its payments make 55000.50 (5000.00 less)" in out
    assert 'Row 2 (T2): account "77" was not found' in out
    run(*package, "change", "R-1", "3", "--amount", "30000")
    status, out, _ = run(*package, "post", "R-1", "--pool", "SA01", "--dry-run")
    assert (status, out) == (
        0, "Would post package R-1 in 2026-01: 3 payments, 1 of them unrecognised, 60 000.50 UZS.\n",
    )  # fmt: skip
    assert "draft" in run(*package, "list")[1]
    assert "account not found" in run(*package, "show", "R-1")[1]
    assert run(*package, "post", "R-1", "--pool", "SA01")[0] == 0
    assert "posted" in run(*package, "list", "--state", "posted")[1]
    status, _, err = run(*package, "remove", "R-1", "1")
    assert status == 1
    assert "what is posted is not changed" in err

    assert "77 Каримов Алишер" in run("payments", "pool", "--unit", "SA01")[1]
    suggested = json.loads(run("payments", "suggest", "bank", "T2", "--json")[1])
    assert suggested == [
        {
            "account_no": "SA01/1/1", "holder": "Каримов Алишер", "score": 50,
            "evidence": "the payer wrote the name of its holder, Каримов Алишер",
        }
    ]  # fmt: skip
    assert run("payments", "bind", "bank", "T2", "SA01/1/1")[1] == (
        "Moved: payment bank T2 of 20 000.00 UZS, 2026-01-05, from SA01-UNRECOGNISED (2026-01) to SA01/1/1 (2026-01).\n"
    )
    assert run("payments", "pool")[1] == "There are no unrecognised payments.\n"
    status, out, _ = run("payments", "transfer", "bank", "T3", "SA01/1/1", "--reason", "Wrong", "--dry-run")
    assert (status, out.partition(":")[0]) == (0, "Would be moved")
    assert run("payments", "reverse", "bank", "T3", "--reason", "Returned")[1] == (
        "Taken back in 2026-01: payment bank T3 of 30 000.00 UZS, 2026-01-05, account SA01/1/2.\n"
    )
    assert run("payments", "doubled", "--since", "2026-01")[1] == "No payment seems to have come in twice.\n"
    status, _, err = run("payments", "suggest", "--amount", "5")
    assert (status, err[:42]) == (1, "Name a payment by its channel and id, or a")


def test_a_service_from_the_price_list_to_a_bill_taken_back(run: Run) -> None:
    assert run(
        "services", "price", "reconnection", "45000", "--vat", "0.12", "--from", "2026-01-01",
        "--meaning", "Reconnection",
    )[1] == "From 2026-01-01 on reconnection costs 45 000.00 UZS.\n"  # fmt: skip
    assert "12.00" in run("services", "prices", "--on", "2026-01-05")[1]
    billed = run("services", "bill", "SA01/1/1", "reconnection", "--on", "2026-01-05")
    # 45,000 x 0.12 / 1.12 = 4,821.43
    assert billed[1] == (
        "Billed: service bill 1 of 2026-01, account SA01/1/1, 45 000.00 UZS, of it VAT 4 821.43 UZS.\n"
    )
    taken = run("services", "reverse", "SA01/1/1", "1", "--month", "2026-01", "--reason", "Another flat", "--json")
    assert json.loads(taken[1])["charge_minor"] == -4_500_000
    assert "Another flat" in run("services", "list", "SA01/1/1")[1]
    assert run("services", "list", "SA01/1/2")[1] == "Account SA01/1/2 has no bills of services.\n"
    status, _, err = run("services", "bill", "SA01/1/1", "dance", "--on", "2026-01-05")
    assert (status, err) == (
        1,
        (
            'Service "dance" has no price on 2026-01-05; the list of that day has reconnection '
            "(`wattbook services price` adds one).\n"
        ),
    )
