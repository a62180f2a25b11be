"""Entries of a month handed over to the accounting program, told as the accountant who takes them."""

import csv
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import dbfread
import psycopg
import pytest

from operational_db.accounting.handover import hand_over_entries
from operational_db.billing.commands import bill_month, close_month
from operational_db.payments.corrections import reverse_payment
from operational_db.refusal import Refusal
from operational_db.settings import Settings
from orchestration.command_line import PROGRAM, command
from orchestration.command_line.ending import run_to_an_end
from tests.cash_desk import BY, SOUM, CashDesk

JANUARY, FEBRUARY, MARCH = (date(2026, month, 1) for month in (1, 2, 3))
TENTH = date(2026, 1, 10)

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def desk(settings: Settings, database: psycopg.Connection) -> CashDesk:
    """In January two consumers of SA01 use 100 and 50 kWh and pay 20,000 and 5,000; one of SA02 pays 7,000."""
    desk = CashDesk(settings, database, first_month=JANUARY)
    karimov = desk.book.consumer("SA01/1/1", res="SA01", readings={JANUARY: 1000, FEBRUARY: 1100})
    desk.book.reading(karimov, MARCH, 1100)
    desk.book.consumer("SA01/1/2", res="SA01", readings={JANUARY: 10, FEBRUARY: 60})
    desk.consumer("SA02/1/1")
    desk.paid("SA01/1/1", 20_000, on=TENTH, channel_id="T1")
    desk.paid("SA01/1/2", 5_000, on=TENTH, channel_id="T2")
    desk.paid("SA02/1/1", 7_000, on=TENTH, channel_id="T3")
    bill_month(settings, JANUARY, **BY)
    return desk


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    for name, value in settings.as_environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)

    def run_command(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        status = run_to_an_end(command(), PROGRAM, ("hand-over", *arguments))
        told = capsys.readouterr()
        return status, told.out.replace("\u202f", " "), told.err.replace("\u202f", " ")

    return run_command


# 100 kWh x 600 = 60,000: VAT 60,000 x 0.12 / 1.12 = 6,428.57, net 53,571.43. 50 kWh x 600 = 30,000: VAT 3,214.29,
# net 26,785.71. Together net 80,357.14, VAT 9,642.86; paid 25,000.
SYNTHETIC = [
    ("SA01", "4010", "6410", "bill", 2, Decimal("9642.86")),
    ("SA01", "4010", "9030", "bill", 2, Decimal("80357.14")),
    ("SA01", "5110", "4010", "payment", 2, Decimal("25000.00")),
]
ANALYTIC = [
    ("SA01/1/1", "4010", "6410", "bill", Decimal("6428.57")),
    ("SA01/1/1", "4010", "9030", "bill", Decimal("53571.43")),
    ("SA01/1/1", "5110", "4010", "payment", Decimal("20000.00")),
    ("SA01/1/2", "4010", "6410", "bill", Decimal("3214.29")),
    ("SA01/1/2", "4010", "9030", "bill", Decimal("26785.71")),
    ("SA01/1/2", "5110", "4010", "payment", Decimal("5000.00")),
]


def _dbf(path: Path) -> list[dict[str, object]]:
    """Read by a reader that is not ours; amounts as they stand in the file."""

    class Exact(dbfread.FieldParser):
        def parseN(self, field: object, data: bytes) -> Decimal:  # noqa: ARG002, N802 - the name dbfread asks for
            return Decimal(data.decode().strip())

    return list(dbfread.DBF(path, parserclass=Exact))


@pytest.mark.requirement("A69", "A67", "A68")
def test_both_kinds_of_accounting_are_handed_over_as_tables_that_add_up(desk: CashDesk, tmp_path: Path) -> None:
    done = hand_over_entries(desk.settings, JANUARY, tmp_path, unit_code="SA01", **BY)
    assert [
        (row["RES"], row["DEBIT"], row["CREDIT"], row["DOCUMENT"], row["ENTRIES"], row["AMOUNT"])
        for row in _dbf(done.synthetic)
    ] == SYNTHETIC
    analytic = _dbf(done.analytic)
    assert [
        (row["ACCOUNT"], row["DEBIT"], row["CREDIT"], row["DOCUMENT"], row["AMOUNT"]) for row in analytic
    ] == ANALYTIC
    assert {(row["MONTH"], row["KIND"], row["ARTICLE"]) for row in analytic} == {
        ("2026-01", "household", "electricity")
    }
    # 90,000 charged and 25,000 paid, in six entries.
    assert (done.turnover_minor, done.entry_count, done.open_res_count) == (115_000 * SOUM, 6, 1)


def test_a_payment_taken_back_is_handed_over_with_a_minus_and_a_closed_month_never_changes(
    desk: CashDesk, tmp_path: Path
) -> None:
    close_month(desk.settings, JANUARY, **BY)
    first = hand_over_entries(desk.settings, JANUARY, tmp_path / "first", **BY)
    assert first.open_res_count == 0
    bill_month(desk.settings, FEBRUARY, **BY)
    reverse_payment(desk.settings, "bank", "T1", reason="Returned by the bank", **BY)
    february = hand_over_entries(desk.settings, FEBRUARY, tmp_path, unit_code="SA01", **BY)
    assert [(row["DEBIT"], row["CREDIT"], row["AMOUNT"]) for row in _dbf(february.synthetic)] == [
        ("5110", "4010", Decimal("-20000.00"))
    ]
    again = hand_over_entries(desk.settings, JANUARY, tmp_path / "again", **BY)
    assert [again.synthetic.read_bytes(), again.analytic.read_bytes()] == [
        first.synthetic.read_bytes(), first.analytic.read_bytes(),
    ]  # fmt: skip


def test_the_command_says_what_went_where_and_what_it_cannot_do(run: Run, desk: CashDesk, tmp_path: Path) -> None:
    assert desk
    status, told, _ = run("--month", "2026-01", "--unit", "SA01", "--format", "csv", "for_1c")
    assert status == 0
    assert "6 entries over 115 000.00 UZS, as the trial balance has them:" in told
    assert "The month is not closed at 1 RES" in told
    with (tmp_path / "for_1c" / "synthetic_2026-01.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    assert [row["AMOUNT"] for row in rows] == ["9642.86", "80357.14", "25000.00"]
    assert run("--month", "2026-01", "--format", "xml", "for_1c")[2].startswith('There is no format "xml" of entries')
    assert "Month 2019-01 was never opened there" in run("--month", "2019-01", "for_1c")[2]
    (tmp_path / "a_file").write_text("in the way", encoding="utf-8")
    status, _, refused = run("--month", "2026-01", "a_file/deeper")
    assert status == 1
    assert "cannot be written" in refused


def test_entries_that_do_not_add_up_are_not_handed_over(
    desk: CashDesk, tmp_path: Path, database: psycopg.Connection
) -> None:
    # Somebody spoils the list: it forgets the money that came in.
    definition = database.execute(
        "SELECT pg_get_functiondef('ops.analytic_entries(integer[], date)'::regprocedure)"
    ).fetchone()[0]
    database.execute(definition.replace("g.booked_month = month", "g.booked_month = month AND g.credit_code <> '4010'"))
    with pytest.raises(Refusal, match="analytic_2026-01.dbf does not add up to the trial balance of 2026-01"):
        hand_over_entries(desk.settings, JANUARY, tmp_path, **BY)
