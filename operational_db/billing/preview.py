"""A bill run tried before it is posted, and its approval. What a run is belongs to `commands.py`."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from operational_db.billing.commands import find_account, find_unit
from operational_db.command_session import command_session
from operational_db.settings import Settings


@dataclass(frozen=True)
class Outlier:
    """An account that somebody should look at before its bill is posted.

    `reason` is zero, negative or several_times; `usual_kwh` is its mean month of the year before, None without one.
    """

    account_no: str
    reason: str
    energy_kwh: Decimal
    usual_kwh: Decimal | None
    charge_minor: int


@dataclass(frozen=True)
class Unbilled:
    """A reading that stands unbilled, with a sentence why."""

    account_no: str
    point_code: str
    read_on: date
    value_kwh: Decimal
    reason: str


@dataclass(frozen=True)
class Preview:
    """What a run would post now; `preview_id` is what is approved, None where nothing was kept."""

    preview_id: int | None
    month: date
    bill_count: int
    line_count: int
    energy_kwh: Decimal
    charge_minor: int
    unbilled_span_count: int
    outliers: tuple[Outlier, ...]


def preview_month(settings: Settings, month: date, *, by: str, unit_code: str | None = None) -> Preview:
    """Try the run over a unit and keep its figures for approval; nothing is posted.

    Raises:
        Refusal: as `bill_month`.
    """
    tried = try_month(settings, month, by=by, unit_code=unit_code)
    with command_session(settings, "preview_bills", _arguments(month, unit_code), by=by) as (session, source_id):
        preview_id = session.execute(
            "SELECT ops.keep_preview(%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                tried.month, find_unit(session, unit_code), tried.bill_count, tried.line_count, tried.energy_kwh,
                tried.charge_minor, len(tried.outliers), tried.unbilled_span_count, source_id,
            ],
        ).fetchone()[0]  # fmt: skip
    return replace(tried, preview_id=preview_id)


def try_month(settings: Settings, month: date, *, by: str, unit_code: str | None = None) -> Preview:
    """Try the run over a unit and keep nothing of it.

    Raises:
        Refusal: as `bill_month`.
    """
    first_day = month.replace(day=1)
    arguments = _arguments(month, unit_code)
    with command_session(settings, "try_bills", arguments, by=by, dry_run=True) as (session, source_id):
        tried = session.execute(
            "SELECT run_tag, bill_count, line_count, energy_kwh, charge_minor, unbilled_span_count"
            " FROM ops.try_run(%s, %s, %s)",
            [first_day, find_unit(session, unit_code), source_id],
        ).fetchone()
        outliers = tuple(
            Outlier(row[0], row[1], row[2], row[3], int(row[4]))
            for row in session.execute(
                "SELECT account_no, reason, energy_kwh, usual_kwh, charge_minor FROM ops.outliers_of_try(%s, %s)",
                [tried[0], first_day],
            )
        )
    return Preview(None, first_day, tried[1], tried[2], tried[3], int(tried[4]), tried[5], outliers)


def _arguments(month: date, unit_code: str | None) -> dict[str, object]:
    return {"month": f"{month:%Y-%m}", "unit": unit_code}


def approve_run(settings: Settings, preview_id: int, *, by: str) -> None:
    """Let the run that was previewed be posted.

    Raises:
        Refusal: no such preview, one approved already, or no right to approve.
    """
    with command_session(settings, "approve_run", {"preview": preview_id}, by=by) as (session, source_id):
        session.execute("SELECT ops.approve_run(%s, %s)", [preview_id, source_id])


def left_unbilled(settings: Settings, month: date, *, by: str, unit_code: str | None = None) -> list[Unbilled]:
    """Readings entered in a month that stand unbilled, in the order of accounts, each with its reason."""
    with command_session(settings, "left_unbilled", {}, by=by, dry_run=True) as (session, _):
        return [
            Unbilled(*row)
            for row in session.execute(
                "SELECT account_no, point_code, read_on, value_kwh, reason FROM ops.left_unbilled(%s, %s)",
                [month.replace(day=1), find_unit(session, unit_code)],
            )
        ]


def bill_anew(settings: Settings, account_no: str, from_day: date, reason: str, *, by: str) -> int:
    """Ask that all points of an account be billed anew from a day on; the next run of its open month does it.

    Returns how many points that are.

    Raises:
        Refusal: unknown account, no right, or nothing billed from that day on.
    """
    arguments = {"account": account_no, "from": from_day, "reason": reason}
    with command_session(settings, "bill_anew", arguments, by=by) as (session, source_id):
        account_id, _ = find_account(session, account_no)
        return session.execute(
            "SELECT ops.ask_amendment(%s, NULL, %s, %s, %s)", [account_id, from_day, reason, source_id]
        ).fetchone()[0]
