"""The question at the counter, as the reference answers it."""

from datetime import date, timedelta
from decimal import Decimal

from operational_db.tariffs.pricing import Use
from tests.reference_rating.consumers import next_month
from tests.reference_rating.rounding import compute_exactly
from tests.reference_rating.steps import Charge, bound_factor, charges, place, power_charge
from tests.reference_rating.tariffs import TariffBook, Version


def price_of(book: TariffBook, tariff_code: str, on: date, use: Use) -> list[tuple[str, Charge]] | None:
    """The lines of a use by zone (`power` for ordered power), or None where a part of it has no known price."""
    compute_exactly()
    version = book.version_on(tariff_code, on)
    vat_rate = book.vat_on(version.country, on)[0]
    month = on.replace(day=1)
    days = use.days or (30 if version.step_basis == "thirty_days" else (next_month(month) - month).days)
    total = sum(use.zone_kwh.values(), Decimal(0))
    zones = frozenset(use.zone_kwh)
    lines = []
    for zone, energy in use.zone_kwh.items():
        slot = place(
            version, energy,
            bound_factor(version, month, month + timedelta(days=days), use.residents, use.contracted_kwh),
            slice_kwh=total, before_kwh=Decimal(0), month_kwh=total, fraction=version.fraction(zones, zone),
        )  # fmt: skip
        lines += [(zone, charge) for charge in charges(version, version.steps(use.variant, on.month), slot, vat_rate)]
    if use.ordered_power_kw is not None:
        power = power_charge(version, use.variant, month, next_month(month), use.ordered_power_kw, vat_rate)
        lines.append(("power", power))
    return None if any(charge.price_minor is None for _, charge in lines) else lines


def can_be_asked(version: Version, use: Use) -> bool:
    """Whether the tariff has the variant, the zones and the ordered power that the use names."""
    zones = frozenset(use.zone_kwh)
    return (
        version.has_variant(use.variant)
        and (zones == {"all"} or any(zones <= of_set.keys() for of_set in version.zone_sets.values()))
        and (use.ordered_power_kw is None or use.variant in version.power_prices)
    )
