"""A case told so that a clerk could work it out by hand: for a test that found a difference."""

from collections.abc import Iterable, Iterator

from tests.reference_rating.bills import Line
from tests.reference_rating.consumers import Account, Meter, Point, day_or_none


def story(account: Account) -> str:
    """All that is known of an account, a fact a line."""
    return "\n".join(_told(account))


def difference(expected: Iterable[Line], found: Iterable[Line]) -> str:
    """The lines that only one side has."""
    ours, theirs = set(expected), set(found)
    return "\n".join(
        [f"  the reference alone: {_line(line)}" for line in sorted(ours - theirs)]
        + [f"  the bill run alone:  {_line(line)}" for line in sorted(theirs - ours)]
    )


def _told(account: Account) -> Iterator[str]:
    yield f"Account {account.account_no} ({account.kind}), opened {account.opened_on}."
    for family in account.families:
        yield f"  {family.persons} residents from {family.valid_from} to {day_or_none(family.valid_to)}"
    for number, point in enumerate(account.points):
        yield f"  point {number}:"
        yield from _told_of_point(point)


def _told_of_point(point: Point) -> Iterator[str]:
    for row in point.tariffs:
        yield (
            f"    tariff {row.tariff_code}/{row.variant} from {row.valid_from} to {day_or_none(row.valid_to)}, "
            f"contract {row.contracted_kwh} kWh, ordered {row.ordered_power_kw} kW"
        )
    for meter in point.meters:
        yield from _told_of_meter(meter)
    for told in point.told:
        yield (
            f"    {told.kind} {told.energy_kwh} kWh from {told.span_from} to {told.span_to}, "
            f"booked {told.booked_month:%Y-%m}"
        )


def _told_of_meter(meter: Meter) -> Iterator[str]:
    yield f"    meter of {meter.digits} digits, registers {', '.join(sorted(meter.zones))}"
    for hung in meter.installations:
        yield f"      hung from {hung.valid_from} to {day_or_none(hung.valid_to)}, ratio {hung.ratio}"
    for reading in meter.readings:
        marks = " opening" * reading.is_opening + " in doubt" * reading.in_doubt
        yield (
            f"      no. {reading.entry_no}: {reading.zone} {reading.value} on {reading.read_on}, "
            f"booked {reading.booked_month:%Y-%m}{marks}"
        )


def _line(line: Line) -> str:
    return (
        f"{line.service_month:%Y-%m} point {line.point_no}, {line.span_from} to {line.span_to}, {line.zone}, "
        f"{line.tariff_code}/{line.variant} of {line.version_from}, step {line.step_no}: {line.energy_kwh} kWh "
        f"x {line.price_minor} = {line.charge_minor}, VAT {line.vat_minor}"
    )
