"""`wattbook explain` as a clerk and a program meet it: sentences, JSON, files, refusals."""

import json
import os
from collections.abc import Callable
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from operational_db.billing.commands import bill_month
from operational_db.pango import find_weasyprint
from operational_db.settings import ENVIRONMENT_PREFIX, Settings
from orchestration.command_line import PROGRAM, command
from orchestration.command_line.ending import run_to_an_end
from tests.small_book import ADMINISTRATOR, SmallBook

JANUARY, FEBRUARY = date(2026, 1, 1), date(2026, 2, 1)
ASKED = ("explain", "SA01/1/1", "--month", "2026-01")

Run = Callable[..., int]


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command over a book with one bill of 350 kWh; output is in capsys."""
    for name in list(os.environ):
        if name.startswith(ENVIRONMENT_PREFIX):
            monkeypatch.delenv(name)
    for name, value in settings.as_environment().items():
        monkeypatch.setenv(name, value)
    book = SmallBook(settings, first_month=JANUARY, res_codes=("SA01",))
    book.consumer("SA01/1/1", res="SA01", readings={JANUARY: 1000, FEBRUARY: 1350})
    bill_month(settings, JANUARY, by=ADMINISTRATOR)

    def run_command(*arguments: str) -> int:
        return run_to_an_end(command(), PROGRAM, arguments)

    return run_command


def test_a_clerk_reads_the_arithmetic(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*ASKED) == 0
    told = capsys.readouterr().out
    # 200 x 600 + 150 x 800 = 240 000
    assert "Step 2 (200 to 500 kWh): 150 kWh x 800 = 120 000.00, of it VAT at 12 % 12 857.14." in told
    assert "Owed after the month: 240\u202f000.00 UZS." in told
    assert max(len(line) for line in told.splitlines()) <= 100


def test_a_program_reads_json(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*ASKED, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["explanation"]["head"]["charge_minor"] == 24_000_000
    assert [line["energy_kwh"] for line in told["explanation"]["lines"]] == [200, 150]


def test_files_are_written_and_named(run: Run, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    page, workbook = tmp_path / "new" / "bill.html", tmp_path / "bill.xlsx"
    assert run(*ASKED, "--html", str(page), "--xlsx", str(workbook), "--language", "uz") == 0
    assert capsys.readouterr().out.splitlines() == [str(page), str(workbook)]
    assert "240\u202f000,00" in page.read_text(encoding="utf-8")
    assert openpyxl.load_workbook(workbook, data_only=True).sheetnames == ["bill", "readings", "lines"]


@pytest.mark.skipif(find_weasyprint() is None, reason="Pango is not installed; `make test` as root installs it")
def test_pdf_is_written(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "bill.pdf"
    assert run(*ASKED, "--pdf", str(file)) == 0
    assert file.read_bytes().startswith(b"%PDF-")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("explain", "SA01/9/9", "--month", "2026-01"), 'There is no account "SA01/9/9"'),
        (("explain", "SA01/1/1", "--month", "2026-02"), "has no bill of 2026-02; it has bills of 2026-01"),
        ((*ASKED, "--bill", "7"), "has no bill 7 of 2026-01"),
        ((*ASKED, "--language", "xx"), 'not printed in the language "xx"'),
        ((*ASKED, "--html", "/dev/null/bill.html"), "cannot be written"),
    ],
)
def test_what_cannot_be_told_is_refused(
    run: Run, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], words: str
) -> None:
    assert run(*arguments) == 1
    assert words in capsys.readouterr().err
