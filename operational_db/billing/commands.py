"""Operations of billing: bill a month or an account, close a month. One function, one operation, one transaction."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import psycopg

from operational_db.billing.preparation import prepare_in_parts
from operational_db.connections import Role, connect
from operational_db.exchange.sources import record_command
from operational_db.refusal import Refusal
from operational_db.refused import refusals
from operational_db.settings import Settings


@dataclass(frozen=True)
class BillRun:
    """What a run posted; `bill_run_id` is None where everything was billed already.

    The corrected accounts are those with months billed anew; `correction_minor` is what that changed, all of it within
    the other figures.
    """

    bill_run_id: int | None
    month: date
    bill_count: int
    line_count: int
    energy_kwh: Decimal
    charge_minor: int
    unbilled_span_count: int
    corrected_account_count: int
    correction_minor: int

    @property
    def was_billed_already(self) -> bool:
        return self.bill_run_id is None


@dataclass(frozen=True)
class ClosedMonth:
    """A month of a RES that stands closed; `chain_hash` proves it and all closes before."""

    res_code: str
    month: date
    chain_hash: str


@dataclass(frozen=True)
class CloseCheck:
    """What stands in the way of closing a month of a RES, a sentence each; none where nothing does.

    `notes` are what a person should know before, though it stands in nobody's way.
    """

    res_code: str
    obstacles: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class MonthOfRes:
    """The RES of a unit that have a month, by code: those where it stands open, and those where it is closed."""

    open: tuple[str, ...]
    closed: tuple[str, ...]


@dataclass(frozen=True)
class DoubtfulClose:
    """A closed month of a RES that is not what its close says; `doubt` tells what differs."""

    res_code: str
    month: date
    doubt: str


def bill_month(
    settings: Settings, month: date, *, by: str, unit_code: str | None = None, account_no: str | None = None
) -> BillRun:
    """Bill all that a month has to bill under a unit (the whole supplier unless named), or of one account.

    Whole or not at all; a second run posts nothing.

    Raises:
        Refusal: unknown unit, account or user, no right, a closed month or one that is not open, a month before it
            with readings still to bill.
    """
    first_day = month.replace(day=1)
    with connect(settings, Role.APP, user=by) as session, refusals():
        account_id = None
        if account_no is not None:
            account_id, unit_id = find_account(session, account_no)
        else:
            unit_id = find_unit(session, unit_code)
        user_id = session.execute("SELECT ops.require_right(%s, 'bill', %s)", [by, unit_id]).fetchone()[0]
        arguments = {"month": f"{first_day:%Y-%m}", "unit": unit_code, "account": account_no}
        source_id = record_command(session, "bill", arguments, user_id=user_id)
        part_count = 0
        if account_id is None:
            part_count = prepare_in_parts(settings, session, first_day, unit_id=unit_id, source_id=source_id, by=by)
        run = session.execute(
            "SELECT bill_run_id, bill_count, line_count, energy_kwh, charge_minor, unbilled_span_count,"
            " corrected_account_count, correction_minor"
            " FROM ops.post_bills(%s, %s, %s, %s, %s)",
            [first_day, None if account_id is not None else unit_id, account_id, source_id, part_count],
        ).fetchone()
    return BillRun(run[0], first_day, run[1], run[2], run[3], int(run[4]), run[5], run[6], int(run[7]))


def close_month(
    settings: Settings, month: date, *, unit_code: str | None = None, by: str, dry_run: bool = False
) -> list[ClosedMonth]:
    """Close a month for every RES under a unit, all or none; afterwards the database refuses to post into it.

    RES that are closed already are left as they are. Tried dry, all is done and taken back.

    Raises:
        Refusal: no right, nothing to close, or what stands in the way (see `close_obstacles`).
    """
    first_day = month.replace(day=1)
    closed = []
    with connect(settings, Role.APP, user=by) as session, refusals():
        unit_id = find_unit(session, unit_code)
        user_id = session.execute("SELECT ops.require_right(%s, 'close', %s)", [by, unit_id]).fetchone()[0]
        source_id = record_command(
            session, "close", {"month": f"{first_day:%Y-%m}", "unit": unit_code}, user_id=user_id
        )
        to_close = _open_res(session, unit_id, first_day)
        # All locks before the first row is read: a bill run beside it then waits, or is waited for, never both.
        session.execute("SELECT ops.lock_open_month(%s, %s, true)", [[res_id for res_id, _ in to_close], first_day])
        for res_id, res_code in to_close:
            chain_hash = session.execute(
                "SELECT ops.close_month(%s, %s, %s)", [res_id, first_day, source_id]
            ).fetchone()[0]
            closed.append(ClosedMonth(res_code, first_day, chain_hash))
        if dry_run:
            session.rollback()
    return closed


def close_checks(settings: Settings, month: date, *, unit_code: str | None = None, by: str) -> list[CloseCheck]:
    """What stands in the way of closing a month, RES by RES of those under a unit that are open.

    Raises:
        Refusal: no right, or nothing to close there.
    """
    first_day = month.replace(day=1)
    with connect(settings, Role.APP, user=by) as session, refusals():
        unit_id = find_unit(session, unit_code)
        session.execute("SELECT ops.require_right(%s, 'close', %s)", [by, unit_id])
        return [
            CloseCheck(
                res_code,
                *(
                    tuple(row[0] for row in session.execute(statement, [res_id, first_day]))
                    for statement in (
                        "SELECT obstacle FROM ops.close_obstacles(%s, %s)",
                        "SELECT note FROM ops.close_notes(%s, %s)",
                    )
                ),
            )
            for res_id, res_code in _open_res(session, unit_id, first_day)
        ]


def close_obstacles(settings: Settings, month: date, *, unit_code: str | None = None, by: str) -> list[str]:
    """Why the month cannot be closed yet, a sentence each; empty when it can."""
    checks = close_checks(settings, month, unit_code=unit_code, by=by)
    return [obstacle for check in checks for obstacle in check.obstacles]


def month_of_res(settings: Settings, month: date, *, unit_code: str | None = None, by: str) -> MonthOfRes:
    """Where under a unit a month stands open, and where it is closed.

    Raises:
        Refusal: no such unit, no right, or the month was opened at none of its RES.
    """
    first_day = month.replace(day=1)
    with connect(settings, Role.APP, user=by) as session, refusals():
        unit_id = find_unit(session, unit_code)
        session.execute("SELECT ops.require_right(%s, 'see', %s)", [by, unit_id])
        states = _states_of_res(session, unit_id, first_day)
    return MonthOfRes(
        tuple(code for _, code, is_closed in states if not is_closed),
        tuple(code for _, code, is_closed in states if is_closed),
    )


def closes_in_doubt(
    settings: Settings, *, unit_code: str | None = None, by: str, newest_only: bool = False
) -> list[DoubtfulClose]:
    """Closed months under a unit whose rows or chain are not what their close says; computed anew from all rows.

    Args:
        newest_only: only the last closed month of each RES, which is what a day may wait for.
    """
    with connect(settings, Role.APP, user=by) as session, refusals():
        unit_id = find_unit(session, unit_code)
        session.execute("SELECT ops.require_right(%s, 'close', %s)", [by, unit_id])
        return [
            DoubtfulClose(*row)
            for row in session.execute(
                "SELECT res_code, booked_month, doubt FROM ops.closes_in_doubt("
                "  (SELECT array_agg(r.res_id) FROM ops.res_under(%s, current_date) AS r), %s)",
                [unit_id, newest_only],
            )
        ]


def find_unit(session: psycopg.Connection, unit_code: str | None) -> int:
    """The unit's id; without a code the top of the hierarchy."""
    if unit_code is None:
        unit_code = session.execute("SELECT value FROM ops.parameter WHERE parameter_code = 'root_unit'").fetchone()[0]
    return session.execute("SELECT ops.find_unit(%s)", [unit_code]).fetchone()[0]


def find_account(session: psycopg.Connection, account_no: str) -> tuple[int, int]:
    """The account's id and its RES."""
    found = session.execute("SELECT account_id, res_id FROM ops.account WHERE account_no = %s", [account_no]).fetchone()
    if found is None:
        raise Refusal(
            f'There is no account "{account_no}" among those you may see; check the number '
            "(household numbers look like SA01/12/345)."
        )
    return found


def _open_res(session: psycopg.Connection, unit_id: int, month: date) -> list[tuple[int, str]]:
    """The RES under the unit whose month is open, by code; refuses when all are closed or none was ever opened."""
    states = _states_of_res(session, unit_id, month)
    still_open = [(res_id, code) for res_id, code, is_closed in states if not is_closed]
    if not still_open:
        raise Refusal(f"Month {month:%Y-%m} is closed already for all {len(states)} RES there; nothing was done.")
    return still_open


def _states_of_res(session: psycopg.Connection, unit_id: int, month: date) -> list[tuple[int, str, bool]]:
    """The RES under the unit that have the month, by code, and whether it is closed; refuses where none has."""
    states = session.execute(
        "SELECT u.unit_id, u.code, c.res_id IS NOT NULL"
        " FROM ops.res_under(%s, %s) AS r"
        " INNER JOIN ops.unit AS u ON u.unit_id = r.res_id"
        " INNER JOIN ops.billing_period AS p ON p.res_id = r.res_id AND p.booked_month = %s"
        " LEFT JOIN ops.period_close AS c ON c.res_id = p.res_id AND c.booked_month = p.booked_month"
        " ORDER BY u.code",
        [unit_id, month, month],
    ).fetchall()
    if not states:
        raise Refusal(f"Month {month:%Y-%m} was never opened there, so there is nothing to close.")
    return states
