"""Random lives of accounts: read, billed, paid, corrected, replaced, closed, in any order, interrupted at any instant.

After each story the book still adds up (`tests.laws_of_the_book`), and nothing that was posted can be taken out of it.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable

import psycopg
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as of_hypothesis
from hypothesis import strategies as st

from operational_db.billing.commands import bill_month
from operational_db.connections import Role, connect, connect_as_admin
from operational_db.refusal import Refusal
from operational_db.settings import Settings
from tests.busy_office import BY, BusyOffice
from tests.conftest import fresh_database
from tests.laws_of_the_book import require_laws

place = st.integers(0, 1)
day = st.integers(2, 31)
used = st.integers(0, 900)
act = st.one_of(
    st.tuples(st.just("read"), place, day, used),
    st.tuples(st.just("late"), place, st.integers(1, 40), st.integers(0, 200)),
    st.tuples(st.just("cancel"), place),
    st.tuples(st.just("estimate")),
    st.tuples(st.just("adjust"), place, used),
    st.tuples(st.just("replace"), place, st.integers(2, 28)),
    st.tuples(st.just("pay"), place, st.integers(1, 900_000)),
    st.tuples(st.just("take_back"), st.integers(0, 9)),
    st.tuples(st.just("move"), st.integers(0, 9), place),
    st.tuples(st.just("serve"), place),
    st.tuples(st.just("unserve"), place),
    st.tuples(st.just("grant"), place, st.integers(0, 70)),
    st.tuples(st.just("end_grant"), st.integers(0, 9), st.integers(0, 40)),
    st.tuples(st.just("award"), place, st.integers(1, 90_000)),
    st.tuples(st.just("use_awards")),
    st.tuples(st.just("bill")),
    st.tuples(st.just("bill_one"), place),
    st.tuples(st.just("unwind")),
    st.tuples(st.just("charge_penalty")),
    st.tuples(st.just("close")),
)
"""What may happen; a month is likelier to get on than to stand still, as the steps below see to."""

month_end = st.tuples(
    st.tuples(st.just("read"), st.just(0), st.just(31), used),
    st.tuples(st.just("read"), st.just(1), st.just(31), used),
    st.tuples(st.just("bill")),
    st.tuples(st.just("close")),
)
steps = st.one_of(act.map(lambda one: (one,)), act.map(lambda one: (one,)), month_end)
BEGINNING = [
    ((("read", 0, 31, 300), ("read", 1, 31, 120), ("bill",), ("pay", 0, 50_000), ("pay", 1, 200_000)), None),
    ((("close",), ("read", 0, 31, 250), ("read", 1, 31, 80)), None),
]
"""Each story begins in an office that has closed a month, with one who owes and one who has paid in advance."""

killed_after = st.one_of(st.none(), st.none(), st.none(), st.integers(0, 120))
"""Milliseconds after which the server ends the sessions of an act; mostly it lets them be."""
stories = st.lists(st.tuples(steps, killed_after), min_size=3, max_size=8)

of_a_story = {"suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]}


POSTED = (
    "bill", "bill_line", "ledger", "payment", "reading", "period_close", "consumption_adjustment", "benefit_line",
    "subsidy_accrual", "penalty", "service_bill", "kept_price",
)  # fmt: skip


def _tell(template: Settings, story: list[tuple]) -> Counter:
    """Lives a story in a database of its own; returns how often each act was done, refused or killed."""
    outcomes: Counter = Counter()
    for settings in fresh_database(template):
        with connect_as_admin(settings, autocommit=True) as database:
            office = BusyOffice(settings, database)
            for acts, kill_ms in [*BEGINNING, *story]:
                for name, *about in acts:
                    outcomes[name, _do(office.act(name, *about), database, kill_ms)] += 1
            _bill_what_is_left(office)
            require_laws(settings, database)
            _require_nothing_goes(settings, database)
    return outcomes


def _do(operation: Callable[[], object], database: psycopg.Connection, kill_ms: int | None) -> str:
    if kill_ms is None:
        try:
            operation()
        except Refusal:
            return "refused"
        return "done"
    failure: list[Exception] = []

    def run() -> None:
        try:
            operation()
        except (Refusal, psycopg.Error) as error:
            failure.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    time.sleep(kill_ms / 1000)
    database.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    )
    thread.join(60)
    assert not thread.is_alive()
    return "killed" if any(isinstance(error, psycopg.Error) for error in failure) else "refused" if failure else "done"


def _bill_what_is_left(office: BusyOffice) -> None:
    """A story may end in the middle of a correction; the next run over the open month carries it out."""
    bill_month(office.settings, office.open_month, unit_code="SA01", **BY)
    again = bill_month(office.settings, office.open_month, unit_code="SA01", **BY)
    assert (again.bill_count, again.charge_minor) == (0, 0)


def _require_nothing_goes(settings: Settings, database: psycopg.Connection) -> None:
    """Whatever the story posted, no role of the book can delete it."""
    for table in POSTED:
        if database.execute(f"SELECT count(*) FROM ops.{table}").fetchone()[0] == 0:
            continue
        for role in Role:
            with connect(settings, role) as session, pytest.raises(psycopg.Error):
                session.execute(f"DELETE FROM ops.{table}")


@pytest.mark.requirement("E61", "E62", "E67", "E107", "E150", "E155")
@of_hypothesis(max_examples=6, **of_a_story)
@given(story=stories)
def test_whatever_happens_to_accounts_the_book_adds_up(shared_server: Settings, story: list[tuple]) -> None:
    _tell(shared_server, story)


@pytest.mark.torture
@of_hypothesis(max_examples=400, **of_a_story)
@given(story=st.lists(st.tuples(steps, killed_after), min_size=6, max_size=25))
def test_long_lives_add_up_too(shared_server: Settings, story: list[tuple]) -> None:
    _tell(shared_server, story)
