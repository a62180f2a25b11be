"""No sequence of operations on meters and readings loses or doubles a kWh; what was undone leaves nothing behind.

A world of meters that count (tests/meter_world.py) is followed by the book: every operation and reading is entered by
the command that a clerk uses. In the end the lines that stand must be the spans of the world, one by one.
"""

import itertools
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import partial

import hypothesis
import psycopg
import pytest
from hypothesis import HealthCheck, Phase, event, note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from operational_db.billing.commands import bill_month
from operational_db.metering.contract_use import set_contract_use
from operational_db.metering.meter_operations import install_meter, relocate_meter, remove_meter, replace_meter
from operational_db.metering.meter_settings import change_ratio, record_test, set_zones
from operational_db.metering.reading_decisions import cancel_reading
from operational_db.metering.readings import enter_reading
from operational_db.metering.undo import undo_last
from operational_db.refusal import Refusal
from operational_db.settings import Settings
from tests.meter_world import Meter, MeterWorld, Operation, Point
from tests.meter_yard import FEBRUARY, JANUARY, MARCH, MeterYard
from tests.small_book import ADMINISTRATOR

MONTHS = (JANUARY, FEBRUARY, MARCH, date(2026, 4, 1))
LAST_DAY = date(2026, 4, 17)
"""No day begins after it that could end beyond April, the last month that is open."""
BY = {"by": ADMINISTRATOR}
SEEN = {"confirmed": True, "note": "Seen on the spot."}
"""Ratios and registers change at random here, so much would look like a jump; the judge has tests of its own."""
DAYS = st.integers(1, 12)
RATIOS = st.sampled_from([Decimal(1), Decimal(20), Decimal("1.5")])
CONTRACT_KWH = 365
"""A month; 365 x 12 / 365 = 12 a day."""

_worlds = itertools.count(1)


@pytest.fixture
def yard(settings: Settings, database: psycopg.Connection) -> MeterYard:
    yard = MeterYard(settings, database)
    for month in MONTHS[1:]:
        yard.book.open(month)
    return yard


class BookFollowsWorld(RuleBasedStateMachine):
    """Three points of three accounts, two of them with a meter at first, and four meters in the store."""

    def __init__(self, yard: MeterYard) -> None:
        super().__init__()
        self.yard, self.settings = yard, yard.settings
        self.world = MeterWorld(JANUARY)
        number = next(_worlds)
        self.accounts: dict[str, int] = {}
        for name, daily_count, opening in (("a", 3, 1000), ("b", 7, 99_900), ("c", 5, None)):
            account_no = f"SA01/{number}/{name}"
            if opening is None:
                consumer = yard.point_without_meter(account_no)
            else:
                consumer = yard.book.consumer(account_no, res="SA01", readings={JANUARY: opening})
            point = Point(f"{account_no}#1", daily_count, 12, bare_since=JANUARY)
            self.world.points[point.code] = point
            self.accounts[point.code] = consumer.account_id
            set_contract_use(self.settings, point.code, CONTRACT_KWH, on=JANUARY, **BY)
            if opening is not None:
                serial = yard.serial_of(consumer)
                self.world.meters[serial] = Meter(serial, 5, {"all": opening}, point.code)
                point.meter, point.opened = serial, {"all": (JANUARY, opening)}
        for name, digits, counted in (
            ("N1", 4, {"all": 9_980}), ("N2", 5, {"day": 99_990, "night": 3}), ("N3", 5, {"all": 0}),
            ("N4", 6, {"peak": 1, "semi": 2, "night": 999_999}),
        ):  # fmt: skip
            serial = yard.in_store(f"{name}-{number}", digits=digits, zones=list(counted))
            self.world.meters[serial] = Meter(serial, digits, counted)

    def _metered(self) -> list[str]:
        return [code for code, point in self.world.points.items() if point.meter is not None]

    def _bare(self) -> list[str]:
        return [code for code, point in self.world.points.items() if point.meter is None]

    def _free(self, code: str) -> list[str]:
        """Meters in the store; one that was taken off a point is not hung there again on the same day."""
        off_today = {
            serial for one in self.world.operations if one.day == self.world.today and code in one.points
            for serial in one.meters
        }  # fmt: skip
        return [s for s, meter in self.world.meters.items() if meter.point is None and s not in off_today]

    def _shown(self, code: str) -> dict[str, int]:
        return self.world.meters[self.world.points[code].meter].shows()

    @property
    def _on(self) -> dict[str, date]:
        return {"on": self.world.today}

    def _is_early(self) -> bool:
        return self.world.today <= LAST_DAY

    @precondition(lambda self: self._is_early() and self._metered())
    @rule(data=st.data(), days=DAYS)
    def read(self, data: st.DataObject, days: int) -> None:
        code = data.draw(st.sampled_from(self._metered()))
        self.world.pass_days(days)
        enter_reading(self.settings, code, self._shown(code), **self._on, **SEEN, **BY)
        self.world.read(code)

    @precondition(lambda self: self._is_early() and self._metered())
    @rule(data=st.data(), days=DAYS, too_much=st.integers(1, 400), is_billed=st.booleans())
    def misread_and_cancel(self, data: st.DataObject, days: int, too_much: int, *, is_billed: bool) -> None:
        code = data.draw(st.sampled_from(self._metered()))
        self.world.pass_days(days)
        shown = {zone: (value + too_much) % 10_000 for zone, value in self._shown(code).items()}
        enter_reading(self.settings, code, shown, **self._on, **SEEN, **BY)
        if is_billed:
            self._bill(code)
            self.world.bill(code, with_misread=True)
        cancel_reading(self.settings, code, **self._on, reason="Read at the neighbour's.", **BY)
        event(f"a misread value was cancelled, billed: {is_billed}")

    @precondition(lambda self: self._is_early() and self._metered())
    @rule(data=st.data(), days=DAYS)
    def remove(self, data: st.DataObject, days: int) -> None:
        code = data.draw(st.sampled_from(self._metered()))
        self.world.pass_days(days)
        remove_meter(
            self.settings, code, values=self._shown(code), order_no=self.yard.order("remove", code), **self._on,
            **SEEN, **BY,
        )  # fmt: skip
        operation = self.world.begin([code], [self.world.points[code].meter])
        self.world.take_off(operation, code)
        event("removed")

    @precondition(lambda self: self._is_early() and self._bare())
    @rule(data=st.data(), days=st.integers(0, 12), ratio=RATIOS)
    def install(self, data: st.DataObject, days: int, ratio: Decimal) -> None:
        code = data.draw(st.sampled_from(self._bare()))
        self.world.pass_days(days)
        free = self._free(code)
        if not free or self._was_hung_today(code):
            return
        serial = data.draw(st.sampled_from(free))
        done = install_meter(
            self.settings, code, serial, values=self.world.meters[serial].shows(), current_ratio=ratio, **self._on, **BY
        )
        operation = self.world.begin([code], [serial])
        self.world.hang(operation, code, serial, ratio)
        assert (done.gap is not None) == (operation.gap_at is not None)
        event(f"installed, gap: {done.gap is not None}")

    def _was_hung_today(self, code: str) -> bool:
        """A point takes one installation a day."""
        return any(
            one.day == self.world.today and code in one.points and one.closes_at != code
            for one in self.world.operations
        )

    @precondition(lambda self: self._is_early() and self._metered())
    @rule(data=st.data(), days=DAYS)
    def replace(self, data: st.DataObject, days: int) -> None:
        code = data.draw(st.sampled_from(self._metered()))
        self.world.pass_days(days)
        point = self.world.points[code]
        serial = data.draw(st.sampled_from(self._free(code)))
        replace_meter(
            self.settings, code, serial, values=self._shown(code), new_values=self.world.meters[serial].shows(),
            order_no=self.yard.order("replace", code), **self._on, **SEEN, **BY,
        )  # fmt: skip
        operation = self.world.begin([code], [point.meter, serial])
        self.world.take_off(operation, code)
        self.world.hang(operation, code, serial, point.ratio)
        event("replaced")

    @precondition(lambda self: self._is_early() and self._metered() and self._bare())
    @rule(data=st.data(), days=DAYS, ratio=RATIOS)
    def relocate(self, data: st.DataObject, days: int, ratio: Decimal) -> None:
        code, to_code = data.draw(st.sampled_from(self._metered())), data.draw(st.sampled_from(self._bare()))
        self.world.pass_days(days)
        relocate_meter(
            self.settings, code, to_code, values=self._shown(code), order_no=self.yard.order("relocate", code),
            current_ratio=ratio, **self._on, **SEEN, **BY,
        )  # fmt: skip
        operation = self.world.begin([code, to_code], [self.world.points[code].meter])
        self.world.hang(operation, to_code, self.world.take_off(operation, code), ratio)
        event("relocated")

    @precondition(lambda self: self._is_early() and self._metered())
    @rule(data=st.data(), days=DAYS)
    def set_ratio(self, data: st.DataObject, days: int) -> None:
        code = data.draw(st.sampled_from(self._metered()))
        point = self.world.points[code]
        ratio = data.draw(RATIOS.filter(lambda drawn: drawn != point.ratio))
        self.world.pass_days(days)
        change_ratio(self.settings, code, values=self._shown(code), current_ratio=ratio, **self._on, **SEEN, **BY)
        operation = self.world.begin([code], [point.meter])
        self.world.close(operation, code)
        point.ratio = ratio
        event("ratio set")

    @precondition(lambda self: self._is_early() and self._metered())
    @rule(data=st.data(), days=DAYS, opening=st.integers(0, 9_999))
    def set_scales(self, data: st.DataObject, days: int, opening: int) -> None:
        code = data.draw(st.sampled_from(self._metered()))
        self.world.pass_days(days)
        meter = self.world.meters[self.world.points[code].meter]
        zones = data.draw(
            st.sampled_from([z for z in (["all"], ["day", "night"]) if set(z) != set(meter.counted)]), label="scales"
        )
        # A scale that stays goes on from what it shows.
        counted = {zone: meter.counted.get(zone, opening) for zone in zones}
        set_zones(
            self.settings, meter.serial_no, zones, values=meter.shows(),
            new_values={zone: count % 10**meter.digits for zone, count in counted.items()}, **self._on, **SEEN, **BY,
        )  # fmt: skip
        operation = self.world.begin([code], [meter.serial_no])
        self.world.close(operation, code)
        self.world.set_scales(code, counted)
        event("scales set")

    @precondition(lambda self: self._is_early() and self._metered())
    @rule(data=st.data(), days=DAYS)
    def test_where_it_hangs(self, data: st.DataObject, days: int) -> None:
        code = data.draw(st.sampled_from(self._metered()))
        self.world.pass_days(days)
        record_test(self.settings, code, values=self._shown(code), within_class=True, **self._on, **SEEN, **BY)
        self.world.close(self.world.begin([code], [self.world.points[code].meter]), code)

    @precondition(lambda self: self.world.operations)
    @rule(data=st.data())
    def undo(self, data: st.DataObject) -> None:
        codes = sorted({code for operation in self.world.operations for code in operation.points})
        code = data.draw(st.sampled_from(codes))
        operation = self.world.last_operation(code)
        assert isinstance(operation, Operation)
        if self.world.can_be_undone(operation):
            undo_last(self.settings, point_code=code, reason="typo", **BY)
            self.world.undo(operation)
            event("undone")
        else:
            with pytest.raises(Refusal, match="undo that one first|billed already|cancel that reading"):
                undo_last(self.settings, point_code=code, reason="typo", **BY)
            event("not undone")

    @rule(data=st.data())
    def bill(self, data: st.DataObject) -> None:
        code = data.draw(st.sampled_from(list(self.world.points)))
        self._bill(code)
        self.world.bill(code)

    def _bill(self, code: str) -> None:
        for month in (month for month in MONTHS if month < self.world.today):
            run = bill_month(self.settings, month, account_no=code.removesuffix("#1"), **BY)
            assert run.unbilled_span_count == 0, f"{code} {month}"

    def teardown(self) -> None:
        """The last readings, the last bills: then the lines that stand are the spans of the world."""
        self.world.pass_days(1)
        for code, point in self.world.points.items():
            if point.meter is not None:
                enter_reading(self.settings, code, self._shown(code), **self._on, **SEEN, **BY)
                self.world.read(code)
            self._bill(code)
            note(f"{code}: {point.spans}")
            assert dict(self._billed(code)) == {
                (span.zone, span.first_day, span.end_day): span.energy_kwh for span in point.spans
            }, code
            (billed_kwh,) = self.yard.database.execute(
                "SELECT coalesce(sum(energy_kwh), 0) FROM ops.bill WHERE account_id = %s", [self.accounts[code]]
            ).fetchone()
            assert billed_kwh == point.energy_kwh(), code

    def _billed(self, code: str) -> Iterator[tuple[tuple[str, date, date], Decimal]]:
        """The lines that stand, put together to the spans of the world that hold them; others stay as they are."""
        lines = self.yard.database.execute(
            "SELECT zone_code, span_from, span_to, sum(energy_kwh) FROM ops.standing_bill_line WHERE account_id = %s"
            " GROUP BY zone_code, span_from, span_to ORDER BY zone_code, span_from",
            [self.accounts[code]],
        ).fetchall()
        for span in self.world.points[code].spans:
            inside = [
                line for line in lines
                if line[0] == span.zone and span.first_day <= line[1] and line[2] <= span.end_day
            ]  # fmt: skip
            lines = [line for line in lines if line not in inside]
            yield (span.zone, span.first_day, span.end_day), sum((line[3] for line in inside), Decimal(0))
        for zone, first_day, end_day, energy_kwh in lines:
            yield (f"nobody's {zone}", first_day, end_day), energy_kwh


def _follow(yard: MeterYard, **how: object) -> None:
    run_state_machine_as_test(
        partial(BookFollowsWorld, yard),
        settings=hypothesis.settings(suppress_health_check=list(HealthCheck), deadline=None, **how),
    )


@pytest.mark.requirement("E82", "E93", "E94", "E98", "E100", "D5", "D6")
def test_no_sequence_of_operations_loses_or_doubles_a_kilowatt_hour(yard: MeterYard) -> None:
    _follow(yard, max_examples=6, stateful_step_count=20, derandomize=True, phases=(Phase.generate,))


@pytest.mark.torture
def test_no_long_sequence_loses_or_doubles_a_kilowatt_hour(yard: MeterYard) -> None:
    _follow(yard, max_examples=150, stateful_step_count=40, derandomize=False, print_blob=True)
