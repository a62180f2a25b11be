"""Arguments that several commands share, and how their text becomes a value.

A text that cannot be such a value is wrong usage (exit 2); a value that breaks a rule is refused by the command that
it was meant for (exit 1).
"""

from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated

import typer

# The first user of a fresh database, who comes with the reference data.
FIRST_USER = "administrator"

LARGEST_NUMBER, SMALLEST_NUMBER = Decimal(10) ** 12, Decimal(10) ** -12
"""Nothing that a supplier measures, pays or builds is beyond these; what is was mistyped."""


def month_of(text: str) -> date:
    """2026-03 as the first day of that month."""
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError as error:
        raise typer.BadParameter(f'"{text}" is not a month; write it as 2026-03') from error


def day_of(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f'"{text}" is not a day; write it as 2026-03-31') from error


def today() -> date:
    """The day it is where the program runs."""
    return datetime.now(UTC).astimezone().date()


def energy_of(text: str) -> Decimal:
    return _decimal_of(text, "a number of kWh; write it as 350 or 350.5")


def number_of(text: str) -> Decimal:
    return _decimal_of(text, "a number; write it as 20 or 1.5")


def _decimal_of(text: str, wanted: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        raise typer.BadParameter(f'"{text}" is not {wanted}') from error
    if not number.is_finite() or abs(number) >= LARGEST_NUMBER or 0 < abs(number) < SMALLEST_NUMBER:
        raise typer.BadParameter(f'"{text}" is not {wanted}')
    return number


def zone_energy_of(text: str) -> tuple[str, Decimal]:
    """day=200 as the zone and its kWh."""
    zone_code, equals, energy_kwh = text.partition("=")
    if not (zone_code and equals):
        raise typer.BadParameter(f'"{text}" names no zone with its energy; write it as day=200')
    return zone_code, energy_of(energy_kwh)


Month = Annotated[date, typer.Option(parser=month_of, metavar="YYYY-MM", help="The month that is meant.")]
ByUser = Annotated[
    str, typer.Option("--by", metavar="NAME", help="The user in whose name it is done, who must hold the right.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON, for a program to read.")]
UnitCode = Annotated[
    str | None, typer.Option("--unit", metavar="CODE", help="A unit of the organisation, such as UZ, UZ-SA or SA01.")
]
