"""`wattbook payments`: money received, from registers to corrections of what is posted."""

# Imports inside the functions: listing the commands must not wait for what one of them needs.
# ruff: noqa: PLC0415
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from operational_db.refusal import Refusal
from orchestration.command_line import payment_packages
from orchestration.command_line.arguments import FIRST_USER, AsJson, ByUser, UnitCode, month_of
from orchestration.command_line.meter_arguments import database_settings
from orchestration.command_line.payment_arguments import coins_of, sum_shown

if TYPE_CHECKING:
    from operational_db.payments.corrections import MovedPayment

app = typer.Typer(help="Payments: packages, corrections, unrecognised money.", no_args_is_help=True)
app.add_typer(payment_packages.app, name="package")

Channel = Annotated[str, typer.Argument(metavar="CHANNEL", help="bank, post, paynet, sms or cash.")]
ChannelId = Annotated[str, typer.Argument(metavar="ID", help="The payment's id in its channel.")]
ToAccount = Annotated[str, typer.Argument(metavar="ACCOUNT", help="The account that it belongs to.")]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, in a few words.")]
Article = Annotated[
    str | None, typer.Option("--article", metavar="ARTICLE", help="What it pays there, if not the oldest debt.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be posted and write nothing.")]


@app.command("reverse")
def reverse(
    channel: Channel,
    channel_id: ChannelId,
    reason: Reason,
    dry_run: DryRun = False,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Take a posted payment back by one that reverses it, in the open month.

    [dim]wattbook payments reverse bank T1 --reason "Returned by the bank"[/]
    """
    from operational_db.payments.corrections import reverse_payment
    from orchestration.answers import say, show_json

    settings = database_settings()
    done = reverse_payment(settings, channel, channel_id, reason=reason, dry_run=dry_run, by=by)
    if as_json:
        show_json(done)
        return
    say(
        f"{'Would be taken' if dry_run else 'Taken'} back in {done.booked_month:%Y-%m}: payment {channel} {channel_id} "
        f"of {sum_shown(settings, done.amount_minor)}, {done.paid_on}, account {done.account_no}."
    )


@app.command("transfer")
def transfer(
    channel: Channel,
    channel_id: ChannelId,
    account: ToAccount,
    reason: Reason,
    article: Article = None,
    dry_run: DryRun = False,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Move a posted payment to the account it belongs to."""
    from operational_db.payments.corrections import transfer_payment

    done = transfer_payment(
        database_settings(), channel, channel_id, account, reason=reason, article=article, dry_run=dry_run, by=by
    )
    _say_moved(done, channel, channel_id, as_json=as_json)


@app.command("bind")
def bind(
    channel: Channel,
    channel_id: ChannelId,
    account: ToAccount,
    reason: Reason = "The payer is known now.",
    article: Article = None,
    dry_run: DryRun = False,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Give an unrecognised payment to its account."""
    from operational_db.payments.corrections import bind_payment

    done = bind_payment(
        database_settings(), channel, channel_id, account, reason=reason, article=article, dry_run=dry_run, by=by
    )
    _say_moved(done, channel, channel_id, as_json=as_json)


@app.command("pool")
def pool(unit: UnitCode = None, by: ByUser = FIRST_USER, as_json: AsJson = False) -> None:
    """Unrecognised payments, oldest first."""
    from operational_db.payments.recognition import pool_payments
    from orchestration.answers import money, say, show_json, show_table
    from orchestration.book import book_currency

    settings = database_settings()
    found = pool_payments(settings, unit_code=unit, by=by)
    if as_json:
        show_json(found)
        return
    if not found:
        say("There are no unrecognised payments.")
        return
    currency = book_currency(settings)
    show_table(
        ("RES", "channel", "id", "day", currency.code, "payer", "package"),
        [
            (
                p.res_code, p.channel_code, p.external_id, p.paid_on, money(p.amount_minor, currency.minor_per_major),
                p.payer_text or "", p.package_no or "",
            )
            for p in found
        ],
    )  # fmt: skip


@app.command("suggest")
def suggest(
    channel: Annotated[str | None, typer.Argument(metavar="CHANNEL", help="With ID: a payment of the pool.")] = None,
    channel_id: Annotated[str | None, typer.Argument(metavar="ID", help="The payment's id in its channel.")] = None,
    amount: Annotated[str | None, typer.Option("--amount", metavar="AMOUNT", help="The sum that was paid.")] = None,
    text: Annotated[str | None, typer.Option("--text", metavar="TEXT", help="What the payer wrote.")] = None,
    unit: UnitCode = None,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Whose money it may be: of a payment of the pool, or of a sum or text with --unit."""
    from operational_db.payments.recognition import suggest_for_payment, suggest_payers
    from orchestration.answers import say, show_json, show_table

    settings = database_settings()
    if channel is not None and channel_id is not None:
        found = suggest_for_payment(settings, channel, channel_id, by=by)
    elif channel is None and unit is not None:
        coins = None if amount is None else coins_of(settings, amount)
        found = suggest_payers(settings, unit_code=unit, payer_text=text, amount_minor=coins, by=by)
    else:
        raise Refusal(
            "Name a payment by its channel and id, or a unit (--unit) with a sum (--amount) or a text (--text)."
        )
    if as_json:
        show_json(found)
    elif not found:
        say("Nothing points to an account.")
    else:
        show_table(
            ("account", "holder", "score", "because"),
            [(one.account_no, one.holder or "", one.score, one.evidence) for one in found],
        )


@app.command("doubled")
def doubled(
    since: Annotated[
        date, typer.Option("--since", parser=month_of, metavar="YYYY-MM", help="Payments booked from this month on.")
    ],
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Payments that may have come in twice; take one back with `reverse` where they did."""
    from operational_db.payments.corrections import doubled_payments
    from orchestration.answers import money, say, show_json, show_table
    from orchestration.book import book_currency

    settings = database_settings()
    found = doubled_payments(settings, since=since, by=by)
    if as_json:
        show_json(found)
        return
    if not found:
        say("No payment seems to have come in twice.")
        return
    currency = book_currency(settings)
    show_table(
        ("", "account", "payment", "package", "other account", "other payment", "other package", "day", currency.code),
        [
            (
                d.certainty, d.account_no, f"{d.channel_code} {d.external_id}", d.package_no or "",
                d.other_account_no, f"{d.other_channel_code} {d.other_external_id}", d.other_package_no or "",
                d.paid_on, money(d.amount_minor, currency.minor_per_major),
            )
            for d in found
        ],
    )  # fmt: skip


def _say_moved(done: "MovedPayment", channel: str, channel_id: str, *, as_json: bool) -> None:
    from orchestration.answers import say, show_json

    if as_json:
        show_json(done)
        return
    say(
        f"{'Would be moved' if done.is_dry_run else 'Moved'}: payment {channel} {channel_id} of "
        f"{sum_shown(database_settings(), done.amount_minor)}, {done.paid_on}, from {done.account_no} "
        f"({done.booked_month:%Y-%m}) to {done.right_account_no} ({done.right_month:%Y-%m})."
    )
