"""`wattbook services`: the price list of paid services, and bills from it."""

# Imports inside the functions: listing the commands must not wait for what one of them needs.
# ruff: noqa: PLC0415
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.command_line.arguments import FIRST_USER, AsJson, ByUser, Month, day_of, number_of
from orchestration.command_line.meter_arguments import database_settings
from orchestration.command_line.payment_arguments import coins_of, sum_shown

if TYPE_CHECKING:
    from operational_db.payments.services import ServiceDocument

app = typer.Typer(help="Paid services: price list, bills, bills taken back.", no_args_is_help=True)

Code = Annotated[str, typer.Argument(metavar="SERVICE", help="The code of the service.")]
Account = Annotated[str, typer.Argument(metavar="ACCOUNT", help="The account, by its number.")]
OnDay = Annotated[date, typer.Option("--on", parser=day_of, metavar="YYYY-MM-DD", help="The day that is meant.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be posted and write nothing.")]


@app.command("price")
def price(
    service: Code,
    amount: Annotated[str, typer.Argument(metavar="PRICE", help="Of one unit, VAT included, such as 45000.")],
    since: Annotated[
        date, typer.Option("--from", parser=day_of, metavar="YYYY-MM-DD", help="First day on which it holds.")
    ],
    vat: Annotated[Decimal, typer.Option("--vat", parser=number_of, metavar="SHARE", help="VAT rate, such as 0.12.")],
    meaning: Annotated[
        str | None, typer.Option("--meaning", metavar="TEXT", help="What it is; needed the first time.")
    ] = None,
    by: ByUser = FIRST_USER,
) -> None:
    """Put a price on the list from a day on.

    [dim]wattbook services price reconnection 45000 --vat 0.12 --from 2026-01-01 --meaning "Reconnection"[/]
    """
    from operational_db.payments.services import set_service_price
    from orchestration.answers import say

    settings = database_settings()
    coins = coins_of(settings, amount)
    set_service_price(settings, service, coins, vat_rate=vat, since=since, meaning=meaning, by=by)
    say(f"From {since} on {service} costs {sum_shown(settings, coins)}.")


@app.command("prices")
def prices(on: OnDay, by: ByUser = FIRST_USER, as_json: AsJson = False) -> None:
    """The price list of a day."""
    from operational_db.payments.services import service_prices
    from orchestration.answers import money, say, show_json, show_table
    from orchestration.book import book_currency

    settings = database_settings()
    found = service_prices(settings, on=on, by=by)
    if as_json:
        show_json(found)
        return
    if not found:
        say("No service has a price on that day.")
        return
    currency = book_currency(settings)
    show_table(
        ("service", "meaning", currency.code, "VAT %", "from", "to"),
        [
            (
                p.service_code, p.meaning, money(p.price_minor, currency.minor_per_major), f"{p.vat_rate * 100:.2f}",
                p.valid_from, p.valid_to or "",
            )
            for p in found
        ],
    )  # fmt: skip


@app.command("bill")
def bill(
    account: Account,
    service: Code,
    on: OnDay,
    quantity: Annotated[
        Decimal, typer.Option("--quantity", parser=number_of, metavar="NUMBER", help="How many units.")
    ] = Decimal(1),
    note: Annotated[str | None, typer.Option("--note", metavar="TEXT", help="What was done.")] = None,
    dry_run: DryRun = False,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Bill a service by the price of the day on which it was done."""
    from operational_db.payments.services import bill_service

    done = bill_service(
        database_settings(), account, service, done_on=on, quantity=quantity, note=note, dry_run=dry_run, by=by
    )
    _say_posted(done, "Would be billed" if dry_run else "Billed", as_json=as_json)


@app.command("reverse")
def reverse(
    account: Account,
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="The number of the bill in its month.")],
    month: Month,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, in a few words.")],
    dry_run: DryRun = False,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Take a bill of a service back by one that reverses it, in the open month."""
    from operational_db.payments.services import reverse_service

    done = reverse_service(database_settings(), account, month, number, reason=reason, dry_run=dry_run, by=by)
    _say_posted(done, "Would be taken back" if dry_run else "Taken back", as_json=as_json)


@app.command("list")
def list_them(account: Account, by: ByUser = FIRST_USER, as_json: AsJson = False) -> None:
    """Bills of services of an account, newest first."""
    from operational_db.payments.services import service_bills
    from orchestration.answers import money, say, show_json, show_table
    from orchestration.book import book_currency
    from orchestration.command_line.meter_answers import plain

    settings = database_settings()
    found = service_bills(settings, account, by=by)
    if as_json:
        show_json(found)
        return
    if not found:
        say(f"Account {account} has no bills of services.")
        return
    currency = book_currency(settings)
    show_table(
        ("month", "no.", "service", "meaning", "done on", "quantity", currency.code, "of it VAT", "standing", "note"),
        [
            (
                f"{b.booked_month:%Y-%m}", b.service_no, b.service_code, b.meaning, b.done_on, plain(b.quantity),
                money(b.charge_minor, currency.minor_per_major), money(b.vat_minor, currency.minor_per_major),
                b.standing, b.note or "",
            )
            for b in found
        ],
    )  # fmt: skip


def _say_posted(done: "ServiceDocument", verb: str, *, as_json: bool) -> None:
    from orchestration.answers import say, show_json

    if as_json:
        show_json(done)
        return
    settings = database_settings()
    say(
        f"{verb}: service bill {done.service_no} of {done.booked_month:%Y-%m}, account {done.account_no}, "
        f"{sum_shown(settings, done.charge_minor)}, of it VAT {sum_shown(settings, done.vat_minor)}."
    )
