"""A month billed in parts, by several sessions at once, is the month that one session bills, row by row."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import psycopg
import pytest

from operational_db.benefits.categories import Category, set_category
from operational_db.benefits.grants import Holder, grant_benefit
from operational_db.billing.commands import bill_month, close_month
from operational_db.connections import Role, connect, connect_as_admin
from operational_db.refusal import Refusal
from operational_db.settings import Settings
from orchestration.benchmarks.databases import copy_of, drop
from tests.small_book import ADMINISTRATOR, SmallBook

JANUARY, FEBRUARY, MARCH = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)
SIXTEENTH = date(2026, 1, 16)
ALONE = {"bill_in_parts_from": 1_000_000}

POSTED = {
    "bill": "account_id, bill_no, kind, energy_kwh, charge_minor, vat_minor",
    "bill_line": "account_id, bill_no, line_no, metering_point_id, service_month, span_from, span_to, zone_code,"
    " step_no, energy_kwh, price_minor, charge_minor, vat_minor, opening_reading_id, closing_reading_id, volume_from",
    "benefit_line": "account_id, bill_no, line_no, grant_no, category_code, norm_kwh, energy_kwh, full_minor,"
    " benefit_minor",
    "ledger": "account_id, document_kind, document_no, entry_no, debit_code, credit_code, amount_minor",
    "billed_days": "metering_point_id, service_month, zone_code, day_mask",
}


@pytest.fixture
def book(settings: Settings) -> SmallBook:
    """Eight plain accounts, and four of which a reading follows more than one month's: twice read, none used, through
    zero, two months at once."""
    in_parts = settings.model_copy(update={"bill_in_parts_from": 0})
    book = SmallBook(in_parts, first_month=JANUARY, res_codes=("SA01", "SA02"))
    for n in range(1, 9):
        book.consumer(f"SA01/1/{n}", res=("SA01", "SA02")[n % 2], readings={JANUARY: 0, FEBRUARY: 100 * n})
    book.consumer("SA01/2/1", res="SA01", readings={JANUARY: 0, SIXTEENTH: 150, FEBRUARY: 300})
    book.consumer("SA01/2/2", res="SA01", readings={JANUARY: 7, FEBRUARY: 7})
    book.consumer("SA01/2/3", res="SA02", digits=5, readings={JANUARY: 99_990, FEBRUARY: 40})
    book.consumer("SA01/2/4", res="SA02", since=SIXTEENTH, readings={SIXTEENTH: 0, FEBRUARY: 62})
    # A benefit of a plain account in each part, and of one that is not plain.
    half = Category("half", "Half of 160 kWh", Decimal("0.5"), "fixed", "state budget", "3", Decimal(160))
    set_category(in_parts, half, from_day=JANUARY, by=ADMINISTRATOR)
    for account_no in ("SA01/1/3", "SA01/1/8", "SA01/2/1"):
        grant_benefit(in_parts, f"{account_no}#1", "half", Holder("Holder"), from_day=JANUARY, by=ADMINISTRATOR)
    return book


@pytest.fixture
def copy(book: SmallBook) -> Iterator[Settings]:
    """The same book, to be billed by one session."""
    copied = copy_of(book.settings).model_copy(update=ALONE)
    yield copied
    drop(copied)


def _posted(settings: Settings, month: date) -> dict[str, list[tuple]]:
    with connect_as_admin(settings) as session:
        return {
            table: session.execute(
                f"SELECT {columns} FROM ops.{table}"
                f" WHERE {'service_month' if table == 'billed_days' else 'booked_month'} = %s ORDER BY {columns}",
                [month],
            ).fetchall()
            for table, columns in POSTED.items()
        }


def _parts(settings: Settings) -> list[str]:
    with connect_as_admin(settings) as session:
        return [
            row[0]
            for row in session.execute(
                "SELECT relname FROM pg_class WHERE relname ~ '_202601_part[0-9]$' AND relkind = 'r' ORDER BY 1"
            )
        ]


def _work_tables(settings: Settings) -> int:
    with connect_as_admin(settings) as session:
        query = "SELECT count(*) FROM pg_class WHERE relnamespace = 'work'::regnamespace"
        return session.execute(query).fetchone()[0]


def test_parts_post_what_one_session_posts(book: SmallBook, copy: Settings) -> None:
    run = bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    alone = bill_month(copy, JANUARY, by=ADMINISTRATOR)
    # 100 + 200 + ... + 800, then 300, nothing, 10 + 40 through zero, 62
    assert (run.bill_count, run.energy_kwh) == (12, 3600 + 300 + 50 + 62)
    assert _posted(book.settings, JANUARY) == _posted(copy, JANUARY)
    assert (run.line_count, run.charge_minor) == (alone.line_count, alone.charge_minor)
    # Benefits are few, and inserted: of SA01/1/3 and SA01/1/8 the first 160 kWh of a line, of SA01/2/1 150 and 10.
    assert [row[6] for row in _posted(copy, JANUARY)["benefit_line"]] == [160, 160, 150, 10]
    in_parts = sorted(POSTED.keys() - {"benefit_line"})
    assert _parts(book.settings) == [f"{table}_202601_part{n}" for table in in_parts for n in (1, 2)]
    assert _parts(copy) == []
    assert _work_tables(book.settings) == 0


def test_a_month_in_parts_is_billed_on_closed_and_guarded_as_any(book: SmallBook) -> None:
    bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    assert bill_month(book.settings, JANUARY, by=ADMINISTRATOR).was_billed_already
    # Somebody whose account comes later than all that the parts know.
    book.consumer("SA01/3/1", res="SA01", readings={JANUARY: 0, FEBRUARY: 30})
    assert bill_month(book.settings, JANUARY, by=ADMINISTRATOR).bill_count == 1
    close_month(book.settings, JANUARY, by=ADMINISTRATOR)
    with connect(book.settings, Role.OWNER) as session:
        with pytest.raises(psycopg.Error, match="are posted and cannot be changed or removed"):
            session.execute("TRUNCATE ops.bill_line_202601_part1")
        session.rollback()
        with pytest.raises(psycopg.Error, match="are posted and cannot be changed or removed"):
            session.execute("DELETE FROM ops.ledger_202601_part2")
        session.rollback()
        with pytest.raises(psycopg.Error, match="violates foreign key"):
            session.execute(
                "INSERT INTO ops.bill SELECT -1, booked_month, 9, kind, res_id, 0, 0, 0, NULL, NULL, source_id"
                " FROM ops.bill LIMIT 1"
            )
    book.open(FEBRUARY)
    assert bill_month(book.settings, FEBRUARY, by=ADMINISTRATOR).bill_count == 0


def test_parts_come_beside_money_that_was_posted_before(book: SmallBook, copy: Settings) -> None:
    for settings in (book.settings, copy):
        with connect_as_admin(settings) as session:
            session.execute(
                "INSERT INTO ops.ledger (account_id, booked_month, document_kind, document_no, entry_no, debit_code,"
                " credit_code, amount_minor, article_code, posted_on, res_id, source_id)"
                " SELECT account_id, %s, 'payment', 1, 1, '5110', '4010', 100, 'electricity', %s, res_id, source_id"
                " FROM ops.account ORDER BY account_id LIMIT 1",
                [JANUARY, JANUARY],
            )
    assert bill_month(book.settings, JANUARY, by=ADMINISTRATOR).bill_count == 12
    bill_month(copy, JANUARY, by=ADMINISTRATOR)
    assert _posted(book.settings, JANUARY) == _posted(copy, JANUARY)
    assert [name for name in _parts(book.settings) if name.startswith("ledger")] == []


def test_what_a_run_prepared_and_did_not_post_goes_with_the_next(book: SmallBook) -> None:
    # A session that dies between preparing and posting leaves what the others had committed.
    with connect(book.settings, Role.APP, user=ADMINISTRATOR) as session:
        unit_id = session.execute("SELECT ops.find_unit('UZ')").fetchone()[0]
        session.execute("SELECT ops.prepare_bills(%s, %s, 4711, 1, 0, 1000)", [JANUARY, unit_id])
    assert _work_tables(book.settings) > 0
    assert _posted(book.settings, JANUARY)["bill"] == []
    assert bill_month(book.settings, JANUARY, by=ADMINISTRATOR).bill_count == 12
    assert _work_tables(book.settings) == 0


def test_a_run_in_parts_is_refused_as_a_whole(book: SmallBook) -> None:
    book.open(FEBRUARY)
    with pytest.raises(Refusal, match="Month 2026-01 still has 13 readings to bill; bill it before 2026-02"):
        bill_month(book.settings, FEBRUARY, by=ADMINISTRATOR)
    with pytest.raises(Refusal, match='There is no active user "nobody"'):
        bill_month(book.settings, JANUARY, by="nobody")
    assert _work_tables(book.settings) == 0
