"""Who and what may post into a month: rights asked by the procedures themselves, closed months, nothing forgotten."""

from datetime import date

import psycopg
import pytest

from operational_db.access.commands import create_user
from operational_db.billing.commands import bill_month, close_month, close_obstacles
from operational_db.connections import Role, connect
from operational_db.refusal import Refusal
from operational_db.refused import refusals
from operational_db.settings import Settings
from tests.small_book import ADMINISTRATOR, Consumer, SmallBook

DECEMBER, JANUARY, FEBRUARY, MARCH = date(2025, 12, 1), date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)


@pytest.fixture
def book(settings: Settings) -> SmallBook:
    return SmallBook(settings, first_month=JANUARY, res_codes=("SA01", "SA02"))


def _measure(book: SmallBook, consumer: Consumer, energy_kwh: int) -> None:
    with connect(book.settings, Role.LOADER) as session, refusals():
        session.execute(
            "INSERT INTO ops.measured_energy (account_id, booked_month, metering_point_id, direction, span_from,"
            " span_to, energy_kwh, kind, res_id, source_id)"
            " VALUES (%s, %s, %s, 'consumed', %s, %s, %s, 'half_hours', %s, %s)",
            [
                consumer.account_id, JANUARY, consumer.metering_point_id, JANUARY, FEBRUARY, energy_kwh,
                consumer.res_id, book.source_id,
            ],
        )  # fmt: skip


@pytest.mark.requirement("A32", "B31", "E151")
def test_the_procedures_ask_for_the_right_themselves(book: SmallBook) -> None:
    consumer = book.consumer("SA02/1/1", res="SA02", readings={JANUARY: 0, FEBRUARY: 10})
    create_user(
        book.settings, login="clerk", full_name="Clerk of SA01", group_code="billing_clerks", unit_code="SA01",
        by=ADMINISTRATOR,
    )  # fmt: skip
    for statement, right in (
        ("SELECT * FROM ops.post_bills(%(month)s, %(res)s, NULL, %(source)s, 0)", "bill"),
        ("SELECT * FROM ops.post_bills(%(month)s, NULL, %(account)s, %(source)s, 0)", "bill"),
        ("SELECT ops.close_month(%(res)s, %(month)s, %(source)s)", "close"),
    ):
        keys = {
            "month": JANUARY, "res": consumer.res_id, "account": consumer.account_id, "source": book.source_id,
        }  # fmt: skip
        with (
            connect(book.settings, Role.APP, user="clerk") as session,
            pytest.raises(Refusal, match=f'does not hold the right "{right}" for SA02'),
            refusals(),
        ):
            session.execute(statement, keys)


@pytest.mark.parametrize("role", [Role.APP, Role.LOADER, Role.DBT, Role.READER, Role.WEB])
def test_no_role_writes_money_past_the_procedures(book: SmallBook, role: Role) -> None:
    for table in ("bill", "bill_line", "ledger", "payment", "billed_days", "period_close", "billing_period"):
        with connect(book.settings, role, user=ADMINISTRATOR) as session:
            may = "SELECT has_table_privilege(%s, 'INSERT'), has_table_privilege(%s, 'UPDATE')"
            assert session.execute(may, [f"ops.{table}"] * 2).fetchone() == (False, False), table


@pytest.mark.requirement("E150")
def test_no_reading_and_no_energy_comes_into_a_closed_month(book: SmallBook) -> None:
    consumer = book.consumer("SA01/1/2", res="SA01", readings={JANUARY: 0})
    close_month(book.settings, JANUARY, unit_code="SA01", by=ADMINISTRATOR)
    with pytest.raises(Refusal, match="Month 2026-01 is closed for SA01"), refusals():
        book.reading(consumer, FEBRUARY, 10)
    with pytest.raises(Refusal, match="Month 2026-01 is closed for SA01"):
        _measure(book, consumer, 10)


@pytest.mark.requirement("E150")
def test_a_month_before_a_closed_one_is_not_opened_any_more(book: SmallBook) -> None:
    close_month(book.settings, JANUARY, unit_code="SA01", by=ADMINISTRATOR)
    refused = pytest.raises(Refusal, match="Month 2025-12 cannot be opened for SA01, where a later month is closed")
    with refused, refusals():
        book.open(DECEMBER)


def test_energy_told_as_such_that_no_tariff_prices_stands_in_the_way_of_a_close(
    book: SmallBook, database: psycopg.Connection
) -> None:
    mill = book.consumer("U1", res="SA01", kind="legal", tariff="uz.legal", readings={JANUARY: 0})
    _measure(book, mill, 500)
    database.execute("UPDATE ops.metering_point_tariff SET valid_from = %s", [FEBRUARY])
    run = bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    assert (run.bill_count, run.unbilled_span_count) == (0, 1)
    with pytest.raises(Refusal, match="1 half-hour, declared, gap or estimated spans of 2026-01 is not billed"):
        close_month(book.settings, JANUARY, unit_code="SA01", by=ADMINISTRATOR)
    database.execute("UPDATE ops.metering_point_tariff SET valid_from = %s", [JANUARY])
    assert bill_month(book.settings, JANUARY, by=ADMINISTRATOR).energy_kwh == 500
    assert close_obstacles(book.settings, JANUARY, unit_code="SA01", by=ADMINISTRATOR) == []


def test_readings_without_a_beginning_are_counted_as_left_out(book: SmallBook, database: psycopg.Connection) -> None:
    # One has none before it, one stands on the day of another, one was read after the meter had gone.
    orphan = book.consumer("SA01/1/3", res="SA01", readings={})
    book.reading(orphan, FEBRUARY, 10)
    twice = book.consumer("SA01/1/4", res="SA01", readings={JANUARY: 0, FEBRUARY: 10})
    book.reading(twice, FEBRUARY, 12)
    gone = book.consumer("SA01/1/5", res="SA01", readings={JANUARY: 0, FEBRUARY: 10})
    database.execute("UPDATE ops.meter_installation SET valid_to = '2026-01-15' WHERE meter_id = %s", [gone.meter_id])
    run = bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    assert (run.bill_count, run.energy_kwh, run.unbilled_span_count) == (1, 10, 3)


def test_a_meter_removed_after_a_month_without_reading_and_hung_again_is_billed_to_its_removal(
    book: SmallBook, database: psycopg.Connection
) -> None:
    # Read on 1 February, not on 1 March; removed on 11 March, hung again and opened on 21 March.
    book.open(FEBRUARY)
    book.open(MARCH)
    consumer = book.consumer("SA01/1/6", res="SA01", readings={JANUARY: 0, FEBRUARY: 31})
    book.reading(consumer, date(2026, 3, 11), 69)
    book.reading(consumer, date(2026, 3, 21), 0, is_opening=True)
    book.reading(consumer, date(2026, 4, 1), 11)
    bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    run = bill_month(book.settings, MARCH, by=ADMINISTRATOR)
    # 69 - 31 until the removal, 11 after it.
    assert (run.energy_kwh, run.unbilled_span_count) == (49, 0)
    assert database.execute("SELECT sum(bit_count(day_mask)) FROM ops.billed_days").fetchone() == (31 + 28 + 10 + 11,)
