"""A clerk at the counter explains a bill to the last coin, with the sentences that the book gives."""

from datetime import date
from decimal import Decimal

import pytest

from operational_db.billing.commands import bill_month, close_month
from operational_db.billing.explanation import explain_bill
from operational_db.refusal import Refusal
from operational_db.settings import Settings
from tests.small_book import ADMINISTRATOR, SmallBook

JANUARY, FEBRUARY, MARCH = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)
SOUM = 100
BY_SOURCE = ", by "


@pytest.fixture
def book(settings: Settings) -> SmallBook:
    return SmallBook(settings, first_month=JANUARY, res_codes=("SA01",))


def _words(book: SmallBook, account_no: str, month: date = JANUARY, bill_no: int | None = None) -> list[str]:
    """The sentences without the names of the legal sources, which are reference data."""
    told = explain_bill(book.settings, account_no, month, by=ADMINISTRATOR, bill_no=bill_no).in_words()
    return [f"{sentence.split(BY_SOURCE)[0]}." if BY_SOURCE in sentence else sentence for sentence in told]


@pytest.mark.requirement("E31")
def test_the_steps_of_a_household_are_told(book: SmallBook) -> None:
    karimov = book.consumer("SA01/1/1", res="SA01", readings={JANUARY: 1000, FEBRUARY: 1350})
    serial = book.serial_no(karimov.meter_id)
    bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    # 350 kWh: 200 x 600 = 120 000 and 150 x 800 = 120 000; VAT 12/112 of each: 12 857.142 -> 12 857.14
    assert _words(book, "SA01/1/1") == [
        f"SA01/1/1#1, meter {serial}: 1000 on 2026-01-01 (opening), 1350 on 2026-02-01 (round): 350 x 1 = 350 kWh.",
        "2026-01-01 to 2026-02-01 (31 days): 350 kWh; tariff uz.household of 2025-05-01.",
        "Step 1 (0 to 200 kWh): 200 kWh x 600 = 120 000.00, of it VAT at 12 % 12 857.14.",
        "Step 2 (200 to 500 kWh): 150 kWh x 800 = 120 000.00, of it VAT at 12 % 12 857.14.",
        "To pay: 350 kWh, 240 000.00 UZS, of it VAT 25 714.28.",
    ]
    told = explain_bill(book.settings, "SA01/1/1", JANUARY, by=ADMINISTRATOR)
    assert (told.balance_before_minor, told.balance_after_minor) == (0, 240_000 * SOUM)
    assert (told.head.kind, told.head.posted_by is not None, told.head.is_closed) == ("normal", True, False)


def test_a_register_that_passed_zero_behind_transformers_is_told(book: SmallBook) -> None:
    mill = book.consumer(
        "U1", res="SA01", kind="legal", tariff="uz.legal", digits=5, ratio=Decimal(40),
        readings={JANUARY: 99_990, FEBRUARY: 40},
    )  # fmt: skip
    serial = book.serial_no(mill.meter_id)
    bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    # 99 990 -> 00 040 is 50; 50 x 40 = 2000 kWh x 1000; VAT 2 000 000 x 12 / 112 = 214 285.714
    assert _words(book, "U1")[0] == (
        f"U1#1, meter {serial}: 99990 on 2026-01-01 (opening), 40 on 2026-02-01 (round), past zero of 5 digits: "
        "50 x 40 = 2000 kWh."
    )
    assert _words(book, "U1")[-1] == "To pay: 2000 kWh, 2 000 000.00 UZS, of it VAT 214 285.71."


def test_a_correction_says_why_and_what_it_takes_back(book: SmallBook) -> None:
    consumer = book.consumer("SA01/1/2", res="SA01", readings={JANUARY: 0})
    slip = book.reading(consumer, FEBRUARY, 500)
    bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    close_month(book.settings, JANUARY, by=ADMINISTRATOR)
    book.event(slip, "cancelled", "The controller wrote the neighbour's value.")
    book.reading(consumer, MARCH, 118)  # 118 kWh over 59 days: 62 in January, 56 in February
    bill_month(book.settings, FEBRUARY, by=ADMINISTRATOR)
    with pytest.raises(
        Refusal, match=r"has 3 bills of 2026-02; there are 1 \(reversing\), 2 \(correction\), 3 \(normal"
    ):
        explain_bill(book.settings, "SA01/1/2", FEBRUARY, by=ADMINISTRATOR)
    reversing = _words(book, "SA01/1/2", FEBRUARY, 1)
    reason = "The reading of 2026-02-01, 500, was cancelled: The controller wrote the neighbour's value."
    assert reversing[0] == f"Billed anew: {reason}"
    assert reversing[1].startswith("Takes back bill 1 of 2026-01: SA01/1/2#1, meter")
    # 200 x 600 + 300 x 800 = 360 000
    assert reversing[-1] == "To pay: -500 kWh, -360 000.00 UZS, of it VAT -38 571.43."
    right = _words(book, "SA01/1/2", FEBRUARY, 2)
    assert right[-2:] == [
        "Step 1 (0 to 200 kWh): 62 kWh x 600 = 37 200.00, of it VAT at 12 % 3 985.71.",
        "To pay: 62 kWh, 37 200.00 UZS, of it VAT 3 985.71.",
    ]
    normal = explain_bill(book.settings, "SA01/1/2", FEBRUARY, by=ADMINISTRATOR, bill_no=3)
    assert (normal.balance_before_minor, normal.balance_after_minor) == (360_000 * SOUM, 70_800 * SOUM)  # 118 x 600


def test_what_is_not_there_is_said(book: SmallBook) -> None:
    book.consumer("SA01/1/3", res="SA01", readings={JANUARY: 0, FEBRUARY: 10})
    with pytest.raises(Refusal, match='There is no account "SA01/9/9"'):
        explain_bill(book.settings, "SA01/9/9", JANUARY, by=ADMINISTRATOR)
    with pytest.raises(Refusal, match="has no bill of 2026-01; it was never billed; run `wattbook bill` first"):
        explain_bill(book.settings, "SA01/1/3", JANUARY, by=ADMINISTRATOR)
    bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    with pytest.raises(Refusal, match="has no bill of 2026-03; it has bills of 2026-01"):
        explain_bill(book.settings, "SA01/1/3", MARCH, by=ADMINISTRATOR)
