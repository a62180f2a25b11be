"""RES billed one after the other post what one run over all of them posts, also where an account was read at two."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import psycopg
import pytest

from operational_db.billing.commands import bill_month
from operational_db.connections import connect_as_admin
from operational_db.settings import Settings
from orchestration.benchmarks.databases import copy_of, drop
from tests.small_book import ADMINISTRATOR, SmallBook

JANUARY, FEBRUARY = date(2026, 1, 1), date(2026, 2, 1)
SIXTEENTH = date(2026, 1, 16)

POSTED = (
    "SELECT b.account_id, b.bill_no, b.kind, b.res_id, l.line_no, l.span_from, l.span_to, l.step_no, l.energy_kwh,"
    " l.charge_minor, l.vat_minor, l.volume_from, l.opening_reading_id, l.closing_reading_id"
    " FROM ops.bill AS b INNER JOIN ops.bill_line AS l USING (account_id, booked_month, bill_no) ORDER BY 1, 2, 5"
)
BILLS = (
    "SELECT b.bill_no, b.energy_kwh, b.charge_minor FROM ops.bill AS b INNER JOIN ops.account AS a USING (account_id)"
    " WHERE a.account_no = %s ORDER BY b.bill_no"
)


@pytest.fixture
def book(settings: Settings) -> SmallBook:
    """Plain accounts of three RES, one of them read twice."""
    book = SmallBook(settings, first_month=JANUARY, res_codes=("SA01", "SA02", "SA03"))
    for n in range(1, 10):
        res = ("SA01", "SA02", "SA03")[n % 3]
        book.consumer(f"{res}/1/{n}", res=res, readings={JANUARY: 0, FEBRUARY: 70 * n})
    book.consumer("SA02/2/1", res="SA02", readings={JANUARY: 0, SIXTEENTH: 150, FEBRUARY: 300})
    return book


@pytest.fixture
def copy(book: SmallBook) -> Iterator[Settings]:
    """The same book, to be billed by one run."""
    copied = copy_of(book.settings)
    yield copied
    drop(copied)


def test_res_by_res_is_what_one_run_over_all_posts(book: SmallBook, copy: Settings) -> None:
    counts = [
        bill_month(book.settings, JANUARY, unit_code=res, by=ADMINISTRATOR).bill_count
        for res in ("SA01", "SA02", "SA03")
    ]
    assert counts == [3, 4, 3]
    assert bill_month(copy, JANUARY, by=ADMINISTRATOR).bill_count == 10
    with connect_as_admin(book.settings) as one_by_one, connect_as_admin(copy) as at_once:
        posted = one_by_one.execute(POSTED).fetchall()
        assert len(posted) > 10
        assert posted == at_once.execute(POSTED).fetchall()
    assert bill_month(book.settings, JANUARY, by=ADMINISTRATOR).was_billed_already


def test_who_comes_to_a_billed_res_is_billed_alone(book: SmallBook, database: psycopg.Connection) -> None:
    for res in ("SA01", "SA02"):
        bill_month(book.settings, JANUARY, unit_code=res, by=ADMINISTRATOR)
    book.consumer("SA02/3/1", res="SA02", readings={JANUARY: 0, FEBRUARY: 250})
    assert bill_month(book.settings, JANUARY, unit_code="SA02", by=ADMINISTRATOR).bill_count == 1
    # 200 x 600 + 50 x 800 = 160,000 soum
    assert database.execute(BILLS, ["SA02/3/1"]).fetchall() == [(1, 250, 16_000_000)]


# The first to be billed begins the steps: 150 x 600 = 90,000; the other goes on: 50 x 600 + 100 x 800 = 110,000.
@pytest.mark.parametrize("order", [("SA01", "SA03"), ("SA03", "SA01")])
def test_an_account_read_at_two_res_is_billed_between_its_readings_whichever_comes_first(
    book: SmallBook, database: psycopg.Connection, order: tuple[str, str]
) -> None:
    moved = book.consumer("SA01/9/9", res="SA01", readings={JANUARY: 0, SIXTEENTH: 150})
    with connect_as_admin(book.settings) as session:
        session.execute(
            "UPDATE ops.account SET res_id = %s WHERE account_id = %s", [book.res_ids["SA03"], moved.account_id]
        )
    book.reading(replace(moved, res_id=book.res_ids["SA03"]), FEBRUARY, 300)
    bill_month(book.settings, JANUARY, unit_code="SA02", by=ADMINISTRATOR)
    for res in order:
        bill_month(book.settings, JANUARY, unit_code=res, by=ADMINISTRATOR)
    assert database.execute(BILLS, ["SA01/9/9"]).fetchall() == [(1, 150, 9_000_000), (2, 150, 11_000_000)]
    assert bill_month(book.settings, JANUARY, by=ADMINISTRATOR).was_billed_already
