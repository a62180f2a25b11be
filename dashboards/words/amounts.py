"""How numbers, shares, days and months are written for a reader.

A number is rounded here once, half away from zero, and only for the eye. Everything that stands side by side shares one
scale, so a scale is chosen for a whole column.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Protocol

from babel.dates import format_date, format_skeleton
from babel.numbers import format_decimal, get_decimal_symbol, get_group_symbol

from dashboards.words.catalogue import Words

MINUS = "\N{MINUS SIGN}"
_GROUP_SPACES = str.maketrans({"\N{NO-BREAK SPACE}": "\N{NARROW NO-BREAK SPACE}"})

Amount = Decimal | int | None


class Speaks(Protocol):
    """Words of a screen or of paper: numbers and months only need to know their language."""

    locale: str


@dataclass(frozen=True)
class Scale:
    """What a number is divided by before it is shown, the unit it then has, and its decimals."""

    divisor: Decimal
    unit: str
    decimals: int


def energy_scale(words: Words, kwh: Iterable[Amount]) -> Scale:
    """kWh up to four digits, then MWh, then GWh, by the largest of the numbers."""
    largest = _largest(kwh)
    if largest < 10_000:
        return Scale(Decimal(1), words.text("kWh"), 0)
    if largest < 10_000_000:
        return Scale(Decimal(1000), words.text("MWh"), 1)
    return Scale(Decimal(1_000_000), words.text("GWh"), 1)


def money_scale(words: Words, minor: Iterable[Amount], currency: str, minor_per_major: int) -> Scale:
    """Whole units of the currency up to five digits, then thousands up to four, millions, billions, by the largest."""
    largest = _largest(minor) / minor_per_major
    steps = (
        (100_000, 1, currency, 0),
        (10_000_000, 1000, words.text("thousand {currency}", currency=currency), 1),
        (10_000_000_000, 1_000_000, words.text("million {currency}", currency=currency), 1),
        (None, 1_000_000_000, words.text("billion {currency}", currency=currency), 1),
    )
    divisor, unit, decimals = next(step[1:] for step in steps if step[0] is None or largest < step[0])
    return Scale(Decimal(divisor * minor_per_major), unit, decimals)


def count_scale(unit: str = "") -> Scale:
    """Things counted one by one."""
    return Scale(Decimal(1), unit, 0)


def share_scale(decimals: int = 1) -> Scale:
    return Scale(Decimal("0.01"), "%", decimals)


def points_scale(words: Words) -> Scale:
    """For the difference of two shares."""
    return Scale(Decimal("0.01"), words.text("% points"), 1)


def number(words: Speaks, value: Amount, decimals: int = 0, *, signed: bool = False) -> str:
    """The number as the language writes it; nothing for what is not known."""
    if value is None:
        return ""
    rounded = Decimal(value).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    digits = format_decimal(
        abs(rounded), format="#,##0." + "0" * decimals if decimals else "#,##0", locale=words.locale
    ).translate(_GROUP_SPACES)
    if rounded < 0:
        return MINUS + digits
    return "+" + digits if signed and rounded > 0 else digits


def exact(words: Speaks, value: Decimal) -> str:
    """A number with the decimals that it has and no more: a clerk must be able to add them up."""
    digits = f"{value:f}"
    decimals = len(digits.rstrip("0").partition(".")[2]) if "." in digits else 0
    return number(words, value, decimals)


def amount(words: Words, value: Amount, scale: Scale, *, signed: bool = False) -> str:
    """The number in the scale of its column, without the unit, which stands in the head."""
    return "" if value is None else number(words, Decimal(value) / scale.divisor, scale.decimals, signed=signed)


def is_shown_as_zero(value: Amount, scale: Scale) -> bool:
    """Whether nothing is left of the number in the decimals of its column."""
    return value is not None and abs(Decimal(value) / scale.divisor) < Decimal(5).scaleb(-scale.decimals - 1)


def separators(words: Words) -> str:
    """The decimal sign and the sign between thousands, as Plotly wants them."""
    group = get_group_symbol(words.locale).translate(_GROUP_SPACES)
    return get_decimal_symbol(words.locale) + group


def day(words: Speaks, on: date) -> str:
    """31.03.2026"""
    return format_date(on, "dd.MM.yyyy", locale=words.locale)


def month_name(words: Speaks, month: date) -> str:
    """March 2026"""
    return _without_the_word_year(format_skeleton("yMMMM", month, locale=words.locale))


def month_short(words: Words, month: date) -> str:
    """Mar 2026"""
    return _without_the_word_year(format_skeleton("yMMM", month, locale=words.locale))


def month_abbreviation(words: Words, month: date) -> str:
    """Mar"""
    return format_skeleton("MMM", month, locale=words.locale)[:3]


def _without_the_word_year(text: str) -> str:
    """Russian and Ukrainian add the letter of their word for year, which a table has no room for."""
    return re.sub(r"\s[гр]\.$", "", text)


def _largest(values: Iterable[Amount]) -> Decimal:
    return max((abs(Decimal(value)) for value in values if value is not None), default=Decimal(0))
