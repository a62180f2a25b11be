"""Arguments that commands about meters share, and how their text becomes values of a meter."""

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer

from operational_db.settings import Settings
from orchestration.command_line.arguments import day_of, number_of
from orchestration.command_line.reading_arguments import value_of

if TYPE_CHECKING:
    from operational_db.metering.operation_outcome import Values

Point = Annotated[str, typer.Argument(metavar="POINT", help="A metering point, such as SA01/12/345#1.")]
Serial = Annotated[str, typer.Argument(metavar="SERIAL", help="Serial number of the meter.")]
OnDay = Annotated[
    date, typer.Option("--on", parser=day_of, metavar="YYYY-MM-DD", help="Day of the operation; values at its start.")
]
Shown = Annotated[
    list[str] | None,
    typer.Option("--value", metavar="VALUE", help="What the meter shows: 1350, or day=1350 for each scale."),
]
NewShown = Annotated[
    list[str] | None,
    typer.Option("--new-value", metavar="VALUE", help="What is new there shows: 0, or day=0 for each scale."),
]
OrderNo = Annotated[str, typer.Option("--order", metavar="NUMBER", help="Work order that the operation carries out.")]
AnyOrderNo = Annotated[
    str | None, typer.Option("--order", metavar="NUMBER", help="Work order that it carries out, where there is one.")
]
OfSeveral = Annotated[
    str | None, typer.Option("--meter", metavar="SERIAL", help="Which meter, where several hang there.")
]
Confirmed = Annotated[
    bool, typer.Option("--confirmed", help="You vouch for a value that looks like a slip or a jump; needs --note.")
]
Note = Annotated[
    str | None, typer.Option("--note", metavar="TEXT", help="A remark; with --confirmed, how the value was checked.")
]
Inspection = Annotated[
    str | None, typer.Option("--inspection", metavar="TYPE", help="Type of the inspection: round unless told.")
]
Unreadable = Annotated[bool, typer.Option("--unreadable", help="The meter is broken and shows nothing.")]
Ratio = Annotated[
    Decimal | None,
    typer.Option("--ratio", parser=number_of, metavar="NUMBER", help="Ratio of the current transformers."),
]
VoltageRatio = Annotated[
    Decimal | None,
    typer.Option("--voltage-ratio", parser=number_of, metavar="NUMBER", help="Ratio of the voltage transformers."),
]
Beside = Annotated[bool, typer.Option("--beside", help="Another meter hangs there on other scales, and stays.")]
TypeCode = Annotated[
    str | None, typer.Option("--type", metavar="CODE", help="Registers the new meter now, of this type.")
]
Digits = Annotated[int | None, typer.Option("--digits", help="Whole digits, where they are not the type's.")]
Scales = Annotated[
    list[str] | None, typer.Option("--scale", metavar="ZONE", help="Its scales, where they are not the type's.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and write nothing.")]


def database_settings() -> Settings:
    from orchestration.command_line.surroundings import settings_with_database  # noqa: PLC0415

    return settings_with_database()


def values_of(given: list[str] | None) -> "Values | None":
    """One number for a meter with one scale, else one by scale."""
    if not given:
        return None
    by_zone = dict(value_of(text) for text in given)
    if len(by_zone) < len(given):
        raise typer.BadParameter("one scale was given twice; give each scale once, as day=1350 night=700")
    return by_zone[None] if list(by_zone) == [None] else {zone or "all": value for zone, value in by_zone.items()}


def told(**values: object) -> dict[str, object]:
    """Those of the values that were told; the command's own defaults hold for the rest."""
    return {name: value for name, value in values.items() if value is not None}
