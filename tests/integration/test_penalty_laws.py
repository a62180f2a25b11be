"""What holds for every debt and payment: a plain walk from day to day comes to the same; laws of penalties."""

import itertools
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from operational_db.debt.penalties import charge_penalties, penalty_of
from tests.penalty_desk import PenaltyDesk
from tests.small_book import ADMINISTRATOR, SmallBook

MONTHS = [date(2026, month, 1) for month in range(1, 7)]
FIRST, END = date(2026, 1, 1), date(2026, 7, 1)
_numbers = itertools.count(1)

days = st.integers(0, 180).map(lambda number: FIRST + timedelta(days=number))
long_ago = st.integers(0, 500).map(lambda number: FIRST - timedelta(days=number))
amounts = st.integers(1, 3_000_000)
movements = st.lists(st.tuples(days, amounts), max_size=4)
debts = st.lists(st.tuples(long_ago | days, amounts), min_size=1, max_size=4)
# The database is the same for all examples on purpose: each has accounts of its own.
several = settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])

Movements = list[tuple[date, int]]


@pytest.fixture
def desk(settings: object, database: psycopg.Connection) -> PenaltyDesk:
    book = SmallBook(settings, first_month=FIRST, res_codes=("SA01",))
    for month in MONTHS[1:]:
        book.open(month)
    return PenaltyDesk(book, database)


def _account(desk: PenaltyDesk, owed: Movements, paid: Movements) -> str:
    account_no = desk.account(f"SA01/7/{next(_numbers)}")
    for day, amount in owed:
        desk.owes(account_no, amount, on=day)
    for day, amount in paid:
        desk.pays(account_no, amount, on=day)
    return account_no


def _cost(desk: PenaltyDesk, account_no: str, to: date = END) -> int:
    return penalty_of(desk.book.settings, account_no, to, by=ADMINISTRATOR).charge_minor


def _due_on(document_day: date) -> date:
    return (document_day.replace(day=1) + timedelta(days=31)).replace(day=10)


def _by_hand(owed: Movements, paid: Movements) -> int:
    """Day after day: the oldest debt is settled first, each unpaid coin costs a thousandth, half of it at most."""
    debt: dict[date, int] = {}
    for day, amount in owed:
        debt[_due_on(day)] = debt.get(_due_on(day), 0) + amount * 100
    total = 0
    for due_on, asked in debt.items():
        coin_days = most = 0
        for number in range((END - due_on).days):
            day = due_on + timedelta(days=number)
            money = sum(amount * 100 for paid_on, amount in paid if paid_on <= day)
            older = sum(amount for other, amount in debt.items() if other < due_on)
            unpaid = min(asked, max(0, asked + older - money))
            if day > due_on:
                coin_days += unpaid
                most = max(most, unpaid)
        total += min(int((Decimal(coin_days) / 1000).quantize(Decimal(1), ROUND_HALF_UP)), most // 2)
    return total


@several
@given(owed=debts, paid=movements)
def test_month_by_month_at_once_and_day_by_day_are_one(desk: PenaltyDesk, owed: Movements, paid: Movements) -> None:
    by_month, at_once = _account(desk, owed, paid), _account(desk, owed, paid)
    for month in MONTHS:
        charge_penalties(desk.book.settings, month, by=ADMINISTRATOR, account_no=by_month)
    charge_penalties(desk.book.settings, MONTHS[-1], by=ADMINISTRATOR, account_no=at_once)
    assert desk.charged_minor(by_month) == desk.charged_minor(at_once) == _by_hand(owed, paid)
    assert [line[2:] for line in sorted(desk.posted(by_month), key=lambda line: line[2:])] == [
        line[2:] for line in sorted(desk.posted(at_once), key=lambda line: line[2:])
    ]
    assert all(line[1] == "charge" for line in desk.posted(by_month))


@several
@given(owed=debts, paid=movements, late=movements)
def test_money_that_is_entered_late_ends_as_if_it_had_been_known(
    desk: PenaltyDesk, owed: Movements, paid: Movements, late: Movements
) -> None:
    account = _account(desk, owed, paid)
    for month in MONTHS[:4]:
        charge_penalties(desk.book.settings, month, by=ADMINISTRATOR, account_no=account)
    for day, amount in late:
        desk.pays(account, amount, on=day, booked=MONTHS[4])
    for month in MONTHS[4:]:
        charge_penalties(desk.book.settings, month, by=ADMINISTRATOR, account_no=account)
    assert desk.charged_minor(account) == _by_hand(owed, paid + late)
    # No day of a debt stands charged twice.
    assert desk.database.execute(
        "SELECT count(*) FROM ops.penalty_standing AS a INNER JOIN ops.penalty_standing AS b"
        " ON a.account_id = b.account_id AND a.due_on = b.due_on AND a.component = b.component"
        " AND a.day_from < b.day_to AND b.day_from < a.day_to"
        " AND (a.booked_month, a.penalty_no, a.line_no) < (b.booked_month, b.penalty_no, b.line_no)"
    ).fetchone() == (0,)


@several
@given(owed=debts, paid=movements.filter(bool), which=st.integers(0, 3), days_earlier=st.integers(1, 90))
def test_money_that_comes_earlier_never_makes_it_dearer(
    desk: PenaltyDesk, owed: Movements, paid: Movements, which: int, days_earlier: int
) -> None:
    index = which % len(paid)
    day, amount = paid[index]
    earlier = [*paid[:index], (max(FIRST, day - timedelta(days=days_earlier)), amount), *paid[index + 1 :]]
    assert _cost(desk, _account(desk, owed, earlier)) <= _cost(desk, _account(desk, owed, paid))


@several
@given(owed=debts, paid=movements)
def test_no_debt_costs_more_than_half_of_it_and_no_day_takes_anything_off(
    desk: PenaltyDesk, owed: Movements, paid: Movements
) -> None:
    account = _account(desk, owed, paid)
    found = penalty_of(desk.book.settings, account, END, by=ADMINISTRATOR)
    for due_on in {row.due_on for row in found.rows}:
        rows = [row for row in found.rows if row.due_on == due_on]
        assert 2 * sum(row.charge_minor for row in rows) <= max(row.debt_minor for row in rows)
        assert all(row.charge_minor >= 0 for row in rows)
    steps = [_cost(desk, account, to) for to in MONTHS[1:]]
    assert steps == sorted(steps)
