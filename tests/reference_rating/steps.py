"""From a volume of the month to lines by step, and from lines to money."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tests.reference_rating.consumers import next_month
from tests.reference_rating.rounding import coins, factor, kwh
from tests.reference_rating.tariffs import Step, Version

BY_DAYS = ("thirty_days", "month_days")


@dataclass(frozen=True, slots=True)
class Slot:
    """Energy of one zone placed on the volume of its month.

    Attributes:
        volume_from: the zone's volume of the month before this energy; under `whole` volume_to is the month's.
        bound_factor: by what the bounds of the steps are multiplied.
        fraction: by what the zone multiplies the price, numerator and denominator; None for 1.
    """

    energy_kwh: Decimal
    volume_from: Decimal
    bound_factor: Decimal
    fraction: tuple[int, int] | None

    @property
    def volume_to(self) -> Decimal:
        return self.volume_from + self.energy_kwh


@dataclass(frozen=True, slots=True)
class Charge:
    """One line of money. `price_minor` is None, and with it the money, where no price is known."""

    step_no: int
    energy_kwh: Decimal
    price_minor: Decimal | None
    charge_minor: int | None
    vat_minor: int | None


def bound_factor(
    version: Version, begin: date, end: date, persons: int | None, contracted: Decimal | None
) -> Decimal | None:
    """By what bounds are multiplied for these days of one month; None where nothing could pass a bound."""
    match version.step_basis:
        case "resident_month":
            return Decimal(max(persons, 1))
        case "thirty_days":
            return factor(Decimal((end - begin).days) / 30)
        case "month_days":
            month = begin.replace(day=1)
            return factor(Decimal((end - begin).days) / (next_month(month) - month).days)
        case "contract_month":
            return contracted
        case _:
            return Decimal(1)


def place(
    version: Version, energy: Decimal, whole_factor: Decimal | None, *, slice_kwh: Decimal, before_kwh: Decimal,
    month_kwh: Decimal, fraction: tuple[int, int] | None,
) -> Slot:  # fmt: skip
    """Place one zone's energy of a slice on the volume of its month.

    Args:
        version: whose steps count it.
        energy: of this zone.
        whole_factor: multiplies the bounds for all zones together; None for no bounds.
        slice_kwh: energy of all zones of the same span.
        before_kwh: energy of the month before the slice.
        month_kwh: energy of the month as known.
        fraction: the zone's part of the price.
    """
    if version.step_basis in BY_DAYS:
        before_kwh, month_kwh = Decimal(0), slice_kwh
    # Divided last, so that a half is seen as one; a span without use shares nothing.
    part, whole = (energy, slice_kwh) if slice_kwh else (1, 1)
    bounds = NO_BOUND if whole_factor is None else factor(whole_factor * part / whole)
    if version.step_mode == "whole":
        volume_from = kwh(month_kwh * part / whole) - energy
    else:
        volume_from = kwh(before_kwh * part / whole)
    return Slot(energy, volume_from, bounds, fraction)


NO_BOUND = Decimal(-1)
"""A factor that is none: every step but the first begins beyond any use."""


def charges(version: Version, steps: tuple[Step, ...], slot: Slot, vat_rate: Decimal) -> Iterator[Charge]:
    """The lines of a slot, one a step that it has energy in; one of zero where there is none at all."""
    for step, energy in _by_step(version, steps, slot):
        if step.price_minor is None:
            yield Charge(step.step_no, energy, None, None, None)
            continue
        numerator, denominator = slot.fraction or (1, 1)
        cost = energy * step.price_minor * numerator / denominator
        yield Charge(step.step_no, energy, step.price_minor, *money(version, cost, vat_rate))


def power_charge(
    version: Version, variant: str, begin: date, end: date, power_kw: Decimal, vat_rate: Decimal
) -> Charge:
    """The line of ordered power for these days of one month."""
    price = version.power_prices[variant]
    if price is None:
        return Charge(0, Decimal(0), None, None, None)
    month = begin.replace(day=1)
    cost = price * power_kw / 12 * (end - begin).days / (next_month(month) - month).days
    return Charge(0, Decimal(0), price, *money(version, cost, vat_rate))


def money(version: Version, cost: Decimal, vat_rate: Decimal) -> tuple[int, int]:
    """Charge and the VAT within it, from energy (or power) x price."""
    if version.price_includes_vat:
        charge = coins(cost)
        return charge, coins(charge * vat_rate / (1 + vat_rate))
    charge = coins(cost * (1 + vat_rate))
    return charge, charge - coins(cost)


def _by_step(version: Version, steps: tuple[Step, ...], slot: Slot) -> Iterator[tuple[Step, Decimal]]:
    if slot.energy_kwh == 0 or slot.bound_factor == NO_BOUND:
        yield steps[0], slot.energy_kwh
        return
    for step in steps:
        over = kwh(step.over_kwh * slot.bound_factor)
        up_to = slot.volume_to if step.up_to_kwh is None else kwh(step.up_to_kwh * slot.bound_factor)
        if version.step_mode == "whole":
            if over < slot.volume_to <= up_to:
                yield step, slot.energy_kwh
        else:
            energy = min(slot.volume_to, up_to) - max(slot.volume_from, over)
            if energy > 0:
                yield step, energy
