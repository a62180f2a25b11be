"""The arithmetic of a price in words: one sentence a line, so that whoever asks can follow it with a pocket calculator.

Belongs here: words about lines that SQL has priced. Does not belong here: any computing of prices.
"""

from dataclasses import dataclass
from decimal import Decimal

from operational_db.tariffs.pricing import ALL_HOURS, STANDARD_VARIANT, Price, PricedLine


def explain(answer: Price) -> list[str]:
    """Sentences that lead from the use to the total, in the order of the lines."""
    variant = "" if answer.variant == STANDARD_VARIANT else f", variant {answer.variant}"
    opening = f"Tariff {answer.tariff_code}{variant} on {answer.on}, by {answer.source}."
    lines = [explain_line(line, answer.minor_per_major) for line in answer.lines]
    total = " + ".join(_money(line.charge_minor, answer) for line in answer.lines)
    of_total = f" = {_money(answer.total_minor, answer)}" if len(answer.lines) > 1 else ""
    closing = f"To pay: {total}{of_total} {answer.currency}, of it VAT {_money(answer.vat_minor, answer)}."
    return [opening, *lines, closing]


@dataclass(frozen=True)
class Factor:
    """A number of the product that a line is, perhaps with a unit and divided by a whole number."""

    value: Decimal
    unit: str = ""
    divisor: int | None = None


def factors(line: PricedLine, minor_per_major: int) -> list[Factor]:
    """What is multiplied to the line's sum, in the currency's main unit, before the one rounding."""
    if line.component == "power":
        found = [Factor(line.power_kw, "kW"), Factor(line.price_minor / minor_per_major, "a year", 12)]
        if line.days is not None and line.days != line.days_of_month:
            found.append(Factor(Decimal(line.days), divisor=line.days_of_month))
    else:
        found = [Factor(line.energy_kwh, "kWh"), Factor(line.price_minor / minor_per_major)]
    if line.price_denominator is not None and line.price_numerator != line.price_denominator:
        found.append(Factor(Decimal(line.price_numerator), divisor=line.price_denominator))
    if not line.price_includes_vat:
        found.append(Factor(1 + line.vat_rate))
    return found


def explain_line(line: PricedLine, minor_per_major: int) -> str:
    """The sentence of one line: what is multiplied, what it comes to, how much of it is VAT."""
    product = " x ".join(factor_in_words(factor) for factor in factors(line, minor_per_major))
    if line.component == "power":
        quantity = f"Ordered power: {product}"
    else:
        zone = "" if line.zone_code == ALL_HOURS else f"Zone {line.zone_code}, "
        quantity = f"{zone}step {line.step_no} ({_bounds(line)}): {product}"
        quantity = quantity[0].upper() + quantity[1:]
    rate = plain(line.vat_rate * 100)
    charge = money_in_words(line.charge_minor, minor_per_major)
    vat = money_in_words(line.vat_minor, minor_per_major)
    vat = f"of it VAT at {rate} % {vat}" if line.price_includes_vat else f"VAT at {rate} % is {vat} of it"
    doubt = "" if line.is_verified else " (price not verified)"
    return f"{quantity} = {charge}, {vat}{doubt}."


def factor_in_words(factor: Factor) -> str:
    """A factor of a product, such as `100 kWh` or `1/2`."""
    unit = f" {factor.unit}" if factor.unit else ""
    if factor.divisor is None:
        return f"{plain(factor.value)}{unit}"
    return f"{plain(factor.value)}{unit} / {factor.divisor}" if unit else f"{plain(factor.value)}/{factor.divisor}"


def _bounds(line: PricedLine) -> str:
    if line.over_kwh is None or line.up_to_kwh is None:
        return "any volume" if not line.over_kwh else f"above {plain(line.over_kwh)} kWh"
    return f"{plain(line.over_kwh)} to {plain(line.up_to_kwh)} kWh"


def _money(minor: int, answer: Price) -> str:
    return money_in_words(minor, answer.minor_per_major)


def money_in_words(minor: int, minor_per_major: int) -> str:
    """12 345.67 from the smallest coins."""
    places = len(str(minor_per_major)) - 1
    return f"{Decimal(minor) / minor_per_major:,.{places}f}".replace(",", " ")


def plain(value: Decimal) -> str:
    """A number without needless zeros, never in powers of ten."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
