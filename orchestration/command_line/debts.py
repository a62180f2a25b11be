"""`wattbook debt`: how old is what is owed, and from which years."""

# Imports inside the functions: listing the commands must not wait for what one of them needs.
# ruff: noqa: PLC0415
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.command_line.arguments import FIRST_USER, AsJson, ByUser, UnitCode, day_of

if TYPE_CHECKING:
    from operational_db.accounting.debts import Debts
    from orchestration.book import Currency

_AGES = (
    ("This month", "current_minor"),
    ("1-30 days", "days_1_30_minor"),
    ("31-90", "days_31_90_minor"),
    ("91-365", "days_91_365_minor"),
    ("1-3 years", "years_1_3_minor"),
    ("Over 3", "over_3_years_minor"),
)


def debt(
    on_day: Annotated[date, typer.Option("--on", parser=day_of, metavar="YYYY-MM-DD", help="At the end of this day.")],
    account: Annotated[str | None, typer.Argument(metavar="[NUMBER]", help="An account, such as SA01/12/345.")] = None,
    unit: UnitCode = None,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Tell debts by age and by year of origin, of an account or of a unit; the oldest are settled first.

    [dim]wattbook debt SA01/12/345 --on 2026-03-31[/]
    [dim]wattbook debt --unit UZ-SA --on 2026-03-31 --json[/]
    """
    from operational_db.accounting.debts import account_debts, unit_debts
    from orchestration.answers import show_json
    from orchestration.book import book_currency
    from orchestration.command_line.surroundings import settings_with_database

    if (account is None) == (unit is None):
        raise typer.BadParameter("name either an account or a unit with --unit")
    settings = settings_with_database()
    found = (
        unit_debts(settings, unit, on_day, by=by)
        if account is None
        else account_debts(settings, account, on_day, by=by)
    )
    if as_json:
        show_json(found)
    else:
        _tell(found, account or unit, book_currency(settings))


def _tell(found: "Debts", whose: str, currency: "Currency") -> None:
    from orchestration.answers import money, say, show_table

    if not found.by_age:
        say(f"{whose} owes nothing at the end of {found.on_day}, and has nothing in advance.")
        return

    def coins(minor: int) -> str:
        return money(minor, currency.minor_per_major)

    heads = ["Article", "Balance", "In advance", *(head for head, _ in _AGES)]
    ages = [
        [one.article_code, coins(one.balance_minor), coins(one.advance_minor)]
        + [coins(getattr(one, name)) for _, name in _AGES]
        for one in found.by_age
    ]
    show_table(heads, ages, title=f"{whose} at the end of {found.on_day}, {currency.code}")
    years = [(one.article_code, str(one.year_of_origin), coins(one.owed_minor)) for one in found.by_year]
    if years:
        show_table(["Article", "Year of origin", "Owed"], years)
