"""`wattbook readings` as a clerk and as a program meet it."""

import csv
import json
import os
from collections.abc import Callable
from datetime import date
from pathlib import Path

import openpyxl
import psycopg
import pytest

from operational_db.billing.commands import bill_month
from operational_db.metering.reading_files import read_readings
from operational_db.refusal import Refusal
from operational_db.settings import ENVIRONMENT_PREFIX, Settings
from orchestration.command_line import PROGRAM, command
from orchestration.command_line.ending import run_to_an_end
from tests.reading_desk import ReadingDesk
from tests.small_book import ADMINISTRATOR

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def desk(settings: Settings, database: psycopg.Connection) -> ReadingDesk:
    desk = ReadingDesk(settings, database, first_month=date(2025, 1, 1), months=3)
    desk.consumer("SA01/1/1", opening=1000, used=[310])
    desk.consumer("SA01/1/2", opening=500, used=[155])
    return desk


@pytest.fixture
def run(
    desk: ReadingDesk, settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
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
        status = run_to_an_end(command(), PROGRAM, ("readings", *arguments))
        told = capsys.readouterr()
        return status, told.out, told.err

    return run_command


def test_a_reading_is_entered_and_shown_in_the_history(run: Run) -> None:
    status, out, _ = run("enter", "SA01/1/1", "1590", "--on", "2025-03-01")
    # 1000 + 310 = 1310; 1590 - 1310 = 280
    assert (status, out) == (
        0,
        "Entered 1590 of SA01/1/1#1 on 2025-03-01: 280 kWh since 2025-02-01, booked in 2025-02.\n",
    )
    status, out, _ = run("history", "SA01/1/1", "--json")
    newest = json.loads(out)[0]
    assert (newest["value_kwh"], newest["state"], newest["kind"]) == (1590, "new", "round")
    status, out, _ = run("history", "SA01/1/1", "--since", "2025-02-02")
    assert "1590" in out
    assert "1310" not in out


def test_a_slip_waits_is_listed_and_cancelled_or_released(run: Run) -> None:
    status, out, _ = run("enter", "SA01/1/1", "1139", "--on", "2025-03-01", "--json")
    assert (status, json.loads(out)["counts"]) == (0, {"quarantined": 1})
    status, out, _ = run("quarantine", "--unit", "SA01")
    assert out.startswith("2025-03-01 SA01/1/1#1 [decrease] The reading 1139 of SA01/1/1#1")
    status, _, err = run("release", "SA01/1/1", "--on", "2025-03-01", "--reason", "Looks right")
    assert status == 1
    assert "say so (--passed-zero); if not, cancel the reading" in err
    status, out, _ = run("cancel", "SA01/1/1", "--on", "2025-03-01", "--reason", "Digits transposed")
    assert (status, out) == (0, "1139 of SA01/1/1#1 on 2025-03-01 is cancelled.\n")
    assert run("quarantine")[1] == "No reading stands in quarantine there.\n"
    run("enter", "SA01/1/1", "1391", "--on", "2025-03-01")
    status, out, _ = run("hold", "SA01/1/1", "--on", "2025-03-01", "--reason", "The consumer doubts it")
    assert (status, out) == (0, "1391 of SA01/1/1#1 on 2025-03-01 is in quarantine.\n")
    status, out, _ = run("release", "SA01/1/1", "--on", "2025-03-01", "--reason", "Read again")
    assert (status, out) == (0, "1391 of SA01/1/1#1 on 2025-03-01 is released and will be billed, 81 kWh.\n")


def test_a_refusal_is_one_sentence_and_wrong_usage_is_told(run: Run) -> None:
    status, out, err = run("enter", "SA01/1/1", "123456", "--on", "2025-03-01")
    assert (status, out) == (1, "")
    assert err.count("\n") == 1
    assert "cannot stand on this register: it has 5 whole digits" in err
    assert run("enter", "SA01/1/1", "12x", "--on", "2025-03-01")[0] == 2
    assert run("enter", "SA01/1/1", "day=1", "day=2", "--on", "2025-03-01")[0] == 2
    assert run("enter", "SA01/1/1", "12", "--on", "1 March")[0] == 2


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_the_sheet_of_the_controller_goes_out_and_comes_back(run: Run, tmp_path: Path, ending: str) -> None:
    sheet = tmp_path / f"round.{ending}"
    status, out, _ = run("round-sheet", str(sheet), "--month", "2025-02", "--book", "SA01/1")
    assert (status, out.startswith(f"Wrote {sheet}: 2 scales to read, by address.")) == (0, True)
    _fill_in(sheet, {"SA01/1/1#1": "1590"})
    status, out, _ = run("load", str(sheet))
    assert status == 0
    assert out == (
        "Entered: 1 accepted (280 kWh, 0 past zero), 0 into quarantine, 0 entered already, 0 refused, "
        "1 rows not read.\n"
    )
    status, out, _ = run("load", str(sheet), "--json")
    assert json.loads(out)["counts"] == {"entered_already": 1}
    status, out, _ = run("missing", "--month", "2025-02", "--json")
    assert [row["account_no"] for row in json.loads(out)] == ["SA01/1/2"]


def test_a_file_with_a_refused_row_enters_nothing_unless_asked(run: Run, tmp_path: Path) -> None:
    told, to_correct = tmp_path / "told.csv", tmp_path / "to_correct.csv"
    told.write_text(
        "account_no;value_kwh;read_on\nSA01/1/1;1590;2025-03-01\nSA01/1/2;79x;2025-03-01\nSA01/1/3;1;2025-03-01\n",
        encoding="utf-8",
    )
    status, _, err = run("load", str(told))
    assert (status, err) == (1, f"{told} separates its cells by semicolons; load it with --delimiter ';'.\n")
    status, out, err = run("load", str(told), "--delimiter", ";")
    assert status == 1
    assert 'row 2 refused: Row 2: value_kwh "79x" is not a number; write it as 1350 or 1350.5.' in out
    assert err.startswith("2 of 3 readings are refused, so none was entered;")
    arguments = ("load", str(told), "--delimiter", ";", "--leave-out-refused", "--refused-to", str(to_correct))
    status, out, _ = run(*arguments)
    assert status == 0
    assert "Entered: 1 accepted (280 kWh, 0 past zero), 0 into quarantine, 0 entered already, 2 refused" in out
    with to_correct.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["row_no"], row["value_kwh"], row["read_on"]) for row in rows] == [
        ("2", "79x", "2025-03-01"),
        ("3", "1", "2025-03-01"),
    ]
    # A dry run of the rest tells and writes nothing.
    status, out, _ = run("load", str(told), "--delimiter", ";", "--leave-out-refused", "--dry-run")
    assert out.splitlines()[-1].startswith("Would be: 0 accepted")


def test_files_that_are_none_are_refused_by_name(tmp_path: Path) -> None:
    lacking = tmp_path / "lacking.csv"
    lacking.write_text("point_code,value\nA,1\n", encoding="utf-8")
    with pytest.raises(Refusal, match="lacking.csv lacks the column value_kwh; the first row must name the columns"):
        read_readings(lacking)
    with pytest.raises(Refusal, match="nowhere.csv cannot be read"):
        read_readings(tmp_path / "nowhere.csv")
    broken = tmp_path / "broken.xlsx"
    broken.write_text("no workbook", encoding="utf-8")
    with pytest.raises(Refusal, match="broken.xlsx cannot be read as a workbook"):
        read_readings(broken)
    dayless = tmp_path / "dayless.csv"
    dayless.write_text("point_code,value_kwh\nA,1\n,2\n", encoding="utf-8")
    assert [row.sentence for row in read_readings(dayless).unreadable] == [
        "Row 1: it tells no day; fill in read_on, or name one day for all with --on.",
        "Row 2: it names no point_code and no account_no; add one.",
    ]


def test_what_is_missing_is_estimated(run: Run) -> None:
    run("enter", "SA01/1/1", "1590", "--on", "2025-03-01")
    status, out, _ = run("missing", "--month", "2025-02")
    assert out.splitlines()[-1] == (
        "1 not read in 2025-02, 1 of them without an estimate (`wattbook readings estimate --month 2025-02`)."
    )
    # 155 kWh in 31 days are 5 a day, 140 in February
    status, out, _ = run("estimate", "--month", "2025-02", "--dry-run")
    assert (status, out.splitlines()[-1]) == (0, "Would estimate 1 for 2025-02, 140 kWh; 0 could not be.")
    status, out, _ = run("estimate", "--month", "2025-02", "--json")
    (made,) = json.loads(out)["estimates"]
    assert (made["kind"], made["value_kwh"], made["energy_kwh"]) == ("average", 795, 140)
    status, out, _ = run("estimate", "--month", "2025-02")
    assert out == "Estimated 0 for 2025-02, 0 kWh; 0 could not be.\n"
    assert run("estimate", "--month", "2025-02", "--place", "SA01/1/2", "--unit", "SA01")[0] == 2


def _fill_in(sheet: Path, values: dict[str, str]) -> None:
    """As a controller would: the day and the value beside some points."""
    if sheet.suffix == ".xlsx":
        workbook = openpyxl.load_workbook(sheet)
        cells = workbook.active
        heads = [cell.value for cell in cells[1]]
        for row in cells.iter_rows(min_row=2):
            value = values.get(str(row[heads.index("point_code")].value))
            if value is not None:
                row[heads.index("read_on")].value = "2025-03-01"
                row[heads.index("value_kwh")].value = int(value)
        workbook.save(sheet)
        return
    with sheet.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        if row["point_code"] in values:
            row |= {"read_on": "2025-03-01", "value_kwh": values[row["point_code"]]}
    with sheet.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)


@pytest.mark.requirement("E16")
def test_a_point_whose_contract_is_signed_before_a_meter_hangs_begins_with_an_automatic_reading(
    run: Run, desk: ReadingDesk, database: psycopg.Connection
) -> None:
    consumer = desk.book.consumer("SA01/1/9", res="SA01", since=date(2025, 1, 1), readings={})
    database.execute("DELETE FROM ops.meter_installation WHERE meter_id = %s", [consumer.meter_id])
    begin = ("automatic", "SA01/1/9#1", "--on", "2025-01-10")
    status, out, _ = run(*begin)
    assert (status, out.partition(";")[0]) == (0, "SA01/1/9#1 begins on 2025-01-10 with the automatic reading 0")
    status, out, _ = run(*begin)
    assert (status, out) == (0, "The automatic reading of SA01/1/9#1 stands on 2025-01-10 already; nothing was done.\n")
    status, out, _ = run("history", "SA01/1/9")
    assert status == 0
    assert "automatic" in out
    status, _, err = run("automatic", "SA01/1/1#1", "--on", "2025-01-10")
    assert (status, "an automatic reading is for a point without a meter" in " ".join(err.split())) == (1, True)


def test_the_first_value_of_a_meter_is_entered_without_energy(run: Run, desk: ReadingDesk) -> None:
    desk.book.consumer("SA01/1/8", res="SA01", since=date(2025, 1, 1), readings={})
    status, out, _ = run("enter", "SA01/1/8", "700", "--on", "2025-02-01")
    assert status == 0
    assert out.startswith("Entered 700 of SA01/1/8#1 on 2025-02-01: no energy yet, booked in 2025-01.\n")


@pytest.mark.requirement("E107", "E117")
def test_a_billed_consumption_is_adjusted(run: Run, desk: ReadingDesk) -> None:
    status, _, err = run("adjust", "SA01/1/1", "200", "--on", "2025-02-01", "--reason", "Shared line")
    assert status == 1
    assert "is not billed, so there is nothing to adjust" in err
    bill_month(desk.settings, date(2025, 1, 1), by=ADMINISTRATOR)
    asked = ("adjust", "SA01/1/1", "200", "--on", "2025-02-01", "--reason", "Shared line")
    status, out, _ = run(*asked, "--dry-run")
    # Counted 1310 - 1000 = 310.
    told = (
        "SA01/1/1#1 from 2025-01-01 to 2025-02-01: counted 310.0 kWh, adjusted before by 0.0, now by "
        "\u2212110.0, right is 200.0. `wattbook bill` posts the pair.\n"
    )
    assert (status, out) == (0, f"Would adjust {told}")
    assert run(*asked)[:2] == (0, f"Adjusted {told}")
    status, _, err = run(*asked)
    assert (status, "200 kWh up to 2025-02-01 is what stands already" in err) == (1, True)
