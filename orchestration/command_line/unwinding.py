"""`wattbook unwind`: credits of electricity into energy at the price list of the month."""

# Imports inside the functions: listing the commands must not wait for what one of them needs.
# ruff: noqa: PLC0415
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.command_line.arguments import FIRST_USER, AsJson, ByUser, Month, UnitCode

if TYPE_CHECKING:
    from operational_db.billing.unwinding import PrepaidEnergy
    from orchestration.book import Currency


def unwind(
    month: Month,
    unit: UnitCode = None,
    account: Annotated[
        str | None, typer.Option(metavar="NUMBER", help="One account only, such as SA01/12/345.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would be recorded and record nothing.")] = False,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Record how many whole kWh each credit pays for at the end of a month; the money stays where it is.

    [dim]wattbook unwind --month 2026-03 --account SA01/12/345[/]
    """
    from dataclasses import asdict

    from operational_db.billing.unwinding import prepaid_energy, unwind_credits
    from orchestration.answers import energy, grouped, money, say, show_json
    from orchestration.book import book_currency
    from orchestration.command_line.surroundings import settings_with_database

    if unit is not None and account is not None:
        raise typer.BadParameter("give --unit or --account, not both")
    settings = settings_with_database()
    run = unwind_credits(settings, month, by=by, unit_code=unit, account_no=account, dry_run=dry_run)
    stands = prepaid_energy(settings, account, by=by) if account is not None else None
    if as_json:
        show_json({**asdict(run), **({"stands": stands} if account is not None else {})})
        return
    currency = book_currency(settings)
    if run.kept_kwh or run.taken_off_minor:
        say(
            f"{'Would keep' if dry_run else 'Kept'} the older price for {energy(run.kept_kwh)} kWh paid for in "
            f"advance: {money(run.taken_off_minor, currency.minor_per_major)} {currency.code} less than billed."
        )
    say(
        f"{'Would unwind' if dry_run else 'Unwound'} {grouped(run.account_count)} credits in {month:%Y-%m}: "
        f"{money(run.credit_minor, currency.minor_per_major)} {currency.code} pay for {energy(run.energy_kwh)} kWh "
        f"({money(run.charge_minor, currency.minor_per_major)})."
    )
    if run.reversed_count:
        say(f"{grouped(run.reversed_count)} records before no longer held and were taken back.")
    if run.left_out_count:
        say(
            f"{grouped(run.left_out_count)} credits were left as they are: their accounts have several metering "
            "points, a meter with scales or no price list."
        )
    if stands is not None:
        say(_standing(stands, currency))


def _standing(stands: "PrepaidEnergy", currency: "Currency") -> str:
    from orchestration.answers import energy, money

    told = (
        f"Prepaid since {stands.booked_month:%Y-%m}: {energy(stands.energy_kwh)} kWh by {stands.tariff_code} as of "
        f"{stands.priced_on}; {money(stands.left_minor, currency.minor_per_major)} {currency.code} are left as money."
    )
    if stands.price_holds_to is not None:
        limit = f", {energy(stands.kwh_a_month)} kWh a month" if stands.kwh_a_month is not None else ""
        told += f" The price changed on {stands.price_changed_on}; the old one holds to {stands.price_holds_to}{limit}."
    return told
