"""A consumer as a clerk knows it: points with their tariffs, meters and readings; what the reference bills."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from tests.reference_rating.tariffs import FOREVER


@dataclass(frozen=True, slots=True)
class Family:
    """Residents of the account on the days `[valid_from, valid_to)`."""

    valid_from: date
    valid_to: date
    persons: int


@dataclass(frozen=True, slots=True)
class PointTariff:
    """What a point falls under on the days `[valid_from, valid_to)`."""

    valid_from: date
    valid_to: date
    tariff_code: str
    variant: str = "all"
    contracted_kwh: Decimal | None = None
    ordered_power_kw: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Installation:
    """A meter hangs at the point on the days `[valid_from, valid_to)` behind transformers of this ratio."""

    valid_from: date
    valid_to: date
    ratio: Decimal


@dataclass(frozen=True, slots=True)
class Reading:
    """A value of one register at the start of a day; `entry_no` is the order of entry within the account.

    `in_doubt` is set aside until the month was billed once, then released and billed by a second run of the month.
    """

    entry_no: int
    read_on: date
    booked_month: date
    zone: str
    value: Decimal
    is_opening: bool = False
    in_doubt: bool = False


@dataclass(frozen=True, slots=True)
class Meter:
    """A meter with a register of `digits` for each zone, and what was read from it."""

    zones: frozenset[str]
    digits: int
    installations: tuple[Installation, ...]
    readings: tuple[Reading, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """Energy told as such for the days `[span_from, span_to)`: `declared`, or `half_hours` with the values by day."""

    span_from: date
    span_to: date
    booked_month: date
    energy_kwh: Decimal
    kind: str = "declared"
    half_hours: Mapping[date, tuple[Decimal, ...]] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class Point:
    """A metering point."""

    tariffs: tuple[PointTariff, ...]
    meters: tuple[Meter, ...] = ()
    told: tuple[Told, ...] = ()


@dataclass(frozen=True, slots=True)
class Account:
    """An account with all that a bill needs."""

    account_no: str
    kind: str
    opened_on: date
    points: tuple[Point, ...]
    families: tuple[Family, ...] = ()


def next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def day_or_none(day: date) -> date | None:
    """The end of a half-open range as the book keeps it."""
    return None if day == FOREVER else day
