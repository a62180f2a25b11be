"""Random consumers within a window of months: meters read on random days, replaced, rolled over; changed tariffs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from random import Random

from tests.reference_rating.consumers import (
    Account,
    Family,
    Installation,
    Meter,
    Point,
    PointTariff,
    Reading,
    Told,
    next_month,
)
from tests.reference_rating.tariffs import FOREVER, TariffBook

ONE_ZONE, TWO_ZONES, THREE_ZONES = frozenset({"all"}), frozenset({"day", "night"}), frozenset({"night", "peak", "semi"})
RATIOS = ("1", "1", "1", "1", "1", "20", "40", "1200", "1.5", "0.1")


@dataclass(frozen=True)
class Window:
    """The months in which a random book is lived and billed."""

    first_month: date
    month_count: int

    @property
    def months(self) -> list[date]:
        months = [self.first_month]
        while len(months) < self.month_count:
            months.append(next_month(months[-1]))
        return months

    @property
    def end(self) -> date:
        return next_month(self.months[-1])


class RandomAccounts:
    """Draws accounts; `tariff_codes` are those that may be drawn, priced or not."""

    def __init__(self, random: Random, window: Window, book: TariffBook, tariff_codes: Sequence[str]) -> None:
        self._random = random
        self._window = window
        self._book = book
        lived = [code for code in tariff_codes if self._is_lived(code)]
        self._codes = [code for code in lived if self._is_priced(code)]
        self._unpriced = [code for code in lived if not self._is_priced(code)]
        self._entry_no = 0

    def draw(self, account_no: str) -> Account:
        """One account with one or two metering points."""
        self._entry_no = 0
        opened = self._day(self._window.first_month, self._window.end - timedelta(days=40))
        point_count = 2 if self._chance(0.08) else 1
        return Account(
            account_no, self._random.choice(("household", "legal")), opened,
            tuple(self._point(opened) for _ in range(point_count)), self._families(opened),
        )  # fmt: skip

    def _is_lived(self, code: str) -> bool:
        """Whether the tariff has a version on some day of the window."""
        return any(
            version.valid_from < self._window.end and version.valid_to > self._window.first_month
            for version in self._book.versions[code]
        )

    def _is_priced(self, code: str) -> bool:
        return any(
            step.price_minor
            for v in self._book.versions[code]
            for of_list in v.price_lists.values()
            for step in of_list
        )

    def _code(self) -> str:
        return self._random.choice(self._unpriced if self._unpriced and self._chance(0.01) else self._codes)

    def _families(self, opened: date) -> tuple[Family, ...]:
        if self._chance(0.03):
            return ()
        edges = [opened, *self._some_days(opened, self._chance(0.4) * self._random.randint(1, 3)), FOREVER]
        return tuple(
            Family(begin, end, self._random.choice((0, 1, 1, 2, 3, 4, 5, 7))) for begin, end in pairwise(edges)
        )

    def _point(self, opened: date) -> Point:
        tariffs = self._tariffs(opened)
        kind = self._random.random()
        if kind < 0.06:
            return Point(tariffs, (), tuple(self._declared(opened)))
        if kind < 0.09:
            return Point(tariffs, (), tuple(self._half_hours(opened, tariffs)))
        return Point(tariffs, tuple(self._meters(opened, tariffs)))

    def _tariffs(self, opened: date) -> tuple[PointTariff, ...]:
        edges = [opened, *self._some_days(opened, self._chance(0.25) * self._random.randint(1, 2)), FOREVER]
        rows = []
        code = self._code()
        for begin, end in pairwise(edges):
            if self._chance(0.5):
                code = self._code()
            rows.append(self._tariff_row(begin, end, code))
        return tuple(rows)

    def _tariff_row(self, begin: date, end: date, code: str) -> PointTariff:
        versions = [v for v in self._book.versions[code] if v.valid_from < self._window.end and v.valid_to > begin]
        variants = sorted({variant for version in versions for variant, _ in version.price_lists}) or ["all"]
        by_contract = any(version.step_basis == "contract_month" for version in versions)
        by_power = any(version.power_prices for version in versions)
        return PointTariff(
            begin, end, code, self._random.choice(variants),
            self._kwh(3000, 0) if by_contract and self._chance(0.8) else None,
            Decimal(self._random.randint(0, 2_000_000)) / 1000 if by_power and self._chance(0.7) else None,
        )  # fmt: skip

    def _meters(self, opened: date, tariffs: Sequence[PointTariff]) -> Iterator[Meter]:
        since = opened
        while True:
            is_replaced = self._chance(0.2)
            until = self._day(since, self._window.end) if is_replaced else FOREVER
            if until <= since:
                until = FOREVER
            yield self._meter(since, until, tariffs)
            if until == FOREVER or until + timedelta(days=30) > self._window.end:
                return
            since = until + timedelta(days=self._random.choice((0, 0, 0, 1, 5)))

    def _meter(self, since: date, until: date, tariffs: Sequence[PointTariff]) -> Meter:
        zones = self._zones(tariffs)
        digits = self._random.choice((3, 4, 5, 5, 6))
        ratio = Decimal(self._random.choice(RATIOS))
        days = self._reading_days(since, until)
        installations = [Installation(since, until, ratio)]
        inner = [day for day in days if since < day < until]
        if inner and self._chance(0.05):
            change = self._random.choice(inner)
            installations = [
                Installation(since, change, ratio),
                Installation(change, until, Decimal(self._random.choice(RATIOS))),
            ]
        return Meter(zones, digits, tuple(installations), tuple(self._readings(zones, digits, ratio, days, until)))

    def _zones(self, tariffs: Sequence[PointTariff]) -> frozenset[str]:
        has_zones = any(v.zone_sets for row in tariffs for v in self._book.versions[row.tariff_code])
        if not self._chance(0.6 if has_zones else 0.08):
            return ONE_ZONE
        return self._random.choice((TWO_ZONES, TWO_ZONES, THREE_ZONES, frozenset({"peak", "night"})))

    def _reading_days(self, since: date, until: date) -> list[date]:
        """The opening, then days a month apart or so: some on the first of a month, some soon, some after long gaps."""
        end = min(until, self._window.end)
        days = [since]
        while days[-1] < end:
            way = self._random.random()
            if way < 0.5:
                day = next_month(days[-1])
            elif way < 0.75:
                day = days[-1] + timedelta(days=self._random.randint(20, 45))
            elif way < 0.92:
                day = days[-1] + timedelta(days=self._random.randint(1, 15))
            else:
                day = days[-1] + timedelta(days=self._random.randint(60, 200))
            days.append(min(day, end))
        return days if until != FOREVER or self._chance(0.9) else days[:-1] or days

    def _readings(
        self, zones: frozenset[str], digits: int, ratio: Decimal, days: Sequence[date], until: date
    ) -> Iterator[Reading]:
        size = Decimal(10) ** digits
        places = self._random.choice((0, 0, 0, 1, 3, 6))
        value = {zone: self._below(size, places) for zone in sorted(zones)}
        daily = Decimal(self._random.choice((1, 3, 10, 40, 300))) / ratio
        booked = days[0].replace(day=1)
        without_opening = self._chance(0.01)
        for number, day in enumerate(days):
            is_opening = number == 0 and not without_opening
            if number > 0:
                own_month = (day - timedelta(days=1)).replace(day=1)
                booked = max(booked, own_month)
                if self._chance(0.05):
                    booked = min(next_month(booked), self._window.months[-1])
            is_last = number == len(days) - 1
            in_doubt = number > 0 and self._chance(0.3 if day == until else 0.03) and (is_last or day == until)
            for zone in sorted(zones):
                if number > 0 and not self._chance(0.06):
                    used = self._upto(min(daily * (day - days[number - 1]).days * 2, size - 1), places)
                    value[zone] = (value[zone] + used) % size
                yield self._reading(day, booked, zone, value[zone], is_opening, in_doubt)
                if number > 0 and not in_doubt and self._chance(0.003):  # read twice on one day
                    yield self._reading(day, booked, zone, value[zone], False, False)

    def _reading(self, day: date, booked: date, zone: str, value: Decimal, is_opening: bool, in_doubt: bool) -> Reading:
        self._entry_no += 1
        return Reading(self._entry_no, day, booked, zone, value, is_opening, in_doubt)

    def _declared(self, opened: date) -> Iterator[Told]:
        begin = opened
        while begin < self._window.end:
            way = self._random.random()
            days = (next_month(begin) - begin).days if way < 0.6 else self._random.randint(1, 70)
            end = min(begin + timedelta(days=days), self._window.end)
            booked = (end - timedelta(days=1)).replace(day=1)
            for _ in range(2 if self._chance(0.1) else 1):
                yield Told(begin, end, booked, self._kwh(1500, 6))
            begin = end + timedelta(days=self._random.choice((0, 0, 0, 0, 3)))

    def _half_hours(self, opened: date, tariffs: Sequence[PointTariff]) -> Iterator[Told]:
        """Whole months of half-hours, in months that have one price list and no steps by residents."""
        month = next_month(opened)
        while month < self._window.end:
            until = next_month(month)
            if self._chance(0.8) and self._has_one_price(tariffs, month, until):
                days = [month + timedelta(days=n) for n in range((until - month).days)]
                by_day = {day: tuple(Decimal(self._random.randrange(4000)) / 1000 for _ in range(48)) for day in days}
                yield Told(month, until, month, sum(map(sum, by_day.values()), Decimal(0)), "half_hours", by_day)
            month = until

    def _has_one_price(self, tariffs: Sequence[PointTariff], month: date, until: date) -> bool:
        row = next((row for row in tariffs if row.valid_from <= month < row.valid_to), None)
        version = row and self._book.version_on(row.tariff_code, month)
        return (
            version is not None and row.valid_to >= until and version.valid_to >= until
            and version.has_variant(row.variant)
            and all(step.price_minor is not None for step in version.steps(row.variant, month.month))
            and self._book.vat_on(version.country, month)[1] >= until and version.step_basis != "resident_month"
        )  # fmt: skip

    def _some_days(self, since: date, count: int) -> list[date]:
        return sorted({self._day(since + timedelta(days=1), self._window.end) for _ in range(count)})

    def _day(self, since: date, until: date) -> date:
        day = since + timedelta(days=self._random.randrange(max((until - since).days, 1)))
        return next_month(day) if self._chance(0.3) and next_month(day) < until else day

    def _kwh(self, most: int, places: int) -> Decimal:
        return self._upto(Decimal(most), places)

    def _upto(self, most: Decimal, places: int) -> Decimal:
        return Decimal(self._random.randint(0, int(most * 10**places))).scaleb(-places)

    def _below(self, size: Decimal, places: int) -> Decimal:
        """Often close to the end of the register, so that it passes zero."""
        near = self._chance(0.2)
        least = int((size - min(size, 200)) * 10**places) if near else 0
        return Decimal(self._random.randint(least, int(size * 10**places) - 1)).scaleb(-places)

    def _chance(self, share: float) -> bool:
        return self._random.random() < share
