"""Whatever the order in which parts of a month are billed, the month's steps are used once."""

from datetime import date

import psycopg
import pytest

from operational_db.billing.commands import bill_month
from operational_db.settings import Settings
from tests.small_book import ADMINISTRATOR, Consumer, SmallBook

JANUARY, FEBRUARY, MARCH = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)
TENTH, TWENTIETH = date(2026, 1, 11), date(2026, 1, 21)
SOUM = 100


@pytest.fixture
def book(settings: Settings) -> SmallBook:
    return SmallBook(settings, first_month=JANUARY, res_codes=("SA01",))


def _lines(database: psycopg.Connection, consumer: Consumer) -> list[tuple]:
    return database.execute(
        "SELECT span_from, span_to, step_no, energy_kwh, charge_minor FROM ops.bill_line"
        " WHERE account_id = %s ORDER BY booked_month, bill_no, line_no",
        [consumer.account_id],
    ).fetchall()


def _set_aside(database: psycopg.Connection, reading_id: int, event: str, source_id: int) -> None:
    database.execute(
        "INSERT INTO ops.reading_event (account_id, booked_month, reading_id, event, reason, source_id)"
        " SELECT account_id, booked_month, reading_id, %s, 'Looked at by a clerk.', %s FROM ops.reading"
        " WHERE reading_id = %s",
        [event, source_id, reading_id],
    )


def test_an_empty_rest_of_a_month_after_the_first_step_is_a_line_of_zero(
    book: SmallBook, database: psycopg.Connection
) -> None:
    # 250 kWh until the 20th, then nobody at home: 200 x 600 + 50 x 800, and nothing for the rest.
    consumer = book.consumer("SA01/1/1", res="SA01", readings={JANUARY: 0, TWENTIETH: 250, FEBRUARY: 250})
    run = bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    assert (run.energy_kwh, run.charge_minor) == (250, 160_000 * SOUM)
    assert _lines(database, consumer) == [
        (JANUARY, TWENTIETH, 1, 200, 120_000 * SOUM),
        (JANUARY, TWENTIETH, 2, 50, 40_000 * SOUM),
        (TWENTIETH, FEBRUARY, 1, 0, 0),
    ]


def test_the_beginning_of_a_month_billed_after_its_end_goes_on_with_the_steps(
    book: SmallBook, database: psycopg.Connection
) -> None:
    # The old meter's last reading was in doubt and is released only after the new meter's part was billed.
    consumer = book.consumer("SA01/1/2", res="SA01", readings={JANUARY: 0})
    doubtful = book.reading(consumer, TWENTIETH, 150)
    _set_aside(database, doubtful, "quarantined", book.source_id)
    new_meter = _replace_meter(database, book, consumer, TWENTIETH)
    book.reading(new_meter, TWENTIETH, 0, is_opening=True)
    book.reading(new_meter, FEBRUARY, 150)
    bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    _set_aside(database, doubtful, "released", book.source_id)
    bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    # 300 kWh in January: 200 x 600 + 100 x 800, whichever part came first.
    assert _lines(database, consumer) == [
        (TWENTIETH, FEBRUARY, 1, 150, 90_000 * SOUM),  # 150 x 600
        (JANUARY, TWENTIETH, 1, 50, 30_000 * SOUM),  # 50 x 600
        (JANUARY, TWENTIETH, 2, 100, 80_000 * SOUM),  # 100 x 800
    ]


def test_a_span_that_is_left_out_uses_no_step(book: SmallBook, database: psycopg.Connection) -> None:
    # The tariff of the point begins on the 11th: the first span has days without one and is left out whole.
    consumer = book.consumer("SA01/1/3", res="SA01", readings={JANUARY: 0, TWENTIETH: 400, FEBRUARY: 500})
    database.execute(
        "UPDATE ops.metering_point_tariff SET valid_from = %s WHERE metering_point_id = %s",
        [TENTH, consumer.metering_point_id],
    )
    run = bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    assert run.unbilled_span_count == 1
    assert _lines(database, consumer) == [(TWENTIETH, FEBRUARY, 1, 100, 60_000 * SOUM)]  # 100 x 600


def _replace_meter(database: psycopg.Connection, book: SmallBook, consumer: Consumer, on: date) -> Consumer:
    meter_id = database.execute(
        "INSERT INTO ops.meter (serial_no, meter_type_code, source_id) VALUES ('NEW', 'unknown', %s)"
        " RETURNING meter_id",
        [book.source_id],
    ).fetchone()[0]
    database.execute("INSERT INTO ops.meter_register (meter_id, zone_code, digits) VALUES (%s, 'all', 5)", [meter_id])
    database.execute("UPDATE ops.meter_installation SET valid_to = %s WHERE meter_id = %s", [on, consumer.meter_id])
    database.execute(
        "INSERT INTO ops.meter_installation (metering_point_id, meter_id, valid_from, source_id)"
        " VALUES (%s, %s, %s, %s)",
        [consumer.metering_point_id, meter_id, on, book.source_id],
    )
    return Consumer(consumer.account_id, consumer.metering_point_id, meter_id, consumer.res_id)
