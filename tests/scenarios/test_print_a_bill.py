"""A clerk hands out a bill on paper and as a workbook that comes to the billed sum by itself."""

import io
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from pypdf import PdfReader

from dashboards.bills.page import render_page
from dashboards.bills.paper import pdf_bytes
from dashboards.bills.words import BillWords, words_by_language
from operational_db.billing.commands import bill_month, close_month
from operational_db.billing.explanation import BillExplanation, explain_bill
from operational_db.pango import find_weasyprint
from operational_db.settings import Settings
from tests.paper_bills import assert_adds_up, recalculated
from tests.small_book import ADMINISTRATOR, SmallBook

JANUARY, FEBRUARY, MARCH = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)
PRINTED_ON = date(2026, 2, 5)
SOUM = 100

# The workbook library's parser still uses old names of its dependencies.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::SyntaxWarning")


@pytest.fixture
def book(settings: Settings) -> SmallBook:
    return SmallBook(settings, first_month=JANUARY, res_codes=("SA01",))


def _explained(book: SmallBook, account_no: str, month: date = JANUARY, bill_no: int | None = None) -> BillExplanation:
    return explain_bill(book.settings, account_no, month, by=ADMINISTRATOR, bill_no=bill_no)


@pytest.mark.requirement("E31")
def test_steps_and_a_passage_through_zero_recalculate(book: SmallBook, tmp_path: Path) -> None:
    # 99 990 -> 00 340 is 350, behind transformers of 2: 700 kWh.
    # 200 x 600 + 300 x 800 + 200 x 1000 = 120 000 + 240 000 + 200 000; VAT 12 857.14 + 25 714.29 + 21 428.57
    book.consumer("SA01/1/1", res="SA01", ratio=Decimal(2), readings={JANUARY: 99_990, FEBRUARY: 340})
    bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    bill = _explained(book, "SA01/1/1")
    assert_adds_up(bill, tmp_path, "560000.00", "60000.00")
    # The clerk tries a value 10 lower: 680 kWh, 20 x 1000 less.
    assert recalculated(bill, tmp_path, {("readings", "G2"): 330})["B10"] == 540_000


@pytest.mark.requirement("E100")
def test_two_zones_recalculate(book: SmallBook, tmp_path: Path) -> None:
    # 3.60 net x 1.2 = 4.32 by day, half by night: 200 x 4.32 = 864.00 (net 720.00), 150 x 2.16 = 324.00 (net 270.00)
    book.consumer(
        "SA01/1/2", res="SA01", tariff="ua.household",
        readings={JANUARY: {"day": 1000, "night": 500}, FEBRUARY: {"day": 1200, "night": 650}},
    )  # fmt: skip
    bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    assert_adds_up(_explained(book, "SA01/1/2"), tmp_path, "1188.00", "198.00")


def test_a_correction_and_what_it_takes_back_recalculate(book: SmallBook, tmp_path: Path) -> None:
    consumer = book.consumer("SA01/1/3", res="SA01", readings={JANUARY: 0})
    slip = book.reading(consumer, FEBRUARY, 500)
    bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    close_month(book.settings, JANUARY, by=ADMINISTRATOR)
    book.event(slip, "cancelled", "The controller wrote the neighbour's value.")
    book.reading(consumer, MARCH, 118)
    bill_month(book.settings, FEBRUARY, by=ADMINISTRATOR)
    # Taken back: 200 x 600 + 300 x 800 = 360 000, VAT 12 857.14 + 25 714.29
    assert_adds_up(_explained(book, "SA01/1/3", FEBRUARY, 1), tmp_path, "-360000.00", "-38571.43")
    # Right: 118 kWh over 59 days, of which January's 31 have 62: 62 x 600 = 37 200, VAT 3 985.714
    right = _explained(book, "SA01/1/3", FEBRUARY, 2)
    assert_adds_up(right, tmp_path, "37200.00", "3985.71")
    page = render_page([right], BillWords("en"), PRINTED_ON)
    assert "The reading of 01.02.2026, 500, was cancelled: The controller wrote the neighbour&#39;s value." in page
    assert "Takes back bill 1 of January 2026" in render_page(
        [_explained(book, "SA01/1/3", FEBRUARY, 1)], BillWords("en"), PRINTED_ON
    )


def test_ordered_power_recalculates(settings: Settings, tmp_path: Path) -> None:
    # 900 kW ordered from 16 November: 900 x 314 700 / 12 x 15/30 = 11 801 250; the tariff of that day held VAT of 20 %:
    # 11 801 250 x 0.2 / 1.2 = 1 966 875
    november = date(2016, 11, 1)
    book = SmallBook(settings, first_month=november, res_codes=("SA01",))
    book.consumer(
        "U4", res="SA01", kind="legal", tariff="uz.legal_tou", since=date(2016, 11, 16), ordered_power_kw=900,
        readings={},
    )  # fmt: skip
    bill_month(settings, november, by=ADMINISTRATOR)
    assert_adds_up(_explained(book, "U4", november), tmp_path, "11801250.00", "1966875.00")


@pytest.mark.requirement("E139", "B46")
def test_a_bill_on_paper_has_its_day_of_printing_and_the_balance(book: SmallBook) -> None:
    book.consumer("SA01/1/4", res="SA01", readings={JANUARY: 0, FEBRUARY: 350})
    bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    page = render_page([_explained(book, "SA01/1/4")], BillWords("ru"), PRINTED_ON)
    # 200 x 600 + 150 x 800 = 240 000; nothing was owed before.
    for words in ("Счёт 1 за январь 2026", "240\u202f000,00", "Напечатан 05.02.2026", "Долг на 01.01.2026", "0,00"):
        assert words in page, words


@pytest.mark.requirement("D31")
def test_a_bill_takes_what_was_owed_before_it_into_account(book: SmallBook) -> None:
    consumer = book.consumer("SA01/1/5", res="SA01", readings={JANUARY: 0, FEBRUARY: 350})
    bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    book.open(FEBRUARY)
    book.reading(consumer, MARCH, 450)
    bill_month(book.settings, FEBRUARY, by=ADMINISTRATOR)
    page = render_page([_explained(book, "SA01/1/5", FEBRUARY)], BillWords("ru"), PRINTED_ON)
    # January's 240 000 were not paid; 100 x 600 = 60 000 more.
    before = page[page.index("Долг на 01.02.2026") :]
    assert [amount in before for amount in ("240\u202f000,00", "60\u202f000,00", "300\u202f000,00")] == [True] * 3


@pytest.mark.requirement("E146")
def test_a_bill_names_its_kind(book: SmallBook) -> None:
    consumer = book.consumer("SA01/1/5", res="SA01", readings={JANUARY: 0})
    book.reading(consumer, FEBRUARY, 100, kind="average")
    bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    page = render_page([_explained(book, "SA01/1/5")], BillWords("en"), PRINTED_ON)
    assert "by average use" in page
    assert "(estimated by average)" in page


@pytest.mark.skipif(find_weasyprint() is None, reason="Pango is not installed; `make test` as root installs it")
def test_a_usual_bill_takes_one_sheet(book: SmallBook) -> None:
    book.consumer("SA01/1/6", res="SA01", readings={JANUARY: 0, FEBRUARY: 1350})
    bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    for language in words_by_language():
        page = render_page([_explained(book, "SA01/1/6")], BillWords(language), PRINTED_ON)
        assert len(PdfReader(io.BytesIO(pdf_bytes(page))).pages) == 1
