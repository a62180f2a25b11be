"""What truly happens to meters, told without a database: a world that counts, for tests of the book that follows it.

Belongs here: registers that count day by day behind ratios, days without a meter, operations and their undoing, and the
energy that must be billed for it all. Does not belong here: rules of refusal, prices, SQL.
"""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal


@dataclass(frozen=True)
class Span:
    """Energy of days at a point, that one scale or, for days without a meter, the rule for gaps accounts for."""

    zone: str
    first_day: date
    end_day: date
    energy_kwh: Decimal
    is_measured: bool = True


@dataclass
class Meter:
    """Registers that never forget: what they show is the count without its thousands beyond the digits."""

    serial_no: str
    digits: int
    counted: dict[str, int]
    point: str | None = None

    def shows(self) -> dict[str, int]:
        return {zone: count % 10**self.digits for zone, count in self.counted.items()}


@dataclass
class Point:
    """A place of use: last standing value of each scale (`opened`), first day without a meter (`bare_since`)."""

    code: str
    daily_count: int
    contract_daily_kwh: int
    bare_since: date
    meter: str | None = None
    ratio: Decimal = Decimal(1)
    opened: dict[str, tuple[date, int]] = field(default_factory=dict)
    spans: list[Span] = field(default_factory=list)
    is_read_since_operation: bool = False

    def energy_kwh(self) -> Decimal:
        return sum((span.energy_kwh for span in self.spans), Decimal(0))

    def usual_daily_kwh(self) -> Decimal:
        """Mean of the measured days so far, to a millionth; where none were, what the contract foresees."""
        measured = [span for span in self.spans if span.is_measured]
        days = {
            span.first_day + timedelta(days=n) for span in measured for n in range((span.end_day - span.first_day).days)
        }
        if not days:
            return Decimal(self.contract_daily_kwh)
        return round(sum((span.energy_kwh for span in measured), Decimal(0)) / len(days), 6)


@dataclass
class Operation:
    """An operation that stands, with the points and meters it touched as they were before."""

    day: date
    points: dict[str, Point]
    meters: dict[str, Meter]
    is_billed: bool = False
    gap_at: str | None = None
    closes_at: str | None = None
    """Where it entered a closing value: a bill of that point rests on the operation."""


class MeterWorld:
    """Points, meters and the days that pass; each operation closes and opens what the book must close and open."""

    def __init__(self, today: date) -> None:
        self.today = today
        self.points: dict[str, Point] = {}
        self.meters: dict[str, Meter] = {}
        self.operations: list[Operation] = []

    def pass_days(self, days: int) -> None:
        self.today += timedelta(days=days)
        for point in self.points.values():
            self._count(point, days)

    def _count(self, point: Point, days: int) -> None:
        """At night one, the rest by day or by the scale of all hours."""
        if point.meter is not None:
            counted = self.meters[point.meter].counted
            for zone in counted:
                counted[zone] += days * (1 if zone == "night" else point.daily_count)

    def read(self, code: str) -> None:
        """A value of each scale closes the days since the last one and opens the next."""
        point = self.points[code]
        for zone, count in self.meters[point.meter].counted.items():
            since, before = point.opened[zone]
            point.spans.append(Span(zone, since, self.today, (count - before) * point.ratio))
            point.opened[zone] = (self.today, count)
        point.is_read_since_operation = True

    def begin(self, codes: list[str], serials: list[str]) -> Operation:
        operation = Operation(
            self.today,
            {code: deepcopy(self.points[code]) for code in codes},
            {serial: deepcopy(self.meters[serial]) for serial in serials},
        )
        self.operations.append(operation)
        for code in codes:
            self.points[code].is_read_since_operation = False
        return operation

    def take_off(self, operation: Operation, code: str) -> str:
        point = self.points[code]
        serial = point.meter
        self.close(operation, code)
        self.meters[serial].point, point.meter, point.bare_since = None, None, self.today
        point.opened = {}
        return serial

    def close(self, operation: Operation, code: str) -> None:
        self.read(code)
        self.points[code].is_read_since_operation = False
        operation.closes_at = code

    def hang(self, operation: Operation, code: str, serial: str, ratio: Decimal) -> None:
        point, meter = self.points[code], self.meters[serial]
        days = (self.today - point.bare_since).days
        if days:
            energy = point.usual_daily_kwh() * days
            point.spans.append(Span("all", point.bare_since, self.today, energy, is_measured=False))
            operation.gap_at = code
        point.meter, meter.point, point.ratio = serial, code, ratio
        point.opened = {zone: (self.today, count) for zone, count in meter.counted.items()}

    def set_scales(self, code: str, counted: Mapping[str, int]) -> None:
        point = self.points[code]
        self.meters[point.meter].counted = dict(counted)
        point.opened = {zone: (self.today, count) for zone, count in counted.items()}

    def last_operation(self, code: str) -> Operation | None:
        return next((one for one in reversed(self.operations) if code in one.points), None)

    def can_be_undone(self, operation: Operation) -> bool:
        """Nothing came after it at its points or to its meters, and nothing of it is billed."""
        after = self.operations[self.operations.index(operation) + 1 :]
        return not (
            operation.is_billed
            or any(self.points[code].is_read_since_operation for code in operation.points)
            or any(one.points.keys() & operation.points or one.meters.keys() & operation.meters for one in after)
        )

    def undo(self, operation: Operation) -> None:
        """It was never done: what hung there before it counted on all the while."""
        self.operations.remove(operation)
        self.points.update(operation.points)
        self.meters.update(operation.meters)
        for point in operation.points.values():
            self._count(point, (self.today - operation.day).days)

    def bill(self, code: str, *, with_misread: bool = False) -> None:
        """All that stands at the point is billed; also what a misread value was counted from."""
        for one in self.operations:
            is_counted_from = with_misread or self.points[code].is_read_since_operation
            if code in one.points and (code in (one.closes_at, one.gap_at) or is_counted_from):
                one.is_billed = True
