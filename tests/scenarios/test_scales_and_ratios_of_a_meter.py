"""Meters with two and three scales, transformers that change, and what the book says about a meter put right."""

from datetime import date
from decimal import Decimal

import psycopg
import pytest

from operational_db.billing.commands import bill_month
from operational_db.metering.meter_operations import install_meter, remove_meter, replace_meter
from operational_db.metering.meter_settings import change_ratio, edit_meter, record_test, set_zones
from operational_db.metering.meter_stock import list_meters
from operational_db.metering.undo import undo_last
from operational_db.refusal import Refusal
from operational_db.settings import Settings
from tests.meter_yard import FEBRUARY, JANUARY, MeterYard
from tests.small_book import ADMINISTRATOR

ELEVENTH, TWENTY_FIRST, TWENTY_FIFTH = (date(2026, 1, day) for day in (11, 21, 25))
SOUM = 100
BY = {"by": ADMINISTRATOR}
POINT = "SA01/1/1#1"


@pytest.fixture
def yard(settings: Settings, database: psycopg.Connection) -> MeterYard:
    return MeterYard(settings, database)


@pytest.mark.requirement("E100", "E82")
def test_a_meter_with_three_scales_has_a_value_for_each(yard: MeterYard) -> None:
    karimov = yard.book.consumer("SA01/1/1", res="SA01", readings={JANUARY: 1000})
    yard.in_store("N3", zones=["peak", "semi", "night"])
    order = yard.order("replace", POINT)
    keys = {"on": TWENTY_FIRST, "values": 1100, "order_no": order, **BY}
    with pytest.raises(Refusal, match='"N3" counts on night, peak, semi; .*given: all'):
        replace_meter(yard.settings, POINT, "N3", new_values=0, **keys)
    with pytest.raises(Refusal, match='"N3" counts on night, peak, semi; .*given: peak'):
        replace_meter(yard.settings, POINT, "N3", new_values={"peak": 0}, **keys)
    values = {"peak": 10, "semi": 20, "night": 30}
    done = replace_meter(yard.settings, POINT, "N3", new_values=values, **keys)
    assert {r.zone_code: r.value_kwh for r in done.readings if r.purpose == "opening"} == values
    new = yard.with_meter(karimov, "N3")
    for zone, value in (("peak", 25), ("semi", 40), ("night", 35)):
        yard.book.reading(new, FEBRUARY, value, zone_code=zone)
    run = bill_month(yard.settings, JANUARY, **BY)
    assert (run.energy_kwh, run.unbilled_span_count) == (140, 0)  # 100, then 15 + 20 + 5
    assert yard.lines(karimov) == [
        (JANUARY, TWENTY_FIRST, "all", 100),
        (TWENTY_FIRST, FEBRUARY, "night", 5),
        (TWENTY_FIRST, FEBRUARY, "peak", 15),
        (TWENTY_FIRST, FEBRUARY, "semi", 20),
    ]


@pytest.mark.requirement("E82", "E100")
def test_a_meter_is_set_to_two_scales_where_it_hangs(yard: MeterYard) -> None:
    karimov = yard.book.consumer("SA01/1/1", res="SA01", readings={JANUARY: 1000})
    serial = yard.serial_of(karimov)
    done = set_zones(
        yard.settings, serial, ["day", "night"], on=TWENTY_FIRST, values=1100, new_values={"day": 0, "night": 0}, **BY
    )
    assert done.point_code == POINT
    assert [(r.zone_code, r.energy_kwh) for r in done.readings if r.purpose == "closing"] == [("all", 100)]
    # Three scales a few days later: each of the two is closed, each of the three is opened, night counts on.
    set_zones(
        yard.settings, serial, ["peak", "semi", "night"], on=TWENTY_FIFTH, values={"day": 16, "night": 4},
        new_values={"peak": 0, "semi": 0, "night": 4}, **BY,
    )  # fmt: skip
    for zone, value in (("peak", 7), ("semi", 14), ("night", 11)):
        yard.book.reading(karimov, FEBRUARY, value, zone_code=zone)
    bill_month(yard.settings, JANUARY, **BY)
    assert yard.lines(karimov) == [
        (JANUARY, TWENTY_FIRST, "all", 100),
        (TWENTY_FIRST, TWENTY_FIFTH, "day", 16),
        (TWENTY_FIRST, TWENTY_FIFTH, "night", 4),
        (TWENTY_FIFTH, FEBRUARY, "night", 7),  # 11 - 4
        (TWENTY_FIFTH, FEBRUARY, "peak", 7),
        (TWENTY_FIFTH, FEBRUARY, "semi", 14),
    ]
    with pytest.raises(Refusal, match="2026-01-25, which operation 2 made, is billed already"):
        undo_last(yard.settings, point_code=POINT, reason="typo", **BY)


@pytest.mark.requirement("E82")
def test_scales_of_a_meter_in_the_store_are_set_without_values(yard: MeterYard) -> None:
    yard.in_store("N1")
    with pytest.raises(Refusal, match="in the store of SA01, so its scales are set without values"):
        set_zones(yard.settings, "N1", ["day", "night"], on=ELEVENTH, values=0, new_values={"day": 0, "night": 0}, **BY)
    for zones, words in (
        (["day", "noon"], 'There is no scale "noon"; known are all, day, night, peak, semi'),
        (["all", "day"], 'it has "all" alone, or parts of the day'),
        (["day", "day"], "parts of the day, each once"),
        ([], "There is no scale"),
        (["all"], 'Meter "N1" counts on all already'),
    ):
        with pytest.raises(Refusal, match=words):
            set_zones(yard.settings, "N1", zones, on=ELEVENTH, **BY)
    set_zones(yard.settings, "N1", ["day", "night"], on=ELEVENTH, **BY)
    assert [(m.zones, m.digits) for m in list_meters(yard.settings, free=True, **BY)] == [(["day", "night"], 5)]
    undo_last(yard.settings, serial_no="N1", reason="typo", **BY)
    assert [m.zones for m in list_meters(yard.settings, free=True, **BY)] == [["all"]]


@pytest.mark.requirement("A38")
def test_energy_before_and_after_new_transformers_is_counted_by_its_own_ratio(yard: MeterYard) -> None:
    mill = yard.book.consumer(
        "SA01/1/1", res="SA01", kind="legal", tariff="uz.legal", ratio=Decimal(20), readings={JANUARY: 100}
    )
    done = change_ratio(
        yard.settings, POINT, on=TWENTY_FIRST, values=Decimal("112.5"), current_ratio=Decimal("1.5"),
        voltage_ratio=100, **BY,
    )  # fmt: skip
    assert [(r.energy_kwh, r.ratio) for r in done.readings] == [(250, 20)]  # 12.5 x 20
    yard.book.reading(mill, FEBRUARY, Decimal("114.5"))
    run = bill_month(yard.settings, JANUARY, **BY)
    # 250 + 2 x 150 = 550 kWh at 1000
    assert (run.energy_kwh, run.charge_minor) == (550, 550_000 * SOUM)
    assert yard.lines(mill) == [(JANUARY, TWENTY_FIRST, "all", 250), (TWENTY_FIRST, FEBRUARY, "all", 300)]


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"values": 1100, "current_ratio": 0}, "Ratios of 0 .current. and 1 .voltage. cannot be"),
        ({"values": 1100, "current_ratio": Decimal("1.00001")}, "at most 4 digits after the point"),
        ({"values": 1100, "current_ratio": Decimal("1.0001"), "voltage_ratio": Decimal("1.0001")}, "their product"),
        ({"values": None, "current_ratio": 20}, "counts on all; .*given: none"),
        ({"values": 900, "current_ratio": 20}, "looks like a slip"),
        ({"values": 1100, "current_ratio": 20, "on": JANUARY}, "is of 2026-01-01, and 2026-01-01 is not later"),
    ],
)
def test_a_ratio_that_cannot_be_or_has_no_value_is_refused(
    yard: MeterYard, keys: dict[str, object], words: str
) -> None:
    yard.book.consumer("SA01/1/1", res="SA01", readings={JANUARY: 1000})
    with pytest.raises(Refusal, match=words):
        change_ratio(yard.settings, POINT, **{"on": TWENTY_FIRST, **keys}, **BY)


def test_the_same_ratio_again_is_no_change(yard: MeterYard) -> None:
    yard.book.consumer("SA01/1/1", res="SA01", readings={JANUARY: 1000})
    # The first time tells which part of the product is current and which voltage.
    change_ratio(yard.settings, POINT, on=TWENTY_FIRST, values=1100, current_ratio=1, **BY)
    with pytest.raises(Refusal, match="ratio at SA01/1/1#1 is 1 already"):
        change_ratio(yard.settings, POINT, on=TWENTY_FIFTH, values=1120, current_ratio=1, **BY)


def test_the_next_meter_goes_on_behind_the_same_transformers(yard: MeterYard) -> None:
    yard.book.consumer(
        "SA01/1/1", res="SA01", kind="legal", tariff="uz.legal", ratio=Decimal(40), readings={JANUARY: 10}
    )
    replace_meter(
        yard.settings, POINT, yard.in_store("N1"), on=TWENTY_FIRST, values=12, new_values=0,
        order_no=yard.order("replace", POINT), **BY,
    )  # fmt: skip
    ratios = "SELECT ratio, current_ratio, voltage_ratio FROM ops.meter_installation WHERE known_to IS NULL"
    assert yard.database.execute(f"{ratios} AND valid_to IS NULL").fetchall() == [(40, 40, 1)]


@pytest.mark.requirement("E86", "E85")
def test_another_type_brings_its_digits_and_the_passage_through_zero_follows(yard: MeterYard) -> None:
    # Entered with 5 digits; the plate says TE73, which has 6. 99 990 -> 40 would have been 50 kWh.
    karimov = yard.book.consumer("SA01/1/1", res="SA01", digits=5, readings={JANUARY: 99_990})
    serial = yard.serial_of(karimov)
    done = edit_meter(yard.settings, serial, meter_type="TE73", made_in=2019, **BY)
    assert done.point_code == POINT
    yard.book.reading(karimov, FEBRUARY, 100_040)
    bill_month(yard.settings, JANUARY, **BY)
    assert yard.lines(karimov) == [(JANUARY, FEBRUARY, "all", 50)]
    (meter,) = list_meters(yard.settings, **BY)
    assert (meter.meter_type, meter.digits, meter.made_in) == ("TE73", 6, 2019)
    # A value of six digits was read, so five cannot be.
    with pytest.raises(Refusal, match="register of 5 digits cannot have shown 100040 on 2026-02-01"):
        edit_meter(yard.settings, serial, digits=5, **BY)
    with pytest.raises(Refusal, match="register of 5 digits cannot have shown 100040"):
        undo_last(yard.settings, point_code=POINT, reason="typo", **BY)


@pytest.mark.requirement("E86")
def test_digits_do_not_change_under_a_bill_that_counted_them(yard: MeterYard) -> None:
    karimov = yard.book.consumer("SA01/1/1", res="SA01", digits=5, readings={JANUARY: 99_990, FEBRUARY: 40})
    bill_month(yard.settings, JANUARY, **BY)
    with pytest.raises(Refusal, match="bill of 2026-01 counted a passage through zero of this meter up to 2026-02-01"):
        edit_meter(yard.settings, yard.serial_of(karimov), digits=6, **BY)


@pytest.mark.requirement("E83", "E85")
@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"new_serial_no": "N1"}, 'cannot get the serial number "N1", which another has'),
        ({"new_serial_no": "  "}, "which is empty"),
        ({"meter_type": "XX"}, 'There is no type of meter "XX"; known are'),
        ({"digits": 2}, "cannot have 2 whole digits"),
        ({}, "is entered so already; nothing was done"),
    ],
)
def test_a_plate_that_cannot_be_is_refused(yard: MeterYard, keys: dict[str, object], words: str) -> None:
    karimov = yard.book.consumer("SA01/1/1", res="SA01", digits=5, readings={JANUARY: 1000})
    yard.in_store("N1")
    with pytest.raises(Refusal, match=words):
        edit_meter(yard.settings, yard.serial_of(karimov), **keys, **BY)


@pytest.mark.requirement("D8")
def test_a_meter_is_tested_where_it_hangs(yard: MeterYard) -> None:
    karimov = yard.book.consumer("SA01/1/1", res="SA01", readings={JANUARY: 1000})
    keys = {"within_class": False, "error_percent": Decimal("-12.5"), **BY}
    seen = record_test(yard.settings, POINT, on=ELEVENTH, order_no=yard.order("test", POINT), **keys)
    assert seen.readings == []
    with pytest.raises(Refusal, match="hangs there since 2026-01-01 and cannot be tested there on 2025-12-31"):
        record_test(yard.settings, POINT, on=date(2025, 12, 31), **keys)
    record_test(yard.settings, POINT, on=TWENTY_FIRST, values=1100, **keys)
    yard.book.reading(karimov, FEBRUARY, 1150)
    bill_month(yard.settings, JANUARY, **BY)
    assert yard.lines(karimov) == [(JANUARY, TWENTY_FIRST, "all", 100), (TWENTY_FIRST, FEBRUARY, "all", 50)]
    # Nothing was read on the 11th, so that test can go even now.
    found = "SELECT is_within_class, error_percent FROM ops.meter_test ORDER BY meter_operation_id"
    assert yard.database.execute(found).fetchall() == [(False, Decimal("-12.5"))] * 2


def test_two_meters_share_a_point_when_each_has_scales_of_its_own(yard: MeterYard) -> None:
    karimov = yard.point_without_meter("SA01/1/1", since=ELEVENTH)
    for serial, zones in (("DAY", ["day"]), ("NIGHT", ["night"]), ("ALL", ["all"]), ("NIGHT2", ["night"])):
        yard.in_store(serial, zones=zones)
    install_meter(yard.settings, POINT, "DAY", on=ELEVENTH, values={"day": 0}, **BY)
    night = {"on": TWENTY_FIRST, "values": {"night": 0}, **BY}
    with pytest.raises(Refusal, match='At SA01/1/1#1 hangs meter "DAY" since 2026-01-11; .*stands beside it'):
        install_meter(yard.settings, POINT, "NIGHT", **night)
    with pytest.raises(Refusal, match="two meters at one point need scales of their own"):
        install_meter(yard.settings, POINT, "ALL", on=TWENTY_FIRST, values=0, beside=True, **BY)
    assert install_meter(yard.settings, POINT, "NIGHT", beside=True, **night).gap is None
    with pytest.raises(Refusal, match="At SA01/1/1#1 hang the meters DAY, NIGHT; say which is meant"):
        remove_meter(yard.settings, POINT, on=TWENTY_FIFTH, values=4, order_no=yard.order("remove", POINT), **BY)
    with pytest.raises(Refusal, match="Another meter at SA01/1/1#1 counts on a scale of day, night"):
        set_zones(yard.settings, "NIGHT", ["day", "night"], on=TWENTY_FIFTH, values={"night": 4}, **BY)
    # Night goes on the 25th with 8 kWh in 4 days, the next comes three days later: 3 x 2.
    remove_meter(
        yard.settings, POINT, serial_no="NIGHT", on=TWENTY_FIFTH, values={"night": 8},
        order_no=yard.order("remove", POINT), **BY,
    )  # fmt: skip
    hung = install_meter(yard.settings, POINT, "NIGHT2", on=date(2026, 1, 28), values={"night": 0}, beside=True, **BY)
    assert hung.gap is not None
    assert (hung.gap.daily_kwh, hung.gap.energy_kwh) == (2, 6)
    yard.book.reading(yard.with_meter(karimov, "DAY"), FEBRUARY, 63, zone_code="day")
    yard.book.reading(yard.with_meter(karimov, "NIGHT2"), FEBRUARY, 7, zone_code="night")
    run = bill_month(yard.settings, JANUARY, **BY)
    assert (run.energy_kwh, run.unbilled_span_count) == (84, 0)  # 63 + 8 + 6 + 7
