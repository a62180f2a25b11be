"""Posted payments that are wrong: taken back, moved to the account they belong to, found doubled. One function, one
transaction.

Belongs here: the commands, and what they answer. Does not belong here: the rules (`sql/payment_corrections.sql`),
packages that are not posted yet (`packages`), whose money it may be (`recognition`).
"""

from dataclasses import dataclass
from datetime import date

from psycopg.rows import class_row

from operational_db.command_session import command_session
from operational_db.connections import Role, connect
from operational_db.refused import refusals
from operational_db.settings import Settings


@dataclass(frozen=True)
class ReversedPayment:
    """A payment that was taken back in `booked_month`, or would be."""

    is_dry_run: bool
    account_no: str
    paid_on: date
    amount_minor: int
    booked_month: date


@dataclass(frozen=True)
class MovedPayment:
    """A payment that was taken from an account in `booked_month` and given to another in `right_month`, or would be."""

    is_dry_run: bool
    account_no: str
    right_account_no: str
    paid_on: date
    amount_minor: int
    booked_month: date
    right_month: date


@dataclass(frozen=True)
class DoubledPayment:
    """Two standing payments that may be one: certainly by the channel's id, or probably by account, day and amount."""

    certainty: str
    account_no: str
    channel_code: str
    external_id: str
    package_no: str | None
    other_account_no: str
    other_channel_code: str
    other_external_id: str
    other_package_no: str | None
    paid_on: date
    amount_minor: int


def reverse_payment(
    settings: Settings, channel_code: str, external_id: str, *, reason: str, by: str, dry_run: bool = False
) -> ReversedPayment:
    """Take a posted payment back by one that reverses it, in the open month.

    Raises:
        Refusal: no such payment, it was taken back before, no open month, no reason, no right.
    """
    arguments = {"channel": channel_code, "id": external_id, "reason": reason}
    with command_session(settings, "reverse_payment", arguments, by=by, dry_run=dry_run) as (session, source_id):
        row = session.execute(
            "SELECT account_no, paid_on, amount_minor, booked_month FROM ops.reverse_payment(%s, %s, %s, %s)",
            [channel_code, external_id, reason, source_id],
        ).fetchone()
    return ReversedPayment(dry_run, *row)


def transfer_payment(
    settings: Settings,
    channel_code: str,
    external_id: str,
    to_account: str,
    *,
    reason: str,
    by: str,
    article: str | None = None,
    dry_run: bool = False,
) -> MovedPayment:
    """Move a posted payment to the account it belongs to.

    Args:
        article: what it pays there; the one that it named before, else the oldest debt, unless told.

    Raises:
        Refusal: no such payment or account, it was taken back before, no open month, no reason, no right for both RES.
    """
    return _move(settings, channel_code, external_id, to_account, reason, article, by, dry_run, is_binding=False)


def bind_payment(
    settings: Settings,
    channel_code: str,
    external_id: str,
    to_account: str,
    *,
    by: str,
    reason: str = "The payer is known now.",
    article: str | None = None,
    dry_run: bool = False,
) -> MovedPayment:
    """Give an unrecognised payment to its account: a transfer from the pool.

    Raises:
        Refusal: as for a transfer, or the payment is not unrecognised.
    """
    return _move(settings, channel_code, external_id, to_account, reason, article, by, dry_run, is_binding=True)


def doubled_payments(settings: Settings, *, since: date, by: str) -> list[DoubledPayment]:
    """Standing payments booked from a month on that may have come in twice, certain ones first; nothing is undone."""
    with connect(settings, Role.APP, user=by) as session, refusals():
        cursor = session.cursor(row_factory=class_row(DoubledPayment))
        return cursor.execute("SELECT * FROM ops.doubled_payments(%s)", [since]).fetchall()


def _move(
    settings: Settings,
    channel_code: str,
    external_id: str,
    to_account: str,
    reason: str,
    article: str | None,
    by: str,
    dry_run: bool,
    *,
    is_binding: bool,
) -> MovedPayment:
    arguments = {"channel": channel_code, "id": external_id, "to": to_account, "article": article, "reason": reason}
    name = "bind_payment" if is_binding else "transfer_payment"
    with command_session(settings, name, arguments, by=by, dry_run=dry_run) as (session, source_id):
        row = session.execute(
            "SELECT account_no, right_account_no, paid_on, amount_minor, booked_month, right_month"
            " FROM ops.move_payment(%s, %s, %s, %s, %s, %s, %s)",
            [channel_code, external_id, to_account, article, reason, is_binding, source_id],
        ).fetchone()
    return MovedPayment(dry_run, *row)
