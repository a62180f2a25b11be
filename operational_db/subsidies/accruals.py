"""Subsidies of accounts: accrued as awarded, used by bills, taken back. One function, one transaction.

Does not belong here: the rules (`sql/accrue_subsidies.sql`, `sql/use_subsidies.sql`), files (`subsidy_files`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from psycopg.rows import class_row

from operational_db.billing.commands import find_account, find_unit
from operational_db.command_session import command_session
from operational_db.connections import Role, connect
from operational_db.refused import refusals
from operational_db.settings import Settings


@dataclass(frozen=True)
class ToldSubsidy:
    """What social security awards an account for a month; `kind` is award, or recalculation for a difference."""

    account: str
    for_month: date
    amount_minor: int
    decision: str
    kind: str = "award"
    decided_on: date | None = None
    note: str | None = None
    source_row: int | None = None


@dataclass(frozen=True)
class RefusedSubsidy:
    """A told row that cannot be accrued, and why."""

    source_row: int | None
    sentence: str


@dataclass(frozen=True)
class Use:
    """What a run posted; `unused_minor` is left of `unused_count` accounts and carried over."""

    month: date
    account_count: int
    used_minor: int
    reversed_count: int
    unused_count: int
    unused_minor: int


@dataclass(frozen=True)
class SubsidyOfMonth:
    """The subsidy of an account in a month; columns as in ops.subsidies_of_month."""

    account_no: str
    carried_minor: int
    awarded_minor: int
    recalculated_minor: int
    charged_minor: int
    benefit_minor: int
    usable_minor: int
    used_minor: int
    unused_minor: int


@dataclass(frozen=True)
class SubsidyStep:
    """Something that happened to the subsidy of an account; columns as in ops.subsidy_history."""

    serves_from: date
    booked_month: date
    kind: str
    number: int
    for_month: date
    amount_minor: int | None
    used_minor: int | None
    unused_minor: int
    decision: str | None
    decided_on: date | None
    note: str | None
    is_taken_back: bool


@dataclass(frozen=True)
class TakenBack:
    """The row that takes an accrual back, or would."""

    is_dry_run: bool
    account_no: str
    booked_month: date
    accrual_no: int
    amount_minor: int


def accrue_subsidies(
    settings: Settings,
    told: Sequence[ToldSubsidy],
    *,
    by: str,
    origin: Mapping[str, object] | None = None,
    dry_run: bool = False,
) -> list[RefusedSubsidy]:
    """Accrue what is told: all of it, or nothing where a row cannot be; returns the rows that cannot.

    Args:
        origin: what is recorded of the file they come from, such as its name and fingerprint.

    Raises:
        Refusal: no such user, a month that closed meanwhile.
    """
    if not told:
        return []
    arguments = {"count": len(told), **(origin or {})}
    with command_session(settings, "accrue_subsidies", arguments, by=by, dry_run=dry_run) as (session, source_id):
        rows = session.execute(
            "SELECT source_row, why_not FROM ops.accrue_subsidies(%s::text[], %s::date[], %s::bigint[], %s::text[],"
            "  %s::text[], %s::date[], %s::text[], %s::integer[], %s)",
            [
                [one.account for one in told],
                [one.for_month for one in told],
                [one.amount_minor for one in told],
                [one.kind for one in told],
                [one.decision for one in told],
                [one.decided_on for one in told],
                [one.note for one in told],
                [one.source_row for one in told],
                source_id,
            ],
        ).fetchall()
        if rows:
            # Nothing was written, so the book keeps no trace of the attempt either.
            session.rollback()
    return [RefusedSubsidy(*row) for row in rows]


def use_subsidies(
    settings: Settings,
    month: date,
    *,
    by: str,
    unit_code: str | None = None,
    account_no: str | None = None,
    dry_run: bool = False,
) -> Use:
    """Let the bills of a month take the subsidies that are there; a second run posts nothing.

    Raises:
        Refusal: unknown unit or account, no right, a month that is closed, not open, or not the first open one.
    """
    first_day = month.replace(day=1)
    arguments = {"month": f"{first_day:%Y-%m}", "unit": unit_code, "account": account_no}
    with command_session(settings, "use_subsidies", arguments, by=by, dry_run=dry_run) as (session, source_id):
        if account_no is not None:
            account_id, unit_id = find_account(session, account_no)
        else:
            account_id, unit_id = None, find_unit(session, unit_code)
        posted = session.execute(
            "SELECT account_count, used_minor, reversed_count, unused_count, unused_minor"
            " FROM ops.use_subsidies(%s, %s, %s, %s)",
            [first_day, unit_id, account_id, source_id],
        ).fetchone()
    return Use(first_day, *posted)


def reverse_subsidy(
    settings: Settings, account: str, month: date, accrual_no: int, *, reason: str, by: str, dry_run: bool = False
) -> TakenBack:
    """Take an accrual back by one that reverses it, in the open month; what closed months used of it stays used.

    Args:
        month: the month in which the accrual is booked.

    Raises:
        Refusal: no such accrual, it is taken back already, no reason, no open month, no right.
    """
    arguments = {"account": account, "month": month, "accrual_no": accrual_no, "reason": reason}
    with command_session(settings, "reverse_subsidy", arguments, by=by, dry_run=dry_run) as (session, source_id):
        row = session.execute(
            "SELECT account_no, booked_month, accrual_no, amount_minor FROM ops.reverse_subsidy(%s, %s, %s, %s, %s)",
            [account, month, accrual_no, reason, source_id],
        ).fetchone()
    return TakenBack(dry_run, *row)


def subsidies_of_month(
    settings: Settings, month: date, *, by: str, unit_code: str | None = None, account_no: str | None = None
) -> list[SubsidyOfMonth]:
    """The subsidies of a month under a unit or of one account, by account; those that nothing moved are left out.

    Raises:
        Refusal: no such unit or account among those that the user may see.
    """
    first_day = month.replace(day=1)
    with connect(settings, Role.APP, user=by) as session, refusals():
        if account_no is not None:
            account_id, unit_id = find_account(session, account_no)
        else:
            account_id, unit_id = None, find_unit(session, unit_code)
        return (
            session.cursor(row_factory=class_row(SubsidyOfMonth))
            .execute(
                "SELECT a.account_no, s.carried_minor, s.awarded_minor, s.recalculated_minor, s.charged_minor,"
                "   s.benefit_minor, s.usable_minor, s.used_minor, s.unused_minor"
                " FROM ops.subsidies_of_month(ARRAY(SELECT r.res_id FROM ops.res_under(%s, %s) AS r), %s, %s) AS s"
                " INNER JOIN ops.account AS a ON a.account_id = s.account_id"
                " WHERE (s.carried_minor, s.awarded_minor, s.recalculated_minor, s.used_minor) <> (0, 0, 0, 0)"
                " ORDER BY a.account_no",
                [unit_id, first_day, account_id, first_day],
            )
            .fetchall()
        )


def subsidy_history(settings: Settings, account_no: str, *, by: str) -> list[SubsidyStep]:
    """All that happened to the subsidy of an account, in order, with what is unused after each step.

    Raises:
        Refusal: no such account among those that the user may see.
    """
    with connect(settings, Role.APP, user=by) as session, refusals():
        account_id, _ = find_account(session, account_no)
        return (
            session.cursor(row_factory=class_row(SubsidyStep))
            .execute(
                "SELECT serves_from, booked_month, kind, number, for_month, amount_minor, used_minor, unused_minor,"
                "   decision, decided_on, note, is_taken_back FROM ops.subsidy_history(%s)",
                [account_id],
            )
            .fetchall()
        )
