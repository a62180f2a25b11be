"""`wattbook payments package`: registers of payments from their cover sheet to their posting.

Does not belong here: payments that are posted (`payments`).
"""

# Imports inside the functions: listing the commands must not wait for what one of them needs.
# ruff: noqa: PLC0415
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from operational_db.refusal import Refusal
from orchestration.command_line.arguments import FIRST_USER, AsJson, ByUser, day_of, month_of
from orchestration.command_line.meter_arguments import database_settings
from orchestration.command_line.payment_arguments import coins_of, sum_shown

app = typer.Typer(help="Packages of payments: opened, filled, mended, posted whole.", no_args_is_help=True)

SHOWN_ROWS = 50

Number = Annotated[str, typer.Argument(metavar="NUMBER", help="The number of the package.")]
Row = Annotated[int, typer.Argument(metavar="ROW", help="The number of the payment's row.")]
PaidOn = Annotated[date | None, typer.Option("--on", parser=day_of, metavar="YYYY-MM-DD", help="The day of payment.")]
IntoMonth = Annotated[
    date | None,
    typer.Option("--month", parser=month_of, metavar="YYYY-MM", help="The month to post into, if not that of its day."),
]
Article = Annotated[
    str | None,
    typer.Option("--article", metavar="ARTICLE", help="electricity, acts, services or penalty; else the oldest debt."),
]
Payer = Annotated[str | None, typer.Option("--payer", metavar="TEXT", help="Name or purpose as the payer wrote it.")]
ChannelId = Annotated[str | None, typer.Option("--id", metavar="ID", help="The payment's id in its channel.")]
PoolRes = Annotated[
    str | None,
    typer.Option("--pool", metavar="RES", help="Money whose account is not clear goes to the pool of this RES."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be posted and write nothing.")]


@app.command("open")
def open_one(
    number: Number,
    channel: Annotated[str, typer.Argument(metavar="CHANNEL", help="bank, post, paynet, sms or cash.")],
    on: Annotated[date, typer.Option("--on", parser=day_of, metavar="YYYY-MM-DD", help="The day of the package.")],
    count: Annotated[int, typer.Option("--count", help="How many payments it declares.")],
    declared: Annotated[str, typer.Option("--sum", metavar="AMOUNT", help="What they make, as declared.")],
    unit: Annotated[str, typer.Option("--unit", metavar="CODE", help="The RES, or the unit of the RES, it is for.")],
    month: IntoMonth = None,
    by: ByUser = FIRST_USER,
) -> None:
    """Open a package with what its cover sheet declares.

    [dim]wattbook payments package open R-17 bank --on 2026-03-05 --count 2 --sum 150000 --unit SA01[/]
    """
    from operational_db.payments.packages import open_package
    from orchestration.answers import say

    settings = database_settings()
    open_package(
        settings, number, channel, paid_on=on, declared_count=count, declared_minor=coins_of(settings, declared),
        unit_code=unit, month=month, by=by,
    )  # fmt: skip
    say(f"Package {number} is open: {count} payments of {declared} to come.")


@app.command("declare")
def declare(
    number: Number,
    channel: Annotated[str | None, typer.Option("--channel", metavar="CHANNEL", help="Its channel.")] = None,
    on: PaidOn = None,
    count: Annotated[int | None, typer.Option("--count", help="How many payments it declares.")] = None,
    declared: Annotated[
        str | None, typer.Option("--sum", metavar="AMOUNT", help="What they make, as declared.")
    ] = None,
    month: IntoMonth = None,
    by: ByUser = FIRST_USER,
) -> None:
    """Put right what was taken from the cover sheet."""
    from operational_db.payments.packages import declare_package
    from orchestration.answers import say

    settings = database_settings()
    declare_package(
        settings, number, channel_code=channel, paid_on=on, month=month, declared_count=count,
        declared_minor=None if declared is None else coins_of(settings, declared), by=by,
    )  # fmt: skip
    say(f"Package {number} is put right.")


@app.command("add")
def add(
    number: Number,
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="Account number as the payer gave it; '' if none.")],
    amount: Annotated[str, typer.Argument(metavar="AMOUNT", help="What was paid, such as 120000.50.")],
    channel_id: ChannelId = None,
    on: PaidOn = None,
    article: Article = None,
    payer: Payer = None,
    by: ByUser = FIRST_USER,
) -> None:
    """Add one payment."""
    from operational_db.payments.packages import ToldPayment, add_payments
    from orchestration.answers import say

    settings = database_settings()
    told = ToldPayment(account, coins_of(settings, amount), channel_id, on, article, payer)
    (row_no,) = add_payments(settings, number, [told], by=by)
    say(f"Row {row_no} of package {number}: {amount} for {account or 'no account'}.")


@app.command("load")
def load(
    number: Number,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="CSV, or XLSX by its ending; its first row names columns.")
    ],
    delimiter: Annotated[str, typer.Option("--delimiter", metavar="SIGN", help="What stands between cells.")] = ",",
    encoding: Annotated[str, typer.Option("--encoding", metavar="NAME", help="Such as cp866 or cp1251.")] = "utf-8",
    by: ByUser = FIRST_USER,
) -> None:
    """Add the payments of a file, all or none; columns account_no, amount, channel_id, paid_on, article, payer."""
    from operational_db.payments.package_files import load_payments
    from orchestration.answers import say, warn

    settings = database_settings()
    loaded = load_payments(settings, number, file, delimiter=delimiter, encoding=encoding, by=by)
    for sentence in loaded.unreadable[:SHOWN_ROWS]:
        warn(sentence)
    if loaded.unreadable:
        raise Refusal(
            f"{len(loaded.unreadable)} rows of {file} are no payments, so none was added; correct them and load again."
        )
    say(f"Added {loaded.added_count} payments of {sum_shown(settings, loaded.added_minor)} to package {number}.")


@app.command("change")
def change(
    number: Number,
    row: Row,
    account: Annotated[str | None, typer.Option("--account", metavar="ACCOUNT", help="The account it is for.")] = None,
    amount: Annotated[str | None, typer.Option("--amount", metavar="AMOUNT", help="What was paid.")] = None,
    channel_id: ChannelId = None,
    on: PaidOn = None,
    article: Article = None,
    payer: Payer = None,
    pool: PoolRes = None,
    by: ByUser = FIRST_USER,
) -> None:
    """Change one payment; what is not told stays."""
    from operational_db.payments.packages import change_payment
    from orchestration.answers import say

    settings = database_settings()
    change_payment(
        settings, number, row, account=account, amount_minor=None if amount is None else coins_of(settings, amount),
        external_id=channel_id, paid_on=on, article=article, payer=payer, pool_res=pool, by=by,
    )  # fmt: skip
    say(f"Row {row} of package {number} is changed.")


@app.command("remove")
def remove(number: Number, row: Row, by: ByUser = FIRST_USER) -> None:
    """Take one payment out."""
    from operational_db.payments.packages import remove_payment
    from orchestration.answers import say

    remove_payment(database_settings(), number, row, by=by)
    say(f"Row {row} is taken out of package {number}.")


@app.command("discard")
def discard(number: Number, by: ByUser = FIRST_USER) -> None:
    """Throw a package that is not posted away."""
    from operational_db.payments.packages import discard_package
    from orchestration.answers import say

    discard_package(database_settings(), number, by=by)
    say(f"Package {number} is thrown away.")


@app.command("check")
def check(number: Number, by: ByUser = FIRST_USER, as_json: AsJson = False) -> None:
    """Say what stops a package from being posted; exit status 1 where anything does."""
    from operational_db.payments.packages import check_package
    from orchestration.answers import say, show_json

    found = check_package(database_settings(), number, by=by)
    if as_json:
        show_json(found)
    elif not found:
        say(f"Nothing stops package {number}; post it.")
    for obstacle in [] if as_json else found:
        say(obstacle.sentence)
    if found:
        raise typer.Exit(1)


@app.command("post")
def post(
    number: Number, pool: PoolRes = None, dry_run: DryRun = False, by: ByUser = FIRST_USER, as_json: AsJson = False
) -> None:
    """Post a package whole, or not at all; afterwards nothing of it is changed."""
    from operational_db.payments.packages import post_package
    from orchestration.answers import say, show_json

    settings = database_settings()
    posted = post_package(settings, number, pool_res=pool, dry_run=dry_run, by=by)
    if as_json:
        show_json(posted)
        return
    pooled = f", {posted.unrecognised_count} of them unrecognised" if posted.unrecognised_count else ""
    say(
        f"{'Would post' if dry_run else 'Posted'} package {number} in {posted.booked_month:%Y-%m}: "
        f"{posted.payment_count} payments{pooled}, {sum_shown(settings, posted.amount_minor)}."
    )


@app.command("list")
def list_them(
    state: Annotated[str | None, typer.Option("--state", metavar="STATE", help="draft or posted; else both.")] = None,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Packages: drafts, then posted ones from the newest."""
    from operational_db.payments.packages import list_packages
    from orchestration.answers import money, say, show_json, show_table
    from orchestration.book import book_currency

    settings = database_settings()
    found = list_packages(settings, state=state, by=by)
    if as_json:
        show_json(found)
        return
    if not found:
        say("There are no such packages.")
        return
    coins = book_currency(settings).minor_per_major
    show_table(
        ("package", "state", "channel", "day", "unit", "payments", "declared", "sum", "declared sum"),
        [
            (
                p.package_no, p.state, p.channel_code, p.paid_on, p.unit_code or "", p.found_count, p.declared_count,
                money(p.found_minor, coins), money(p.declared_minor, coins),
            )
            for p in found
        ],
    )  # fmt: skip


@app.command("show")
def show(number: Number, by: ByUser = FIRST_USER, as_json: AsJson = False) -> None:
    """A package with its payments."""
    from operational_db.payments.packages import show_package
    from orchestration.answers import money, say, show_json, show_table
    from orchestration.book import book_currency

    settings = database_settings()
    head, payments = show_package(settings, number, by=by)
    if as_json:
        show_json({"package": head, "payments": payments})
        return
    coins = book_currency(settings).minor_per_major
    say(
        f"Package {head.package_no} ({head.state}) of {head.channel_code}, {head.paid_on}: "
        f"{head.found_count} of {head.declared_count} payments, {money(head.found_minor, coins)} of "
        f"{money(head.declared_minor, coins)}."
    )
    show_table(
        ("row", "id", "as given", "account", "day", "amount", "article", "payer", "standing"),
        [
            (
                p.row_no, p.external_id, p.account_text or "", p.account_no or "", p.paid_on,
                money(p.amount_minor, coins), p.article_code or "", p.payer_text or "", p.standing,
            )
            for p in payments
        ],
    )  # fmt: skip
