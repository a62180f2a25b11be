"""`wattbook reconcile` and `wattbook debt` as a clerk and a program meet them: tables, JSON, files, refusals."""

import json
import os
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from operational_db.billing.commands import bill_month
from operational_db.pango import find_weasyprint
from operational_db.settings import ENVIRONMENT_PREFIX, Settings
from orchestration.command_line import PROGRAM, command
from orchestration.command_line.ending import run_to_an_end
from tests.money_desk import pay
from tests.small_book import ADMINISTRATOR, SmallBook

JANUARY, FEBRUARY = date(2026, 1, 1), date(2026, 2, 1)
SOUM = 100

Run = Callable[..., int]


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command over a book with one bill of 240 000 and one payment of 40 000; output is in capsys."""
    for name in list(os.environ):
        if name.startswith(ENVIRONMENT_PREFIX):
            monkeypatch.delenv(name)
    for name, value in settings.as_environment().items():
        monkeypatch.setenv(name, value)
    book = SmallBook(settings, first_month=JANUARY, res_codes=("SA01",))
    consumer = book.consumer("SA01/1/1", res="SA01", readings={JANUARY: 1000, FEBRUARY: 1350})
    pay(book, consumer, date(2026, 1, 10), 40_000 * SOUM)
    bill_month(settings, JANUARY, by=ADMINISTRATOR)  # 200 x 600 + 150 x 800 = 240 000

    def run_command(*arguments: str) -> int:
        return run_to_an_end(command(), PROGRAM, arguments)

    return run_command


def test_a_clerk_reads_the_history_and_the_balances(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("reconcile", "SA01/1/1", "--to", "2026-02-01") == 0
    told = capsys.readouterr().out
    assert told.splitlines()[0] == "SA01/1/1, to 31.01.2026, all articles, UZS"
    assert "\u221240\u202f000.00" in told
    assert told.splitlines()[-1] == "Balance after: 200\u202f000.00"
    assert run("reconcile", "SA01/1/1", "--from", "2026-03-01", "--language", "uk") == 0
    assert "У цьому періоді нічого не сталося." in capsys.readouterr().out


def test_a_program_reads_json(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("reconcile", "SA01/1/1", "--article", "electricity", "--json") == 0
    statement = json.loads(capsys.readouterr().out)["statement"]
    assert statement["closing_minor"] == 20_000_000
    assert [line["balance_minor"] for line in statement["lines"]] == [
        line["ledger_minor"] for line in statement["lines"]
    ]
    assert run("debt", "SA01/1/1", "--on", "2026-02-28", "--json") == 0
    assert json.loads(capsys.readouterr().out)["by_age"][0]["days_1_30_minor"] == 20_000_000


def test_files_are_written_and_named(run: Run, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    page, workbook = tmp_path / "new" / "account.html", tmp_path / "account.xlsx"
    assert run("reconcile", "SA01/1/1", "--html", str(page), "--xlsx", str(workbook), "--language", "uz") == 0
    assert capsys.readouterr().out.splitlines() == [str(page), str(workbook)]
    assert "200\u202f000,00" in page.read_text(encoding="utf-8")


@pytest.mark.skipif(find_weasyprint() is None, reason="Pango is not installed; `make test` as root installs it")
def test_pdf_is_written(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "account.pdf"
    assert run("reconcile", "SA01/1/1", "--pdf", str(file)) == 0
    assert file.read_bytes().startswith(b"%PDF-")


def test_debts_of_a_unit_are_told_by_age_and_year(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("debt", "--unit", "UZ", "--on", "2026-01-31") == 0
    told = capsys.readouterr().out
    assert "UZ at the end of 2026-01-31, UZS" in told
    assert "200\u202f000.00" in told
    assert run("debt", "--unit", "UZ", "--on", "2025-12-31") == 0
    assert "owes nothing at the end of 2025-12-31" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("reconcile", "SA01/9/9"), 1, 'There is no account "SA01/9/9"'),
        (("reconcile", "SA01/1/1", "--article", "water"), 1, 'There is no article "water"'),
        (("reconcile", "SA01/1/1", "--from", "soon"), 2, '"soon" is not a day'),
        (("debt", "--on", "2026-01-31"), 2, "name either an account or a unit"),
    ],
)
def test_what_cannot_be_answered_is_said(
    run: Run, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], status: int, words: str
) -> None:
    assert run(*arguments) == status
    assert words in " ".join(capsys.readouterr().err.split())
