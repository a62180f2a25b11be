"""Taking back the last operation: while nothing rests on it, and so that the book is as if it had never been done."""

from collections.abc import Callable
from datetime import date

import psycopg
import pytest

from operational_db.billing.commands import bill_month
from operational_db.connections import Role, connect
from operational_db.metering.contract_use import set_contract_use
from operational_db.metering.meter_history import meter_history
from operational_db.metering.meter_operations import install_meter, relocate_meter, remove_meter, replace_meter
from operational_db.metering.meter_settings import change_ratio, edit_meter, record_test, set_zones
from operational_db.metering.meter_stock import move_meter
from operational_db.metering.undo import undo_last
from operational_db.refusal import Refusal
from operational_db.refused import refusals
from operational_db.settings import Settings
from tests.meter_yard import FEBRUARY, JANUARY, MeterYard
from tests.small_book import ADMINISTRATOR, Consumer

ELEVENTH, TWENTY_FIRST, TWENTY_FIFTH = (date(2026, 1, day) for day in (11, 21, 25))
BY = {"by": ADMINISTRATOR}
POINT, OTHER_POINT = "SA01/1/1#1", "SA01/1/2#1"


@pytest.fixture
def yard(settings: Settings, database: psycopg.Connection) -> MeterYard:
    return MeterYard(settings, database)


@pytest.fixture
def karimov(yard: MeterYard) -> Consumer:
    """A consumer with a meter, another point without one, a new meter in the store."""
    consumer = yard.book.consumer("SA01/1/1", res="SA01", readings={JANUARY: 1000, ELEVENTH: 1050})
    yard.point_without_meter("SA01/1/2")
    set_contract_use(yard.settings, OTHER_POINT, 365, on=JANUARY, **BY)
    yard.in_store("N1")
    return consumer


def _remove(yard: MeterYard) -> None:
    remove_meter(yard.settings, POINT, on=TWENTY_FIRST, values=1100, order_no=yard.order("remove", POINT), **BY)


def _install(yard: MeterYard) -> None:
    install_meter(yard.settings, OTHER_POINT, "N1", on=TWENTY_FIRST, values=3, **BY)


def _replace(yard: MeterYard) -> None:
    replace_meter(
        yard.settings, POINT, "N1", on=TWENTY_FIRST, values=1100, new_values=3, order_no=yard.order("replace", POINT),
        **BY,
    )  # fmt: skip


def _relocate(yard: MeterYard) -> None:
    relocate_meter(
        yard.settings, POINT, OTHER_POINT, on=TWENTY_FIRST, values=1100, order_no=yard.order("relocate", POINT), **BY
    )


def _ratio(yard: MeterYard) -> None:
    change_ratio(yard.settings, POINT, on=TWENTY_FIRST, values=1100, current_ratio=20, **BY)


def _zones(yard: MeterYard) -> None:
    (serial,) = yard.database.execute("SELECT serial_no FROM ops.meter ORDER BY meter_id").fetchone()
    set_zones(
        yard.settings, serial, ["day", "night"], on=TWENTY_FIRST, values=1100, new_values={"day": 0, "night": 0}, **BY
    )


def _test(yard: MeterYard) -> None:
    record_test(yard.settings, POINT, on=TWENTY_FIRST, values=1100, within_class=True, **BY)


def _edit(yard: MeterYard) -> None:
    (serial,) = yard.database.execute("SELECT serial_no FROM ops.meter ORDER BY meter_id").fetchone()
    edit_meter(yard.settings, serial, new_serial_no="S-RIGHT", meter_type="TE73", made_in=2019, **BY)


@pytest.mark.requirement("E94", "E96")
@pytest.mark.parametrize("operate", [_remove, _install, _replace, _relocate, _ratio, _zones, _test, _edit])
def test_after_undoing_everything_stands_as_before_and_the_tombstone_stays(
    yard: MeterYard, karimov: Consumer, database: psycopg.Connection, operate: Callable[[MeterYard], None]
) -> None:
    # The order of the operation is issued before, and is open again afterwards.
    for kind in ("remove", "replace", "relocate"):
        yard.order(kind, POINT)
    before = yard.snapshot()
    operate(yard)
    changed = yard.snapshot()
    orders = [row for row in changed["orders"] if row not in before["orders"]]
    assert {name for name, rows in before.items() if rows != changed[name]} - {"orders"}
    dry = undo_last(
        yard.settings, point_code=OTHER_POINT if operate is _install else POINT, reason="typo", dry_run=True, **BY
    )
    assert yard.snapshot() == changed
    undone = undo_last(yard.settings, point_code=dry.point_code, reason="Wrong house", **BY)
    assert undone.is_undone
    after = yard.snapshot()
    after["orders"] = [row for row in after["orders"] if row[0] not in {order[0] for order in orders}]
    assert after == before
    assert database.execute(
        "SELECT o.kind, u.reason FROM ops.meter_operation AS o INNER JOIN ops.meter_operation_undo AS u"
        " USING (meter_operation_id)"
    ).fetchall() == [(undone.kind, "Wrong house")]
    for table in ("meter_operation", "meter_operation_undo"):
        with connect(yard.settings, Role.OWNER) as session, pytest.raises(Refusal, match="posted"), refusals():
            session.execute(f"DELETE FROM ops.{table}")
    history = meter_history(yard.settings, point_code=undone.point_code, **BY)
    assert [(one.kind, one.undone_because) for one in history.operations] == [(undone.kind, "Wrong house")]
    assert karimov.metering_point_id > 0


@pytest.mark.requirement("E94")
@pytest.mark.parametrize("operate", [_remove, _replace, _relocate, _ratio, _zones, _test])
def test_billing_after_undoing_equals_billing_of_what_was_never_done(
    yard: MeterYard, karimov: Consumer, operate: Callable[[MeterYard], None]
) -> None:
    operate(yard)
    undo_last(yard.settings, point_code=POINT, reason="typo", **BY)
    untouched = yard.book.consumer("SA01/1/3", res="SA01", readings={JANUARY: 1000, ELEVENTH: 1050, FEBRUARY: 1160})
    yard.book.reading(karimov, FEBRUARY, 1160)
    run = bill_month(yard.settings, JANUARY, **BY)
    assert run.unbilled_span_count == 0
    # 50 kWh up to the 11th, 110 after it, for both
    assert yard.lines(karimov) == yard.lines(untouched)
    assert yard.lines(karimov) == [(JANUARY, ELEVENTH, "all", 50), (ELEVENTH, FEBRUARY, "all", 110)]


@pytest.mark.requirement("E94", "E93")
def test_an_installation_undone_takes_its_gap_along_and_the_next_one_tells_its_own(
    yard: MeterYard, karimov: Consumer
) -> None:
    _remove(yard)
    install_meter(yard.settings, POINT, "N1", on=TWENTY_FIFTH, values=3, **BY)
    undo_last(yard.settings, point_code=POINT, reason="Hung three days later", **BY)
    hung = install_meter(yard.settings, POINT, "N1", on=date(2026, 1, 28), values=3, **BY)
    # 100 kWh in 20 days, 7 days without a meter
    assert hung.gap is not None
    assert hung.gap.energy_kwh == 35
    bill_month(yard.settings, JANUARY, **BY)
    assert yard.lines(karimov)[2:] == [(TWENTY_FIRST, date(2026, 1, 28), "all", 35)]


@pytest.mark.requirement("E94")
def test_operations_are_undone_one_after_the_other_from_the_last(yard: MeterYard, karimov: Consumer) -> None:
    before = yard.snapshot()
    order = yard.order("remove", POINT)
    remove_meter(yard.settings, POINT, on=TWENTY_FIRST, values=1100, order_no=order, **BY)
    old = yard.serial_of(karimov)
    install_meter(yard.settings, OTHER_POINT, old, on=TWENTY_FIFTH, values=1100, **BY)
    install_meter(yard.settings, POINT, "N1", on=TWENTY_FIFTH, values=3, **BY)
    # The removal is not the last operation of its point, nor of its meter.
    undo_last(yard.settings, point_code=POINT, reason="typo", **BY)
    with pytest.raises(Refusal, match=f"install of 2026-01-25. came after it at {OTHER_POINT}; undo that one first"):
        undo_last(yard.settings, point_code=POINT, reason="typo", **BY)
    undo_last(yard.settings, serial_no=old, reason="typo", **BY)
    undo_last(yard.settings, point_code=POINT, reason="typo", **BY)
    after = yard.snapshot()
    assert after.pop("orders") != before.pop("orders")
    assert after == before
    with pytest.raises(Refusal, match=f"No operation stands at {POINT} that could be undone"):
        undo_last(yard.settings, point_code=POINT, reason="typo", **BY)


@pytest.mark.requirement("E95")
def test_what_is_billed_stays(yard: MeterYard, karimov: Consumer) -> None:
    _remove(yard)
    bill_month(yard.settings, JANUARY, **BY)
    with pytest.raises(Refusal, match="The reading 1100 of 2026-01-21, .* is billed already .bill 1 of 2026-01."):
        undo_last(yard.settings, point_code=POINT, reason="typo", **BY)
    install_meter(yard.settings, POINT, "N1", on=TWENTY_FIFTH, values=3, **BY)
    bill_month(yard.settings, JANUARY, **BY)
    with pytest.raises(Refusal, match="from 2026-01-21 to 2026-01-25 without a meter are billed already .bill 2 of"):
        undo_last(yard.settings, point_code=POINT, reason="typo", **BY)
    assert len(yard.lines(karimov)) == 3


@pytest.mark.requirement("E95")
def test_a_later_reading_keeps_the_operation_until_it_is_cancelled(
    yard: MeterYard, karimov: Consumer, database: psycopg.Connection
) -> None:
    _replace(yard)
    later = yard.book.reading(yard.with_meter(karimov, "N1"), FEBRUARY, 60)
    with pytest.raises(Refusal, match=f"reading of 2026-02-01 at {POINT} comes after operation .*cancel that reading"):
        undo_last(yard.settings, point_code=POINT, reason="typo", **BY)
    database.execute(
        "INSERT INTO ops.reading_event (account_id, booked_month, reading_id, event, reason, source_id)"
        " VALUES (%s, %s, %s, 'cancelled', 'Wrong house.', %s)",
        [karimov.account_id, JANUARY, later, yard.book.source_id],
    )
    assert undo_last(yard.settings, point_code=POINT, reason="typo", **BY).is_undone


@pytest.mark.requirement("E96")
def test_readings_of_an_operation_go_only_with_it_and_do_not_come_back(
    yard: MeterYard, karimov: Consumer, database: psycopg.Connection
) -> None:
    _replace(yard)
    event = (
        "INSERT INTO ops.reading_event (account_id, booked_month, reading_id, event, reason, source_id)"
        " SELECT account_id, booked_month, reading_id, %s, 'By hand.', %s FROM ops.meter_operation_reading LIMIT 1"
    )
    with pytest.raises(Refusal, match="goes only with it; undo the operation"), refusals():
        database.execute(event, ["cancelled", yard.book.source_id])
    undo_last(yard.settings, point_code=POINT, reason="typo", **BY)
    with pytest.raises(Refusal, match="which was undone; enter it anew"), refusals():
        database.execute(event, ["released", yard.book.source_id])
    assert karimov.account_id > 0


@pytest.mark.requirement("E96")
def test_energy_of_a_gap_goes_only_with_its_installation(yard: MeterYard, database: psycopg.Connection) -> None:
    yard.point_without_meter("SA01/1/9")
    set_contract_use(yard.settings, "SA01/1/9#1", 365, on=JANUARY, **BY)
    install_meter(yard.settings, "SA01/1/9#1", yard.in_store("N9"), on=TWENTY_FIRST, values=3, **BY)
    with pytest.raises(Refusal, match="goes only with it; undo the operation"), refusals():
        database.execute(
            "INSERT INTO ops.measured_energy_event (account_id, booked_month, metering_point_id, direction, span_from,"
            " span_no, event, reason, source_id) SELECT account_id, booked_month, metering_point_id, 'consumed',"
            " span_from, span_no, 'cancelled', 'By hand.', %s FROM ops.meter_operation_gap",
            [yard.book.source_id],
        )


def test_a_removed_meter_that_was_moved_on_must_come_back_first(yard: MeterYard, karimov: Consumer) -> None:
    _remove(yard)
    serial = yard.serial_of(karimov)
    move_meter(yard.settings, serial, "repair", unit_code="UZ-SA", on=TWENTY_FIFTH, **BY)
    with pytest.raises(Refusal, match=f'"{serial}" is in the repair of UZ-SA since; move it back to where'):
        undo_last(yard.settings, point_code=POINT, reason="typo", **BY)
    move_meter(yard.settings, serial, "store", unit_code="SA01", on=TWENTY_FIFTH, **BY)
    assert undo_last(yard.settings, point_code=POINT, reason="typo", **BY).is_undone


def test_a_plate_put_right_is_not_undone_onto_a_number_that_another_has_by_now(
    yard: MeterYard, karimov: Consumer
) -> None:
    serial = yard.serial_of(karimov)
    edit_meter(yard.settings, serial, new_serial_no="RIGHT", **BY)
    yard.in_store(serial)
    with pytest.raises(Refusal, match=f'Another meter has the serial number "{serial}" by now'):
        undo_last(yard.settings, point_code=POINT, reason="typo", **BY)


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"reason": "typo"}, "Name the point whose last operation is undone, or the meter"),
        ({"reason": "typo", "point_code": POINT, "serial_no": "X"}, "not both and not neither"),
        ({"reason": " ", "point_code": POINT}, "undone for a reason"),
        ({"reason": "typo", "point_code": "NOWHERE#1"}, 'There is no metering point "NOWHERE#1"'),
        ({"reason": "typo", "serial_no": "X"}, 'There is no meter with serial number "X"'),
        ({"reason": "typo", "point_code": POINT}, "No operation stands at SA01/1/1#1"),
    ],
)
def test_an_undoing_without_an_object_is_refused(
    yard: MeterYard, karimov: Consumer, keys: dict[str, str], words: str
) -> None:
    with pytest.raises(Refusal, match=words):
        undo_last(yard.settings, **keys, **BY)
    assert karimov.account_id > 0
