"""Rounding, half away from zero, of figures that are never negative."""

from decimal import ROUND_HALF_UP, Context, Decimal, setcontext

EXACT = Context(prec=60, rounding=ROUND_HALF_UP)
"""Wide enough that a division only ever rounds far behind the places that are kept."""

MILLIONTH = Decimal("0.000001")
TWELVE_PLACES = Decimal("0.000000000001")
WHOLE = Decimal(1)


def compute_exactly() -> None:
    """Make this thread's arithmetic wide enough; the reference asks for it before it computes."""
    setcontext(EXACT.copy())


def kwh(value: Decimal) -> Decimal:
    return value.quantize(MILLIONTH, ROUND_HALF_UP)


def coins(value: Decimal) -> int:
    return int(value.quantize(WHOLE, ROUND_HALF_UP))


def factor(value: Decimal) -> Decimal:
    return value.quantize(TWELVE_PLACES, ROUND_HALF_UP)
