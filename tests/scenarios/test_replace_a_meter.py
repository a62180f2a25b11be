"""Taking a meter off and hanging the next one, told as the clerk who enters it would tell it."""

from datetime import date

import psycopg
import pytest

from operational_db.billing.commands import bill_month, close_month
from operational_db.metering.contract_use import set_contract_use
from operational_db.metering.meter_operations import install_meter, relocate_meter, remove_meter, replace_meter
from operational_db.metering.reading_estimates import round_sheet
from operational_db.metering.undo import undo_last
from operational_db.metering.work_orders import execute_order, issue_order, list_orders
from operational_db.refusal import Refusal
from operational_db.settings import Settings
from tests.meter_yard import FEBRUARY, JANUARY, MARCH, MeterYard, as_if_dry
from tests.small_book import ADMINISTRATOR

ELEVENTH, SIXTEENTH, TWENTY_FIRST, TWENTY_FIFTH = (date(2026, 1, day) for day in (11, 16, 21, 25))
SOUM = 100
BY = {"by": ADMINISTRATOR}


@pytest.fixture
def yard(settings: Settings, database: psycopg.Connection) -> MeterYard:
    return MeterYard(settings, database)


@pytest.mark.requirement("E82", "E87", "D5")
def test_a_meter_is_replaced_on_one_day_and_no_kilowatt_hour_is_lost(yard: MeterYard) -> None:
    karimov = yard.book.consumer("SA01/1/1", res="SA01", readings={JANUARY: 1000})
    new = yard.in_store("N1")
    order = yard.order("replace", "SA01/1/1#1")
    done = replace_meter(
        yard.settings, "SA01/1/1#1", new, on=TWENTY_FIRST, values=1100, new_values=5, order_no=order, **BY
    )
    assert [(r.serial_no, r.purpose, r.value_kwh, r.energy_kwh) for r in done.readings] == [
        (yard.serial_of(karimov), "closing", 1100, 100),
        (new, "opening", 5, None),
    ]
    assert done.gap is None
    yard.book.reading(yard.with_meter(karimov, new), FEBRUARY, 65)
    run = bill_month(yard.settings, JANUARY, **BY)
    # 100 kWh on the old meter, 65 - 5 = 60 on the new one: 160 x 600
    assert (run.energy_kwh, run.charge_minor) == (160, 96_000 * SOUM)
    assert yard.lines(karimov) == [(JANUARY, TWENTY_FIRST, "all", 100), (TWENTY_FIRST, FEBRUARY, "all", 60)]


@pytest.mark.requirement("E89")
def test_a_register_that_passed_zero_before_its_removal_is_billed_for_what_passed(yard: MeterYard) -> None:
    karimov = yard.book.consumer("SA01/1/7", res="SA01", digits=5, readings={JANUARY: 99_950})
    order = yard.order("remove", "SA01/1/7#1")
    removed = remove_meter(yard.settings, "SA01/1/7#1", on=TWENTY_FIRST, values=50, order_no=order, **BY)
    assert removed.readings[0].energy_kwh == 100  # 50 up to 100 000, 50 after it
    assert removed.confirmed_by is None
    bill_month(yard.settings, JANUARY, **BY)
    assert yard.lines(karimov) == [(JANUARY, TWENTY_FIRST, "all", 100)]


@pytest.mark.requirement("E90", "E98")
@pytest.mark.parametrize("day", [ELEVENTH, date(2026, 1, 5)])
def test_a_removal_comes_after_the_last_reading(yard: MeterYard, day: date) -> None:
    yard.book.consumer("SA01/1/9", res="SA01", readings={JANUARY: 1000, ELEVENTH: 1060})
    order = yard.order("remove", "SA01/1/9#1")
    with pytest.raises(Refusal, match=f"last reading at SA01/1/9#1 is of 2026-01-11, and {day} is not later"):
        remove_meter(yard.settings, "SA01/1/9#1", on=day, values=1060, order_no=order, **BY)


@pytest.mark.requirement("E98")
def test_a_reading_in_doubt_counts_as_entered_and_a_cancelled_one_does_not(
    yard: MeterYard, database: psycopg.Connection
) -> None:
    karimov = yard.book.consumer("SA01/1/10", res="SA01", readings={JANUARY: 1000})
    doubtful = yard.book.reading(karimov, TWENTY_FIFTH, 9000)
    order = yard.order("remove", "SA01/1/10#1")
    for event in ("quarantined", "cancelled"):
        database.execute(
            "INSERT INTO ops.reading_event (account_id, booked_month, reading_id, event, reason, source_id)"
            " VALUES (%s, %s, %s, %s, 'Looked at.', %s)",
            [karimov.account_id, JANUARY, doubtful, event, yard.book.source_id],
        )
        if event == "quarantined":
            with pytest.raises(Refusal, match="is of 2026-01-25, and 2026-01-21 is not later"):
                remove_meter(yard.settings, "SA01/1/10#1", on=TWENTY_FIRST, values=1100, order_no=order, **BY)
    remove_meter(yard.settings, "SA01/1/10#1", on=TWENTY_FIRST, values=1100, order_no=order, **BY)


@pytest.mark.requirement("E97")
def test_a_point_takes_one_removal_and_one_installation_a_day(yard: MeterYard) -> None:
    yard.book.consumer("SA01/1/11", res="SA01", readings={JANUARY: 1000})
    for serial in ("N1", "N2"):
        yard.in_store(serial)
    point = "SA01/1/11#1"
    first, second = yard.order("remove", point), yard.order("remove", point)
    remove_meter(yard.settings, point, on=TWENTY_FIRST, values=1100, order_no=first, **BY)
    install_meter(yard.settings, point, "N1", on=TWENTY_FIRST, values=0, **BY)
    with pytest.raises(Refusal, match="a meter was removed on 2026-01-21 already; a point takes one removal"):
        remove_meter(yard.settings, point, on=TWENTY_FIRST, values=0, order_no=second, **BY)
    remove_meter(yard.settings, point, on=date(2026, 1, 22), values=4, order_no=second, **BY)
    with pytest.raises(Refusal, match="a meter was installed on 2026-01-21 already; a point takes one removal and one"):
        install_meter(yard.settings, point, "N2", on=TWENTY_FIRST, values=0, **BY)
    install_meter(yard.settings, point, "N2", on=date(2026, 1, 22), values=0, **BY)


@pytest.mark.requirement("E97")
def test_the_database_itself_refuses_two_meters_hung_by_operations_at_one_time(
    yard: MeterYard, database: psycopg.Connection
) -> None:
    yard.book.consumer("SA01/1/12", res="SA01", readings={JANUARY: 1000})
    done = replace_meter(
        yard.settings, "SA01/1/12#1", yard.in_store("N1"), on=TWENTY_FIRST, values=1100, new_values=0,
        order_no=yard.order("replace", "SA01/1/12#1"), **BY,
    )  # fmt: skip
    yard.in_store("N2")
    with pytest.raises(psycopg.errors.ExclusionViolation, match="meter_installation_one_at_a_time_ex"):
        database.execute(
            "INSERT INTO ops.meter_installation"
            " (metering_point_id, meter_id, meter_operation_id, valid_from, source_id)"
            " SELECT i.metering_point_id, m.meter_id, %s, %s, i.source_id"
            " FROM ops.meter_installation AS i, ops.meter AS m"
            " WHERE m.serial_no = 'N2' LIMIT 1",
            [done.operation_id, TWENTY_FIFTH],
        )


@pytest.mark.requirement("E87")
def test_a_replacement_rests_on_a_work_order_for_it(yard: MeterYard) -> None:
    yard.book.consumer("SA01/1/13", res="SA01", readings={JANUARY: 1000})
    yard.book.consumer("SA01/1/14", res="SA01", readings={JANUARY: 1000})
    point, elsewhere = "SA01/1/13#1", yard.order("replace", "SA01/1/14#1")
    yard.in_store("N1")
    for order, words in (
        (None, "To replace a meter a work order is needed"),
        ("12345", 'There is no work order "12345"'),
        (elsewhere, "is for SA01/1/14#1; name one for this point"),
        (yard.order("test", point), "is to test, not to replace"),
    ):
        with pytest.raises(Refusal, match=words):
            replace_meter(yard.settings, point, "N1", on=TWENTY_FIRST, values=1100, new_values=0, order_no=order, **BY)
    order = issue_order(yard.settings, "replace", point, on=TWENTY_FIRST, order_no="17/26", executor="Rakhimov", **BY)
    with pytest.raises(Refusal, match='"17/26" was issued only on 2026-01-21, after 2026-01-16'):
        replace_meter(yard.settings, point, "N1", on=SIXTEENTH, values=1100, new_values=0, order_no=order, **BY)
    replace_meter(yard.settings, point, "N1", on=TWENTY_FIRST, values=1100, new_values=0, order_no=order, **BY)
    # The operation has executed the order, and it carries no second one.
    (standing,) = [one for one in list_orders(yard.settings, point_code=point, **BY) if one.order_no == "17/26"]
    assert (standing.state, standing.since, standing.executor) == ("executed", TWENTY_FIRST, "Rakhimov")
    with pytest.raises(Refusal, match='"17/26" was used on 2026-01-21 already'):
        replace_meter(
            yard.settings, point, yard.in_store("N2"), on=TWENTY_FIFTH, values=4, new_values=0, order_no=order, **BY
        )


@pytest.mark.requirement("E87", "E91")
def test_one_order_to_replace_carries_a_removal_and_a_later_installation(yard: MeterYard) -> None:
    yard.book.consumer("SA01/1/15", res="SA01", readings={JANUARY: 1000})
    point = "SA01/1/15#1"
    order = yard.order("replace", point)
    execute_order(yard.settings, order, "Old meter off, new one to come", on=TWENTY_FIRST, executor="Rakhimov", **BY)
    remove_meter(yard.settings, point, on=TWENTY_FIRST, values=1100, order_no=order, **BY)
    install_meter(yard.settings, point, yard.in_store("N1"), on=TWENTY_FIFTH, values=0, order_no=order, **BY)
    with pytest.raises(Refusal, match="was used on 2026-01-21 already"):
        remove_meter(yard.settings, point, on=date(2026, 1, 28), values=9, order_no=order, **BY)


@pytest.mark.requirement("E99")
def test_the_inspection_is_the_round_unless_another_is_chosen(yard: MeterYard) -> None:
    yard.book.consumer("SA01/1/16", res="SA01", readings={JANUARY: 1000})
    point = "SA01/1/16#1"
    removed = remove_meter(
        yard.settings, point, on=TWENTY_FIRST, values=1100, order_no=yard.order("remove", point), **BY
    )
    assert removed.inspection_type == "round"
    yard.in_store("N1")
    with pytest.raises(Refusal, match='no type of inspection "walk"; known are control, fault, request, round'):
        install_meter(yard.settings, point, "N1", on=TWENTY_FIFTH, values=0, inspection_type="walk", **BY)
    hung = install_meter(yard.settings, point, "N1", on=TWENTY_FIFTH, values=0, inspection_type="control", **BY)
    assert hung.inspection_type == "control"
    order = issue_order(yard.settings, "remove", point, on=JANUARY, inspection_type="fault", **BY)
    again = remove_meter(yard.settings, point, on=date(2026, 1, 28), values=9, order_no=order, **BY)
    assert again.inspection_type == "fault"  # as the order has it


@pytest.mark.requirement("E92")
def test_the_new_meter_is_typed_in_or_picked_from_those_that_hang_nowhere(yard: MeterYard) -> None:
    yard.book.consumer("SA01/1/17", res="SA01", readings={JANUARY: 1000})
    other = yard.book.consumer("SA01/1/18", res="SA01", readings={JANUARY: 1000})
    point = "SA01/1/17#1"
    remove_meter(yard.settings, point, on=TWENTY_FIRST, values=1100, order_no=yard.order("remove", point), **BY)
    keys = {"on": TWENTY_FIRST, "values": 0, **BY}
    with pytest.raises(Refusal, match='no meter with serial number "TYPED"; give its type to register it now, or pick'):
        install_meter(yard.settings, point, "TYPED", **keys)
    hanging = yard.serial_of(other)
    with pytest.raises(
        Refusal, match=f'"{hanging}" is hanging at SA01/1/18#1 and cannot be installed; remove it there'
    ):
        install_meter(yard.settings, point, hanging, **keys)
    with pytest.raises(Refusal, match=f'"{hanging}" is registered already .type unknown, hanging at SA01/1/18#1'):
        install_meter(yard.settings, point, hanging, meter_type="TE73", **keys)
    hung = install_meter(yard.settings, point, "TYPED", meter_type="TE73", **keys)
    assert (hung.serial_no, hung.point_code) == ("TYPED", point)


@pytest.mark.requirement("E84")
def test_a_meter_is_at_the_address_of_the_consumer_unless_it_has_one_of_its_own(
    yard: MeterYard, database: psycopg.Connection
) -> None:
    karimov = yard.book.consumer("SA01/1/30", res="SA01", readings={JANUARY: 1000})
    from_us = {"source": yard.book.source_id, "res": karimov.res_id, "point": karimov.metering_point_id}
    database.execute(
        "INSERT INTO ops.street (res_id, locality, street_name, source_id)"
        " VALUES (%(res)s, 'Samarqand', 'Navoiy', %(source)s)",
        from_us,
    )
    flat, cellar = (
        row[0]
        for row in database.execute(
            "INSERT INTO ops.address (street_id, house, flat, source_id)"
            " SELECT s.street_id, '12', f, %(source)s FROM ops.street AS s, unnest(ARRAY['7', 'cellar']) AS f"
            " RETURNING address_id",
            from_us,
        ).fetchall()
    )
    database.execute(
        "WITH home AS (INSERT INTO ops.premises (address_id, kind, source_id)"
        "  VALUES (%(flat)s, 'flat', %(source)s) RETURNING premises_id),"
        " lived_in AS (INSERT INTO ops.account_premises (account_id, premises_id, valid_from, source_id)"
        "  SELECT %(account)s, h.premises_id, '2026-01-01', %(source)s FROM home AS h)"
        " UPDATE ops.metering_point SET premises_id = (SELECT h.premises_id FROM home AS h)"
        " WHERE metering_point_id = %(point)s",
        {**from_us, "flat": flat, "account": karimov.account_id},
    )

    def addresses() -> list[str | None]:
        return [row.address for row in round_sheet(yard.settings, JANUARY, book="SA01/1", **BY)]

    assert addresses() == ["Samarqand, Navoiy, 12, 7"]
    replace_meter(
        yard.settings, "SA01/1/30#1", yard.in_store("N1"), on=TWENTY_FIRST, values=1100, new_values=0,
        order_no=yard.order("replace", "SA01/1/30#1"), address_id=cellar, **BY,
    )  # fmt: skip
    assert addresses() == ["Samarqand, Navoiy, 12, cellar"]
    undo_last(yard.settings, point_code="SA01/1/30#1", reason="typo", **BY)
    assert addresses() == ["Samarqand, Navoiy, 12, 7"]


@pytest.mark.requirement("E101")
def test_a_dry_run_says_what_the_real_one_does_and_leaves_nothing(
    yard: MeterYard, database: psycopg.Connection
) -> None:
    yard.book.consumer("SA01/1/19", res="SA01", readings={JANUARY: 1000})
    yard.point_without_meter("SA01/1/20")
    set_contract_use(yard.settings, "SA01/1/20#1", 365, on=JANUARY, **BY)
    point = "SA01/1/19#1"
    yard.in_store("N1")
    everything = (
        "SELECT (SELECT count(*) FROM ops.meter_operation), (SELECT count(*) FROM ops.reading),"
        " (SELECT count(*) FROM ops.measured_energy), (SELECT count(*) FROM ops.meter_installation),"
        " (SELECT count(*) FROM ops.work_order_event), (SELECT count(*) FROM ops.meter_movement)"
    )
    orders = {kind: yard.order(kind, point) for kind in ("remove", "relocate")}
    steps = [
        (remove_meter, [point], {"on": TWENTY_FIRST, "values": 1100, "order_no": orders["remove"]}),
        (install_meter, [point, "N1"], {"on": TWENTY_FIFTH, "values": 5}),
        (relocate_meter, [point, "SA01/1/20#1"], {"on": FEBRUARY, "values": 40, "order_no": orders["relocate"]}),
    ]
    for operation, where, keys in steps:
        before = database.execute(everything).fetchone(), yard.snapshot()
        dry = operation(yard.settings, *where, **keys, **BY, dry_run=True)
        assert (database.execute(everything).fetchone(), yard.snapshot()) == before
        assert dry == as_if_dry(operation(yard.settings, *where, **keys, **BY))
    # The relocation closed 35 kWh here and told 31 days x 12 kWh there.
    assert [(b.account_no, b.energy_kwh) for b in dry.bills] == [("SA01/1/19", 155), ("SA01/1/20", 372)]


@pytest.mark.requirement("D6")
def test_a_meter_is_relocated_and_its_value_closes_here_and_opens_there(yard: MeterYard) -> None:
    old = yard.book.consumer("SA01/1/21", res="SA01", readings={JANUARY: 1000})
    new = yard.point_without_meter("SA01/1/22", since=SIXTEENTH)
    serial = yard.serial_of(old)
    with pytest.raises(Refusal, match="To relocate a meter a work order is needed"):
        relocate_meter(yard.settings, "SA01/1/21#1", "SA01/1/22#1", on=SIXTEENTH, values=1090, order_no=None, **BY)
    moved = relocate_meter(
        yard.settings, "SA01/1/21#1", "SA01/1/22#1", on=SIXTEENTH, values=1090,
        order_no=yard.order("relocate", "SA01/1/21#1"), **BY,
    )  # fmt: skip
    assert [(r.point_code, r.purpose, r.value_kwh) for r in moved.readings] == [
        ("SA01/1/21#1", "closing", 1090),
        ("SA01/1/22#1", "opening", 1090),
    ]
    yard.book.reading(yard.with_meter(new, serial), FEBRUARY, 1150)
    bill_month(yard.settings, JANUARY, **BY)
    assert yard.lines(old) == [(JANUARY, SIXTEENTH, "all", 90)]
    assert yard.lines(new) == [(SIXTEENTH, FEBRUARY, "all", 60)]


def test_nothing_is_entered_into_a_month_that_is_not_open(yard: MeterYard) -> None:
    yard.book.consumer("SA01/1/23", res="SA01", readings={JANUARY: 1000})
    order = yard.order("remove", "SA01/1/23#1")
    with pytest.raises(Refusal, match="Month 2026-03 is not open for SA01, so nothing of 2026-03-10 can be entered"):
        remove_meter(yard.settings, "SA01/1/23#1", on=date(2026, 3, 10), values=1100, order_no=order, **BY)
    # The first of February still ends January.
    removed = remove_meter(yard.settings, "SA01/1/23#1", on=FEBRUARY, values=1100, order_no=order, **BY)
    assert removed.readings[0].booked_month == JANUARY


def test_a_late_removal_is_booked_in_the_first_month_that_is_open(yard: MeterYard) -> None:
    karimov = yard.book.consumer("SA01/1/24", res="SA01", readings={JANUARY: 1000, ELEVENTH: 1060})
    bill_month(yard.settings, JANUARY, **BY)
    close_month(yard.settings, JANUARY, **BY)
    order = yard.order("remove", "SA01/1/24#1")
    removed = remove_meter(yard.settings, "SA01/1/24#1", on=TWENTY_FIRST, values=1100, order_no=order, **BY)
    assert removed.readings[0].booked_month == FEBRUARY
    bill_month(yard.settings, FEBRUARY, **BY)
    assert yard.lines(karimov) == [(JANUARY, ELEVENTH, "all", 60), (ELEVENTH, TWENTY_FIRST, "all", 40)]


def test_a_point_billed_by_half_hours_keeps_the_last_value_as_a_control(
    yard: MeterYard, database: psycopg.Connection
) -> None:
    mill = yard.book.consumer("U1", res="SA01", kind="legal", tariff="uz.legal", readings={JANUARY: 1000})
    database.execute(
        "INSERT INTO ops.reading_event (account_id, booked_month, reading_id, event, reason, source_id)"
        " SELECT account_id, booked_month, reading_id, 'quarantined', 'Control reading.', source_id FROM ops.reading"
    )
    database.execute(
        "INSERT INTO ops.measured_energy (account_id, booked_month, metering_point_id, direction, span_from, span_to,"
        " energy_kwh, kind, res_id, source_id) VALUES (%s, %s, %s, 'consumed', %s, %s, 3100, 'half_hours', %s, %s)",
        [mill.account_id, JANUARY, mill.metering_point_id, JANUARY, FEBRUARY, mill.res_id, yard.book.source_id],
    )
    yard.book.open(FEBRUARY)
    done = replace_meter(
        yard.settings, "U1#1", yard.in_store("N1"), on=date(2026, 2, 10), values=5000, new_values=0,
        order_no=yard.order("replace", "U1#1"), **BY,
    )  # fmt: skip
    # Half-hours tell February too, the day of the change included: no gap, and nothing is billed by these values.
    assert done.gap is None
    assert done.readings[0].energy_kwh is None
    bill_month(yard.settings, JANUARY, **BY)
    bill_month(yard.settings, FEBRUARY, **BY)
    assert yard.lines(mill) == [(JANUARY, FEBRUARY, "all", 3100)]
    close_month(yard.settings, JANUARY, **BY)
    close_month(yard.settings, FEBRUARY, **BY)
    assert database.execute("SELECT count(*) FROM ops.open_period WHERE booked_month = %s", [MARCH]).fetchone() == (2,)
