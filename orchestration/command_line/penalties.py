"""`wattbook penalty`: what late payment costs, charged by the month, taken back, and the figures that it rests on."""

# Imports inside the functions: listing the commands must not wait for what one of them needs.
# ruff: noqa: PLC0415
from datetime import date
from decimal import Decimal
from typing import Annotated

import typer

from orchestration.command_line.arguments import (
    FIRST_USER,
    AsJson,
    ByUser,
    UnitCode,
    day_of,
    month_of,
    number_of,
)

app = typer.Typer(help="Penalties for late payment, their rules and figures.", no_args_is_help=True)

Account = Annotated[str, typer.Argument(metavar="ACCOUNT", help="The account, such as SA01/12/345.")]
MonthArgument = Annotated[date, typer.Argument(parser=month_of, metavar="YYYY-MM", help="The month that is meant.")]
ToDay = Annotated[
    date, typer.Option("--to", parser=day_of, metavar="YYYY-MM-DD", help="The first day that is no longer counted.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Tell what would be posted and post nothing.")]
Published = Annotated[str, typer.Option("--source", metavar="TEXT", help="Where the figure was published.")]


@app.command("show")
def show(
    account: Account,
    to: ToDay,
    explain: Annotated[bool, typer.Option("--explain", help="Show the arithmetic in words.")] = False,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """What the delay of an account costs up to a day; nothing is posted.

    [dim]wattbook penalty show SA01/12/345 --to 2026-05-01 --explain[/]
    """
    from dataclasses import asdict

    from operational_db.debt.penalties import penalty_of
    from operational_db.debt.penalty_explanation import explain_penalty
    from orchestration.answers import money, say, show_json, show_table
    from orchestration.book import book_currency
    from orchestration.command_line.surroundings import settings_with_database

    settings = settings_with_database()
    found = penalty_of(settings, account, to, by=by)
    currency = book_currency(settings)
    sentences = explain_penalty(found, currency.minor_per_major, currency.code)
    if as_json:
        explanation = {"explanation": sentences} if explain else {}
        show_json({**asdict(found), "to_post_minor": found.to_post_minor, **explanation})
        return
    if explain:
        for sentence in sentences:
            say(sentence)
        return
    if found.rows:
        show_table(
            ("for", "due on", "from", "to", "overdue", "rate", "times", "cap", currency.code),
            [
                (
                    row.component, row.due_on, row.day_from, row.day_to,
                    money(row.debt_minor, currency.minor_per_major),
                    f"{row.rate:f}" if row.rate is not None else "",
                    f"{row.multiplier:f}" if row.multiplier is not None else "",
                    money(row.cap_minor, currency.minor_per_major), money(row.charge_minor, currency.minor_per_major),
                )
                for row in found.rows
            ],
        )  # fmt: skip
    for sentence in sentences[len(found.rows) :]:
        say(sentence)


@app.command("charge")
def charge(
    month: MonthArgument,
    unit: UnitCode = None,
    account: Annotated[str | None, typer.Option(metavar="NUMBER", help="One account only.")] = None,
    dry_run: DryRun = False,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Charge the days of delay up to the end of a month; a second run charges nothing twice.

    [dim]wattbook penalty charge 2026-03 --unit SA01 --dry-run[/]
    """
    from operational_db.debt.penalties import charge_penalties
    from orchestration.answers import grouped, money, say, show_json
    from orchestration.book import book_currency
    from orchestration.command_line.surroundings import settings_with_database

    if unit is not None and account is not None:
        raise typer.BadParameter("give --unit or --account, not both")
    settings = settings_with_database()
    charged = charge_penalties(settings, month, by=by, unit_code=unit, account_no=account, dry_run=dry_run)
    if as_json:
        show_json(charged)
        return
    currency = book_currency(settings)
    if charged.line_count == 0:
        say(f"Nothing more to charge in {month:%Y-%m} there, so nothing was done.")
    else:
        say(
            f"{'Would charge' if dry_run else 'Charged'} {grouped(charged.account_count)} accounts in {month:%Y-%m}: "
            f"{money(charged.charged_minor, currency.minor_per_major)} {currency.code}, corrections of days charged "
            f"before {money(charged.corrected_minor, currency.minor_per_major)}."
        )
    if charged.waiting_count:
        say(
            f"{grouped(charged.waiting_count)} accounts have days whose reference rate or price index is not entered; "
            "enter it with `wattbook penalty rate` or `wattbook penalty index` and charge again."
        )
    if charged.unverified_count:
        say(f"{grouped(charged.unverified_count)} accounts are late by a rule that is not verified; none was charged.")


@app.command("reverse")
def reverse(
    account: Account,
    month: Annotated[
        date, typer.Option("--month", parser=month_of, metavar="YYYY-MM", help="The open month it is booked in.")
    ],
    from_day: Annotated[
        date, typer.Option("--from", parser=day_of, metavar="YYYY-MM-DD", help="The first day of delay that is meant.")
    ],
    to: ToDay,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, for the consumer and the clerk.")],
    dry_run: DryRun = False,
    by: ByUser = FIRST_USER,
) -> None:
    """Take back what days of delay cost an account; these days are charged no more."""
    from operational_db.debt.penalties import reverse_penalties
    from orchestration.answers import money, say
    from orchestration.book import book_currency
    from orchestration.command_line.surroundings import settings_with_database

    settings = settings_with_database()
    taken_back = reverse_penalties(
        settings, account, month, from_day=from_day, to=to, reason=reason, by=by, dry_run=dry_run
    )
    currency = book_currency(settings)
    say(
        f"{'Would take' if dry_run else 'Took'} back {money(taken_back.reversed_minor, currency.minor_per_major)} "
        f"{currency.code} of account {account}, booked in {month:%Y-%m}."
    )


@app.command("rate")
def rate(
    code: Annotated[str, typer.Argument(metavar="CODE", help="The rate, such as nbu.")],
    value: Annotated[Decimal, typer.Argument(parser=number_of, metavar="SHARE", help="15 % is 0.15.")],
    from_day: Annotated[
        date, typer.Option("--from", parser=day_of, metavar="YYYY-MM-DD", help="The first day on which it holds.")
    ],
    source: Published,
    by: ByUser = FIRST_USER,
) -> None:
    """Enter the rate of a central bank from a day on; days that were charged are corrected by the next charge."""
    from operational_db.debt.penalties import enter_reference_rate
    from orchestration.answers import say
    from orchestration.command_line.surroundings import settings_with_database

    enter_reference_rate(settings_with_database(), code, value, from_day=from_day, published_in=source, by=by)
    say(f"{code} is {value:f} from {from_day} on.")


@app.command("index")
def index(
    code: Annotated[str, typer.Argument(metavar="CODE", help="The index, such as ua_cpi.")],
    month: MonthArgument,
    value: Annotated[Decimal, typer.Argument(parser=number_of, metavar="INDEX", help="0.8 % dearer is 1.008.")],
    source: Published,
    by: ByUser = FIRST_USER,
) -> None:
    """Enter the price index of a month, beside the month before."""
    from operational_db.debt.penalties import enter_price_index
    from orchestration.answers import say
    from orchestration.command_line.surroundings import settings_with_database

    enter_price_index(settings_with_database(), code, value, month=month, published_in=source, by=by)
    say(f"{code} of {month:%Y-%m} is {value:f}.")
