"""Months that were billed on what turned out wrong are billed anew: reversed and billed right in the open month."""

from datetime import date

import psycopg
import pytest

from operational_db.billing.commands import bill_month, close_month, close_obstacles
from operational_db.connections import Role, connect
from operational_db.metering.meter_operations import replace_meter
from operational_db.settings import Settings
from tests.meter_yard import MeterYard
from tests.small_book import ADMINISTRATOR, Consumer, SmallBook

JANUARY, FEBRUARY, MARCH, APRIL = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1), date(2026, 4, 1)
SOUM = 100


@pytest.fixture
def book(settings: Settings) -> SmallBook:
    return SmallBook(settings, first_month=JANUARY, res_codes=("SA01",))


def _bills(database: psycopg.Connection, consumer: Consumer, month: date) -> list[tuple]:
    return database.execute(
        "SELECT bill_no, kind, energy_kwh, charge_minor FROM ops.bill WHERE account_id = %s AND booked_month = %s"
        " ORDER BY bill_no",
        [consumer.account_id, month],
    ).fetchall()


def _lines(database: psycopg.Connection, consumer: Consumer, month: date, bill_no: int) -> list[tuple]:
    return database.execute(
        "SELECT service_month, step_no, energy_kwh, charge_minor FROM ops.bill_line"
        " WHERE account_id = %s AND booked_month = %s AND bill_no = %s ORDER BY line_no",
        [consumer.account_id, month, bill_no],
    ).fetchall()


def _owed_minor(database: psycopg.Connection, consumer: Consumer) -> int:
    return database.execute("SELECT ops.account_balance_minor(%s)::bigint", [consumer.account_id]).fetchone()[0]


def _next_month(book: SmallBook, month: date) -> None:
    close_month(book.settings, month, by=ADMINISTRATOR)


@pytest.mark.requirement("A42", "E89", "E154")
def test_two_months_read_at_once_cost_what_two_months_cost(settings: Settings, database: psycopg.Connection) -> None:
    # July 2025 was billed on a slip of the controller: he wrote the old value. In August the reading is 400.
    july, august, september = date(2025, 7, 1), date(2025, 8, 1), date(2025, 9, 1)
    book = SmallBook(settings, first_month=july, res_codes=("SA01",))
    karimov = book.consumer("SA01/1/1", res="SA01", since=july, readings={july: 1000})
    slip = book.reading(karimov, august, 1000)
    bill_month(settings, july, by=ADMINISTRATOR)
    _next_month(book, july)
    book.event(slip, "cancelled")
    book.reading(karimov, september, 1400)
    run = bill_month(settings, august, by=ADMINISTRATOR)
    # 400 kWh over 62 days: 200 in each month, 200 x 600 twice = 240 000; in one month it would be
    # 200 x 600 + 200 x 800 = 280 000.
    assert (run.energy_kwh, run.charge_minor) == (400, 240_000 * SOUM)
    assert (run.corrected_account_count, run.correction_minor) == (1, 240_000 * SOUM)
    assert _bills(database, karimov, august) == [
        (1, "reversing", 0, 0),
        (2, "correction", 200, 120_000 * SOUM),
        (3, "normal", 200, 120_000 * SOUM),
    ]
    assert _owed_minor(database, karimov) == 240_000 * SOUM


def test_an_estimate_gives_way_to_the_reading_that_comes(book: SmallBook, database: psycopg.Connection) -> None:
    consumer = book.consumer("SA01/1/2", res="SA01", readings={JANUARY: 0})
    book.reading(consumer, FEBRUARY, 100, kind="average")
    bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    assert _bills(database, consumer, JANUARY) == [(1, "by_average", 100, 60_000 * SOUM)]
    _next_month(book, JANUARY)
    book.reading(consumer, MARCH, 590)
    bill_month(book.settings, FEBRUARY, by=ADMINISTRATOR)
    # 590 kWh over 59 days: January 310, February 280. The estimate of 100 x 600 is taken back.
    assert _bills(database, consumer, FEBRUARY) == [
        (1, "reversing", -100, -60_000 * SOUM),
        (2, "correction", 310, 208_000 * SOUM),  # 200 x 600 + 110 x 800
        (3, "normal", 280, 184_000 * SOUM),  # 200 x 600 + 80 x 800
    ]
    assert _lines(database, consumer, FEBRUARY, 2) == [
        (JANUARY, 1, 200, 120_000 * SOUM),
        (JANUARY, 2, 110, 88_000 * SOUM),
    ]
    assert database.execute("SELECT event, reason FROM ops.reading_event").fetchall() == [
        ("superseded", "Estimated for want of a reading; the reading of 2026-03-01 tells what was used.")
    ]
    assert _owed_minor(database, consumer) == 392_000 * SOUM
    # A second run finds nothing to do, and nothing stands in the way of closing.
    assert bill_month(book.settings, FEBRUARY, by=ADMINISTRATOR).was_billed_already
    assert close_obstacles(book.settings, FEBRUARY, unit_code="SA01", by=ADMINISTRATOR) == []


def test_two_estimates_in_a_row_give_way_together(book: SmallBook, database: psycopg.Connection) -> None:
    consumer = book.consumer("SA01/1/3", res="SA01", readings={JANUARY: 0})
    book.reading(consumer, FEBRUARY, 300, kind="average")
    bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    _next_month(book, JANUARY)
    book.reading(consumer, MARCH, 600, kind="contract")
    bill_month(book.settings, FEBRUARY, by=ADMINISTRATOR)
    assert _bills(database, consumer, FEBRUARY) == [(1, "by_contract", 300, 200_000 * SOUM)]  # 120 000 + 100 x 800
    _next_month(book, FEBRUARY)
    book.reading(consumer, APRIL, 90)  # one kWh a day over 90 days: 31, 28 and 31
    bill_month(book.settings, MARCH, by=ADMINISTRATOR)
    assert _bills(database, consumer, MARCH) == [
        (1, "reversing", -600, -400_000 * SOUM),
        (2, "correction", 59, 35_400 * SOUM),  # 31 x 600 + 28 x 600
        (3, "normal", 31, 18_600 * SOUM),
    ]


def test_an_estimate_that_was_never_billed_is_passed_over(book: SmallBook, database: psycopg.Connection) -> None:
    consumer = book.consumer("SA01/1/4", res="SA01", readings={JANUARY: 0})
    book.reading(consumer, FEBRUARY, 900, kind="average")
    book.later()
    book.reading(consumer, date(2026, 1, 21), 40)  # the consumer telephones before the run
    bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    assert _bills(database, consumer, JANUARY) == [(1, "normal", 40, 24_000 * SOUM)]
    assert close_obstacles(book.settings, JANUARY, unit_code="SA01", by=ADMINISTRATOR) == []


def test_a_reading_that_comes_late_returns_the_energy_to_its_days(
    book: SmallBook, database: psycopg.Connection
) -> None:
    consumer = book.consumer("SA01/1/5", res="SA01", readings={JANUARY: 0})
    book.open(FEBRUARY)
    book.reading(consumer, MARCH, 590)
    bill_month(book.settings, FEBRUARY, by=ADMINISTRATOR)
    # 590 kWh over 59 days: January 310 for 208 000, February 280 for 184 000.
    assert _bills(database, consumer, FEBRUARY) == [(1, "normal", 590, 392_000 * SOUM)]
    closed = close_month(book.settings, JANUARY, by=ADMINISTRATOR) + close_month(
        book.settings, FEBRUARY, by=ADMINISTRATOR
    )
    book.reading(consumer, FEBRUARY, 400, booked_month=MARCH)
    run = bill_month(book.settings, MARCH, by=ADMINISTRATOR)
    assert _bills(database, consumer, MARCH) == [
        (1, "reversing", -590, -392_000 * SOUM),
        (2, "correction", 590, 394_000 * SOUM),
    ]
    assert _lines(database, consumer, MARCH, 2) == [
        (JANUARY, 1, 200, 120_000 * SOUM),
        (JANUARY, 2, 200, 160_000 * SOUM),
        (FEBRUARY, 1, 190, 114_000 * SOUM),
    ]
    assert (run.energy_kwh, run.charge_minor) == (0, 2_000 * SOUM)
    # Closed months are as they were.
    for month in closed:
        assert database.execute(
            "SELECT ops.period_content_hash(%s, %s) = content_hash FROM ops.period_close WHERE booked_month = %s",
            [consumer.res_id, month.month, month.month],
        ).fetchone() == (True,)


def test_a_billed_reading_that_is_cancelled_is_taken_back(book: SmallBook, database: psycopg.Connection) -> None:
    consumer = book.consumer("SA01/1/6", res="SA01", readings={JANUARY: 0})
    slip = book.reading(consumer, FEBRUARY, 500)
    bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    book.event(slip, "cancelled")
    assert close_obstacles(book.settings, JANUARY, unit_code="SA01", by=ADMINISTRATOR) == [
        "SA01: 1 corrections of billed months wait to be posted, the first of account SA01/1/6; run `wattbook bill`."
    ]
    bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    assert _bills(database, consumer, JANUARY) == [
        (1, "normal", 500, 360_000 * SOUM),  # 200 x 600 + 300 x 800
        (2, "reversing", -500, -360_000 * SOUM),
    ]
    assert _owed_minor(database, consumer) == 0
    # The right reading comes in the same month: its days are free again.
    book.reading(consumer, FEBRUARY, 50)
    bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    assert _bills(database, consumer, JANUARY)[2:] == [(3, "normal", 50, 30_000 * SOUM)]
    # The clerk was mistaken twice: the first value was right after all.
    book.event(
        database.execute("SELECT max(reading_id) FROM ops.reading WHERE value_kwh = 50").fetchone()[0], "cancelled"
    )
    book.event(slip, "released")
    bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    assert _bills(database, consumer, JANUARY)[3:] == [
        (4, "reversing", -50, -30_000 * SOUM),
        (5, "correction", 500, 360_000 * SOUM),
    ]
    assert _owed_minor(database, consumer) == 360_000 * SOUM


def test_a_reading_released_after_its_month_was_closed_is_not_lost(
    book: SmallBook, database: psycopg.Connection
) -> None:
    consumer = book.consumer("SA01/1/7", res="SA01", readings={JANUARY: 0})
    doubtful = book.reading(consumer, FEBRUARY, 250)
    book.event(doubtful, "quarantined")
    bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    _next_month(book, JANUARY)
    book.event(doubtful, "released")
    book.reading(consumer, MARCH, 350)
    bill_month(book.settings, FEBRUARY, by=ADMINISTRATOR)
    # January 250 = 200 x 600 + 50 x 800, February 100 x 600; nothing stood billed, so nothing is reversed.
    assert _bills(database, consumer, FEBRUARY) == [(1, "normal", 350, 220_000 * SOUM)]
    assert _lines(database, consumer, FEBRUARY, 1) == [
        (JANUARY, 1, 200, 120_000 * SOUM),
        (JANUARY, 2, 50, 40_000 * SOUM),
        (FEBRUARY, 1, 100, 60_000 * SOUM),
    ]


def test_months_that_come_out_as_they_stand_are_left_alone(book: SmallBook, database: psycopg.Connection) -> None:
    consumer = book.consumer("SA01/1/8", res="SA01", readings={JANUARY: 0, FEBRUARY: 100})
    bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    _next_month(book, JANUARY)
    february = book.reading(consumer, MARCH, 300)
    bill_month(book.settings, FEBRUARY, by=ADMINISTRATOR)
    _next_month(book, FEBRUARY)
    book.event(february, "cancelled")
    book.reading(consumer, MARCH, 310, booked_month=MARCH)
    book.reading(consumer, APRIL, 400)
    bill_month(book.settings, MARCH, by=ADMINISTRATOR)
    # January stays; February 200 becomes 210 = 200 x 600 + 10 x 800; March 90 x 600.
    assert _bills(database, consumer, MARCH) == [
        (1, "reversing", -200, -120_000 * SOUM),
        (2, "correction", 210, 128_000 * SOUM),
        (3, "normal", 90, 54_000 * SOUM),
    ]


def test_what_cannot_be_billed_anew_stays_as_it_stands(book: SmallBook, database: psycopg.Connection) -> None:
    consumer = book.consumer("SA01/1/9", res="SA01", readings={JANUARY: 0})
    slip = book.reading(consumer, FEBRUARY, 500)
    bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    _next_month(book, JANUARY)
    book.event(slip, "cancelled")
    # The tariff of the point ends with January, and nobody has entered the next one.
    database.execute(
        "UPDATE ops.metering_point_tariff SET valid_to = %s WHERE metering_point_id = %s",
        [FEBRUARY, consumer.metering_point_id],
    )
    book.reading(consumer, MARCH, 590)
    run = bill_month(book.settings, FEBRUARY, by=ADMINISTRATOR)
    assert (run.bill_count, run.unbilled_span_count) == (0, 1)
    assert _owed_minor(database, consumer) == 360_000 * SOUM
    database.execute(
        "UPDATE ops.metering_point_tariff SET valid_to = NULL WHERE metering_point_id = %s",
        [consumer.metering_point_id],
    )
    bill_month(book.settings, FEBRUARY, by=ADMINISTRATOR)
    assert _owed_minor(database, consumer) == 392_000 * SOUM


def test_a_line_is_reversed_once_and_stays(book: SmallBook, database: psycopg.Connection) -> None:
    consumer = book.consumer("SA01/1/10", res="SA01", readings={JANUARY: 0})
    slip = book.reading(consumer, FEBRUARY, 500)
    bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    book.event(slip, "cancelled")
    bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    assert database.execute(
        "SELECT booked_month, bill_no, line_no, reversing_month, reversing_bill_no, reversing_line_no"
        " FROM ops.bill_line_reversal ORDER BY line_no"
    ).fetchall() == [(JANUARY, 1, 1, JANUARY, 2, 1), (JANUARY, 1, 2, JANUARY, 2, 2)]
    for statement in (
        "INSERT INTO ops.bill_line_reversal SELECT * FROM ops.bill_line_reversal LIMIT 1",
        "DELETE FROM ops.bill_line_reversal",
        "UPDATE ops.bill_amendment SET reason = ''",
    ):
        with connect(book.settings, Role.OWNER) as session, pytest.raises(psycopg.Error, match="unique|posted"):
            session.execute(statement)


@pytest.mark.requirement("E154")
def test_nothing_is_reversed_in_a_month_before_its_own(settings: Settings, database: psycopg.Connection) -> None:
    # January and February are open and billed. The old meter closed on the 11th; the new one was misread on 4 February.
    yard = MeterYard(settings, database)
    yard.book.open(FEBRUARY)
    karimov = yard.book.consumer("SA01/1/1", res="SA01", readings={JANUARY: 1000})
    replace_meter(
        settings, "SA01/1/1#1", yard.in_store("N1"), on=date(2026, 1, 11), values=1050, new_values=0,
        order_no=yard.order("replace", "SA01/1/1#1"), by=ADMINISTRATOR,
    )  # fmt: skip
    new = yard.with_meter(karimov, "N1")
    misread = yard.book.reading(new, date(2026, 2, 4), 240)
    for month in (JANUARY, FEBRUARY):
        bill_month(settings, month, by=ADMINISTRATOR)
    yard.book.event(misread, "cancelled")
    yard.book.reading(new, date(2026, 2, 5), 50)
    # The run of January finds nothing that was booked in it to be wrong; February's takes its lines back: 240 and 50.
    assert bill_month(settings, JANUARY, by=ADMINISTRATOR).bill_count == 0
    assert bill_month(settings, FEBRUARY, by=ADMINISTRATOR).energy_kwh == 50 - 240
    assert [kind for _, kind, _, _ in _bills(database, karimov, JANUARY)] == ["normal"]
    # 50 kWh in the 25 days from 11 January to 5 February: 2 a day, 21 days of them in January
    assert database.execute(
        "SELECT span_from, span_to, energy_kwh FROM ops.standing_bill_line WHERE account_id = %s ORDER BY span_from",
        [karimov.account_id],
    ).fetchall() == [
        (JANUARY, date(2026, 1, 11), 50),
        (date(2026, 1, 11), FEBRUARY, 42),
        (FEBRUARY, date(2026, 2, 5), 8),
    ]
