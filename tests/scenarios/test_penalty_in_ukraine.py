"""Late payment in Ukraine: twice the rate of the National Bank, 3 % a year, inflation; nothing for households."""

from datetime import date
from decimal import Decimal

import psycopg
import pytest

from operational_db.debt.penalties import (
    PenaltyRow,
    charge_penalties,
    enter_price_index,
    enter_reference_rate,
    penalty_of,
)
from operational_db.debt.penalty_explanation import explain_penalty
from operational_db.refusal import Refusal
from operational_db.settings import Settings
from tests.penalty_desk import PenaltyDesk
from tests.small_book import ADMINISTRATOR, SmallBook

JANUARY, FEBRUARY, MARCH, APRIL, MAY = (date(2026, month, 1) for month in range(1, 6))
# A document of 28 March is due 3 days later, so that April is the first month of delay: 30 days.
END_OF_MARCH = date(2026, 3, 28)


@pytest.fixture
def desk(settings: Settings, database: psycopg.Connection) -> PenaltyDesk:
    book = SmallBook(settings, first_month=JANUARY, res_codes=("SA01",))
    for month in (FEBRUARY, MARCH, APRIL, MAY):
        book.open(month)
    desk = PenaltyDesk(book, database)
    desk.in_ukraine()
    return desk


def _nbu(desk: PenaltyDesk, rate: str, from_day: date = JANUARY) -> None:
    enter_reference_rate(
        desk.book.settings, "nbu", Decimal(rate), from_day=from_day, published_in="made up for a test",
        by=ADMINISTRATOR,
    )  # fmt: skip


def _index(desk: PenaltyDesk, month: date, value: str) -> None:
    enter_price_index(
        desk.book.settings, "ua_cpi", Decimal(value), month=month, published_in="made up for a test", by=ADMINISTRATOR
    )


def _rows(desk: PenaltyDesk, account_no: str, to: date, component: str) -> list[PenaltyRow]:
    found = penalty_of(desk.book.settings, account_no, to, by=ADMINISTRATOR)
    return [row for row in found.rows if row.component == component]


def test_thirty_days_of_ten_thousand_at_fifteen_per_cent(desk: PenaltyDesk) -> None:
    mill = desk.account("U1", kind="legal")
    desk.owes(mill, 10_000, on=END_OF_MARCH)
    _nbu(desk, "0.15")
    # domain.md 7: 10 000 x 2 x 15 % x 30 / 365 = 246.575..., 246.58
    assert [row.charge_minor for row in _rows(desk, mill, MAY, "penalty")] == [246_58]
    # 10 000 x 3 x 30 / (100 x 365) = 24.657..., 24.66
    assert [row.charge_minor for row in _rows(desk, mill, MAY, "annual")] == [24_66]


def test_a_rate_that_changes_within_the_month_parts_it(desk: PenaltyDesk) -> None:
    mill = desk.account("U1", kind="legal")
    desk.owes(mill, 10_000, on=END_OF_MARCH)
    _nbu(desk, "0.15")
    _nbu(desk, "0.10", date(2026, 4, 11))
    # 10 days: 10 000 x 2 x 0.15 x 10 / 365 = 82.191...; 20 days: 10 000 x 2 x 0.10 x 20 / 365 = 109.589...;
    # together 191.780..., 191.78, of which 82.19 were the first days'.
    assert [(row.day_from, row.charge_minor) for row in _rows(desk, mill, MAY, "penalty")] == [
        (APRIL, 82_19),
        (date(2026, 4, 11), 109_59),
    ]


def test_a_leap_year_has_366_days(desk: PenaltyDesk) -> None:
    mill = desk.account("U1", kind="legal")
    desk.owes(mill, 10_000, on=date(2024, 3, 28))
    _nbu(desk, "0.15", date(2024, 1, 1))
    # 10 000 x 2 x 0.15 x 30 / 366 = 245.901..., 245.90
    assert [row.charge_minor for row in _rows(desk, mill, date(2024, 5, 1), "penalty")] == [245_90]


def test_the_penalty_ends_after_six_months(desk: PenaltyDesk) -> None:
    mill = desk.account("U1", kind="legal")
    desk.owes(mill, 10_000, on=date(2025, 3, 28))
    _nbu(desk, "0.15", date(2025, 1, 1))
    rows = _rows(desk, mill, MAY, "penalty")
    # Due 31 March 2025: April to September 2025.
    assert (rows[0].day_from, rows[-1].day_to) == (date(2025, 4, 1), date(2025, 10, 1))
    assert _rows(desk, mill, MAY, "annual")[-1].day_to == MAY


def test_prices_let_the_debt_grow_and_what_grew_as_well(desk: PenaltyDesk) -> None:
    mill = desk.account("U1", kind="legal")
    desk.owes(mill, 10_000, on=date(2026, 2, 13))  # due on 16 February
    for month, value in ((FEBRUARY, "1.014"), (MARCH, "1.02"), (APRIL, "1.01")):
        _index(desk, month, value)
    desk.pays(mill, 4_000, on=date(2026, 4, 11))
    # I = Sn(Im-1) + Sc x Id x (Km-Ds+1) + Iprev(Im-1) - Id x So x (Km-Do+1)
    # February, Km 28, Ds 16: 10 000 x 0.014 / 28 x 13 = 65.00
    # March: 10 000 x 0.02 + 65 x 0.02 = 201.30; together 266.30
    # April, Km 30, Do 11: 10 000 x 0.01 + 266.30 x 0.01 - 0.01 / 30 x 4 000 x 20
    #   = 100 + 2.663 - 26.666... = 75.996...; together 342.296..., 342.30
    rows = _rows(desk, mill, MAY, "inflation")
    assert [(row.day_from, row.day_to, row.debt_minor, row.charge_minor) for row in rows] == [
        (date(2026, 2, 16), MARCH, 10_000_00, 65_00),
        (MARCH, APRIL, 10_000_00, 201_30),
        # 10 days of 10 000: 33.333... and the 2.663 of before: 35.996...; together 302.296...
        (APRIL, date(2026, 4, 11), 10_000_00, 36_00),
        # 20 days of 6 000: 40.00
        (date(2026, 4, 11), MAY, 6_000_00, 40_00),
    ]
    assert sum(row.charge_minor for row in rows) == 342_30


def test_days_without_a_figure_wait_for_it(desk: PenaltyDesk) -> None:
    mill = desk.account("U1", kind="legal")
    desk.owes(mill, 10_000, on=END_OF_MARCH)
    run = charge_penalties(desk.book.settings, APRIL, by=ADMINISTRATOR)
    # Only the 3 % a year are charged.
    assert (run.account_count, run.charged_minor, run.waiting_count) == (1, 24_66, 1)
    found = penalty_of(desk.book.settings, mill, MAY, by=ADMINISTRATOR)
    assert any("the reference rate of these days is not entered" in line for line in explain_penalty(found, 100, "UAH"))
    _nbu(desk, "0.15")
    _index(desk, MARCH, "1")
    _index(desk, APRIL, "1.01")
    run = charge_penalties(desk.book.settings, APRIL, by=ADMINISTRATOR)
    # 246.58 and inflation 10 000 x 0.01 = 100.00
    assert (run.charged_minor + run.corrected_minor, run.waiting_count) == (346_58, 0)


def test_a_figure_entered_wrong_is_entered_anew_and_the_charge_put_right(desk: PenaltyDesk) -> None:
    mill = desk.account("U1", kind="legal")
    desk.owes(mill, 10_000, on=END_OF_MARCH)
    _nbu(desk, "0.51")
    charge_penalties(desk.book.settings, APRIL, by=ADMINISTRATOR)
    _nbu(desk, "0.15")
    run = charge_penalties(desk.book.settings, APRIL, by=ADMINISTRATOR)
    # 10 000 x 2 x 0.51 x 30 / 365 = 838.356..., 838.36; 246.58 - 838.36
    assert (run.charged_minor, run.corrected_minor) == (0, -591_78)
    assert desk.charged_minor(mill) == 246_58 + 24_66
    assert desk.database.execute("SELECT rate, known_to IS NULL FROM ops.reference_rate ORDER BY 1").fetchall() == [
        (Decimal("0.15"), True),
        (Decimal("0.51"), False),
    ]


def test_it_posts_to_the_ukrainian_accounts(desk: PenaltyDesk) -> None:
    mill = desk.account("U1", kind="legal")
    desk.owes(mill, 10_000, on=END_OF_MARCH)
    charge_penalties(desk.book.settings, APRIL, by=ADMINISTRATOR)
    assert desk.database.execute(
        "SELECT debit_code, credit_code, amount_minor FROM ops.ledger WHERE document_kind = 'penalty'"
    ).fetchall() == [("374", "715", 24_66)]


def test_households_are_spared(desk: PenaltyDesk) -> None:
    home = desk.account("SA01/1/1")
    desk.owes(home, 10_000, on=END_OF_MARCH)
    assert charge_penalties(desk.book.settings, APRIL, by=ADMINISTRATOR).account_count == 0
    found = penalty_of(desk.book.settings, home, MAY, by=ADMINISTRATOR)
    assert (found.rows, found.suspended_since) == ((), date(2022, 3, 5))
    assert explain_penalty(found, 100, "UAH")[0].startswith("Nothing accrues since 2022-03-05: domain 7 [S50]")


def test_figures_that_cannot_be_are_refused(desk: PenaltyDesk) -> None:
    with pytest.raises(Refusal, match="A rate of 15 is no share of one; write 15 % as 0.15"):
        _nbu(desk, "15")
    with pytest.raises(Refusal, match="An index of 100.8 is not believed"):
        _index(desk, MARCH, "100.8")
    with pytest.raises(Refusal, match='No rule asks for a rate "ecb"; known are nbu'):
        enter_reference_rate(
            desk.book.settings, "ecb", Decimal("0.02"), from_day=JANUARY, published_in="x", by=ADMINISTRATOR
        )
