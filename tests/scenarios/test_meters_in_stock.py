"""Meters as things: registered, moved, verified, mended, sealed; work orders; and who may do it."""

from datetime import date

import psycopg
import pytest

from operational_db.access.commands import create_user
from operational_db.connections import Role, connect
from operational_db.metering.meter_history import meter_history
from operational_db.metering.meter_operations import install_meter, remove_meter
from operational_db.metering.meter_stock import (
    list_meters,
    maintain_meter,
    move_meter,
    record_broken,
    register_meter,
    verify_meter,
)
from operational_db.metering.seals import put_seal_on, take_seal_off
from operational_db.metering.work_orders import assign_order, cancel_order, execute_order, issue_order, list_orders
from operational_db.refusal import Refusal
from operational_db.refused import refusals
from operational_db.settings import Settings
from tests.meter_yard import FEBRUARY, JANUARY, MeterYard
from tests.small_book import ADMINISTRATOR

ELEVENTH, TWENTY_FIRST, TWENTY_FIFTH = (date(2026, 1, day) for day in (11, 21, 25))
BY = {"by": ADMINISTRATOR}
POINT = "SA01/1/1#1"


@pytest.fixture
def yard(settings: Settings, database: psycopg.Connection) -> MeterYard:
    return MeterYard(settings, database)


@pytest.mark.requirement("A20", "A45", "B42", "E82")
def test_a_meter_is_registered_in_the_store_of_a_unit(yard: MeterYard) -> None:
    keys = {"unit_code": "SA01", "on": ELEVENTH, **BY}
    register_meter(yard.settings, "A1140-1", "Альфа A1140", made_in=2024, **keys)
    register_meter(yard.settings, "A1140-2", "Альфа A1140", zones=["day", "night"], digits=8, **keys)
    assert [
        (m.serial_no, m.meter_type, m.zones, m.digits, m.made_in, m.place, m.unit_code, m.since)
        for m in list_meters(yard.settings, unit_code="UZ-SA", **BY)
    ] == [
        ("A1140-1", "Альфа A1140", ["all"], 6, 2024, "store", "SA01", ELEVENTH),
        ("A1140-2", "Альфа A1140", ["day", "night"], 8, None, "store", "SA01", ELEVENTH),
    ]
    assert list_meters(yard.settings, unit_code="SA02", **BY) == []


@pytest.mark.requirement("E83")
def test_a_serial_number_is_registered_once(yard: MeterYard, database: psycopg.Connection) -> None:
    yard.in_store("7001")
    with pytest.raises(Refusal, match='"7001" is registered already .type unknown, in the store of SA01.; check'):
        yard.in_store("7001")
    with pytest.raises(Refusal, match='"7001" is registered already'):
        yard.in_store(" 7001 ")
    with pytest.raises(psycopg.errors.UniqueViolation, match="meter_serial_no_uq"):
        database.execute(
            "INSERT INTO ops.meter (serial_no, meter_type_code, source_id) VALUES ('7001', 'unknown', %s)",
            [yard.book.source_id],
        )


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"meter_type": "XX"}, 'There is no type of meter "XX"; known are'),
        ({"zones": ["noon"]}, 'There is no scale "noon"'),
        ({"digits": 20}, "cannot have 20 whole digits; it has 3 to 12"),
        ({"unit_code": "XX99"}, 'There is no unit "XX99"'),
        ({"serial_no": " "}, "without a serial number cannot be registered"),
        ({"by": "nobody"}, 'There is no active user "nobody"'),
    ],
)
def test_a_meter_that_cannot_be_is_not_registered(yard: MeterYard, keys: dict[str, object], words: str) -> None:
    right = {"serial_no": "7001", "meter_type": "TE73", "unit_code": "SA01", "on": JANUARY, **BY}
    with pytest.raises(Refusal, match=words):
        register_meter(yard.settings, **{**right, **keys})


@pytest.mark.requirement("A20", "A46", "B19", "B43")
def test_a_meter_moves_between_store_repair_and_laboratory_until_it_is_scrapped(yard: MeterYard) -> None:
    yard.in_store("7001")
    move_meter(yard.settings, "7001", "repair", unit_code="UZ-SA", on=ELEVENTH, note="Glass is cracked", **BY)
    (meter,) = list_meters(yard.settings, place="repair", **BY)
    assert (meter.place, meter.unit_code, meter.since) == ("repair", "UZ-SA", ELEVENTH)
    assert list_meters(yard.settings, free=True, **BY) == []
    yard.book.consumer("SA01/1/1", res="SA01", readings={JANUARY: 1000})
    with pytest.raises(Refusal, match='"7001" is in the repair of UZ-SA and cannot be installed; move it to a store'):
        install_meter(yard.settings, POINT, "7001", on=TWENTY_FIRST, values=0, **BY)
    with pytest.raises(Refusal, match="since 2026-01-11 and cannot have been moved on 2026-01-01"):
        move_meter(yard.settings, "7001", "store", unit_code="SA01", on=JANUARY, **BY)
    with pytest.raises(Refusal, match='cannot be moved to "attic"; places are laboratory, repair, scrapped, store'):
        move_meter(yard.settings, "7001", "attic", unit_code="SA01", on=TWENTY_FIRST, **BY)
    move_meter(yard.settings, "7001", "scrapped", unit_code="UZ-SA", on=TWENTY_FIRST, **BY)
    with pytest.raises(Refusal, match='"7001" is scrapped and cannot be moved any more'):
        move_meter(yard.settings, "7001", "store", unit_code="SA01", on=TWENTY_FIFTH, **BY)
    history = meter_history(yard.settings, serial_no="7001", **BY)
    assert [(event.happened_on, event.what) for event in history.events] == [
        (JANUARY, "moved to store of SA01"),
        (ELEVENTH, "moved to repair of UZ-SA"),
        (TWENTY_FIRST, "moved to scrapped of UZ-SA"),
    ]


@pytest.mark.requirement("A46")
def test_a_hanging_meter_is_removed_not_moved(yard: MeterYard) -> None:
    karimov = yard.book.consumer("SA01/1/1", res="SA01", readings={JANUARY: 1000})
    serial = yard.serial_of(karimov)
    with pytest.raises(Refusal, match=f'"{serial}" is hanging at {POINT} and cannot be moved; remove it there first'):
        move_meter(yard.settings, serial, "store", unit_code="SA01", on=ELEVENTH, **BY)
    remove_meter(
        yard.settings, POINT, on=ELEVENTH, values=1050, order_no=yard.order("remove", POINT), to_place="laboratory",
        **BY,
    )  # fmt: skip
    (meter,) = list_meters(yard.settings, **BY)
    assert (meter.place, meter.unit_code, meter.point_code) == ("laboratory", "SA01", None)


@pytest.mark.requirement("A45", "D17")
def test_a_meter_whose_verification_failed_or_ran_out_is_not_installed(yard: MeterYard) -> None:
    yard.point_without_meter("SA01/1/1", since=TWENTY_FIRST)
    yard.in_store("7001")
    keys = {"on": TWENTY_FIRST, "values": 0, **BY}
    for bad, words in (
        ({"on": ELEVENTH, "passed": True}, "has a day on which the next is due; give it"),
        ({"on": ELEVENTH, "passed": False, "next_due_on": FEBRUARY}, "has no next one due; leave that day out"),
        ({"on": ELEVENTH, "passed": True, "next_due_on": ELEVENTH}, "not later than this one on 2026-01-11"),
    ):
        with pytest.raises(Refusal, match=words):
            verify_meter(yard.settings, "7001", **bad, **BY)
    verify_meter(yard.settings, "7001", on=date(2016, 1, 11), passed=True, next_due_on=ELEVENTH, **BY)
    with pytest.raises(Refusal, match="was to be verified again by 2026-01-11 and cannot be installed on 2026-01-21"):
        install_meter(yard.settings, POINT, "7001", **keys)
    assert [m.serial_no for m in list_meters(yard.settings, due_before=FEBRUARY, **BY)] == ["7001"]
    verify_meter(yard.settings, "7001", on=date(2026, 1, 12), passed=False, laboratory="UzSt", **BY)
    with pytest.raises(Refusal, match="failed its verification on 2026-01-12 and cannot be installed; pick another"):
        install_meter(yard.settings, POINT, "7001", **keys)
    with pytest.raises(Refusal, match='of meter "7001" on 2026-01-12 is entered already'):
        verify_meter(yard.settings, "7001", on=date(2026, 1, 12), passed=False, **BY)
    verify_meter(yard.settings, "7001", on=date(2026, 1, 15), passed=True, next_due_on=date(2036, 1, 15), **BY)
    assert install_meter(yard.settings, POINT, "7001", **keys).serial_no == "7001"
    (meter,) = [one for one in list_meters(yard.settings, place="point", **BY) if one.point_code == POINT]
    assert (meter.verified_on, meter.next_due_on) == (date(2026, 1, 15), date(2036, 1, 15))


@pytest.mark.requirement("D28", "A47", "B44")
def test_broken_meters_are_listed_until_they_are_mended(yard: MeterYard) -> None:
    karimov = yard.book.consumer("SA01/1/1", res="SA01", readings={JANUARY: 1000})
    hanging = yard.serial_of(karimov)
    yard.in_store("7001")
    record_broken(yard.settings, hanging, "Display is dark", on=ELEVENTH, **BY)
    record_broken(yard.settings, "7001", "Cover is cracked", on=TWENTY_FIRST, **BY)
    with pytest.raises(Refusal, match=f'"{hanging}" is recorded as broken since 2026-01-11 already .Display is dark.'):
        record_broken(yard.settings, hanging, "Display is dark", on=TWENTY_FIRST, **BY)
    assert [
        (m.serial_no, m.fault, m.broken_since, m.point_code, m.place)
        for m in list_meters(yard.settings, broken=True, unit_code="SA01", **BY)
    ] == sorted(
        [
            (hanging, "Display is dark", ELEVENTH, POINT, "point"),
            ("7001", "Cover is cracked", TWENTY_FIRST, None, "store"),
        ]
    )
    yard.point_without_meter("SA01/1/2", since=TWENTY_FIFTH)
    with pytest.raises(Refusal, match='"7001" is broken .Cover is cracked. and cannot be installed'):
        install_meter(yard.settings, "SA01/1/2#1", "7001", on=TWENTY_FIFTH, values=0, **BY)
    with pytest.raises(Refusal, match="broke on 2026-01-21 and cannot be mended on 2026-01-21"):
        maintain_meter(yard.settings, "7001", "New cover", on=TWENTY_FIRST, done_by="Workshop", mended=True, **BY)
    with pytest.raises(Refusal, match='There is no work order "99"'):
        maintain_meter(yard.settings, "7001", "New cover", on=TWENTY_FIFTH, done_by="Workshop", order_no="99", **BY)
    order = yard.order("maintain", POINT)
    maintain_meter(yard.settings, hanging, "Cleaned", on=TWENTY_FIFTH, done_by="Rakhimov", order_no=order, **BY)
    maintain_meter(yard.settings, "7001", "New cover", on=TWENTY_FIFTH, done_by="Workshop", mended=True, **BY)
    with pytest.raises(Refusal, match='"7001" is not recorded as broken, so it cannot be mended'):
        maintain_meter(yard.settings, "7001", "New cover", on=TWENTY_FIFTH, done_by="Workshop", mended=True, **BY)
    assert [m.serial_no for m in list_meters(yard.settings, broken=True, **BY)] == [hanging]
    assert install_meter(yard.settings, "SA01/1/2#1", "7001", on=TWENTY_FIFTH, values=0, **BY).gap is None
    events = meter_history(yard.settings, point_code=POINT, **BY).events
    assert [event.what for event in events] == ["broken: Display is dark", "Cleaned (Rakhimov)"]


@pytest.mark.requirement("E2")
def test_a_seal_is_put_on_once_and_taken_off_once(yard: MeterYard) -> None:
    karimov = yard.book.consumer("SA01/1/1", res="SA01", readings={JANUARY: 1000})
    serial = yard.serial_of(karimov)
    yard.in_store("7001")
    keys = {"part": "terminals", "put_on_by": "Rakhimov", **BY}
    put_seal_on(yard.settings, serial, "PL-5", on=ELEVENTH, **keys)
    with pytest.raises(Refusal, match=f'Seal "PL-5" was used already, on meter "{serial}"; a number is used once'):
        put_seal_on(yard.settings, "7001", "PL-5", on=ELEVENTH, **keys)
    off = {"reason": "Found broken", "taken_off_by": "Rakhimov", **BY}
    with pytest.raises(Refusal, match='"PL-5" was put on only on 2026-01-11 and cannot be taken off on 2026-01-01'):
        take_seal_off(yard.settings, "PL-5", on=JANUARY, **off)
    take_seal_off(yard.settings, "PL-5", on=TWENTY_FIRST, **off)
    with pytest.raises(Refusal, match='"PL-5" was taken off already on 2026-01-21; nothing was done'):
        take_seal_off(yard.settings, "PL-5", on=TWENTY_FIFTH, **off)
    with pytest.raises(Refusal, match='There is no seal "PL-6"'):
        take_seal_off(yard.settings, "PL-6", on=TWENTY_FIFTH, **off)
    assert [event.what for event in meter_history(yard.settings, serial_no=serial, **BY).events] == [
        "seal PL-5 put on terminals by Rakhimov",
        "seal PL-5 taken off by Rakhimov: Found broken",
    ]


@pytest.mark.requirement("E87", "E99", "B47")
def test_a_work_order_goes_from_issue_to_its_end(yard: MeterYard) -> None:
    yard.book.consumer("SA01/1/1", res="SA01", readings={JANUARY: 1000})
    number = issue_order(yard.settings, "inspect", POINT, on=ELEVENTH, due_on=TWENTY_FIRST, task="Look at seals", **BY)
    (order,) = list_orders(yard.settings, **BY)
    assert (order.order_no, order.state, order.executor, order.inspection_type) == (number, "issued", None, "round")
    assign_order(yard.settings, number, "Rakhimov", on=ELEVENTH, **BY)
    assign_order(yard.settings, number, "Aliyev", on=date(2026, 1, 12), **BY)
    assert [(o.order_no, o.state) for o in list_orders(yard.settings, executor="Aliyev", **BY)] == [
        (number, "assigned")
    ]
    with pytest.raises(Refusal, match="was issued only on 2026-01-11; 2026-01-01 is before that"):
        execute_order(yard.settings, number, "Seals whole", on=JANUARY, **BY)
    execute_order(yard.settings, number, "Nobody at home", on=TWENTY_FIRST, done=False, **BY)
    (order,) = list_orders(yard.settings, state="not_executed", **BY)
    assert (order.since, order.executor, order.result) == (TWENTY_FIRST, "Aliyev", "Nobody at home")
    with pytest.raises(Refusal, match="is not executed since 2026-01-21 already; issue a new one"):
        cancel_order(yard.settings, number, "Not needed", on=TWENTY_FIFTH, **BY)
    called_off = issue_order(yard.settings, "remove", POINT, on=ELEVENTH, executor="Aliyev", **BY)
    cancel_order(yard.settings, called_off, "Consumer paid", on=ELEVENTH, **BY)
    with pytest.raises(Refusal, match="is cancelled since 2026-01-11; issue a new one"):
        remove_meter(yard.settings, POINT, on=TWENTY_FIRST, values=1100, order_no=called_off, **BY)
    assert list_orders(yard.settings, state="open", point_code=POINT, **BY) == []
    for keys, words in (
        ({"kind": "dance"}, 'There is no kind of work order "dance"; known are inspect, install'),
        ({"order_no": number}, "is issued already; give another number"),
        ({"due_on": JANUARY}, "cannot be due on 2026-01-01 before that"),
        ({"inspection_type": "walk"}, 'There is no type of inspection "walk"'),
        ({"point_code": "X#1"}, 'There is no metering point "X#1" among those you may see'),
    ):
        with pytest.raises(Refusal, match=words):
            issue_order(yard.settings, **{"kind": "remove", "point_code": POINT, "on": ELEVENTH, **keys}, **BY)


@pytest.mark.requirement("A32", "B31", "A48")
def test_a_clerk_keeps_the_meters_of_the_own_res_only(yard: MeterYard) -> None:
    for login, group in (("clerk", "billing_clerks"), ("manager", "management")):
        create_user(yard.settings, login=login, full_name=login, group_code=group, unit_code="SA01", by=ADMINISTRATOR)
    here = yard.point_without_meter("SA01/1/1", since=TWENTY_FIRST)
    yard.point_without_meter("SA02/1/1", res="SA02", since=TWENTY_FIRST)
    there = yard.book.consumer("SA02/1/2", res="SA02", readings={JANUARY: 1000})
    yard.in_store("7001")
    yard.in_store("7002", unit="SA02")
    keys = {"on": TWENTY_FIRST, "values": 0}
    with pytest.raises(Refusal, match='There is no metering point "SA02/1/1#1" among those you may see'):
        install_meter(yard.settings, "SA02/1/1#1", "7001", **keys, by="clerk")
    with pytest.raises(Refusal, match='User "manager" does not hold the right "operate_meters" for SA01'):
        install_meter(yard.settings, POINT, "7001", **keys, by="manager")
    with pytest.raises(Refusal, match='"clerk" does not hold the right "operate_meters" for SA02'):
        move_meter(yard.settings, "7002", "store", unit_code="SA01", on=TWENTY_FIRST, by="clerk")
    with pytest.raises(Refusal, match='"clerk" does not hold the right "operate_meters" for SA02'):
        register_meter(yard.settings, "7003", "TE73", unit_code="SA02", on=JANUARY, by="clerk")
    # A meter that hangs elsewhere is not free, and its point is nobody's business here.
    serial = yard.serial_of(there)
    with pytest.raises(Refusal, match=f'"{serial}" is hanging at a point of SA02 and cannot be installed'):
        install_meter(yard.settings, POINT, serial, **keys, by="clerk")
    assert install_meter(yard.settings, POINT, "7001", **keys, by="clerk").point_code == POINT
    seen = {m.serial_no: m.point_code for m in list_meters(yard.settings, by="clerk")}
    assert (seen["7001"], seen[serial]) == (POINT, None)
    assert list_orders(yard.settings, by="clerk") == []
    with pytest.raises(Refusal, match='There is no metering point "SA02/1/2#1" among those'):
        meter_history(yard.settings, point_code="SA02/1/2#1", by="clerk")
    assert here.account_id > 0


@pytest.mark.requirement("A32", "B31")
@pytest.mark.parametrize("role", [Role.APP, Role.WEB, Role.READER])
def test_no_role_writes_meters_past_the_operations_or_sees_those_of_others(yard: MeterYard, role: Role) -> None:
    create_user(
        yard.settings, login="other", full_name="Other", group_code="billing_clerks", unit_code="SA02",
        by=ADMINISTRATOR,
    )  # fmt: skip
    yard.book.consumer("SA01/1/1", res="SA01", readings={JANUARY: 1000})
    remove_meter(yard.settings, POINT, on=TWENTY_FIRST, values=1100, order_no=yard.order("remove", POINT), **BY)
    tables = (
        "meter", "meter_register", "meter_operation", "meter_operation_undo", "meter_operation_reading",
        "meter_operation_gap", "meter_movement", "meter_verification", "meter_maintenance", "meter_fault", "seal",
        "seal_removal", "work_order", "work_order_event", "measured_energy_event", "contract_use", "reading",
    )  # fmt: skip
    with connect(yard.settings, role, user="other") as session:
        for table in tables:
            may = "SELECT has_table_privilege(%s, 'INSERT'), has_table_privilege(%s, 'DELETE')"
            assert session.execute(may, [f"ops.{table}"] * 2).fetchone() == (False, False), table
        for table in ("meter_operation", "meter_operation_reading", "work_order", "work_order_event"):
            assert session.execute(f"SELECT count(*) FROM ops.{table}").fetchone() == (0,), table
    # The parts of operations write nothing when somebody calls them alone.
    with (
        connect(yard.settings, Role.APP, user=ADMINISTRATOR) as session,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
        refusals(),
    ):
        session.execute(
            "SELECT ops.record_meter_operation('test', %s, metering_point_id, NULL, meter_id, NULL, NULL, NULL, false,"
            " false, NULL, 1) FROM ops.meter_installation LIMIT 1",
            [TWENTY_FIRST],
        )
