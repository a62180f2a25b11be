"""Values that an operation on a meter takes are judged as readings are, by the same judge and in the same words."""

from datetime import date, timedelta
from decimal import Decimal

import psycopg
import pytest

from operational_db.metering.meter_operations import install_meter, relocate_meter, remove_meter, replace_meter
from operational_db.metering.meter_settings import change_ratio, record_test, set_zones
from operational_db.metering.reading_decisions import cancel_reading, release_reading
from operational_db.metering.readings import enter_reading
from operational_db.refusal import Refusal
from operational_db.settings import Settings
from tests.meter_yard import JANUARY, MeterYard
from tests.small_book import ADMINISTRATOR

ELEVENTH, TWENTY_FIRST, TWENTY_FIFTH = (date(2026, 1, day) for day in (11, 21, 25))
BY = {"by": ADMINISTRATOR}


@pytest.fixture
def yard(settings: Settings, database: psycopg.Connection) -> MeterYard:
    return MeterYard(settings, database)


@pytest.mark.requirement("E89", "E88")
def test_a_slip_at_removal_is_refused_unless_somebody_vouches_for_it(
    yard: MeterYard, database: psycopg.Connection
) -> None:
    yard.book.consumer("SA01/1/8", res="SA01", digits=5, readings={JANUARY: 1000, ELEVENTH: 1060})
    order = yard.order("remove", "SA01/1/8#1")
    keys = {"on": TWENTY_FIRST, "values": 1050, "order_no": order}
    with pytest.raises(
        Refusal,
        match="1050 of SA01/1/8#1 .* is below the last one, 1060 on 2026-01-11. .* be 99990 kWh.*a slip.*--confirmed",
    ):
        remove_meter(yard.settings, "SA01/1/8#1", **keys, **BY)
    with pytest.raises(Refusal, match="Confirming a reading needs a note"):
        remove_meter(yard.settings, "SA01/1/8#1", confirmed=True, note=" ", **keys, **BY)
    assert database.execute("SELECT count(*) FROM ops.reading").fetchone() == (2,)
    removed = remove_meter(yard.settings, "SA01/1/8#1", confirmed=True, note="Seen on the spot", **keys, **BY)
    assert removed.confirmed_by == ADMINISTRATOR
    assert database.execute("SELECT event, rule, reason FROM ops.reading_event").fetchall() == [
        ("released", "decrease", "Confirmed by administrator when entered: Seen on the spot")
    ]
    assert [(r.read_on, r.value_kwh) for r in removed.last_readings] == [(ELEVENTH, 1060)]
    # 100 000 - 1 060 + 1 050
    assert removed.readings[0].energy_kwh == 99_990


def _uses_one_a_day(yard: MeterYard, account_no: str) -> None:
    """A consumer of 1 kWh a day until 17 January: the judge knows what is usual."""
    days = [JANUARY + timedelta(days=4 * step) for step in range(5)]
    yard.book.consumer(account_no, res="SA01", digits=5, readings={day: 1000 + 4 * n for n, day in enumerate(days)})


@pytest.mark.requirement("E101")
@pytest.mark.parametrize("operation", ["remove", "replace", "relocate", "ratio", "zones", "test"])
def test_a_jump_stops_every_operation_as_it_holds_a_reading(yard: MeterYard, operation: str) -> None:
    _uses_one_a_day(yard, "SA01/1/26")
    point, serial = "SA01/1/26#1", yard.database.execute("SELECT serial_no FROM ops.meter").fetchone()[0]
    yard.in_store("N1")
    yard.point_without_meter("SA01/1/27", since=TWENTY_FIRST)
    keys = {"on": TWENTY_FIRST, "values": 11_100, **BY}
    order = yard.order(operation, point)
    operate = {
        "remove": lambda **more: remove_meter(yard.settings, point, order_no=order, **keys, **more),
        "replace": lambda **more: replace_meter(
            yard.settings, point, "N1", new_values=0, order_no=order, **keys, **more
        ),
        "relocate": lambda **more: relocate_meter(yard.settings, point, "SA01/1/27#1", order_no=order, **keys, **more),
        "ratio": lambda **more: change_ratio(yard.settings, point, current_ratio=20, **keys, **more),
        "zones": lambda **more: set_zones(
            yard.settings, serial, ["day", "night"], new_values={"day": 0, "night": 0}, **keys, **more
        ),
        "test": lambda **more: record_test(yard.settings, point, within_class=True, **keys, **more),
    }[operation]
    judged = enter_reading(yard.settings, point, 11_100, on=TWENTY_FIRST, dry_run=True, **BY).readings[0]
    assert (judged.verdict, judged.rule) == ("quarantined", "jump")
    before = yard.snapshot()
    # 1016 on the 17th, then 10 084 kWh in four days where 1 a day is usual; the same words as for a reading
    with pytest.raises(
        Refusal, match="tells 10084 kWh since 2026-01-17.*not believed unseen.*--confirmed --note"
    ) as no:
        operate()
    assert str(no.value).startswith(str(judged.sentence))
    assert yard.snapshot() == before
    done = operate(confirmed=True, note="A bakery moved in")
    assert next(r.energy_kwh for r in done.readings if r.purpose == "closing") == 10_084


@pytest.mark.requirement("E96", "E93")
def test_the_last_value_of_a_removed_meter_that_went_to_quarantine_is_released_before_the_next_is_hung(
    yard: MeterYard,
) -> None:
    karimov = yard.book.consumer("SA01/1/28", res="SA01", digits=5, readings={JANUARY: 1000})
    point, serial = "SA01/1/28#1", yard.serial_of(karimov)
    # 500 is vouched for as a passage through zero; 520 follows it well. Then the 500 turns out to be a neighbour's.
    enter_reading(yard.settings, point, 500, on=ELEVENTH, confirmed=True, note="Told by telephone", **BY)
    remove_meter(yard.settings, point, on=TWENTY_FIRST, values=520, order_no=yard.order("remove", point), **BY)
    cancel_reading(yard.settings, point, on=ELEVENTH, reason="The neighbour's", **BY)
    hang = {"on": TWENTY_FIFTH, "values": 0, **BY}
    with pytest.raises(Refusal, match="when the last meter was removed, stands in quarantine; release it, or undo"):
        install_meter(yard.settings, point, yard.in_store("N1"), **hang)
    released = release_reading(
        yard.settings, point, on=TWENTY_FIRST, serial_no=serial, passed_zero=True, reason="Photo of the meter", **BY
    )
    # 100 000 - 1 000 + 520
    assert [(r.state, r.energy_kwh) for r in released] == [("new", 99_520)]
    install_meter(yard.settings, point, "N1", **hang)
    with pytest.raises(Refusal, match="came with an operation on the meter and cannot be decided on alone"):
        cancel_reading(yard.settings, point, on=TWENTY_FIRST, reason="typo", **BY)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (Decimal("100000"), "cannot stand on this register: it has 5 whole digits"),
        (Decimal("-1"), "shows nothing below zero"),
        (Decimal("1100.1234567"), "more than 6 digits after the point"),
        (Decimal("NaN"), "has no number as its value"),
        ({"day": 1100}, "counts on all; give its value of 2026-01-21 for each scale.*given: day"),
        (None, "counts on all; .*given: none"),
    ],
)
def test_a_value_that_cannot_stand_is_refused(yard: MeterYard, value: object, words: str) -> None:
    yard.book.consumer("SA01/1/25", res="SA01", digits=5, readings={JANUARY: 1000})
    order = yard.order("remove", "SA01/1/25#1")
    with pytest.raises(Refusal, match=words):
        remove_meter(yard.settings, "SA01/1/25#1", on=TWENTY_FIRST, values=value, order_no=order, **BY)
