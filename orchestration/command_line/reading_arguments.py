"""Arguments that commands about readings share, and how the text of a value is read."""

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Annotated

import typer

from orchestration.command_line.arguments import day_of

SHOWN_ROWS = 50
"""How many rows a command prints; --json tells all."""


def value_of(text: str) -> tuple[str | None, Decimal]:
    """1350, or day=1350 for one scale of several."""
    zone_code, equals, number = text.rpartition("=")
    try:
        value = Decimal(number)
    except InvalidOperation as error:
        raise typer.BadParameter(f'"{text}" is not what a register shows; write it as 1350, or day=1350') from error
    if equals and not zone_code:
        raise typer.BadParameter(f'"{text}" names no scale; write it as day=1350')
    return zone_code or None, value


Place = Annotated[str, typer.Argument(metavar="PLACE", help="A metering point or an account, such as SA01/12/345.")]
OnDay = Annotated[
    date,
    typer.Option("--on", parser=day_of, metavar="YYYY-MM-DD", help="The value stood there at the start of this day."),
]
MeterSerial = Annotated[
    str | None, typer.Option("--meter", metavar="SERIAL", help="Which meter, where several hang there.")
]
Reason = Annotated[str, typer.Option(metavar="TEXT", help="Why; it stays with the reading.")]
Kind = Annotated[str, typer.Option(metavar="KIND", help="round, consumer (told when paying), control or half_hours.")]
Confirmed = Annotated[
    bool, typer.Option("--confirmed", help="You vouch for it: what looks like a slip or a jump stands at once.")
]
Note = Annotated[str | None, typer.Option(metavar="TEXT", help="How it was checked, for --confirmed.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and write nothing.")]
Book = Annotated[
    str | None, typer.Option(metavar="NUMBER", help="Only accounts whose number begins so, such as SA01/12.")
]
