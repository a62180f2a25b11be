"""`wattbook price`: what a volume costs, by the SQL that bills."""

# Imports inside the functions: listing the commands must not wait for what one of them needs.
# ruff: noqa: PLC0415
from datetime import date
from decimal import Decimal
from typing import Annotated

import typer

from orchestration.command_line.arguments import AsJson, day_of, energy_of


def price(
    tariff: Annotated[str, typer.Option(metavar="CODE", help="The tariff, such as uz.household.")],
    on: Annotated[date, typer.Option(parser=day_of, metavar="YYYY-MM-DD", help="The day whose price holds.")],
    kwh: Annotated[Decimal, typer.Option(parser=energy_of, metavar="KWH", help="Energy used in one calendar month.")],
    as_json: AsJson = False,
) -> None:
    """Price a month's energy under a tariff.

    [dim]wattbook price --tariff uz.household --on 2025-06-10 --kwh 350 --json[/]
    """
    from operational_db.tariffs.pricing import price as priced
    from orchestration.command_line.surroundings import settings_with_database

    answer = priced(settings_with_database(), tariff, on, kwh)
    if as_json:
        from dataclasses import asdict

        from orchestration.answers import show_json

        show_json({**asdict(answer), "is_verified": answer.is_verified})
        return
    from orchestration.answers import energy, money, say, show_table

    per_major = answer.minor_per_major
    show_table(
        ["step", "kWh", "price", "sum", "of it VAT"],
        [
            [
                str(line.step_no),
                energy(line.energy_kwh, 3),
                money(line.price_minor, per_major),
                money(line.charge_minor, per_major),
                money(line.vat_minor, per_major),
            ]
            for line in answer.lines
        ],
    )
    say(f"{money(answer.total_minor, per_major)} {answer.currency}, of it VAT {money(answer.vat_minor, per_major)}")
    say(f"Source: {answer.source}" + ("" if answer.is_verified else " (not verified)"))
