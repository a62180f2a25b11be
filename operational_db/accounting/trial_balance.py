"""The trial balance: totals by ledger account of a month, beside what all consumers owe by their documents.

Belongs here: asking the database. Does not belong here: the rule (`sql/trial_balance.sql`), the statement of one
account (`reconciliation`).
"""

from dataclasses import dataclass
from datetime import date

import psycopg
from psycopg.rows import class_row

from operational_db.billing.commands import find_unit
from operational_db.command_session import command_session
from operational_db.refusal import Refusal
from operational_db.settings import Settings


@dataclass(frozen=True)
class LedgerTotals:
    """An account of the chart in a month: balances are debit less credit; None where no chart knows the account."""

    ledger_account_code: str
    meaning: str | None
    is_consumer_balance: bool | None
    opening_minor: int
    debit_minor: int
    credit_minor: int
    closing_minor: int


@dataclass(frozen=True)
class TrialBalance:
    """Totals by ledger account of a month, and what consumers owe at its end, found in three ways.

    Attributes:
        owed_by_chart_minor: the closing balances of those ledger accounts that hold what consumers owe.
        owed_by_accounts_minor: the sum over consumer accounts of what the ledger says of each.
        owed_by_documents_minor: the sum over consumer accounts of their bills, payments and other documents.
        account_count: consumer accounts that anything ever moved.
        differing_count: those of them whose documents and ledger differ; `first_differing` is the first.
    """

    month: date
    rows: tuple[LedgerTotals, ...]
    owed_by_chart_minor: int
    owed_by_accounts_minor: int
    owed_by_documents_minor: int
    account_count: int
    differing_count: int
    first_differing: str | None

    @property
    def is_proven(self) -> bool:
        """Whether all ways of asking what consumers owe come to the same, account by account."""
        return (
            self.differing_count == 0
            and self.owed_by_chart_minor == self.owed_by_accounts_minor == self.owed_by_documents_minor
        )


def res_with_month(session: psycopg.Connection, first_day: date, unit_code: str | None, *, by: str) -> list[int]:
    """The RES under a unit, the whole supplier unless named, that have the month.

    Raises:
        Refusal: no such unit, no right to see it, or no RES under it has the month.
    """
    unit_id = find_unit(session, unit_code)
    session.execute("SELECT ops.require_right(%s, 'see', %s)", [by, unit_id])
    res_ids = session.execute(
        "SELECT array_agg(r.res_id) FROM ops.res_under(%(unit)s, %(month)s) AS r WHERE EXISTS"
        " (SELECT 1 FROM ops.billing_period AS p WHERE p.res_id = r.res_id AND p.booked_month = %(month)s)",
        {"unit": unit_id, "month": first_day},
    ).fetchone()[0]
    if res_ids is None:
        raise Refusal(f"Month {first_day:%Y-%m} was never opened there, so there are no totals of it.")
    return res_ids


def trial_balance(settings: Settings, month: date, *, by: str, unit_code: str | None = None) -> TrialBalance:
    """The trial balance of a month for a unit, the whole supplier unless named.

    Raises:
        Refusal: no such unit or user, no right to see it, or no RES under it has the month.
    """
    first_day = month.replace(day=1)
    with command_session(settings, "trial_balance", {}, by=by, dry_run=True) as (session, _):
        res_ids = res_with_month(session, first_day, unit_code, by=by)
        rows = tuple(
            session.cursor(row_factory=class_row(LedgerTotals)).execute(
                "SELECT * FROM ops.trial_balance(%s, %s)", [res_ids, first_day]
            )
        )
        analytic = session.execute(
            "SELECT coalesce(sum(b.by_ledger_minor), 0)::bigint, coalesce(sum(b.by_documents_minor), 0)::bigint,"
            " count(*), count(*) FILTER (WHERE b.by_ledger_minor <> b.by_documents_minor),"
            " min(b.account_no) FILTER (WHERE b.by_ledger_minor <> b.by_documents_minor)"
            " FROM ops.balances_two_ways(%s, %s) AS b",
            [res_ids, first_day],
        ).fetchone()
    owed_by_chart_minor = sum(row.closing_minor for row in rows if row.is_consumer_balance)
    return TrialBalance(first_day, rows, owed_by_chart_minor, *analytic)
