"""How old a debt is, told by a clerk who settles the oldest first."""

from datetime import date

import psycopg
import pytest

from operational_db.accounting.debts import DebtByAge, account_debts, unit_debts
from operational_db.billing.commands import bill_month, close_month
from operational_db.refusal import Refusal
from operational_db.settings import Settings
from tests.meter_yard import FEBRUARY, JANUARY, MARCH, MeterYard
from tests.money_desk import pay, take_over
from tests.small_book import ADMINISTRATOR

SOUM = 100
END_OF_FEBRUARY = date(2026, 2, 28)


@pytest.fixture
def yard(settings: Settings, database: psycopg.Connection) -> MeterYard:
    return MeterYard(settings, database)


def _ages(yard: MeterYard, account_no: str, on: date) -> list[tuple[str, int]]:
    """The ages that hold anything, in whole soum."""
    of_account = account_debts(yard.settings, account_no, on, by=ADMINISTRATOR)
    return [
        (name.removesuffix("_minor"), value // SOUM)
        for one in of_account.by_age
        for name, value in vars(one).items()
        if name.endswith("_minor") and value
    ]


def _years(yard: MeterYard, account_no: str, on: date) -> list[tuple[int, int]]:
    of_account = account_debts(yard.settings, account_no, on, by=ADMINISTRATOR)
    return [(one.year_of_origin, one.owed_minor // SOUM) for one in of_account.by_year]


def test_a_payment_settles_the_oldest_year_first(yard: MeterYard) -> None:
    karimov = yard.book.consumer("SA01/1/1", res="SA01", readings={JANUARY: 0, FEBRUARY: 100})
    take_over(yard.book, karimov, {2022: 30_000 * SOUM, 2024: 20_000 * SOUM}, JANUARY)
    bill_month(yard.settings, JANUARY, by=ADMINISTRATOR)  # 100 x 600 = 60 000
    close_month(yard.settings, JANUARY, by=ADMINISTRATOR)
    yard.book.open(FEBRUARY)
    yard.book.reading(karimov, MARCH, 150)
    pay(yard.book, karimov, date(2026, 2, 10), 35_000 * SOUM)
    bill_month(yard.settings, FEBRUARY, by=ADMINISTRATOR)  # 50 x 600 = 30 000
    # 31.12.2022 is more than three years before 31 January 2026, 31.12.2024 more than one.
    assert _ages(yard, "SA01/1/1", date(2026, 1, 31)) == [
        ("balance", 110_000), ("current", 60_000), ("years_1_3", 20_000), ("over_3_years", 30_000)
    ]  # fmt: skip
    # 35 000 settle all of 2022 and 5 000 of 2024.
    assert _ages(yard, "SA01/1/1", END_OF_FEBRUARY) == [
        ("balance", 105_000), ("current", 30_000), ("days_1_30", 60_000), ("years_1_3", 15_000)
    ]  # fmt: skip
    assert _years(yard, "SA01/1/1", END_OF_FEBRUARY) == [(2024, 15_000), (2026, 90_000)]
    # Money taken back: the old debts stand open again, as old as they are.
    pay(yard.book, karimov, date(2026, 2, 20), -35_000 * SOUM)
    assert _years(yard, "SA01/1/1", END_OF_FEBRUARY) == [(2022, 30_000), (2024, 20_000), (2026, 90_000)]


def test_a_debt_of_a_year_that_the_old_program_did_not_keep_counts_from_before_it_was_taken_over(
    yard: MeterYard,
) -> None:
    consumer = yard.book.consumer("SA01/1/2", res="SA01", readings={JANUARY: 0})
    take_over(yard.book, consumer, {0: 30_000 * SOUM, 2024: 20_000 * SOUM}, JANUARY)
    # Taken over in January: of December at the latest, whose last day is 31 days before the 31st of January.
    assert _ages(yard, "SA01/1/2", date(2026, 1, 31)) == [
        ("balance", 50_000), ("days_31_90", 30_000), ("years_1_3", 20_000)
    ]  # fmt: skip
    # The known year is the older one, so it is settled first.
    pay(yard.book, consumer, date(2026, 1, 10), 20_000 * SOUM)
    assert _years(yard, "SA01/1/2", date(2026, 1, 31)) == [(2025, 30_000)]


def test_a_bill_taken_back_lessens_the_debt_of_its_own_month(yard: MeterYard) -> None:
    consumer = yard.book.consumer("SA01/1/3", res="SA01", readings={JANUARY: 0})
    take_over(yard.book, consumer, {2024: 20_000 * SOUM}, JANUARY)
    slip = yard.book.reading(consumer, FEBRUARY, 500)
    bill_month(yard.settings, JANUARY, by=ADMINISTRATOR)
    close_month(yard.settings, JANUARY, by=ADMINISTRATOR)
    yard.book.event(slip, "cancelled", "The controller wrote the neighbour's value.")
    yard.book.reading(consumer, MARCH, 118)
    bill_month(yard.settings, FEBRUARY, by=ADMINISTRATOR)
    # January's 360 000 are gone, and the debt of 2024 is not settled by it. February: 37 200 right + 33 600 normal.
    assert _ages(yard, "SA01/1/3", END_OF_FEBRUARY) == [
        ("balance", 90_800), ("current", 70_800), ("years_1_3", 20_000)
    ]  # fmt: skip
    assert _ages(yard, "SA01/1/3", date(2026, 1, 31)) == [
        ("balance", 380_000), ("current", 360_000), ("years_1_3", 20_000)
    ]  # fmt: skip


def test_an_advance_stays_apart_and_pays_no_neighbour(yard: MeterYard) -> None:
    karimov = yard.book.consumer("SA01/1/1", res="SA01", readings={JANUARY: 0, FEBRUARY: 100})
    yard.book.consumer("SA01/1/2", res="SA01", readings={JANUARY: 0, FEBRUARY: 50})
    pay(yard.book, karimov, date(2026, 1, 10), 70_000 * SOUM)
    bill_month(yard.settings, JANUARY, by=ADMINISTRATOR)
    assert _ages(yard, "SA01/1/1", date(2026, 1, 31)) == [("balance", -10_000), ("advance", 10_000)]
    # 30 000 owed by the neighbour, 10 000 in advance: 20 000 together.
    of_unit = unit_debts(yard.settings, "SA01", date(2026, 1, 31), by=ADMINISTRATOR)
    assert of_unit.by_age == (
        DebtByAge("SA01", "electricity", 20_000 * SOUM, 10_000 * SOUM, 30_000 * SOUM, 0, 0, 0, 0, 0),
    )
    assert unit_debts(yard.settings, "SA02", date(2026, 1, 31), by=ADMINISTRATOR).by_age == ()


def test_an_advance_for_one_article_settles_no_other(yard: MeterYard) -> None:
    karimov = yard.book.consumer("SA01/1/1", res="SA01", readings={JANUARY: 0, FEBRUARY: 100})
    bill_month(yard.settings, JANUARY, by=ADMINISTRATOR)
    pay(yard.book, karimov, date(2026, 1, 10), 5_000 * SOUM, article="acts")
    told = account_debts(yard.settings, "SA01/1/1", date(2026, 1, 31), by=ADMINISTRATOR).by_age
    assert [(one.article_code, one.balance_minor // SOUM, one.current_minor // SOUM) for one in told] == [
        ("electricity", 60_000, 60_000),
        ("acts", -5_000, 0),
    ]


def test_who_may_not_see_is_told_so(yard: MeterYard) -> None:
    with pytest.raises(Refusal, match='no account "SA01/9/9"'):
        account_debts(yard.settings, "SA01/9/9", JANUARY, by=ADMINISTRATOR)
