"""`wattbook bill` and `wattbook close`."""

# Imports inside the functions: listing the commands must not wait for what one of them needs.
# ruff: noqa: PLC0415
from typing import Annotated

import typer

from operational_db.refusal import Refusal
from orchestration.command_line.arguments import FIRST_USER, AsJson, ByUser, Month, UnitCode


def bill(
    month: Month,
    unit: UnitCode = None,
    account: Annotated[
        str | None, typer.Option(metavar="NUMBER", help="One account only, such as SA01/12/345.")
    ] = None,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Bill all that a month has to bill, whole or not at all; a second run bills nothing twice.

    [dim]wattbook bill --month 2026-03 --unit UZ-SA[/]
    """
    from operational_db.billing.commands import bill_month
    from orchestration.answers import energy, grouped, money, say, show_json
    from orchestration.book import book_currency
    from orchestration.command_line.surroundings import settings_with_database

    if unit is not None and account is not None:
        raise typer.BadParameter("give --unit or --account, not both")
    settings = settings_with_database()
    run = bill_month(settings, month, by=by, unit_code=unit, account_no=account)
    if as_json:
        show_json(run)
        return
    if run.was_billed_already:
        say(f"Month {month:%Y-%m} is already billed there; nothing was done.")
    else:
        currency = book_currency(settings)
        say(
            f"Billed {month:%Y-%m}: {grouped(run.bill_count)} bills, {grouped(run.line_count)} lines, "
            f"{energy(run.energy_kwh)} kWh, {money(run.charge_minor, currency.minor_per_major)} {currency.code}."
        )
    if run.unbilled_span_count:
        say(f"Left unbilled for want of a tariff in force: {grouped(run.unbilled_span_count)} spans between readings.")


def close(
    month: Month,
    unit: UnitCode = None,
    check: Annotated[bool, typer.Option("--check", help="Only say what stands in the way.")] = False,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Close a month for every RES of a unit; afterwards nothing can be posted into it.

    [dim]wattbook close --month 2026-03 --unit SA01 --check[/]
    """
    from operational_db.billing.commands import close_month, close_obstacles
    from orchestration.answers import say, show_json
    from orchestration.command_line.surroundings import settings_with_database

    settings = settings_with_database()
    if check:
        obstacles = close_obstacles(settings, month, unit_code=unit, by=by)
        if as_json:
            show_json({"obstacles": obstacles})
        if obstacles:
            raise Refusal(" ".join(obstacles))
        if not as_json:
            say(f"Nothing stands in the way of closing {month:%Y-%m}.")
        return
    closed = close_month(settings, month, unit_code=unit, by=by)
    if as_json:
        show_json(closed)
        return
    say(f"Closed {month:%Y-%m} for {len(closed)} RES: {', '.join(one.res_code for one in closed)}.")
