"""Days on which no meter hung at a point, or a broken one: what is billed for them, told as the clerk would tell it."""

from datetime import date

import psycopg
import pytest

from operational_db.billing.commands import bill_month, close_month
from operational_db.metering.contract_use import set_contract_use
from operational_db.metering.meter_operations import install_meter, remove_meter, replace_meter
from operational_db.metering.meter_stock import record_broken
from operational_db.refusal import Refusal
from operational_db.settings import Settings
from tests.meter_yard import FEBRUARY, JANUARY, MeterYard
from tests.small_book import ADMINISTRATOR

ELEVENTH, SIXTEENTH, TWENTY_FIRST, TWENTY_FIFTH = (date(2026, 1, day) for day in (11, 16, 21, 25))
SOUM = 100
BY = {"by": ADMINISTRATOR}


@pytest.fixture
def yard(settings: Settings, database: psycopg.Connection) -> MeterYard:
    return MeterYard(settings, database)


@pytest.mark.requirement("E93")
def test_days_without_a_meter_are_billed_by_the_consumers_own_daily_use(yard: MeterYard) -> None:
    karimov = yard.book.consumer("SA01/1/2", res="SA01", readings={JANUARY: 1000})
    removed = remove_meter(
        yard.settings, "SA01/1/2#1", on=TWENTY_FIRST, values=1100, order_no=yard.order("remove", "SA01/1/2#1"), **BY
    )
    assert removed.gap is None
    hung = install_meter(yard.settings, "SA01/1/2#1", yard.in_store("N1"), on=TWENTY_FIFTH, values=5, **BY)
    # 100 kWh in the 20 days from the 1st to the 21st are 5 a day; four days without a meter are 20 kWh.
    assert hung.gap is not None
    assert (hung.gap.span_from, hung.gap.span_to, hung.gap.basis) == (TWENTY_FIRST, TWENTY_FIFTH, "measured")
    assert (hung.gap.daily_kwh, hung.gap.energy_kwh) == (5, 20)
    # The bill to come: 100 + 20 kWh at 600, on a balance of nothing.
    assert [(b.energy_kwh, b.charge_minor, b.balance_minor, b.balance_after_minor) for b in hung.bills] == [
        (120, 72_000 * SOUM, 0, 72_000 * SOUM)
    ]
    yard.book.reading(yard.with_meter(karimov, "N1"), FEBRUARY, 40)
    bill_month(yard.settings, JANUARY, **BY)
    assert yard.lines(karimov) == [
        (JANUARY, TWENTY_FIRST, "all", 100),
        (TWENTY_FIRST, TWENTY_FIFTH, "all", 20),
        (TWENTY_FIFTH, FEBRUARY, "all", 35),  # 40 - 5
    ]


@pytest.mark.requirement("E93")
def test_a_gap_over_the_end_of_a_month_is_billed_with_the_month_of_the_installation(yard: MeterYard) -> None:
    karimov = yard.book.consumer("SA01/1/3", res="SA01", readings={JANUARY: 1000})
    remove_meter(
        yard.settings, "SA01/1/3#1", on=TWENTY_FIRST, values=1100, order_no=yard.order("remove", "SA01/1/3#1"), **BY
    )
    bill_month(yard.settings, JANUARY, **BY)
    close_month(yard.settings, JANUARY, **BY)
    hung_on = date(2026, 2, 6)
    hung = install_meter(yard.settings, "SA01/1/3#1", yard.in_store("N1"), on=hung_on, values=0, **BY)
    # 16 days x 5: 11 of them in January, 5 in February; January is billed and owed already (100 x 600).
    assert hung.gap is not None
    assert (hung.gap.energy_kwh, hung.gap.booked_month) == (80, FEBRUARY)
    assert [(b.balance_minor, b.balance_after_minor) for b in hung.bills] == [(60_000 * SOUM, 108_000 * SOUM)]
    bill_month(yard.settings, FEBRUARY, **BY)
    assert yard.lines(karimov) == [
        (JANUARY, TWENTY_FIRST, "all", 100),
        (TWENTY_FIRST, FEBRUARY, "all", 55),
        (FEBRUARY, hung_on, "all", 25),
    ]


@pytest.mark.requirement("E93")
def test_a_gap_that_nobody_can_size_asks_for_the_use_by_contract(yard: MeterYard) -> None:
    new = yard.point_without_meter("SA01/1/4")
    yard.in_store("N1")
    with pytest.raises(Refusal, match="From 2026-01-01 to 2026-01-16 no meter measured at SA01/1/4#1.*contract first"):
        install_meter(yard.settings, "SA01/1/4#1", "N1", on=SIXTEENTH, values=0, **BY)
    # 365 kWh a month are 365 x 12 / 365 = 12 a day; 15 days are 180.
    set_contract_use(yard.settings, "SA01/1/4#1", 365, on=JANUARY, **BY)
    hung = install_meter(yard.settings, "SA01/1/4#1", "N1", on=SIXTEENTH, values=0, **BY)
    assert hung.gap is not None
    assert (hung.gap.basis, hung.gap.daily_kwh, hung.gap.energy_kwh) == ("contract", 12, 180)
    bill_month(yard.settings, JANUARY, **BY)
    assert yard.lines(new) == [(JANUARY, SIXTEENTH, "all", 180)]


def test_a_meter_hung_on_the_day_of_the_connection_leaves_no_gap(yard: MeterYard) -> None:
    yard.point_without_meter("SA01/1/5", since=SIXTEENTH)
    yard.in_store("N1")
    with pytest.raises(Refusal, match="connected from 2026-01-16 on, so no meter can be installed there on 2026-01-11"):
        install_meter(yard.settings, "SA01/1/5#1", "N1", on=ELEVENTH, values=0, **BY)
    assert install_meter(yard.settings, "SA01/1/5#1", "N1", on=SIXTEENTH, values=0, **BY).gap is None


@pytest.mark.requirement("D28", "E93")
def test_a_broken_meter_that_cannot_be_read_is_billed_like_none_since_its_last_reading(yard: MeterYard) -> None:
    karimov = yard.book.consumer("SA01/1/6", res="SA01", readings={JANUARY: 1000, ELEVENTH: 1060})
    order = yard.order("replace", "SA01/1/6#1")
    keys = {"on": TWENTY_FIRST, "new_values": 0, "order_no": order, "unreadable": True}
    with pytest.raises(Refusal, match="is not recorded as broken, so its last value is needed"):
        replace_meter(yard.settings, "SA01/1/6#1", yard.in_store("N1"), **keys, **BY)
    record_broken(yard.settings, yard.serial_of(karimov), "Display is dark", on=SIXTEENTH, **BY)
    hung = replace_meter(yard.settings, "SA01/1/6#1", "N1", **keys, **BY)
    # 60 kWh in 10 days are 6 a day; from the 11th to the 21st nobody measured: 60 kWh.
    assert hung.gap is not None
    assert (hung.gap.span_from, hung.gap.daily_kwh, hung.gap.energy_kwh) == (ELEVENTH, 6, 60)
    bill_month(yard.settings, JANUARY, **BY)
    assert yard.lines(karimov) == [(JANUARY, ELEVENTH, "all", 60), (ELEVENTH, TWENTY_FIRST, "all", 60)]
