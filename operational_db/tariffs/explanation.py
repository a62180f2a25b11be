"""The arithmetic of a price in words: one sentence a line, so that whoever asks can follow it with a pocket calculator.

Belongs here: words about lines that SQL has priced. Does not belong here: any computing of prices.
"""

from decimal import Decimal

from operational_db.tariffs.pricing import ALL_HOURS, STANDARD_VARIANT, Price, PricedLine


def explain(answer: Price) -> list[str]:
    """Sentences that lead from the use to the total, in the order of the lines."""
    variant = "" if answer.variant == STANDARD_VARIANT else f", variant {answer.variant}"
    opening = f"Tariff {answer.tariff_code}{variant} on {answer.on}, by {answer.source}."
    lines = [_explain_line(line, answer) for line in answer.lines]
    total = " + ".join(_money(line.charge_minor, answer) for line in answer.lines)
    of_total = f" = {_money(answer.total_minor, answer)}" if len(answer.lines) > 1 else ""
    closing = f"To pay: {total}{of_total} {answer.currency}, of it VAT {_money(answer.vat_minor, answer)}."
    return [opening, *lines, closing]


def _explain_line(line: PricedLine, answer: Price) -> str:
    if line.component == "power":
        quantity = f"Ordered power: {_plain(line.power_kw)} kW x {_price(line, answer)} a year / 12"
    else:
        zone = "" if line.zone_code == ALL_HOURS else f"Zone {line.zone_code}, "
        quantity = (
            f"{zone}step {line.step_no} ({_bounds(line)}): {_plain(line.energy_kwh)} kWh x {_price(line, answer)}"
        )
        quantity = quantity[0].upper() + quantity[1:]
    if line.price_denominator is not None and line.price_numerator != line.price_denominator:
        quantity += f" x {line.price_numerator}/{line.price_denominator}"
    rate = _plain(line.vat_rate * 100)
    if line.price_includes_vat:
        vat = f"of it VAT at {rate} % {_money(line.vat_minor, answer)}"
    else:
        quantity += f" x {_plain(1 + line.vat_rate)}"
        vat = f"VAT at {rate} % is {_money(line.vat_minor, answer)} of it"
    doubt = "" if line.is_verified else " (price not verified)"
    return f"{quantity} = {_money(line.charge_minor, answer)}, {vat}{doubt}."


def _bounds(line: PricedLine) -> str:
    if line.up_to_kwh is None:
        return "any volume" if not line.over_kwh else f"above {_plain(line.over_kwh)} kWh"
    return f"{_plain(line.over_kwh)} to {_plain(line.up_to_kwh)} kWh"


def _price(line: PricedLine, answer: Price) -> str:
    return _plain(line.price_minor / answer.minor_per_major)


def _money(minor: int, answer: Price) -> str:
    places = len(str(answer.minor_per_major)) - 1
    return f"{Decimal(minor) / answer.minor_per_major:,.{places}f}".replace(",", " ")


def _plain(value: Decimal) -> str:
    """A number without needless zeros, never in powers of ten."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
