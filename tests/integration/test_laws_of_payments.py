"""What holds for any debts and payments: a second, plain way to the same parts, and laws that no split may break."""

import itertools
from datetime import date

import psycopg
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as of_hypothesis
from hypothesis import strategies as st

from operational_db.payments.packages import ToldPayment, post_package
from operational_db.settings import Settings
from tests.cash_desk import BY, SOUM, CashDesk

JANUARY, FIFTH = date(2026, 1, 1), date(2026, 1, 5)
ARTICLES = ("electricity", "acts", "services", "penalty")
"""In the order in which debts of the same month are paid."""

debts_of_an_account = st.dictionaries(
    st.tuples(st.integers(2019, 2025), st.sampled_from(ARTICLES)),
    st.integers(-50, 200).filter(bool),
    max_size=10,
)
payments_of_a_package = st.lists(
    st.tuples(st.integers(1, 400), st.none() | st.sampled_from(ARTICLES)), min_size=1, max_size=5
)
numbers = itertools.count(1)
# The database is the same for all examples: each has an account of its own.
some = of_hypothesis(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def desk(settings: Settings, database: psycopg.Connection) -> CashDesk:
    return CashDesk(settings, database, first_month=JANUARY, months=1)


def _by_hand(debts: dict[tuple[int, str], int], payments: list[tuple[int, str | None]]) -> list[dict[str, int]]:
    """The parts of each payment, coin by coin: every coin of debt is a thing in a queue, taken from its front."""
    queue: list[tuple[int, int]] = []
    for place, article in enumerate(ARTICLES):
        raised = sorted((year, soum) for (year, of), soum in debts.items() if of == article and soum > 0)
        coins = [(year, place) for year, soum in raised for _ in range(soum)]
        settled = -sum(soum for (_, of), soum in debts.items() if of == article and soum < 0)
        settled += sum(soum for soum, of in payments if of == article)
        queue += coins[settled:]
    queue.sort()
    parts = []
    for soum, article in payments:
        if article is not None:
            parts.append({article: soum})
            continue
        taken, queue = queue[:soum], queue[soum:]
        part = {ARTICLES[place]: sum(of == place for _, of in taken) for place in range(len(ARTICLES))}
        part["electricity"] += soum - len(taken)
        parts.append({article: paid for article, paid in part.items() if paid})
    return parts


@some
@given(debts=debts_of_an_account, payments=payments_of_a_package)
def test_the_parts_are_those_of_a_queue_of_coins(
    desk: CashDesk, debts: dict[tuple[int, str], int], payments: list[tuple[int, str | None]]
) -> None:
    number = next(numbers)
    account_no = f"SA01/7/{number}"
    desk.owes_all(desk.consumer(account_no), debts)
    before = desk.balances(account_no)
    told = [
        ToldPayment(account_no, soum * SOUM, f"X{number}-{place}", article=article)
        for place, (soum, article) in enumerate(payments)
    ]
    desk.package(f"X{number}", told, on=FIFTH)
    post_package(desk.settings, f"X{number}", **BY)
    entries = desk.database.execute(
        "SELECT p.external_id, p.amount_minor, g.article_code, g.amount_minor"
        " FROM ops.payment AS p INNER JOIN ops.account AS a USING (account_id)"
        " INNER JOIN ops.ledger AS g ON g.account_id = p.account_id AND g.booked_month = p.booked_month"
        "   AND g.document_kind = 'payment' AND g.document_no = p.payment_no"
        " WHERE a.account_no = %s ORDER BY p.payment_no, g.entry_no",
        [account_no],
    ).fetchall()
    parts: dict[str, dict[str, int]] = {}
    for external_id, paid_minor, article, part_minor in entries:
        assert 0 < part_minor <= paid_minor
        parts.setdefault(external_id, {})[article] = part_minor // SOUM
    # The parts add up to the payment.
    assert [sum(part.values()) for part in parts.values()] == [soum for soum, _ in payments]
    assert list(parts.values()) == _by_hand(debts, payments)
    # No article is paid beyond its debt but by a payment that names it; what is over is an advance on electricity.
    after = desk.balances(account_no)
    for article in ARTICLES[1:]:
        named = sum(soum for soum, of in payments if of == article)
        assert after.get(article, 0) >= min(before.get(article, 0) - named, 0)
    if after.get("electricity", 0) < min(
        before.get("electricity", 0) - sum(s for s, of in payments if of == ARTICLES[0]), 0
    ):
        assert all(after.get(article, 0) <= 0 for article in ARTICLES)
    # Debt by age adds up to what is owed, article by article.
    aged = desk.database.execute(
        "SELECT d.article_code, sum(d.debt_minor)::bigint FROM ops.account AS a"
        " CROSS JOIN LATERAL ops.debt_by_origin(ARRAY[a.account_id]) AS d WHERE a.account_no = %s"
        " GROUP BY d.article_code",
        [account_no],
    ).fetchall()
    assert {article: minor // SOUM for article, minor in aged} == {of: owed for of, owed in after.items() if owed > 0}
