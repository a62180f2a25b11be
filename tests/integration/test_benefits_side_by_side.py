"""A benefit changes while a bill run is at work: each sees what the other did, whoever comes first."""

from collections.abc import Callable
from datetime import date

import psycopg
import pytest

from operational_db.benefits.categories import close_category
from operational_db.benefits.grants import end_benefit
from operational_db.billing.commands import bill_month
from operational_db.connections import Role, connect
from operational_db.settings import Settings
from tests.benefit_desk import APRIL, MARCH, BenefitDesk
from tests.integration.test_postings_side_by_side import Beside
from tests.small_book import ADMINISTRATOR

# 300 kWh: 426.00, half of the first 160 kWh is 95.40.
FULL, BENEFIT = 42600, 9540


@pytest.fixture
def desk(settings: Settings, database: psycopg.Connection) -> BenefitDesk:
    """Somebody is billed already: a run then inserts beside his bill and locks no table."""
    desk = BenefitDesk(settings, database)
    desk.consumer("99", 10, 10)
    desk.bill(MARCH, APRIL)
    return desk


def _while_a_run_is_at_work(desk: BenefitDesk, month: date, change: Callable[[], object]) -> None:
    """A run over a month that has posted and not committed when the change begins."""
    with connect(desk.settings, Role.APP, user=ADMINISTRATOR) as session:
        session.execute("SELECT ops.post_bills(%s, ops.find_unit('SA01'), NULL, %s, 0)", [month, desk.book.source_id])
        beside = Beside(change)
        beside.wait_until_it_waits(desk.database)
        session.commit()
    beside.end()
    assert beside.failure is None


def test_a_grant_finds_what_a_run_bills_at_the_same_time(desk: BenefitDesk) -> None:
    consumer = desk.consumer("100", 300)
    _while_a_run_is_at_work(desk, MARCH, lambda: desk.grant("100", "half", MARCH))
    assert desk.owes(consumer) == FULL
    desk.bill(MARCH)
    assert desk.owes(consumer) == FULL - BENEFIT


def test_an_end_and_a_closing_find_what_a_run_bills_at_the_same_time(desk: BenefitDesk) -> None:
    ended, closed = desk.consumer("100", 300), desk.consumer("101", 300, 300)
    grant_no = desk.grant("100", "half", MARCH)
    desk.grant("101", "half", MARCH)
    _while_a_run_is_at_work(desk, MARCH, lambda: end_benefit(desk.settings, grant_no, on=MARCH, by=ADMINISTRATOR))
    desk.bill(MARCH)
    assert (desk.owes(ended), desk.owes(closed)) == (FULL, FULL - BENEFIT)
    desk.book.later()
    _while_a_run_is_at_work(desk, APRIL, lambda: close_category(desk.settings, "half", on=APRIL, by=ADMINISTRATOR))
    desk.bill(APRIL)
    assert desk.owes(closed) == 2 * FULL - BENEFIT


def test_a_run_waits_for_a_grant_and_counts_it(desk: BenefitDesk) -> None:
    consumer = desk.consumer("100", 300)
    with connect(desk.settings, Role.APP, user=ADMINISTRATOR) as session:
        session.execute(
            "SELECT ops.grant_benefit('100#1', 'half', %s, NULL, 1, NULL, 'Oksana', NULL, NULL, %s)",
            [MARCH, desk.book.source_id],
        )
        run = Beside(lambda: bill_month(desk.settings, MARCH, by=ADMINISTRATOR))
        run.wait_until_it_waits(desk.database)
        session.commit()
    run.end()
    assert run.failure is None
    assert desk.owes(consumer) == FULL - BENEFIT
