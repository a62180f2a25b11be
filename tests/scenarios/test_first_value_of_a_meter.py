"""A meter that nothing is known of but that it hangs: its first reading, told as the clerk meets it."""

from datetime import date

import psycopg
import pytest

from operational_db.billing.commands import bill_month, close_month
from operational_db.billing.preview import left_unbilled
from operational_db.metering.readings import ToldReading, enter_reading, enter_readings
from operational_db.refusal import Refusal
from operational_db.settings import Settings
from tests.reading_desk import BY, ReadingDesk

JANUARY, FEBRUARY, MARCH = (date(2026, month, 1) for month in (1, 2, 3))
SOUM = 100
COUNTED_FROM = "first value of this scale here: energy is counted from it, and what was used before is not measured."


@pytest.fixture
def desk(settings: Settings, database: psycopg.Connection) -> ReadingDesk:
    return ReadingDesk(settings, database, first_month=JANUARY, months=2, res_codes=("SA01",))


def _meter_without_a_value(desk: ReadingDesk, account_no: str) -> None:
    """As the old book handed it over: the meter hangs since January, and nobody wrote down what it showed."""
    desk.book.consumer(account_no, res="SA01", since=JANUARY, readings={})


@pytest.mark.requirement("E101", "E149")
def test_the_first_reading_is_counted_from_and_blocks_neither_bills_nor_the_closing(desk: ReadingDesk) -> None:
    _meter_without_a_value(desk, "SA01/6/1")
    desk.consumer("SA01/6/2", opening=100, used=(200,))
    (first,) = enter_reading(desk.settings, "SA01/6/1", 5000, on=FEBRUARY, **BY).readings
    assert (first.verdict, first.rule, first.energy_kwh) == ("accepted", "first", None)
    assert str(first.sentence).endswith(f"is the {COUNTED_FROM}")
    # Only the neighbour has energy in January: 200 x 600
    assert bill_month(desk.settings, JANUARY, **BY).charge_minor == 120_000 * SOUM
    (row,) = left_unbilled(desk.settings, JANUARY, **BY)
    assert (row.account_no, row.reason) == ("SA01/6/1", f"It is the {COUNTED_FROM}")
    (next_one,) = enter_reading(desk.settings, "SA01/6/1", 5350, on=MARCH, **BY).readings
    assert (next_one.energy_kwh, next_one.counted_from) == (350, FEBRUARY)
    # 200 x 600 + 150 x 800; January is still open and does not stand in the way
    assert bill_month(desk.settings, FEBRUARY, **BY).charge_minor == 240_000 * SOUM
    assert desk.states("SA01/6/1") == [(FEBRUARY, 5000, "billed"), (MARCH, 5350, "billed")]
    close_month(desk.settings, JANUARY, **BY)
    close_month(desk.settings, FEBRUARY, **BY)


@pytest.mark.requirement("E101")
def test_a_file_brings_the_first_value_and_the_next_one_in_any_order(desk: ReadingDesk) -> None:
    _meter_without_a_value(desk, "SA01/6/3")
    told = [ToldReading("SA01/6/3", MARCH, 90, row_no=1), ToldReading("SA01/6/3", FEBRUARY, 40, row_no=2)]
    readings = enter_readings(desk.settings, told, **BY).readings
    assert [(reading.rule, reading.energy_kwh) for reading in readings] == [(None, 50), ("first", None)]


@pytest.mark.requirement("E101")
def test_nothing_enters_before_a_first_value(desk: ReadingDesk) -> None:
    _meter_without_a_value(desk, "SA01/6/4")
    enter_reading(desk.settings, "SA01/6/4", 5000, on=FEBRUARY, **BY)
    with pytest.raises(Refusal, match="is not after the first value of this meter here"):
        enter_reading(desk.settings, "SA01/6/4", 4900, on=date(2026, 1, 20), **BY)


@pytest.mark.requirement("E149")
def test_a_reading_that_has_a_value_before_it_still_waits(desk: ReadingDesk) -> None:
    desk.consumer("SA01/6/5", opening=100)
    enter_reading(desk.settings, "SA01/6/5", 150, on=FEBRUARY, **BY)
    with pytest.raises(Refusal, match="1 readings of 2026-01 are neither billed nor set aside"):
        close_month(desk.settings, JANUARY, **BY)
    with pytest.raises(Refusal, match="Month 2026-01 still has 1 readings to bill"):
        bill_month(desk.settings, FEBRUARY, **BY)
