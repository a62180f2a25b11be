"""`wattbook price`: what a volume costs, by the SQL that bills."""

# Imports inside the functions: listing the commands must not wait for what one of them needs.
# ruff: noqa: PLC0415
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.command_line.arguments import AsJson, day_of, energy_of, zone_energy_of

if TYPE_CHECKING:
    from operational_db.tariffs.pricing import Price


def price(
    tariff: Annotated[str, typer.Option(metavar="CODE", help="The tariff, such as uz.household.")],
    on: Annotated[date, typer.Option(parser=day_of, metavar="YYYY-MM-DD", help="The day whose price holds.")],
    kwh: Annotated[
        Decimal | None, typer.Option(parser=energy_of, metavar="KWH", help="Energy used in one calendar month.")
    ] = None,
    zone: Annotated[
        list[str] | None,
        typer.Option(metavar="ZONE=KWH", help="Energy of one zone instead: day, night, peak or semi; once for each."),
    ] = None,
    variant: Annotated[
        str, typer.Option(metavar="CODE", help="Price list of the tariff, such as estove or class_1.")
    ] = "all",
    residents: Annotated[int, typer.Option(min=0, help="Persons, where steps are counted by resident.")] = 1,
    days: Annotated[
        int | None, typer.Option(min=1, help="Days of use, where steps are counted by days; else the whole month.")
    ] = None,
    kw: Annotated[
        Decimal | None, typer.Option(parser=energy_of, metavar="KW", help="Ordered power, in two-part tariffs.")
    ] = None,
    contract_kwh: Annotated[
        Decimal | None,
        typer.Option(parser=energy_of, metavar="KWH", help="Contracted volume of the month, for over-limit prices."),
    ] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Show the arithmetic in words.")] = False,
    as_json: AsJson = False,
) -> None:
    """Price a month's energy under a tariff.

    [dim]wattbook price --tariff uz.household --on 2025-06-10 --kwh 350 --json[/]
    [dim]wattbook price --tariff ua.household --on 2024-06-10 --zone day=200 --zone night=150 --explain[/]
    [dim]wattbook price --tariff kz.rudny --on 2025-07-01 --kwh 250 --residents 2 --variant estove[/]
    """
    from operational_db.tariffs.explanation import explain as explained
    from operational_db.tariffs.pricing import ALL_HOURS, Use
    from operational_db.tariffs.pricing import price as priced
    from orchestration.answers import say
    from orchestration.command_line.surroundings import settings_with_database

    zones = [zone_energy_of(text) for text in zone or []]
    if (kwh is None) == (not zones):
        raise typer.BadParameter("give the energy once: either --kwh, or --zone for each zone")
    if len(dict(zones)) != len(zones):
        raise typer.BadParameter("each --zone may be given once")
    use = Use(dict(zones) or {ALL_HOURS: kwh}, variant, residents, days, kw, contract_kwh)
    answer = priced(settings_with_database(), tariff, on, use)
    if as_json:
        from dataclasses import asdict

        from orchestration.answers import show_json

        explanation = {"explanation": explained(answer)} if explain else {}
        show_json({**asdict(answer), "is_verified": answer.is_verified, **explanation})
    elif explain:
        for sentence in explained(answer):
            say(sentence)
    else:
        _show(answer)


def _show(answer: "Price") -> None:
    from orchestration.answers import energy, money, say, show_table

    per_major = answer.minor_per_major
    show_table(
        ["zone", "step", "kWh", "price", "sum", "of it VAT"],
        [
            [
                line.zone_code,
                str(line.step_no or ""),
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
