"""`wattbook print-bills` as a clerk and a program meet it: files, sums, who has no bill, refusals."""

import json
import os
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from operational_db.access.commands import create_user
from operational_db.billing.commands import bill_month
from operational_db.pango import find_weasyprint
from operational_db.settings import ENVIRONMENT_PREFIX, Settings
from orchestration.command_line import PROGRAM, command
from orchestration.command_line.ending import run_to_an_end
from tests.small_book import ADMINISTRATOR, SmallBook

JANUARY, FEBRUARY = date(2026, 1, 1), date(2026, 2, 1)
ASKED = ("print-bills", "--month", "2026-01", "--unit", "SA01")

Run = Callable[..., int]


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command over a RES with two bills of 350 and 100 kWh, and one account that was not read."""
    for name in list(os.environ):
        if name.startswith(ENVIRONMENT_PREFIX):
            monkeypatch.delenv(name)
    for name, value in settings.as_environment().items():
        monkeypatch.setenv(name, value)
    book = SmallBook(settings, first_month=JANUARY, res_codes=("SA01",))
    book.consumer("SA01/1/1", res="SA01", readings={JANUARY: 1000, FEBRUARY: 1350})
    book.consumer("SA01/2/1", res="SA01", readings={JANUARY: 1000, FEBRUARY: 1100})
    book.consumer("SA01/2/2", res="SA01", readings={JANUARY: 1000})
    bill_month(settings, JANUARY, by=ADMINISTRATOR)
    create_user(
        settings, login="reader", full_name="Reader", group_code="management", unit_code="SA01", by=ADMINISTRATOR
    )

    def run_command(*arguments: str) -> int:
        return run_to_an_end(command(), PROGRAM, arguments)

    return run_command


def test_a_clerk_prints_a_res_and_sees_who_waits(run: Run, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run(*ASKED, "--to", str(tmp_path), "--no-pdf", "--language", "uz") == 0
    # 200 x 600 + 150 x 800 = 240 000; 100 x 600 = 60 000
    assert capsys.readouterr().out.splitlines() == [
        f"{tmp_path}/bills-2026-01-SA01-1.html: 1 bills, 350 kWh, 240\u202f000.00 UZS.",
        f"{tmp_path}/bills-2026-01-SA01-2.html: 1 bills, 100 kWh, 60\u202f000.00 UZS.",
        "Printed 2 bills of 2026-01 on 2 routes, 450 kWh, 300\u202f000.00 UZS.",
        "Without a bill: 1 points.",
        "SA01/2/2, point SA01/2/2#1: No reading of the month is entered; enter it, or estimate it.",
    ]
    page = (tmp_path / "bills-2026-01-SA01-2.html").read_text(encoding="utf-8")
    assert "Oy koʻrsatkichi kiritilmagan" in page
    assert page.count('<section class="bill">') == 1


@pytest.mark.skipif(find_weasyprint() is None, reason="Pango is not installed; `make test` as root installs it")
def test_a_program_reads_what_was_printed(run: Run, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run(*ASKED, "--to", str(tmp_path), "--no-html", "--workers", "1", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert [(part["book"], part["bill_count"], part["charge_minor"]) for part in told] == [
        ("SA01/1", 1, 24_000_000), ("SA01/2", 1, 6_000_000)
    ]  # fmt: skip
    assert [one["account_no"] for part in told for one in part["left_out"]] == ["SA01/2/2"]
    assert [Path(file).read_bytes()[:5] for part in told for file in part["files"]] == [b"%PDF-", b"%PDF-"]


@pytest.mark.requirement("E151")
@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("--by", "reader"), 1, 'User "reader" does not hold the right'),
        (("--by", "nobody"), 1, "nobody"),
        (("--book", "SA01/9"), 1, "No account among those you may see has a number that begins SA01/9/"),
        (("--month", "2026-02"), 1, "has a bill of 2026-02, so there is nothing to print"),
        (("--language", "xx"), 1, 'not printed in the language "xx"'),
        (("--unit", "XX99"), 1, "XX99"),
        (("--no-html",), 2, "--no-pdf and --no-html together write nothing"),
        (("--bills-per-file", "0"), 2, "bills-per-file"),
    ],
)
def test_what_cannot_be_printed_is_refused(
    run: Run, capsys: pytest.CaptureFixture[str], tmp_path: Path, arguments: tuple[str, ...], status: int, words: str
) -> None:
    assert run(*ASKED, "--to", str(tmp_path / "out"), "--no-pdf", *arguments) == status
    assert words in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_written_is_refused(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*ASKED, "--to", "/dev/null/bills", "--no-pdf") == 1
    assert "cannot be written" in capsys.readouterr().err
