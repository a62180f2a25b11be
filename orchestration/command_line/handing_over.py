"""`wattbook hand-over`: a month's entries as files for the accounting program (1C)."""

# Imports inside the functions: listing the commands must not wait for what one of them needs.
# ruff: noqa: PLC0415
from pathlib import Path
from typing import Annotated

import typer

from orchestration.command_line.arguments import FIRST_USER, AsJson, ByUser, Month, UnitCode


def hand_over(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where the two files go.", file_okay=False)],
    month: Month,
    unit: UnitCode = None,
    file_format: Annotated[str, typer.Option("--format", metavar="NAME", help="dbf or csv.")] = "dbf",
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Write the entries of a month for accounting: by ledger account, and by consumer.

    [dim]wattbook hand-over --month 2026-03 --unit SA01 var/for_1c[/]
    """
    from dataclasses import asdict

    from operational_db.accounting.handover import hand_over_entries
    from orchestration.answers import grouped, money, say, show_json
    from orchestration.book import book_currency
    from orchestration.command_line.surroundings import settings_with_database

    settings = settings_with_database()
    done = hand_over_entries(settings, month, folder, by=by, unit_code=unit, file_format=file_format)
    if as_json:
        show_json(asdict(done))
        return
    currency = book_currency(settings)
    say(
        f"{grouped(done.entry_count)} entries over {money(done.turnover_minor, currency.minor_per_major)} "
        f"{currency.code}, as the trial balance has them:"
    )
    say(f"{done.synthetic}: {grouped(done.synthetic_rows)} rows by ledger account")
    say(f"{done.analytic}: {grouped(done.analytic_rows)} rows by consumer")
    if done.open_res_count:
        say(f"The month is not closed at {done.open_res_count} RES: entries may follow, so hand it over again then.")
