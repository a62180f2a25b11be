"""How many persons live at an account: dated records that are added and deleted, and what billed days make of it."""

from datetime import date

import psycopg
import pytest

from operational_db.access.commands import create_user
from operational_db.billing.commands import bill_month, close_month, close_obstacles, closes_in_doubt
from operational_db.refusal import Refusal
from operational_db.settings import Settings
from operational_db.subscribers.family_sizes import (
    AddedSize,
    DeletedSize,
    add_family_size,
    delete_family_size,
    family_sizes,
)
from tests.small_book import ADMINISTRATOR, Consumer, SmallBook

JANUARY, SIXTEENTH, FEBRUARY, MARCH = date(2026, 1, 1), date(2026, 1, 16), date(2026, 2, 1), date(2026, 3, 1)
RUDNY, UZBEK = "SA01/1/1", "SA01/1/2"
BY = {"by": ADMINISTRATOR}


@pytest.fixture
def book(settings: Settings) -> SmallBook:
    return SmallBook(settings, first_month=JANUARY, res_codes=("SA01", "SA02"))


@pytest.fixture
def family(book: SmallBook) -> Consumer:
    """One person under Rudny's levels, where a resident has 100 kWh at 33.13 and 50 at 41.33; 140 kWh in January."""
    return book.consumer(
        RUDNY, res="SA01", tariff="kz.rudny", persons=1, readings={JANUARY: 0, FEBRUARY: 140}
    )  # fmt: skip


def _known(book: SmallBook, account_no: str = RUDNY) -> list[tuple[int, date, date | None]]:
    return [(one.persons, one.valid_from, one.valid_to) for one in family_sizes(book.settings, account_no, **BY)]


def _bills(database: psycopg.Connection, consumer: Consumer) -> list[tuple]:
    return database.execute(
        "SELECT booked_month, kind, energy_kwh, charge_minor FROM ops.bill WHERE account_id = %s"
        " ORDER BY booked_month, bill_no",
        [consumer.account_id],
    ).fetchall()


@pytest.mark.requirement("E24", "E51")
@pytest.mark.usefixtures("family")
def test_a_new_size_ends_the_record_before_it(book: SmallBook) -> None:
    assert add_family_size(book.settings, RUDNY, 3, from_day=MARCH, **BY) == AddedSize(RUDNY, None, 0)
    assert add_family_size(book.settings, RUDNY, 2, from_day=SIXTEENTH, **BY) == AddedSize(RUDNY, MARCH, 0)
    assert _known(book) == [(1, JANUARY, SIXTEENTH), (2, SIXTEENTH, MARCH), (3, MARCH, None)]


@pytest.mark.requirement("E25")
@pytest.mark.usefixtures("family")
def test_a_record_is_deleted_and_never_edited_and_the_book_keeps_what_it_knew(
    book: SmallBook, database: psycopg.Connection
) -> None:
    add_family_size(book.settings, RUDNY, 3, from_day=SIXTEENTH, **BY)
    with pytest.raises(Refusal, match="has a record of 3 persons from 2026-01-16 already; a record is not edited"):
        add_family_size(book.settings, RUDNY, 4, from_day=SIXTEENTH, **BY)
    with pytest.raises(Refusal, match="has 3 persons since 2026-01-16 already; nothing changes on 2026-02-01"):
        add_family_size(book.settings, RUDNY, 3, from_day=FEBRUARY, **BY)
    assert delete_family_size(book.settings, RUDNY, from_day=SIXTEENTH, **BY) == DeletedSize(RUDNY, 3, 1, 0)
    assert _known(book) == [(1, JANUARY, None)]
    with pytest.raises(Refusal, match="no record of its family that begins on 2026-01-16"):
        delete_family_size(book.settings, RUDNY, from_day=SIXTEENTH, **BY)
    was = family_sizes(book.settings, RUDNY, deleted_too=True, **BY)
    # All that was ever known: 1 person without an end, 1 to the 16th, 3 from then on; and what stands.
    assert [(one.persons, one.valid_from, one.valid_to, one.known_to is None) for one in was] == [
        (1, JANUARY, None, False), (1, JANUARY, SIXTEENTH, False), (1, JANUARY, None, True),
        (3, SIXTEENTH, None, False),
    ]  # fmt: skip
    trail = database.execute(
        "SELECT operation, (coalesce(new_row, old_row) ->> 'persons')::int, user_login FROM audit.row_version"
        " WHERE table_name = 'ops.family_size' AND user_login = %s ORDER BY row_version_id",
        [ADMINISTRATOR],
    ).fetchall()
    assert trail == [
        ("UPDATE", 1, ADMINISTRATOR), ("INSERT", 1, ADMINISTRATOR), ("INSERT", 3, ADMINISTRATOR),
        ("UPDATE", 3, ADMINISTRATOR), ("UPDATE", 1, ADMINISTRATOR), ("INSERT", 1, ADMINISTRATOR),
    ]  # fmt: skip


@pytest.mark.requirement("E65")
def test_a_size_of_billed_days_has_them_billed_anew_and_closed_months_stay(
    book: SmallBook, family: Consumer, database: psycopg.Connection
) -> None:
    bill_month(book.settings, JANUARY, **BY)
    # One person: 100 x 33.13 = 3 313.00 and 40 x 41.33 = 1 653.20, together 4 966.20.
    assert _bills(database, family) == [(JANUARY, "normal", 140, 496_620)]
    close_month(book.settings, JANUARY, unit_code="SA01", **BY)
    # In February it comes out that two live there since 16 January.
    assert add_family_size(book.settings, RUDNY, 2, from_day=SIXTEENTH, **BY).amended_count == 1
    (told,) = close_obstacles(book.settings, FEBRUARY, unit_code="SA01", **BY)
    assert told == (
        "SA01: 1 corrections of billed months wait to be posted, the first of account SA01/1/1; run `wattbook bill`."
    )
    bill_month(book.settings, FEBRUARY, **BY)
    # 140 kWh over 31 days: 15 days have 67.741935 kWh, below 100; then two persons have 200 kWh at the first price, and
    # the month stands at 67.7: all 140 kWh at 33.13. Each line is rounded once: 67.741935 x 33.13 = 2 244.290 and
    # 72.258065 x 33.13 = 2 393.910, together 2 244.29 + 2 393.91 = 4 638.20.
    assert _bills(database, family)[1:] == [
        (FEBRUARY, "reversing", -140, -496_620), (FEBRUARY, "correction", 140, 463_820)
    ]  # fmt: skip
    assert closes_in_doubt(book.settings, **BY) == []
    # The record was wrong after all: the bill as it was comes back, once more by a pair.
    assert delete_family_size(book.settings, RUDNY, from_day=SIXTEENTH, **BY).amended_count == 1
    bill_month(book.settings, FEBRUARY, **BY)
    assert _bills(database, family)[3:] == [
        (FEBRUARY, "reversing", -140, -463_820), (FEBRUARY, "correction", 140, 496_620)
    ]  # fmt: skip


@pytest.mark.requirement("E66")
def test_days_without_a_record_wait_and_the_right_one_bills_them(
    book: SmallBook, family: Consumer, database: psycopg.Connection
) -> None:
    bill_month(book.settings, JANUARY, **BY)
    deleted = delete_family_size(book.settings, RUDNY, from_day=JANUARY, **BY)
    assert (deleted.persons_before, deleted.amended_count) == (None, 1)
    bill_month(book.settings, JANUARY, **BY)  # without a size there is no price: the bill stands and the demand waits
    assert len(_bills(database, family)) == 1
    assert close_obstacles(book.settings, JANUARY, unit_code="SA01", **BY) != []
    # Two persons: all 140 kWh within 200 at 33.13 = 4 638.20.
    add_family_size(book.settings, RUDNY, 2, from_day=JANUARY, **BY)
    bill_month(book.settings, JANUARY, **BY)
    assert _bills(database, family)[1:] == [
        (JANUARY, "reversing", -140, -496_620), (JANUARY, "correction", 140, 463_820)
    ]  # fmt: skip
    assert close_obstacles(book.settings, JANUARY, unit_code="SA01", **BY) == []


def test_where_no_price_goes_by_residents_nothing_is_billed_anew(book: SmallBook, database: psycopg.Connection) -> None:
    consumer = book.consumer(UZBEK, res="SA01", persons=1, readings={JANUARY: 0, FEBRUARY: 140})
    bill_month(book.settings, JANUARY, **BY)
    assert add_family_size(book.settings, UZBEK, 5, from_day=SIXTEENTH, **BY).amended_count == 0
    assert close_obstacles(book.settings, JANUARY, unit_code="SA01", **BY) == []
    assert len(_bills(database, consumer)) == 1


def test_days_before_a_billed_span_are_not_billed_anew(book: SmallBook, family: Consumer) -> None:
    bill_month(book.settings, JANUARY, **BY)
    add_family_size(book.settings, RUDNY, 3, from_day=FEBRUARY, **BY)
    assert close_obstacles(book.settings, JANUARY, unit_code="SA01", **BY) == []
    assert family


@pytest.mark.usefixtures("family")
def test_who_may_keep_sizes_and_what_cannot_be(book: SmallBook) -> None:
    create_user(book.settings, login="manager", full_name="M", group_code="billing_managers", unit_code="SA01", **BY)
    create_user(book.settings, login="far", full_name="F", group_code="billing_clerks", unit_code="SA02", **BY)
    with pytest.raises(Refusal, match='"manager" does not hold the right "keep_benefits" for SA01'):
        add_family_size(book.settings, RUDNY, 3, from_day=MARCH, by="manager")
    with pytest.raises(Refusal, match='There is no account "SA01/1/1" among those you may see'):
        add_family_size(book.settings, RUDNY, 3, from_day=MARCH, by="far")
    with pytest.raises(Refusal, match="A family of -1 persons cannot be"):
        add_family_size(book.settings, RUDNY, -1, from_day=MARCH, **BY)
    with pytest.raises(Refusal, match="was opened on 2026-01-01, after 2025-12-31"):
        add_family_size(book.settings, RUDNY, 3, from_day=date(2025, 12, 31), **BY)
    add_family_size(book.settings, RUDNY, 3, from_day=MARCH, dry_run=True, **BY)
    assert _known(book) == [(1, JANUARY, None)]
