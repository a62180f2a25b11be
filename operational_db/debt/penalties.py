"""Operations of late payment: what a delay costs, charging it for a month, taking it back, the figures it rests on."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from psycopg.rows import class_row

from operational_db.billing.commands import find_account, find_unit
from operational_db.command_session import command_session
from operational_db.connections import Role, connect
from operational_db.refused import refusals
from operational_db.settings import Settings


@dataclass(frozen=True)
class PenaltyRow:
    """Days of one calendar month on which one debt stood overdue, and what they cost.

    Attributes:
        due_on: last day to pay of the debt.
        day_to: first day after the span.
        rate: the rule's rate; `multiplier` the reference rate or price index it goes with, None where none is entered.
        cap_minor: the most that the debt may cost by its rule, None without a cap.
        charge_minor: None where a reference rate or price index is missing.
    """

    component: str
    due_on: date
    day_from: date
    day_to: date
    debt_minor: int
    method: str
    rate: Decimal | None
    multiplier: Decimal | None
    accrued_minor: Decimal
    cap_minor: int | None
    charge_minor: int | None
    is_verified: bool
    source: str


@dataclass(frozen=True)
class Penalty:
    """What an account's delay costs up to a day, by what the book knows now.

    Attributes:
        to: the first day that is no longer counted.
        charge_minor: the sum of the rows of verified rules.
        standing_minor: what is charged already for days before `to`.
        suspended_since: first day from which nothing accrues by law; None where something does.
    """

    account_no: str
    to: date
    rows: tuple[PenaltyRow, ...]
    charge_minor: int
    standing_minor: int
    suspended_since: date | None
    suspended_by: str | None

    @property
    def to_post_minor(self) -> int:
        """What the next charge would post for these days."""
        return self.charge_minor - self.standing_minor


@dataclass(frozen=True)
class PenaltyCharge:
    """What a run over a month posted: charges of new days, corrections of days charged before.

    `waiting_count` accounts have days whose reference rate or price index is not entered; `unverified_count` are late
    by a rule that is not verified, which is never charged.
    """

    month: date
    account_count: int
    line_count: int
    charged_minor: int
    corrected_minor: int
    waiting_count: int
    unverified_count: int


@dataclass(frozen=True)
class PenaltyReversal:
    """What taking back posted: lines, and the sum by which the account owes less."""

    line_count: int
    reversed_minor: int


def penalty_of(settings: Settings, account_no: str, to: date, *, by: str) -> Penalty:
    """What the delay of an account costs up to a day, posting nothing.

    Args:
        to: the first day that is no longer counted.

    Raises:
        Refusal: no such account among those that the user may see.
    """
    with connect(settings, Role.APP, user=by) as session, refusals():
        account_id, res_id = find_account(session, account_no)
        rows = (
            session.cursor(row_factory=class_row(PenaltyRow))
            .execute(
                "SELECT component, due_on, day_from, day_to, debt_minor, method, rate, multiplier, accrued_minor,"
                "   cap_minor, charge_minor, is_verified, source"
                " FROM ops.penalty_arithmetic(ARRAY[%s::integer], %s, %s)"
                " ORDER BY component DESC, due_on, day_from",
                [res_id, account_id, to],
            )
            .fetchall()
        )
        standing_minor = session.execute(
            "SELECT coalesce(sum(charge_minor), 0)::bigint FROM ops.penalty_standing"
            " WHERE account_id = %s AND day_to <= %s",
            [account_id, to],
        ).fetchone()[0]
        suspended = session.execute(
            "SELECT r.valid_from, r.source FROM ops.penalty_rule AS r"
            " INNER JOIN ops.account AS a ON a.kind = r.consumer_kind"
            " INNER JOIN ops.parameter AS p ON p.parameter_code = 'country' AND p.value = r.country"
            " WHERE a.account_id = %s AND r.method = 'suspended' AND daterange(r.valid_from, r.valid_to) @> %s - 1"
            " LIMIT 1",
            [account_id, to],
        ).fetchone() or (None, None)
    charge_minor = sum(row.charge_minor or 0 for row in rows if row.is_verified)
    return Penalty(account_no, to, tuple(rows), charge_minor, standing_minor, *suspended)


def charge_penalties(
    settings: Settings,
    month: date,
    *,
    by: str,
    unit_code: str | None = None,
    account_no: str | None = None,
    dry_run: bool = False,
) -> PenaltyCharge:
    """Charge the days of delay up to the end of a month, for all accounts of a unit or for one.

    What changed on days that were charged before is posted as the difference; a second run posts nothing.

    Raises:
        Refusal: unknown unit or account, no right, a closed month or one that is not open.
    """
    first_day = month.replace(day=1)
    arguments = {"month": f"{first_day:%Y-%m}", "unit": unit_code, "account": account_no}
    with command_session(settings, "charge_penalties", arguments, by=by, dry_run=dry_run) as (session, source_id):
        if account_no is not None:
            account_id, unit_id = find_account(session, account_no)
        else:
            account_id, unit_id = None, find_unit(session, unit_code)
        charged = session.execute(
            "SELECT account_count, line_count, charged_minor, corrected_minor, waiting_count, unverified_count"
            " FROM ops.charge_penalties(%s, %s, %s, %s)",
            [first_day, unit_id, account_id, source_id],
        ).fetchone()
    return PenaltyCharge(first_day, *charged)


def reverse_penalties(
    settings: Settings,
    account_no: str,
    month: date,
    *,
    from_day: date,
    to: date,
    reason: str,
    by: str,
    dry_run: bool = False,
) -> PenaltyReversal:
    """Take back what days of delay cost an account; they are charged no more.

    Args:
        month: the open month that the reversing lines are booked in.
        to: the first day that is no longer meant.

    Raises:
        Refusal: no such account, no right, no reason, nothing charged for these days, a closed month.
    """
    arguments = {"account": account_no, "month": f"{month:%Y-%m}", "from": from_day, "to": to, "reason": reason}
    with command_session(settings, "reverse_penalties", arguments, by=by, dry_run=dry_run) as (session, source_id):
        account_id, _ = find_account(session, account_no)
        taken_back = session.execute(
            "SELECT line_count, reversed_minor FROM ops.reverse_penalties(%s, %s, %s, %s, %s, %s)",
            [month.replace(day=1), account_id, from_day, to, reason, source_id],
        ).fetchone()
    return PenaltyReversal(*taken_back)


def enter_reference_rate(
    settings: Settings, code: str, rate: Decimal, *, from_day: date, published_in: str, by: str
) -> None:
    """Enter the rate of a central bank from a day on.

    Raises:
        Refusal: no rule asks for this rate, it is no share of one, no right.
    """
    arguments = {"code": code, "from": from_day, "rate": rate, "published_in": published_in}
    with command_session(settings, "enter_reference_rate", arguments, by=by) as (session, source_id):
        session.execute(
            "SELECT ops.enter_reference_rate(%s, %s, %s, %s, %s)", [code, from_day, rate, published_in, source_id]
        )


def enter_price_index(
    settings: Settings, code: str, value: Decimal, *, month: date, published_in: str, by: str
) -> None:
    """Enter the price index of a month, beside the month before.

    Raises:
        Refusal: no rule asks for this index, it is not to be believed, no right.
    """
    arguments = {"code": code, "month": f"{month:%Y-%m}", "value": value, "published_in": published_in}
    with command_session(settings, "enter_price_index", arguments, by=by) as (session, source_id):
        session.execute(
            "SELECT ops.enter_price_index(%s, %s, %s, %s, %s)", [code, month, value, published_in, source_id]
        )
