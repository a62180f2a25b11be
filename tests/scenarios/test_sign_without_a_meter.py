"""A contract signed before a meter hangs: the automatic reading, and what is billed until the meter comes."""

from datetime import date

import psycopg
import pytest

from operational_db.billing.commands import bill_month, close_month
from operational_db.metering.automatic_readings import set_automatic_reading
from operational_db.metering.contract_use import set_contract_use
from operational_db.metering.meter_operations import install_meter
from operational_db.metering.reading_decisions import reading_history
from operational_db.metering.reading_estimates import estimate_readings
from operational_db.metering.readings import enter_reading
from operational_db.refusal import Refusal
from operational_db.settings import Settings
from tests.meter_yard import MeterYard
from tests.reading_desk import BY

JANUARY, FEBRUARY, MARCH = (date(2026, month, 1) for month in (1, 2, 3))
SIGNED_ON, CONNECTED_ON = date(2026, 1, 5), date(2026, 1, 11)
SOUM = 100


@pytest.fixture
def yard(settings: Settings, database: psycopg.Connection) -> MeterYard:
    yard = MeterYard(settings, database)
    yard.book.open(FEBRUARY)
    return yard


def _signed(yard: MeterYard, account_no: str) -> str:
    """A household with a signed contract and no meter, whose power came some days after the signature."""
    consumer = yard.point_without_meter(account_no)
    yard.database.execute(
        "UPDATE ops.metering_point SET connected_on = %s WHERE metering_point_id = %s",
        [CONNECTED_ON, consumer.metering_point_id],
    )
    yard.database.execute(
        "WITH signed AS (INSERT INTO ops.contract (account_id, contract_no, signed_on, source_id)"
        " VALUES (%s, %s, %s, %s) RETURNING contract_id, source_id)"
        " INSERT INTO ops.contract_status (contract_id, status, valid_from, source_id)"
        " SELECT contract_id, 'signed', %s, source_id FROM signed",
        [consumer.account_id, f"D-{account_no}", SIGNED_ON, yard.book.source_id, SIGNED_ON],
    )
    return f"{account_no}#1"


@pytest.mark.requirement("E16", "E148", "E149")
def test_the_point_begins_with_a_billed_automatic_reading_of_zero_on_the_day_of_signing(yard: MeterYard) -> None:
    point = _signed(yard, "SA01/7/1")
    assert set_automatic_reading(yard.settings, point, **BY) == (SIGNED_ON, True)
    (reading,) = reading_history(yard.settings, point, **BY)
    assert (reading.read_on, reading.value_kwh, reading.kind, reading.state) == (SIGNED_ON, 0, "automatic", "billed")
    assert (reading.serial_no, reading.energy_kwh, reading.billed_month) == (None, None, JANUARY)
    # Once more changes nothing
    assert set_automatic_reading(yard.settings, point, **BY) == (SIGNED_ON, False)
    assert len(reading_history(yard.settings, point, **BY)) == 1


@pytest.mark.requirement("E16", "E93")
def test_it_is_billed_by_contract_from_the_connection_until_a_meter_is_hung(yard: MeterYard) -> None:
    point = _signed(yard, "SA01/7/2")
    set_automatic_reading(yard.settings, point, **BY)
    # The reading alone is nothing to bill, and stands in no way
    assert bill_month(yard.settings, JANUARY, **BY).bill_count == 0
    set_contract_use(yard.settings, point, 365, on=JANUARY, **BY)
    (made,) = estimate_readings(yard.settings, JANUARY, place=point, **BY)
    # 365 x 12 / 365 = 12 a day, 21 days from 11 January on
    assert (made.kind, made.span_from, made.span_to, made.energy_kwh) == ("contract", CONNECTED_ON, FEBRUARY, 252)
    # 200 x 600 + 52 x 800 = 161 600
    assert bill_month(yard.settings, JANUARY, **BY).charge_minor == 161_600 * SOUM
    close_month(yard.settings, JANUARY, **BY)
    install_meter(yard.settings, point, yard.in_store("N7"), on=FEBRUARY, values={"all": 1000}, **BY)
    (counted,) = enter_reading(yard.settings, point, 1100, on=MARCH, **BY).readings
    assert (counted.counted_from, counted.energy_kwh) == (FEBRUARY, 100)
    # 100 x 600: the meter counts from its own first value, not from 0
    assert bill_month(yard.settings, FEBRUARY, **BY).charge_minor == 60_000 * SOUM
    kinds = [(reading.kind, reading.state) for reading in reversed(reading_history(yard.settings, point, **BY))]
    assert kinds == [("automatic", "billed"), ("opening", "billed"), ("round", "billed")]


@pytest.mark.requirement("E16")
def test_it_is_refused_where_a_meter_hangs_or_nobody_tells_the_day(yard: MeterYard) -> None:
    hung = yard.book.consumer("SA01/7/3", res="SA01", since=JANUARY, readings={JANUARY: 0})
    serial_no = yard.book.serial_no(hung.meter_id)
    with pytest.raises(Refusal, match="No signed contract of account SA01/7/3 tells the day of signing; name it with"):
        set_automatic_reading(yard.settings, "SA01/7/3#1", **BY)
    with pytest.raises(Refusal, match=f'Meter "{serial_no}" hung at SA01/7/3#1 on 2026-01-20, so its own readings'):
        set_automatic_reading(yard.settings, "SA01/7/3#1", on=date(2026, 1, 20), **BY)
    point = _signed(yard, "SA01/7/4")
    with pytest.raises(Refusal, match="a day that has not come yet"):
        set_automatic_reading(yard.settings, point, on=date(2100, 1, 1), **BY)
    set_automatic_reading(yard.settings, point, **BY)
    with pytest.raises(Refusal, match="stands on 2026-01-05 already; a contract is signed once"):
        set_automatic_reading(yard.settings, point, on=date(2026, 1, 6), **BY)
