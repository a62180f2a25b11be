"""What would a grant, an end or a closing change on bills? Tried with the next bill run, and taken back.

Does not belong here: the operations themselves (`grants.py`, `categories.py`), and how the run bills anew
(`operational_db.billing`).
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import psycopg
from psycopg.rows import class_row

from operational_db.benefits.categories import close_statement
from operational_db.benefits.grants import Holder, OtherGrant, end_statement, grant_statement, reassign_statement
from operational_db.command_session import command_session
from operational_db.settings import Settings


@dataclass(frozen=True)
class RecalculatedMonth:
    """A month of use of a metering point as it stands billed, and as it is right after the run of `booked_month`.

    The charges are at the full price; what is to be paid is the charge less the benefit. A month that was not billed
    yet stands with zeros.
    """

    account_no: str
    point_code: str
    booked_month: date
    service_month: date
    standing_kwh: Decimal
    right_kwh: Decimal
    standing_benefit_kwh: Decimal
    right_benefit_kwh: Decimal
    standing_charge_minor: int
    right_charge_minor: int
    standing_benefit_minor: int
    right_benefit_minor: int

    @property
    def change_minor(self) -> int:
        """What the consumer owes more, or less, by it."""
        standing = self.standing_charge_minor - self.standing_benefit_minor
        return self.right_charge_minor - self.right_benefit_minor - standing


def preview_grant(
    settings: Settings,
    point_code: str,
    category_code: str,
    holder: Holder,
    *,
    from_day: date,
    by: str,
    to_day: date | None = None,
    persons: int = 1,
    dwelling: str | None = None,
) -> list[RecalculatedMonth]:
    """What the next bill run of the account posts if the category is granted; none where no billed month changes.

    Raises:
        Refusal: as `grant_benefit`.
    """
    with command_session(settings, "grant_benefit", {}, by=by, dry_run=True) as (session, source_id):
        grant_statement(session, point_code, category_code, holder, from_day, to_day, persons, dwelling, source_id)
        return _to_come(session, source_id)


def preview_end(settings: Settings, grant_no: int, *, on: date, by: str) -> list[RecalculatedMonth]:
    """What the next bill run of the account posts if the grant ends on a day.

    Raises:
        Refusal: as `end_benefit`.
    """
    with command_session(settings, "end_benefit", {}, by=by, dry_run=True) as (session, source_id):
        end_statement(session, grant_no, on, source_id)
        return _to_come(session, source_id)


def preview_reassignment(
    settings: Settings, grant_no: int, other: OtherGrant, *, from_day: date, by: str
) -> list[RecalculatedMonth]:
    """What the next bill run of the account posts if the grant becomes another one on a day.

    Raises:
        Refusal: as `reassign_benefit`.
    """
    with command_session(settings, "reassign_benefit", {}, by=by, dry_run=True) as (session, source_id):
        reassign_statement(session, grant_no, other, from_day, source_id)
        return _to_come(session, source_id)


def preview_closing(settings: Settings, category_code: str, *, on: date, by: str) -> list[RecalculatedMonth]:
    """What the next bill runs of all holders' accounts post if the category is closed on a day.

    Raises:
        Refusal: as `close_category`.
    """
    with command_session(settings, "close_benefit_category", {}, by=by, dry_run=True) as (session, source_id):
        close_statement(session, category_code, on, source_id)
        return _to_come(session, source_id)


def _to_come(session: psycopg.Connection, source_id: int) -> list[RecalculatedMonth]:
    with session.cursor(row_factory=class_row(RecalculatedMonth)) as cursor:
        return cursor.execute("SELECT * FROM ops.benefit_bills_to_come(%s)", [source_id]).fetchall()
