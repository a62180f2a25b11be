"""Prices asked as at the counter against the plain reference, over all tariffs there are and some that nobody has."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from random import Random

import psycopg
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from operational_db.connections import Role, connect
from operational_db.reference.loading import load_reference
from operational_db.settings import Settings
from operational_db.tariffs.pricing import Use
from tests.random_books.tariffs import write_reference
from tests.random_books.uses import draw_use
from tests.reference_rating.prices import can_be_asked, price_of
from tests.reference_rating.tariffs import TariffBook

pytestmark = pytest.mark.requirement("D23", "D24", "E100", "E154")

SINCE, UNTIL = date(2015, 1, 1), date(2027, 1, 1)
RANDOM_TARIFFS = 60

# The database is the same for all examples on purpose: asking a price changes nothing.
shared = HealthCheck.function_scoped_fixture


class Counter:
    """A session that asks, and the reference that answers beside it."""

    def __init__(self, session: psycopg.Connection, book: TariffBook) -> None:
        self.session = session
        self.book = book

    def asked(self, tariff_code: str, on: date, use: Use) -> list[tuple] | None:
        """The lines that the SQL gives, None where it refuses for want of a price."""
        try:
            with self.session.transaction():
                return self.session.execute(
                    "SELECT zone_code, step_no, energy_kwh, price_minor, charge_minor, vat_minor"
                    " FROM ops.price(%s, %s, %s, %s, %s, %s, %s, %s, %s)",
                    [
                        tariff_code, on, list(use.zone_kwh), list(use.zone_kwh.values()), use.variant, use.residents,
                        use.days, use.ordered_power_kw, use.contracted_kwh,
                    ],
                ).fetchall()  # fmt: skip
        except psycopg.DatabaseError as refusal:
            if "has no known price for this use" not in str(refusal):
                raise
            return None

    def expected(self, tariff_code: str, on: date, use: Use) -> list[tuple] | None:
        lines = price_of(self.book, tariff_code, on, use)
        return lines and [
            (zone, c.step_no, c.energy_kwh, c.price_minor, c.charge_minor, c.vat_minor) for zone, c in lines
        ]

    def compare(self, random: Random) -> None:
        """Draw a tariff, a day and a use, and compare, unless the tariff does not know such a use."""
        code = random.choice(sorted(self.book.tariffs))
        on = SINCE + timedelta(days=random.randrange((UNTIL - SINCE).days))
        version = self.book.version_on(code, on)
        if version is None or self.book.vat_on(version.country, on) is None:
            return
        use = draw_use(random, version)
        if can_be_asked(version, use):
            asked, expected = self.asked(code, on, use), self.expected(code, on, use)
            assert (asked and sorted(asked)) == (expected and sorted(expected)), (code, on, use)


@pytest.fixture
def counter(settings: Settings, tmp_path: Path) -> Iterator[Counter]:
    directory = write_reference(tmp_path / "reference", Random(7), RANDOM_TARIFFS, SINCE, UNTIL)
    load_reference(settings, directory)
    with connect(settings, Role.APP, autocommit=True) as session:
        yield Counter(session, TariffBook(directory))


@examples(max_examples=400, suppress_health_check=[shared])
@given(random=st.randoms(use_true_random=False))
def test_every_price_is_that_of_the_reference(counter: Counter, random: Random) -> None:
    counter.compare(random)


@pytest.mark.torture
@pytest.mark.parametrize("batch", range(20))
def test_many_prices_are_those_of_the_reference(counter: Counter, batch: int) -> None:
    for number in range(10_000):
        counter.compare(Random(f"prices {batch}, {number}"))
