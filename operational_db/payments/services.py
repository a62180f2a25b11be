"""Paid services: their price list, bills from it, and bills taken back. One function, one transaction.

Does not belong here: the rules (`sql/services.sql`), paying for services (a payment that names the article, or pays the
oldest debt).
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from psycopg.rows import class_row

from operational_db.command_session import command_session
from operational_db.connections import Role, connect
from operational_db.refused import refusals
from operational_db.settings import Settings


@dataclass(frozen=True)
class ServicePrice:
    """What a service costs on the days [valid_from, valid_to), VAT included."""

    service_code: str
    meaning: str
    price_minor: int
    vat_rate: Decimal
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True)
class ServiceDocument:
    """A bill of a service that was posted, or would be; below zero where it takes one back."""

    is_dry_run: bool
    account_no: str
    booked_month: date
    service_no: int
    charge_minor: int
    vat_minor: int


@dataclass(frozen=True)
class ServiceBill:
    """A bill of a service as it stands; `standing` is billed, taken back or takes back."""

    booked_month: date
    service_no: int
    service_code: str
    meaning: str
    done_on: date
    quantity: Decimal
    charge_minor: int
    vat_minor: int
    note: str | None
    standing: str


def set_service_price(
    settings: Settings,
    service_code: str,
    price_minor: int,
    *,
    vat_rate: Decimal,
    since: date,
    by: str,
    meaning: str | None = None,
) -> None:
    """Put a price on the list from a day on; what held before ends there.

    Args:
        price_minor: of one unit, VAT included.
        meaning: what the service is, needed the first time.

    Raises:
        Refusal: a price or rate that cannot be, a new service without a meaning, no right to administer.
    """
    arguments = {"service": service_code, "price_minor": price_minor, "vat_rate": vat_rate, "since": since}
    with command_session(settings, "set_service_price", arguments, by=by) as (session, source_id):
        session.execute(
            "SELECT ops.set_service_price(%s, %s, %s, %s, %s, %s)",
            [service_code, meaning, price_minor, vat_rate, since, source_id],
        )


def service_prices(settings: Settings, *, on: date, by: str) -> list[ServicePrice]:
    """The price list of a day."""
    with connect(settings, Role.APP, user=by) as session, refusals():
        cursor = session.cursor(row_factory=class_row(ServicePrice))
        return cursor.execute(
            "SELECT service_code, meaning, price_minor, vat_rate, valid_from, valid_to FROM ops.service_price"
            " WHERE known_to IS NULL AND daterange(valid_from, valid_to) @> %s ORDER BY service_code",
            [on],
        ).fetchall()


def bill_service(
    settings: Settings,
    account: str,
    service_code: str,
    *,
    done_on: date,
    by: str,
    quantity: Decimal | int = 1,
    note: str | None = None,
    dry_run: bool = False,
) -> ServiceDocument:
    """Bill a service by the price of the day on which it was done.

    Raises:
        Refusal: no such account or service, a day to come, a quantity that cannot be, no open month, no right to bill.
    """
    arguments = {"account": account, "service": service_code, "on": done_on, "quantity": quantity, "note": note}
    with command_session(settings, "bill_service", arguments, by=by, dry_run=dry_run) as (session, source_id):
        row = session.execute(
            "SELECT account_no, booked_month, service_no, charge_minor, vat_minor"
            " FROM ops.bill_service(%s, %s, %s, %s, %s, %s)",
            [account, service_code, done_on, quantity, note, source_id],
        ).fetchone()
    return ServiceDocument(dry_run, *row)


def reverse_service(
    settings: Settings, account: str, month: date, service_no: int, *, reason: str, by: str, dry_run: bool = False
) -> ServiceDocument:
    """Take a bill of a service back by one that reverses it, in the open month.

    Raises:
        Refusal: no such bill, it is taken back already, no reason, no open month, no right to bill.
    """
    arguments = {"account": account, "month": month, "service_no": service_no, "reason": reason}
    with command_session(settings, "reverse_service", arguments, by=by, dry_run=dry_run) as (session, source_id):
        row = session.execute(
            "SELECT account_no, booked_month, service_no, charge_minor, vat_minor"
            " FROM ops.reverse_service(%s, %s, %s, %s, %s)",
            [account, month, service_no, reason, source_id],
        ).fetchone()
    return ServiceDocument(dry_run, *row)


def service_bills(settings: Settings, account: str, *, by: str) -> list[ServiceBill]:
    """Bills of services of an account, newest first.

    Raises:
        Refusal: there is no such account among those that the user may see.
    """
    with connect(settings, Role.APP, user=by) as session, refusals():
        cursor = session.cursor(row_factory=class_row(ServiceBill))
        return cursor.execute(
            "SELECT b.booked_month, b.service_no, p.service_code, p.meaning, b.done_on, b.quantity, b.charge_minor,"
            "  b.vat_minor, b.note,"
            "  CASE WHEN b.reverses_no IS NOT NULL THEN 'takes back' WHEN r.service_no IS NOT NULL THEN 'taken back'"
            "    ELSE 'billed' END AS standing"
            " FROM ops.account_named(%s, ops.visible_res_ids()) AS a"
            " INNER JOIN ops.service_bill AS b ON b.account_id = a.account_id"
            " INNER JOIN ops.service_price AS p ON p.service_price_id = b.service_price_id"
            " LEFT JOIN ops.service_bill AS r ON r.account_id = b.account_id AND r.reverses_month = b.booked_month"
            "   AND r.reverses_no = b.service_no"
            " ORDER BY b.booked_month DESC, b.service_no DESC",
            [account],
        ).fetchall()
