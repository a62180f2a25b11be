"""Unwinding credits into energy: what is in advance becomes whole kWh at the price list of the month."""

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
class Unwinding:
    """What a run recorded; `reversed_count` records no longer held, `left_out_count` credits have no one price list.

    `kept_count` months of use keep the price of an older list for `kept_kwh`; `taken_off_minor` is what that costs less
    than their bills, what was taken back set off.
    """

    month: date
    account_count: int
    energy_kwh: Decimal
    charge_minor: int
    credit_minor: int
    reversed_count: int
    left_out_count: int
    kept_count: int
    kept_kwh: Decimal
    taken_off_minor: int


@dataclass(frozen=True)
class PrepaidEnergy:
    """Energy that an account has paid for, as it stands.

    Attributes:
        left_minor: the rest of the credit, too little for one kWh more.
        price_source: where the price list was published.
        price_holds_to: first day on which the energy no longer costs this price; None while no other list has come.
        kwh_a_month: the most of a month that keeps the price since then; None for lists without steps.
    """

    booked_month: date
    priced_on: date
    credit_minor: int
    energy_kwh: Decimal
    charge_minor: int
    left_minor: int
    tariff_code: str
    price_source: str
    price_changed_on: date | None
    price_holds_to: date | None
    kwh_a_month: Decimal | None


def unwind_credits(
    settings: Settings,
    month: date,
    *,
    by: str,
    unit_code: str | None = None,
    account_no: str | None = None,
    dry_run: bool = False,
) -> Unwinding:
    """Record the energy that credits of electricity pay for at the end of a month; that money stays as it is.

    Energy that was prepaid before the price list changed keeps its price: what its bills of up to this month cost
    more is taken off first, by a document of this month.

    Raises:
        Refusal: unknown unit or account, no right, a closed month or one that is not open.
    """
    first_day = month.replace(day=1)
    arguments = {"month": f"{first_day:%Y-%m}", "unit": unit_code, "account": account_no}
    with command_session(settings, "unwind", arguments, by=by, dry_run=dry_run) as (session, source_id):
        if account_no is not None:
            account_id, unit_id = find_account(session, account_no)
        else:
            account_id, unit_id = None, find_unit(session, unit_code)
        unwound = session.execute(
            "SELECT account_count, energy_kwh, charge_minor, credit_minor, reversed_count, left_out_count, kept_count,"
            " kept_kwh, taken_off_minor"
            " FROM ops.unwind_credits(%s, %s, %s, %s)",
            [first_day, unit_id, account_id, source_id],
        ).fetchone()
    return Unwinding(first_day, *unwound)


def prepaid_energy(settings: Settings, account_no: str, *, by: str) -> PrepaidEnergy | None:
    """The prepaid energy of an account as it stands; None where there is none.

    Raises:
        Refusal: no such account among those that the user may see.
    """
    with connect(settings, Role.APP, user=by) as session, refusals():
        account_id, _ = find_account(session, account_no)
        return (
            session.cursor(row_factory=class_row(PrepaidEnergy))
            .execute(
                "SELECT s.booked_month, s.priced_on, s.credit_minor, s.energy_kwh, s.charge_minor,"
                "   s.credit_minor - s.charge_minor AS left_minor, v.tariff_code, v.source AS price_source,"
                "   p.price_changed_on, p.price_holds_to, p.kwh_a_month"
                " FROM ops.prepaid_energy_standing AS s"
                " INNER JOIN ops.tariff_version AS v ON v.tariff_version_id = s.tariff_version_id"
                " LEFT JOIN ops.prepaid_energy_price AS p ON p.account_id = s.account_id"
                "   AND p.booked_month = s.booked_month AND p.prepaid_no = s.prepaid_no"
                " WHERE s.account_id = %s",
                [account_id],
            )
            .fetchone()
        )
