"""A clerk reconciles an account with its consumer: all that happened, and what was owed after each step."""

import io
from datetime import date
from pathlib import Path

import formulas
import openpyxl
import psycopg
import pytest

from dashboards.bills.statement import render_statement, set_statement
from dashboards.bills.statement_workbook import statement_workbook_bytes
from dashboards.bills.words import BillWords, words_by_language
from operational_db.accounting.reconciliation import AccountStatement, reconcile_account
from operational_db.billing.commands import bill_month, close_month
from operational_db.metering.meter_operations import replace_meter
from operational_db.metering.undo import undo_last
from operational_db.refusal import Refusal
from operational_db.settings import Settings
from tests.meter_yard import FEBRUARY, JANUARY, MARCH, MeterYard
from tests.money_desk import pay, take_over
from tests.small_book import ADMINISTRATOR, Consumer

SOUM = 100
PRINTED_ON = date(2026, 3, 5)
TENTH, TWENTY_FIRST = date(2026, 1, 10), date(2026, 1, 21)

# The workbook library's parser still uses old names of its dependencies.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::SyntaxWarning")


@pytest.fixture
def yard(settings: Settings, database: psycopg.Connection) -> MeterYard:
    return MeterYard(settings, database)


@pytest.fixture
def karimov(yard: MeterYard) -> Consumer:
    """A winter of an account: an old debt, a payment, a new meter, a bill, money that came late, money taken back."""
    book = yard.book
    karimov = book.consumer("SA01/1/1", res="SA01", readings={JANUARY: 1000})
    book.live_at(karimov, "Каримов Олимжон Ғайратович", "Регистон кўчаси", "12", flat="4")
    take_over(book, karimov, {2022: 30_000 * SOUM, 2024: 20_000 * SOUM}, JANUARY)
    pay(book, karimov, TENTH, 30_000 * SOUM, channel="cash")
    new = yard.in_store("N1")
    order = yard.order("replace", "SA01/1/1#1")
    replace_meter(
        yard.settings, "SA01/1/1#1", new, on=TWENTY_FIRST, values=1100, new_values=5, order_no=order, by=ADMINISTRATOR
    )
    book.reading(yard.with_meter(karimov, new), FEBRUARY, 65, kind="consumer")
    bill_month(yard.settings, JANUARY, by=ADMINISTRATOR)
    close_month(yard.settings, JANUARY, by=ADMINISTRATOR)
    book.open(FEBRUARY)
    pay(book, karimov, date(2026, 1, 28), 20_000 * SOUM, booked=FEBRUARY)
    pay(book, karimov, date(2026, 2, 15), 100_000 * SOUM, channel="paynet")
    pay(book, karimov, date(2026, 2, 16), -100_000 * SOUM, channel="paynet")
    return karimov


def _reconciled(yard: MeterYard, account_no: str = "SA01/1/1", **asked: object) -> AccountStatement:
    return reconcile_account(yard.settings, account_no, by=ADMINISTRATOR, **asked)


def _money(statement: AccountStatement) -> list[tuple]:
    return [
        (line.stands_on, line.kind, line.amount_minor // SOUM, line.balance_minor // SOUM)
        for line in statement.lines
        if line.line_kind == "document"
    ]


@pytest.mark.requirement("E110", "E111", "E112", "E113", "E116")
def test_all_that_happened_stands_in_order_with_the_balance_after_it(yard: MeterYard, karimov: Consumer) -> None:
    told = _reconciled(yard)
    old = yard.serial_of(karimov)
    # 1100 - 1000 = 100 kWh on the old meter, 65 - 5 = 60 on the new one: 160 x 600 = 96 000
    assert [
        (line.stands_on, line.line_kind, line.kind, line.serial_no, line.value_kwh, line.balance_minor // SOUM)
        for line in told.lines
    ] == [
        (JANUARY, "document", "opening_debt", None, None, 30_000),
        (JANUARY, "document", "opening_debt", None, None, 50_000),
        (JANUARY, "operation", "install", old, None, 50_000),
        (JANUARY, "reading", "opening", old, 1000, 50_000),
        (TENTH, "document", "payment", None, None, 20_000),
        (TWENTY_FIRST, "operation", "replace", old, None, 20_000),
        (TWENTY_FIRST, "reading", "removal", old, 1100, 20_000),
        (TWENTY_FIRST, "reading", "opening", "N1", 5, 20_000),
        (date(2026, 1, 31), "document", "normal", None, None, 116_000),
        (FEBRUARY, "reading", "consumer", "N1", 65, 116_000),
        # Paid on 28 January, and booked when January was closed: it stands in February.
        (FEBRUARY, "document", "payment", None, None, 96_000),
        (date(2026, 2, 15), "document", "payment", None, None, -4_000),
        (date(2026, 2, 16), "document", "taken_back", None, None, 96_000),
    ]
    assert all(line.balance_minor == line.ledger_minor for line in told.lines)
    assert [line.document_no for line in told.lines[:2]] == [2022, 2024]
    assert (told.charged_minor // SOUM, told.paid_minor // SOUM) == (146_000, 50_000)
    assert told.closing_minor == 96_000 * SOUM


@pytest.mark.requirement("A66")
@pytest.mark.usefixtures("karimov")
def test_a_period_begins_and_ends_with_its_balances(yard: MeterYard) -> None:
    january = _reconciled(yard, from_day=JANUARY, to_day=FEBRUARY)
    assert (january.opening_minor, january.closing_minor) == (0, 116_000 * SOUM)
    february = _reconciled(yard, from_day=FEBRUARY, to_day=MARCH)
    assert (february.opening_minor, february.closing_minor) == (116_000 * SOUM, 96_000 * SOUM)
    days = _reconciled(yard, from_day=date(2026, 1, 11), to_day=TWENTY_FIRST)
    assert (days.opening_minor, days.lines, days.closing_minor) == (20_000 * SOUM, (), 20_000 * SOUM)
    with pytest.raises(Refusal, match="has no day; name a later end"):
        _reconciled(yard, from_day=FEBRUARY, to_day=FEBRUARY)


@pytest.mark.requirement("E117")
def test_corrections_are_named_and_say_why(yard: MeterYard) -> None:
    book = yard.book
    consumer = book.consumer("SA01/1/3", res="SA01", readings={JANUARY: 0})
    slip = book.reading(consumer, FEBRUARY, 500)
    bill_month(yard.settings, JANUARY, by=ADMINISTRATOR)
    close_month(yard.settings, JANUARY, by=ADMINISTRATOR)
    book.event(slip, "cancelled", "The controller wrote the neighbour's value.")
    book.reading(consumer, MARCH, 118)
    bill_month(yard.settings, FEBRUARY, by=ADMINISTRATOR)
    told = _reconciled(yard, "SA01/1/3")
    end_of_february = date(2026, 2, 28)
    # 500 kWh: 200 x 600 + 300 x 800 = 360 000. Right: 118 kWh over 59 days, 62 in January, 56 in February, x 600.
    assert _money(told) == [
        (date(2026, 1, 31), "normal", 360_000, 360_000),
        (end_of_february, "reversing", -360_000, 0),
        (end_of_february, "correction", 37_200, 37_200),
        (end_of_february, "normal", 33_600, 70_800),
    ]
    assert (told.charged_minor // SOUM, told.paid_minor) == (70_800, 0)
    page = render_statement(told, BillWords("en"), PRINTED_ON)
    for words in ("takes back a bill", "Takes back bill 1 of January 2026", "The controller wrote the neighbour&#39;s"):
        assert words in page, words
    cancelled = next(line for line in told.lines if line.value_kwh == 500)
    assert cancelled.state == "cancelled"


@pytest.mark.requirement("E116", "E117")
def test_an_operation_that_was_undone_says_so(yard: MeterYard) -> None:
    yard.book.consumer("SA01/1/4", res="SA01", readings={JANUARY: 1000})
    order = yard.order("replace", "SA01/1/4#1")
    replace_meter(
        yard.settings, "SA01/1/4#1", yard.in_store("N4"), on=TWENTY_FIRST, values=1100, new_values=5,
        order_no=order, by=ADMINISTRATOR,
    )  # fmt: skip
    undo_last(yard.settings, point_code="SA01/1/4#1", reason="Another flat.", by=ADMINISTRATOR)
    told = _reconciled(yard, "SA01/1/4")
    assert [(line.kind, line.state, line.reason) for line in told.lines if line.line_kind == "operation"] == [
        ("install", None, None),
        ("replace", "undone", "Another flat."),
    ]


def _act(database: psycopg.Connection, consumer: Consumer, number: int, amount_minor: int, kind: str) -> None:
    """A document of the ledger alone, of a kind that this statement was never told of."""
    database.execute(
        "INSERT INTO ops.ledger (account_id, booked_month, document_kind, document_no, entry_no, debit_code,"
        " credit_code, amount_minor, article_code, posted_on, res_id, source_id, source_row)"
        " SELECT %s, %s, %s, %s, 1, '4010', '9030', %s, 'acts', '2026-02-20', %s, min(source_id), 0 FROM ops.source",
        [consumer.account_id, FEBRUARY, kind, number, amount_minor, consumer.res_id],
    )


def test_each_article_has_its_own_balance_and_unknown_documents_their_own_name(
    yard: MeterYard, database: psycopg.Connection, karimov: Consumer
) -> None:
    _act(database, karimov, 7, 500_000 * SOUM, "act")
    _act(database, karimov, 8, -120_000 * SOUM, "court_reduction")
    pay(yard.book, karimov, date(2026, 2, 21), 80_000 * SOUM, article="acts")
    acts = _reconciled(yard, article="acts")
    assert [(line.document_kind, line.kind, line.balance_minor // SOUM) for line in acts.lines] == [
        ("act", "act", 500_000),
        ("court_reduction", "taken_back", 380_000),
        ("payment", "payment", 300_000),
    ]
    assert _reconciled(yard, article="electricity").closing_minor == 96_000 * SOUM
    assert _reconciled(yard, article="services").lines == ()
    everything = _reconciled(yard)
    assert everything.closing_minor == (96_000 + 300_000) * SOUM
    printed = set_statement(everything, BillWords("en"), PRINTED_ON)
    assert "court reduction 8: taken back" in [line.what for line in printed.lines]
    assert printed.has_articles
    with pytest.raises(Refusal, match='no article "water"; name one of electricity, acts, services, penalty'):
        _reconciled(yard, article="water")


PAYMENT_DAMAGED = (
    "UPDATE ops.ledger SET amount_minor = amount_minor + 1"
    " WHERE document_kind = 'payment' AND booked_month = '2026-01-01'"
)
PAYMENT_DIFFERS = (
    r"after line 5 \(payment \d+ of 2026-01-10\) its documents come to 20 000.00 UZS and the ledger to 19 999.99"
)
BILL_DIFFERS = r"after line 9 \(bill 1 of 2026-01-31\)"


@pytest.mark.usefixtures("karimov")
@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (PAYMENT_DAMAGED, PAYMENT_DIFFERS),
        ("DELETE FROM ops.ledger WHERE document_kind = 'bill'", BILL_DIFFERS),
        ("UPDATE ops.bill SET charge_minor = charge_minor + 100", BILL_DIFFERS),
    ],
)
def test_a_statement_that_differs_from_the_ledger_is_refused_by_its_line(
    yard: MeterYard, database: psycopg.Connection, damage: str, told: str
) -> None:
    with database.transaction():
        database.execute("SET LOCAL session_replication_role = replica")  # nothing but this gets past the guards
        database.execute(damage)
    with pytest.raises(Refusal, match=told):
        _reconciled(yard)
    with pytest.raises(Refusal, match="is not shown"):
        _reconciled(yard, from_day=FEBRUARY)


def test_a_zero_is_written_and_what_does_not_apply_is_blank(yard: MeterYard) -> None:
    yard.book.consumer("SA01/1/5", res="SA01", readings={JANUARY: 100, FEBRUARY: 100})
    bill_month(yard.settings, JANUARY, by=ADMINISTRATOR)
    lines = set_statement(_reconciled(yard, "SA01/1/5"), BillWords("en"), PRINTED_ON).lines
    bill = next(line for line in lines if line.is_document)
    assert (bill.energy, bill.charged, bill.paid, bill.balance) == ("0", "0.00", "", "0.00")
    reading = next(line for line in lines if "Reading" in line.what)
    assert (reading.energy, reading.charged, reading.paid, reading.balance) == ("", "", "", "0.00")


@pytest.mark.usefixtures("karimov")
def test_the_page_speaks_each_language_and_says_when_nothing_happened(yard: MeterYard) -> None:
    for language in words_by_language():
        page = render_statement(_reconciled(yard), BillWords(language), PRINTED_ON)
        assert "Каримов Олимжон Ғайратович" in page
        words = BillWords(language)
        empty = render_statement(_reconciled(yard, from_day=date(2026, 1, 11), to_day=TWENTY_FIRST), words, PRINTED_ON)
        assert words.text("st_nothing") in empty
        assert words.text("st_nothing") not in page


@pytest.mark.usefixtures("karimov")
def test_the_workbook_recalculates(yard: MeterYard, tmp_path: Path) -> None:
    told = _reconciled(yard)
    file = tmp_path / "account.xlsx"
    file.write_bytes(statement_workbook_bytes(told, BillWords("en")))
    shown = openpyxl.load_workbook(io.BytesIO(file.read_bytes()), data_only=True)["statement"]
    heads = next(row for row in range(1, 20) if shown.cell(row, 1).value == "Day")
    closing = shown.max_row
    assert (shown.cell(closing, 5).value, shown.cell(closing, 6).value) == (146_000, 50_000)
    assert shown.cell(closing, 7).value == 96_000
    # The clerk tries a payment that is 1 000 higher: all that follows is 1 000 lower, and differs from the ledger.
    workbook = openpyxl.load_workbook(file)
    paid_row = next(row for row in range(heads, closing) if shown.cell(row, 6).value == 30_000)
    workbook["statement"].cell(paid_row, 6).value = 31_000
    workbook.save(file)
    solution = formulas.ExcelModel().loads(str(file)).finish().calculate()

    def cell(name: str) -> float:
        return float(solution[f"'[account.xlsx]STATEMENT'!{name}"].value[0, 0])

    assert (cell(f"G{closing}"), cell(f"G{closing - 1}"), cell(f"I{closing - 1}")) == (95_000, 95_000, -1_000)
    assert (cell(f"I{paid_row - 1}"), cell(f"I{paid_row}")) == (0, -1_000)
