"""Two clerks at once, on one account or on one month: what comes of it is what one after the other would have made.

Each pair of acts is done in three copies of one office: the first before the second, the second before the first, and
both at the same time. The book of the third copy is that of one of the others, whatever was refused on the way.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as of_hypothesis
from hypothesis import strategies as st

from operational_db.connections import connect_as_admin
from operational_db.refusal import Refusal
from operational_db.settings import Settings
from tests.busy_office import BusyOffice
from tests.conftest import fresh_database
from tests.laws_of_the_book import require_laws

BEGINNING = (
    ("read", 0, 31, 300), ("read", 1, 31, 120), ("bill",), ("pay", 0, 50_000), ("pay", 1, 200_000), ("close",),
    ("read", 0, 31, 250), ("read", 1, 31, 80), ("award", 0, 20_000), ("grant", 1, 10),
)  # fmt: skip
"""January is closed; February is read and not billed; one has paid in advance, one is awarded a subsidy."""

ACTS = (
    ("read", 0, 20, 90), ("late", 0, 12, 40), ("cancel", 0), ("adjust", 0, 200), ("estimate",), ("pay", 0, 70_000),
    ("take_back", 0), ("move", 0, 1), ("serve", 0), ("bill",), ("bill_one", 0), ("unwind",), ("charge_penalty",),
    ("use_awards",), ("grant", 0, 0), ("end_grant", 0, 5), ("close",),
)  # fmt: skip

# Figures of the book without the numbers that depend on who came first.
_BOOK = {
    "bills": "SELECT account_id, booked_month, kind, energy_kwh, charge_minor, vat_minor FROM ops.bill",
    "lines": "SELECT account_id, booked_month, service_month, span_from, span_to, step_no, energy_kwh, charge_minor"
    " FROM ops.bill_line",
    "benefits": "SELECT account_id, booked_month, service_month, energy_kwh, benefit_minor FROM ops.benefit_line",
    "readings": "SELECT account_id, read_on, value_kwh, state FROM ops.reading_state",
    "payments": "SELECT account_id, booked_month, external_id, amount_minor FROM ops.payment",
    "services": "SELECT account_id, booked_month, charge_minor FROM ops.service_bill",
    "penalties": "SELECT account_id, booked_month, kind, charge_minor FROM ops.penalty",
    "subsidies": "SELECT account_id, booked_month, used_minor FROM ops.subsidy_use",
    "prepaid": "SELECT account_id, booked_month, kind, energy_kwh, credit_minor FROM ops.prepaid_energy",
    "adjustments": "SELECT account_id, used_on, adjusted_kwh FROM ops.consumption_adjustment",
    "grants": "SELECT metering_point_id, valid_from, valid_to FROM ops.benefit_grant WHERE known_to IS NULL",
    "waiting": "SELECT account_id, from_day, reason FROM ops.open_amendment",
    "closed": "SELECT res_id, booked_month, bill_count, energy_kwh, charge_minor, paid_minor FROM ops.period_close",
    "ledger": "SELECT account_id, booked_month, document_kind, article_code, debit_code, credit_code, sum(amount_minor)"
    " FROM ops.ledger GROUP BY 1, 2, 3, 4, 5, 6",
}


@pytest.fixture
def office(settings: Settings, database: psycopg.Connection) -> BusyOffice:
    office = BusyOffice(settings, database)
    for name, *about in BEGINNING:
        office.act(name, *about)()
    return office


def _decided(office: BusyOffice, pair: tuple[tuple, tuple]) -> list[Callable[[], object]]:
    """What both are about, as on two screens that are open at once."""
    return [office.act(name, *about) for name, *about in pair]


def _do(operation: Callable[[], object], failures: list[Exception]) -> None:
    try:
        operation()
    except Refusal:
        pass
    except Exception as failure:  # noqa: BLE001  # handed to the thread of the test
        failures.append(failure)


@contextmanager
def _copy(office: BusyOffice) -> Iterator[BusyOffice]:
    """The office in a copy of its database, which nobody may be connected to meanwhile."""
    office.database.close()
    for settings in fresh_database(office.settings):
        with connect_as_admin(settings, autocommit=True) as database:
            yield office.on(settings, database)


def _book(office: BusyOffice) -> dict[str, list[tuple]]:
    return {name: sorted(map(str, office.database.execute(query).fetchall())) for name, query in _BOOK.items()}


@pytest.mark.requirement("E150", "E155")
@of_hypothesis(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(pair=st.tuples(st.sampled_from(ACTS), st.sampled_from(ACTS)), later_ms=st.integers(0, 60))
def test_two_acts_at_once_come_to_what_one_after_the_other_makes(
    office: BusyOffice, pair: tuple[tuple, tuple], later_ms: int
) -> None:
    _require_serial(office, pair, later_ms)


@pytest.mark.torture
@of_hypothesis(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(pair=st.tuples(st.sampled_from(ACTS), st.sampled_from(ACTS)), later_ms=st.integers(0, 60))
def test_any_two_acts_at_once_come_to_what_one_after_the_other_makes(
    office: BusyOffice, pair: tuple[tuple, tuple], later_ms: int
) -> None:
    _require_serial(office, pair, later_ms)


def _require_serial(office: BusyOffice, pair: tuple[tuple, tuple], later_ms: int) -> None:
    serial = []
    failures: list[Exception] = []
    for order in (1, -1):
        with _copy(office) as one_by_one:
            for operation in _decided(one_by_one, pair)[::order]:
                _do(operation, failures)
            serial.append(_book(one_by_one))
    with _copy(office) as at_once:
        clerks = [threading.Thread(target=_do, args=[act, failures]) for act in _decided(at_once, pair)]
        clerks[0].start()
        time.sleep(later_ms / 1000)
        clerks[1].start()
        for clerk in clerks:
            clerk.join(60)
        assert failures == []
        found = _book(at_once)
        differing = [{name: (found[name], one[name]) for name in found if found[name] != one[name]} for one in serial]
        assert found in serial, differing
        require_laws(at_once.settings, at_once.database)
