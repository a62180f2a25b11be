"""`wattbook print-bills`: the bills of a month on paper, route by route."""

# Imports inside the functions: listing the commands must not wait for what one of them needs.
# ruff: noqa: PLC0415
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.command_line.arguments import FIRST_USER, AsJson, ByUser, Month, UnitCode, today

if TYPE_CHECKING:
    from dashboards.bills.batch import PrintedPart

_SHOWN = 20
"""How many points without a bill are told; the lists on paper and --json tell all."""


def print_bills(
    month: Month,
    folder: Annotated[Path, typer.Option("--to", metavar="FOLDER", help="Where the files go.", file_okay=False)],
    unit: UnitCode = None,
    book: Annotated[
        str | None, typer.Option(metavar="NUMBER", help="Only the route of accounts whose number begins so: SA01/2.")
    ] = None,
    language: Annotated[str, typer.Option(metavar="CODE", help="Language of the bills: en, ru, uk or uz.")] = "en",
    bills_per_file: Annotated[
        int, typer.Option(metavar="N", min=1, help="Longer routes take several files, each with its list.")
    ] = 300,
    pdf: Annotated[bool, typer.Option("--pdf/--no-pdf", help="Write PDF.")] = True,
    html: Annotated[bool, typer.Option("--html/--no-html", help="Write the same as pages.")] = True,
    workers: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="How many files to set at once; as many as there are cores.")
    ] = None,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Print the bills of a month by route, in walking order, each route under a list of its bills.

    The list tells who has no bill and why. Whoever may bill may print.

    [dim]wattbook print-bills --month 2026-03 --unit SA01 --to bills --language uz[/]
    [dim]wattbook print-bills --month 2026-03 --book SA01/2 --to bills --no-html[/]
    """
    from dashboards.bills.batch import print_routes
    from dashboards.bills.words import BillWords
    from operational_db.billing.routes import parts_to_print
    from orchestration.answers import energy, grouped, money, say, show_json
    from orchestration.book import book_currency
    from orchestration.command_line.surroundings import settings_with_database

    if not (pdf or html):
        raise typer.BadParameter("leave PDF or HTML to write; --no-pdf and --no-html together write nothing")
    words = BillWords(language)
    settings = settings_with_database()
    currency = book_currency(settings)
    parts = parts_to_print(
        settings, month, by=by, bills_per_part=bills_per_file, unit_code=unit, book=book, language=language
    )
    printed: list[PrintedPart] = []
    for part in print_routes(
        parts, folder, words, printed_on=today(), printed_by=by, as_pdf=pdf, as_html=html, workers=workers
    ):
        printed.append(part)
        if not as_json:
            say(
                f"{part.files[-1]}: {grouped(part.bill_count)} bills, {energy(part.energy_kwh)} kWh, "
                f"{money(part.charge_minor, currency.minor_per_major)} {currency.code}."
            )
    if as_json:
        show_json(printed)
        return
    say(
        f"Printed {grouped(sum(part.bill_count for part in printed))} bills of {month:%Y-%m} on "
        f"{grouped(len({(part.res_code, part.book) for part in printed}))} routes, "
        f"{energy(sum(part.energy_kwh for part in printed))} kWh, "
        f"{money(sum(part.charge_minor for part in printed), currency.minor_per_major)} {currency.code}."
    )
    _say_left_out(printed)


def _say_left_out(printed: "list[PrintedPart]") -> None:
    from orchestration.answers import grouped, say

    left_out = [one for part in printed for one in part.left_out]
    if not left_out:
        say("Every point there is billed.")
        return
    say(f"Without a bill: {grouped(len(left_out))} points.")
    for one in left_out[:_SHOWN]:
        say(f"{one.account_no}, point {one.point_code}: {' '.join(one.reasons)}")
    if len(left_out) > _SHOWN:
        say(f"... and {grouped(len(left_out) - _SHOWN)} more; the lists of the routes tell all.")
