"""From readings, and energy told as such, to spans, and from spans to parts of one month and one price list."""

from collections.abc import Iterator, Set
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tests.reference_rating.consumers import Account, Meter, Point, PointTariff, Reading, Told, next_month
from tests.reference_rating.rounding import kwh
from tests.reference_rating.tariffs import FOREVER, TariffBook, Version

POWER = "power"


@dataclass(frozen=True, eq=False, slots=True)
class Span:
    """Energy of one zone, or ordered power, over days; energy None where it cannot be told."""

    zone: str
    span_from: date | None
    span_to: date
    energy_kwh: Decimal | None
    zones_of_meter: frozenset[str] | None = None
    closing: Reading | None = None
    told: Told | None = None
    power_kw: Decimal | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Part:
    """Days of a span with one calendar month, tariff, version, rate of VAT and (by residents) family."""

    span: Span
    part_from: date
    part_to: date
    energy_kwh: Decimal
    tariff: PointTariff
    version: Version
    vat_rate: Decimal
    persons: int | None

    @property
    def month(self) -> date:
        return self.part_from.replace(day=1)


def spans_of_run(point: Point, month: date, *, billed: Set[object], set_aside: Set[int]) -> list[Span]:
    """What a run over the month finds at a point; `billed` holds readings and told rows that stand billed."""
    spans = [span for meter in point.meters for span in _between_readings(meter, month, billed, set_aside)]
    told_rows = [told for told in _added(point.told) if told.booked_month == month and told not in billed]
    spans += [Span("all", told.span_from, told.span_to, told.energy_kwh, told=told) for told in told_rows]
    return spans


def spans_of_power(point: Point, month: date, book: TariffBook) -> list[Span]:
    """Ordered power of the month where some day of it has a price of ordered power."""
    spans = []
    for row in point.tariffs:
        begin, end = max(row.valid_from, month), min(row.valid_to, next_month(month))
        if row.ordered_power_kw is not None and begin < end:
            versions = (v for v in book.versions[row.tariff_code] if v.valid_from < next_month(month))
            if any(v.valid_to > month and row.variant in v.power_prices for v in versions):
                spans.append(Span(POWER, begin, end, Decimal(0), power_kw=row.ordered_power_kw))
    return spans


def _added(told_rows: tuple[Told, ...]) -> Iterator[Told]:
    """Rows of the same days are one sum."""
    sums: dict[tuple, Told] = {}
    for told in told_rows:
        key = (told.span_from, told.span_to, told.kind, told.booked_month)
        before = sums.get(key)
        sums[key] = told if before is None else Told(
            told.span_from, told.span_to, told.booked_month, before.energy_kwh + told.energy_kwh, told.kind
        )  # fmt: skip
    return iter(sums.values())


def _between_readings(meter: Meter, month: date, billed: Set[object], set_aside: Set[int]) -> Iterator[Span]:
    for zone in sorted(meter.zones):
        before: Reading | None = None
        standing = [r for r in meter.readings if r.zone == zone and r.entry_no not in set_aside]
        for reading in sorted(standing, key=lambda r: (r.read_on, r.entry_no)):
            if reading.booked_month == month and not reading.is_opening and reading not in billed:
                yield Span(
                    zone, before.read_on if before else None, reading.read_on, _energy(meter, before, reading),
                    meter.zones, reading,
                )  # fmt: skip
            before = reading


def _energy(meter: Meter, before: Reading | None, reading: Reading) -> Decimal | None:
    if before is None or before.read_on == reading.read_on:
        return None
    hanging = [i for i in meter.installations if i.valid_from < reading.read_on <= i.valid_to]
    if not hanging:
        return None
    size = Decimal(10) ** meter.digits
    return kwh((reading.value - before.value + size) % size * hanging[0].ratio)


def parts_of(account: Account, point: Point, span: Span, book: TariffBook) -> list[Part] | None:
    """The parts of a span, or None where a day of it lacks a tariff, a price list, a rate of VAT or a family."""
    if span.energy_kwh is None:
        return None
    parts = []
    day = span.span_from
    while day < span.span_to:
        found = _conditions(account, point, day, book)
        if found is None:
            return None
        tariff, version, vat_rate, persons, until = found
        end = min(until, span.span_to, next_month(day))
        parts.extend(_zoned_parts(span, day, end, tariff, version, vat_rate, persons))
        day = end
    return parts


def _conditions(
    account: Account, point: Point, day: date, book: TariffBook
) -> tuple[PointTariff, Version, Decimal, int | None, date] | None:
    """What holds on a day, and the first day on which something of it no longer holds."""
    tariff = next((row for row in point.tariffs if row.valid_from <= day < row.valid_to), None)
    version = tariff and book.version_on(tariff.tariff_code, day)
    if version is None or not version.has_variant(tariff.variant):
        return None
    vat = book.vat_on(version.country, day)
    if vat is None:
        return None
    persons, persons_until = None, FOREVER
    if version.step_basis == "resident_month":
        family = next((row for row in account.families if row.valid_from <= day < row.valid_to), None)
        if family is None:
            return None
        persons, persons_until = family.persons, family.valid_to
    return tariff, version, vat[0], persons, min(tariff.valid_to, version.valid_to, vat[1], persons_until)


def _zoned_parts(
    span: Span, begin: date, end: date, tariff: PointTariff, version: Version, vat_rate: Decimal, persons: int | None
) -> Iterator[Part]:
    if span.told is None or span.told.kind != "half_hours":
        energy = _energy_until(span, end) - _energy_until(span, begin)
        yield Part(span, begin, end, energy, tariff, version, vat_rate, persons)
        return
    by_zone: dict[str, Decimal] = {}
    all_hours = dict.fromkeys(range(24), "all")
    zone_of_hour = version.zone_hours[min(version.zone_hours)] if version.zone_hours else all_hours
    for day, values in span.told.half_hours.items():
        if begin <= day < end:
            for half_hour, energy in enumerate(values):
                zone = zone_of_hour[half_hour // 2]
                by_zone[zone] = by_zone.get(zone, Decimal(0)) + energy
    for zone, energy in by_zone.items():
        zones = frozenset(zone_of_hour.values())
        zoned = Span(zone, span.span_from, span.span_to, span.energy_kwh, zones, None, span.told)
        yield Part(zoned, begin, end, energy, tariff, version, vat_rate, persons)


def _energy_until(span: Span, day: date) -> Decimal:
    days, all_days = (day - span.span_from).days, (span.span_to - span.span_from).days
    return kwh(span.energy_kwh * days / all_days)
