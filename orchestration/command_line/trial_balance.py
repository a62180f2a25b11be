"""`wattbook trial-balance`: totals by ledger account, proven by what all consumers owe."""

# Imports inside the functions: listing the commands must not wait for what one of them needs.
# ruff: noqa: PLC0415
from typing import TYPE_CHECKING

from operational_db.refusal import Refusal
from orchestration.command_line.arguments import FIRST_USER, AsJson, ByUser, Month, UnitCode

if TYPE_CHECKING:
    from operational_db.accounting.trial_balance import TrialBalance
    from orchestration.book import Currency


def trial_balance(month: Month, unit: UnitCode = None, by: ByUser = FIRST_USER, as_json: AsJson = False) -> None:
    """Totals by ledger account: opening, turnovers and closing, equal to the sum of all consumers.

    [dim]wattbook trial-balance --month 2026-03 --unit SA01[/]
    """
    from dataclasses import asdict

    from operational_db.accounting.trial_balance import trial_balance as balance_of_month
    from orchestration.answers import show_json
    from orchestration.book import book_currency
    from orchestration.command_line.surroundings import settings_with_database

    settings = settings_with_database()
    found = balance_of_month(settings, month, by=by, unit_code=unit)
    currency = book_currency(settings)
    if as_json:
        show_json({**asdict(found), "is_proven": found.is_proven})
    else:
        _tell(found, unit, currency)
    if not found.is_proven:
        raise Refusal(_difference(found, currency))


def _tell(found: "TrialBalance", unit: str | None, currency: "Currency") -> None:
    from orchestration.answers import grouped, money, say, show_table

    def coins(minor: int) -> str:
        return money(minor, currency.minor_per_major)

    show_table(
        ["account", "meaning", "opening", "debit", "credit", "closing"],
        [
            [
                row.ledger_account_code, row.meaning or "in no chart", coins(row.opening_minor), coins(row.debit_minor),
                coins(row.credit_minor), coins(row.closing_minor),
            ]
            for row in found.rows
        ],
        title=f"{unit or 'The supplier'} in {found.month:%Y-%m}, {currency.code}; balances are debit less credit",
    )  # fmt: skip
    if found.is_proven:
        say(
            f"Consumers owe {coins(found.owed_by_chart_minor)} {currency.code} at its end: by the chart, by the sum of "
            f"{grouped(found.account_count)} accounts, and by their documents."
        )


def _difference(found: "TrialBalance", currency: "Currency") -> str:
    from orchestration.answers import grouped, money

    owed = [
        money(minor, currency.minor_per_major)
        for minor in (found.owed_by_chart_minor, found.owed_by_accounts_minor, found.owed_by_documents_minor)
    ]
    named = (
        f"; {grouped(found.differing_count)} accounts differ, the first of them {found.first_differing}"
        if found.differing_count
        else ""
    )
    return (
        f"What consumers owe at the end of {found.month:%Y-%m} is {owed[0]} {currency.code} by the chart, {owed[1]} by "
        f"the sum of their accounts and {owed[2]} by their documents{named}. Somebody changed rows past the book; see "
        "`wattbook verify-closed`, and `wattbook reconcile` for an account."
    )
