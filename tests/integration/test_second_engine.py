"""The second billing engine stops a run whose energy, charge or VAT the first engine got wrong.

Each test breaks the first engine in one place; nothing may be posted.
"""

from datetime import date
from decimal import Decimal

import psycopg
import pytest

from operational_db.billing.commands import bill_month
from operational_db.refusal import Refusal
from operational_db.settings import Settings
from tests.small_book import ADMINISTRATOR, SmallBook

pytestmark = pytest.mark.requirement("C21")

JANUARY, FEBRUARY = date(2026, 1, 1), date(2026, 2, 1)


@pytest.fixture
def book(settings: Settings) -> SmallBook:
    """Consumers of each way of the second engine: proved at first sight, with zones, with power, by half a month."""
    book = SmallBook(settings, first_month=JANUARY, res_codes=("SA01",))
    book.consumer("SA01/1/1", res="SA01", ratio=Decimal(20), readings={JANUARY: 99_990, FEBRUARY: 10})
    book.consumer(
        "SA01/1/2", res="SA01", readings={JANUARY: {"day": 0, "night": 0}, FEBRUARY: {"day": 201, "night": 100}}
    )
    book.consumer("SA01/1/3", res="SA01", readings={JANUARY: 0, date(2026, 1, 20): Decimal("150.001"), FEBRUARY: 400})
    book.consumer("SA01/1/4", res="SA01", tariff="ua.household", readings={JANUARY: 0, FEBRUARY: Decimal("33.3")})
    return book


def _break(database: psycopg.Connection, function: str, right: str, wrong: str) -> None:
    definition = database.execute("SELECT pg_get_functiondef(%s::regproc)", [function]).fetchone()[0]
    assert right in definition
    database.execute(definition.replace(right, wrong).encode())


def _refused(book: SmallBook, database: psycopg.Connection, words: str) -> None:
    with pytest.raises(Refusal, match=words):
        bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    assert database.execute("SELECT count(*) FROM ops.bill").fetchone() == (0,)


def test_the_unbroken_engines_agree(book: SmallBook) -> None:
    # 20 x 20 = 400; 301; 400; 33.3 kWh
    run = bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    assert (run.bill_count, run.energy_kwh) == (4, Decimal("1134.3"))


@pytest.mark.parametrize(
    ("function", "right", "wrong", "words"),
    [
        ("ops.register_energy_kwh", "* ratio", "* ratio * ratio", "other energy for 1 spans, the first of .*1/1;"),
        ("ops.register_energy_kwh", "closing_kwh - opening_kwh", "closing_kwh - opening_kwh + 1", "other energy"),
        ("ops.rating_sql", "SELECT round(\n", "SELECT trunc(\n", "other charges"),
        ("ops.rating_sql", "(1 + s.vat_rate))", "(1 + s.vat_rate) + 1)", "other charges for .* the first of .*1/1;"),
        ("ops.place_volumes", "- s.slice_kwh AS slice_from", "- s.slice_kwh / 2 AS slice_from", "other volumes"),
        ("ops.place_volumes", "1) * h.zone_kwh / h", "1) * 1.1 * h.zone_kwh / h", "other volumes"),
    ],
)  # fmt: skip
def test_a_wrong_figure_is_not_posted(
    book: SmallBook, database: psycopg.Connection, function: str, right: str, wrong: str, words: str
) -> None:
    _break(database, function, right, wrong)
    _refused(book, database, words)
