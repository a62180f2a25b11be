"""The bills that clerks are asked about most: the paper says where the energy comes from, the workbook adds up."""

from datetime import date
from pathlib import Path

import psycopg
import pytest

from dashboards.bills.page import render_page
from dashboards.bills.words import BillWords
from operational_db.access.commands import create_user
from operational_db.billing.commands import bill_month, close_month
from operational_db.billing.explanation import BillExplanation, explain_bill
from operational_db.metering.contract_use import set_contract_use
from operational_db.metering.meter_operations import install_meter, remove_meter
from operational_db.metering.reading_estimates import estimate_readings
from operational_db.refusal import Refusal
from operational_db.settings import Settings
from tests.meter_yard import MeterYard
from tests.paper_bills import assert_adds_up
from tests.small_book import ADMINISTRATOR, SmallBook

JANUARY, FEBRUARY, MARCH = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)
PRINTED_ON = date(2026, 2, 5)
BY = {"by": ADMINISTRATOR}

# The workbook library's parser still uses old names of its dependencies.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::SyntaxWarning")


@pytest.fixture
def book(settings: Settings) -> SmallBook:
    return SmallBook(settings, first_month=JANUARY, res_codes=("SA01",))


def _bill(settings: Settings, account_no: str, month: date = JANUARY, bill_no: int | None = None) -> BillExplanation:
    return explain_bill(settings, account_no, month, by=ADMINISTRATOR, bill_no=bill_no)


def _paper(bill: BillExplanation, language: str = "en") -> str:
    return render_page([bill], BillWords(language), PRINTED_ON)


@pytest.mark.requirement("A38")
def test_half_hours(book: SmallBook, tmp_path: Path) -> None:
    # 8 hours a day in each zone, 20 kWh an hour, 31 days: 4960 kWh. 4960 x 1000 x 1.5 = 7 440 000, x 1 = 4 960 000,
    # / 1.5 = 3 306 666.67; together 15 706 666.67. VAT 12/112: 797 142.86 + 531 428.57 + 354 285.71
    mill = book.consumer("U1", res="SA01", kind="legal", tariff="uz.legal_tou", readings={})
    book.half_hours(mill, JANUARY, days=31)
    bill_month(book.settings, JANUARY, **BY)
    bill = _bill(book.settings, "U1")
    assert_adds_up(bill, tmp_path, "15706666.67", "1682857.14")
    page = _paper(bill)
    assert "by half-hours" in page
    # No register was read, so there is no difference and no ratio to tell.
    assert "Ratio" not in page
    assert "получасовки" in _paper(bill, "ru")


def test_declared_energy(book: SmallBook, tmp_path: Path) -> None:
    # 250 kWh: 200 x 600 + 50 x 800 = 160 000; VAT 12 857.14 + 4 285.71
    shop = book.consumer("SA01/1/1", res="SA01", readings={})
    book.energy(shop, JANUARY, FEBRUARY, 250, kind="declared")
    bill_month(book.settings, JANUARY, **BY)
    bill = _bill(book.settings, "SA01/1/1")
    assert_adds_up(bill, tmp_path, "160000.00", "17142.85")
    assert "by declaration" in _paper(bill)


def test_energy_by_contract(settings: Settings, database: psycopg.Connection, tmp_path: Path) -> None:
    # 365 kWh a month are 12 a day: 372 kWh in January. 200 x 600 + 172 x 800 = 257 600; VAT 12 857.14 + 14 742.86
    yard = MeterYard(settings, database)
    yard.point_without_meter("SA01/1/2")
    set_contract_use(settings, "SA01/1/2#1", 365, on=JANUARY, **BY)
    estimate_readings(settings, JANUARY, place="SA01/1/2", **BY)
    bill_month(settings, JANUARY, **BY)
    bill = _bill(settings, "SA01/1/2")
    assert_adds_up(bill, tmp_path, "257600.00", "27600.00")
    assert bill.head.kind == "by_contract"
    for language, words in (
        ("en", "estimate by contract"),
        ("ru", "по договору"),
        ("uz", "shartnoma boʻyicha baholash"),
    ):
        assert words in _paper(bill, language), language


def test_an_estimate_by_average(book: SmallBook, tmp_path: Path) -> None:
    # 210 kWh: 200 x 600 + 10 x 800 = 128 000; VAT 12 857.14 + 857.14
    consumer = book.consumer("SA01/1/3", res="SA01", readings={JANUARY: 1000})
    book.reading(consumer, FEBRUARY, 1210, kind="average")
    bill_month(book.settings, JANUARY, **BY)
    bill = _bill(book.settings, "SA01/1/3")
    assert_adds_up(bill, tmp_path, "128000.00", "13714.28")
    assert "оценено по среднему" in _paper(bill, "ru")


def test_an_estimate_by_group_is_told_in_every_language(book: SmallBook) -> None:
    consumer = book.consumer("SA01/1/4", res="SA01", readings={JANUARY: 1000})
    book.reading(consumer, FEBRUARY, 1100, kind="group")
    bill_month(book.settings, JANUARY, **BY)
    bill = _bill(book.settings, "SA01/1/4")
    for language, words in (
        ("en", "estimated by group"), ("ru", "оценено по группе"), ("uk", "оцінено за групою"),
        ("uz", "guruh boʻyicha baholangan"),
    ):  # fmt: skip
        assert f"({words})" in _paper(bill, language), language


@pytest.mark.requirement("E93")
def test_days_without_a_meter(settings: Settings, database: psycopg.Connection, tmp_path: Path) -> None:
    # 100 kWh until the 21st, 4 days x 5 in the gap, 40 - 5 = 35 by the new meter: 155 x 600 = 93 000, VAT by line
    # 60 000 -> 6428.57, 12 000 -> 1285.71, 21 000 -> 2250.00
    yard = MeterYard(settings, database)
    karimov = yard.book.consumer("SA01/1/5", res="SA01", readings={JANUARY: 1000})
    order = yard.order("remove", "SA01/1/5#1")
    remove_meter(settings, "SA01/1/5#1", on=date(2026, 1, 21), values=1100, order_no=order, **BY)
    install_meter(settings, "SA01/1/5#1", yard.in_store("N1"), on=date(2026, 1, 25), values=5, **BY)
    yard.book.reading(yard.with_meter(karimov, "N1"), FEBRUARY, 40)
    bill_month(settings, JANUARY, **BY)
    bill = _bill(settings, "SA01/1/5")
    assert_adds_up(bill, tmp_path, "93000.00", "9964.28")
    assert "average use, as no meter hung" in _paper(bill)
    assert "hisoblagichsiz" in _paper(bill, "uz")


def test_several_points_of_one_account(book: SmallBook, tmp_path: Path) -> None:
    # The house 250 kWh: 200 x 600 + 50 x 800 = 160 000; the garage 30 x 600 = 18 000, with steps of its own.
    # VAT 12 857.14 + 4 285.71 + 1 928.57
    house = book.consumer("SA01/1/6", res="SA01", readings={JANUARY: 0, FEBRUARY: 250})
    book.another_point(house, "SA01/1/6#2", readings={JANUARY: 700, FEBRUARY: 730})
    bill_month(book.settings, JANUARY, **BY)
    bill = _bill(book.settings, "SA01/1/6")
    assert_adds_up(bill, tmp_path, "178000.00", "19071.42")
    page = _paper(bill)
    # Each point heads its own lines.
    assert [page.count(f'<td colspan="5">SA01/1/6#{number}</td>') for number in (1, 2)] == [1, 1]


@pytest.mark.requirement("E100")
def test_two_zones(book: SmallBook, tmp_path: Path) -> None:
    # Zones of one step together: 300 kWh, two thirds by day. 133.333333 x 600 = 79 999.9998 -> 80 000.00 and so on:
    # 80 000.00 + 53 333.33 (53 333.3336 - the sixth decimal) + 40 000.00 + 26 666.67 = 200 000.00 in whole
    book.consumer(
        "SA01/1/7", res="SA01", readings={JANUARY: {"day": 0, "night": 0}, FEBRUARY: {"day": 200, "night": 100}}
    )
    bill_month(book.settings, JANUARY, **BY)
    bill = _bill(book.settings, "SA01/1/7")
    # 8571.43 + 5714.29 + 4285.71 + 2857.14
    assert_adds_up(bill, tmp_path, "200000.00", "21428.57")
    page = _paper(bill, "uk")
    assert "На зону припадає 200 з 300 кВт·год" in page
    assert "ніч" in page


def test_a_correction_pair(book: SmallBook, tmp_path: Path) -> None:
    # An estimate of 400 gives way to a reading of 150 over two months: 59 days, January's 31 have 78.813559 kWh,
    # February's 28 the other 71.186441.
    consumer = book.consumer("SA01/1/8", res="SA01", readings={JANUARY: 0})
    book.reading(consumer, FEBRUARY, 400, kind="average")
    bill_month(book.settings, JANUARY, **BY)
    close_month(book.settings, JANUARY, **BY)
    book.later()
    book.reading(consumer, MARCH, 150)
    bill_month(book.settings, FEBRUARY, **BY)
    # 200 x 600 + 200 x 800 = 280 000 back, VAT 12 857.14 + 17 142.86; 78.813559 x 600 = 47 288.1354, VAT 5066.5859;
    # 71.186441 x 600 = 42 711.8646, VAT 4576.2712
    for bill_no, kind, charge, vat in (
        (1, "reversing", "-280000.00", "-30000.00"),
        (2, "correction", "47288.14", "5066.59"),
        (3, "normal", "42711.86", "4576.27"),
    ):
        bill = _bill(book.settings, "SA01/1/8", FEBRUARY, bill_no)
        assert bill.head.kind == kind
        assert_adds_up(bill, tmp_path, charge, vat)
    right = _bill(book.settings, "SA01/1/8", FEBRUARY, 2)
    assert "Показание на 01.02.2026, 400: заменено. Было оценено, так как показания не было" in _paper(right, "ru")
    back = _bill(book.settings, "SA01/1/8", FEBRUARY, 1)
    assert "Сторнує рахунок 1 за січень 2026" in _paper(back, "uk")


@pytest.mark.requirement("E151")
def test_a_user_without_the_right_is_told_so(book: SmallBook) -> None:
    book.consumer("SA01/1/9", res="SA01", readings={JANUARY: 0, FEBRUARY: 100})
    bill_month(book.settings, JANUARY, **BY)
    create_user(
        book.settings, login="other", full_name="Clerk of SA02", group_code="billing_clerks", unit_code="SA02", **BY
    )
    with pytest.raises(Refusal, match='There is no account "SA01/1/9" among those you may see'):
        explain_bill(book.settings, "SA01/1/9", JANUARY, by="other")
