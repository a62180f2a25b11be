"""Which debt a payment pays: by article and age, told with the figures of single accounts."""

from datetime import date

import psycopg
import pytest

from operational_db.billing.commands import bill_month
from operational_db.payments.packages import ToldPayment, post_package
from operational_db.settings import Settings
from tests.cash_desk import BY, SOUM, CashDesk
from tests.integration.test_postings_side_by_side import Beside

JANUARY, FEBRUARY = date(2026, 1, 1), date(2026, 2, 1)
FIFTH = date(2026, 1, 5)


@pytest.fixture
def desk(settings: Settings, database: psycopg.Connection) -> CashDesk:
    return CashDesk(settings, database, first_month=JANUARY)


def _debts(desk: CashDesk, account_no: str) -> list[tuple]:
    """What is owed by article and month of origin, in soum."""
    rows = desk.database.execute(
        "SELECT d.origin_month, d.article_code, d.debt_minor FROM ops.account AS a"
        " CROSS JOIN LATERAL ops.debt_by_origin(ARRAY[a.account_id]) AS d"
        " WHERE a.account_no = %s ORDER BY d.origin_month, d.sort_order",
        [account_no],
    ).fetchall()
    return [(f"{month:%Y-%m}", article, minor // SOUM) for month, article, minor in rows]


@pytest.mark.requirement("A18", "E113", "E122", "E127")
def test_the_oldest_debt_is_paid_first_and_in_one_month_by_the_order_of_articles(desk: CashDesk) -> None:
    sobirov = desk.consumer("SA01/1/1")
    desk.owes_all(
        sobirov,
        {
            (2023, "services"): 5_000, (2024, "penalty"): 2_000, (2024, "electricity"): 10_000, (2024, "acts"): 3_000,
            (2025, "electricity"): 20_000,
        },
    )  # fmt: skip
    desk.paid("SA01/1/1", 16_000, on=FIFTH, channel_id="T1")
    # 5,000 services of 2023; of 2024 electricity 10,000, then 1,000 of the act's 3,000; nothing is left for penalty.
    assert desk.entries("SA01/1/1") == [
        (JANUARY, "electricity", 10_000),
        (JANUARY, "acts", 1_000),
        (JANUARY, "services", 5_000),
    ]
    assert _debts(desk, "SA01/1/1") == [
        ("2024-12", "acts", 2_000),
        ("2024-12", "penalty", 2_000),
        ("2025-12", "electricity", 20_000),
    ]
    desk.paid("SA01/1/1", 30_000, on=FIFTH, channel_id="T2")
    # 2,000 + 2,000 + 20,000 are owed; 6,000 over stay on electricity.
    assert desk.entries("SA01/1/1")[3:] == [
        (JANUARY, "electricity", 26_000),
        (JANUARY, "acts", 2_000),
        (JANUARY, "penalty", 2_000),
    ]
    assert desk.balances("SA01/1/1") == {"electricity": -6_000, "acts": 0, "services": 0, "penalty": 0}
    assert _debts(desk, "SA01/1/1") == []
    assert desk.database.execute("SELECT DISTINCT article_code FROM ops.payment").fetchall() == [("electricity",)]


@pytest.mark.requirement("E122", "E127")
def test_a_named_article_is_paid_alone_even_beyond_its_debt(desk: CashDesk) -> None:
    desk.owes_all(desk.consumer("SA01/1/2"), {(2024, "electricity"): 10_000, (2025, "acts"): 3_000})
    desk.paid("SA01/1/2", 5_000, on=FIFTH, channel_id="T1", article="acts")
    assert desk.balances("SA01/1/2") == {"electricity": 10_000, "acts": -2_000}
    assert desk.database.execute("SELECT article_code FROM ops.payment").fetchall() == [("acts",)]
    # An advance on acts is no debt, and is not used up by what names no article.
    desk.paid("SA01/1/2", 12_000, on=FIFTH, channel_id="T2")
    assert desk.balances("SA01/1/2") == {"electricity": -2_000, "acts": -2_000}


def test_payments_of_one_package_go_on_where_the_one_before_ended(desk: CashDesk) -> None:
    desk.owes_all(desk.consumer("SA01/1/3"), {(2023, "penalty"): 4_000, (2024, "services"): 4_000})
    told = [
        ToldPayment("SA01/1/3", 3_000 * SOUM, "A"),
        ToldPayment("SA01/1/3", 3_000 * SOUM, "B"),
        ToldPayment("SA01/1/3", 3_000 * SOUM, "C"),
        ToldPayment("SA01/1/3", 500 * SOUM, "D", article="penalty"),
    ]
    desk.package("R-1", told, on=FIFTH)
    post_package(desk.settings, "R-1", **BY)
    # The one that names the penalty is posted first, so 3,500 of it are left; A pays 3,000 of them, B the last 500.
    assert desk.entries("SA01/1/3") == [
        (JANUARY, "penalty", 3_000),
        (JANUARY, "services", 2_500),
        (JANUARY, "penalty", 500),
        (JANUARY, "electricity", 1_500),
        (JANUARY, "services", 1_500),
        (JANUARY, "penalty", 500),
    ]


@pytest.mark.requirement("A41", "D32", "D33")
def test_a_bill_is_paid_after_the_debt_that_was_taken_over(desk: CashDesk) -> None:
    karimov = desk.book.consumer("SA01/1/4", res="SA01", readings={JANUARY: 0, FEBRUARY: 100})
    desk.owes_all(karimov, {(2025, "electricity"): 10_000, (2025, "penalty"): 1_000})
    bill_month(desk.settings, JANUARY, **BY)
    # 100 x 600 = 60,000 in January, younger than all of 2025
    assert _debts(desk, "SA01/1/4") == [
        ("2025-12", "electricity", 10_000),
        ("2025-12", "penalty", 1_000),
        ("2026-01", "electricity", 60_000),
    ]
    desk.paid("SA01/1/4", 40_000, on=FIFTH, channel_id="T1")
    # 10,000 + 1,000 of 2025, then 29,000 of the bill; the same article is one entry.
    assert desk.entries("SA01/1/4") == [(JANUARY, "electricity", 39_000), (JANUARY, "penalty", 1_000)]
    assert _debts(desk, "SA01/1/4") == [("2026-01", "electricity", 31_000)]


def test_two_packages_at_once_do_not_pay_the_same_debt(desk: CashDesk) -> None:
    desk.owes_all(desk.consumer("SA01/1/5"), {(2024, "penalty"): 5_000})
    for number in ("R-1", "R-2", "R-3"):
        desk.package(number, [ToldPayment("SA01/1/5", 4_000 * SOUM, number)], on=FIFTH)
    posts = [
        Beside(lambda number=number: post_package(desk.settings, number, **BY)) for number in ("R-1", "R-2", "R-3")
    ]
    for post in posts:
        post.end()
    assert [post.failure for post in posts] == [None, None, None]
    # 5,000 penalty in all, the other 7,000 in advance, whoever was first
    assert desk.balances("SA01/1/5") == {"penalty": 0, "electricity": -7_000}


def test_a_debt_whose_year_nobody_kept_is_paid_after_the_years_that_are_known(desk: CashDesk) -> None:
    karimov = desk.consumer("SA01/1/9")
    desk.owes_all(karimov, {(0, "electricity"): 10_000, (2024, "acts"): 3_000})
    desk.paid("SA01/1/9", 5_000, on=FIFTH, channel_id="T1")
    # 3,000 of 2024 first; 2,000 are left for what is only known to be older than January 2026.
    assert desk.entries("SA01/1/9") == [(JANUARY, "electricity", 2_000), (JANUARY, "acts", 3_000)]
    assert _debts(desk, "SA01/1/9") == [("2025-12", "electricity", 8_000)]
