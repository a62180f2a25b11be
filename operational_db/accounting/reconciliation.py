"""What happened to an account, and what did it owe after each step? Its statement, proven equal to the ledger.

Belongs here: asking the database, and refusing a statement that the ledger does not bear out. Does not belong here: any
sum (`sql/account_statement.sql`), or how a statement looks (`dashboards.bills.statement`).
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from psycopg.rows import class_row

from operational_db.billing.commands import find_account
from operational_db.connections import Role, connect
from operational_db.refusal import Refusal
from operational_db.refused import refusals
from operational_db.settings import Settings
from operational_db.tariffs.explanation import money_in_words


@dataclass(frozen=True)
class StatementLine:
    """A reading, a meter's operation, an awarded subsidy or a document; columns as in ops.account_statement.

    `balance_minor` is what is owed after the line, `ledger_minor` the same recomputed from the ledger; `unused_minor`
    what is left of subsidies after a line that changes it.
    """

    line_kind: str
    kind: str
    stands_on: date | None
    article_code: str | None
    document_kind: str | None
    document_no: int | None
    booked_month: date | None
    document_on: date | None
    is_debt: bool | None
    amount_minor: int | None
    balance_minor: int
    ledger_minor: int
    energy_kwh: Decimal | None
    point_code: str | None
    serial_no: str | None
    new_serial_no: str | None
    zone_code: str | None
    value_kwh: Decimal | None
    state: str | None
    reason: str | None
    channel_code: str | None
    external_id: str | None
    reversed_months: list[date] | None
    reversed_bill_nos: list[int] | None
    recorded_at: datetime | None
    recorded_by: str | None
    for_month: date | None
    accrued_minor: int | None
    unused_minor: int | None


@dataclass(frozen=True)
class Addressee:
    """Whom the statement is for; None is not known. The fields are those of a bill's head."""

    holder_name: str | None
    locality: str | None
    street_name: str | None
    house: str | None
    house_letter: str | None
    building: str | None
    flat: str | None


@dataclass(frozen=True)
class AccountStatement:
    """The days [from_day, to_day) of an account; None is open. Without an article, all of them."""

    account_no: str
    addressee: Addressee
    currency: str
    minor_per_major: int
    from_day: date | None
    to_day: date | None
    article_code: str | None
    opening_minor: int
    lines: tuple[StatementLine, ...]
    closing_minor: int
    unused_subsidy_minor: int | None
    """What is left of subsidies at its end; None where none was ever awarded."""

    @property
    def charged_minor(self) -> int:
        return sum(line.amount_minor or 0 for line in self.lines if line.is_debt)

    @property
    def paid_minor(self) -> int:
        return -sum(line.amount_minor or 0 for line in self.lines if not line.is_debt)


def reconcile_account(
    settings: Settings,
    account_no: str,
    *,
    by: str,
    from_day: date | None = None,
    to_day: date | None = None,
    article: str | None = None,
) -> AccountStatement:
    """The statement of an account, after each of its balances was found in the ledger.

    Args:
        from_day: first day; the whole past unless given.
        to_day: first day after; all that is known unless given.
        by: login of the user who asks.

    Raises:
        Refusal: no such account or article, an empty span of days, or a balance that is not the ledger's.
    """
    if from_day is not None and to_day is not None and to_day <= from_day:
        raise Refusal(f"A statement from {from_day} to {to_day} (exclusive) has no day; name a later end.")
    with connect(settings, Role.APP, user=by) as session, refusals():
        account_id, res_id = find_account(session, account_no)
        session.execute("SELECT ops.require_right(%s, 'see', %s)", [by, res_id])
        known = [row[0] for row in session.execute("SELECT article_code FROM ops.article ORDER BY sort_order")]
        if article is not None and article not in known:
            raise Refusal(f'There is no article "{article}"; name one of {", ".join(known)}.')
        currency = dict(
            session.execute(
                "SELECT parameter_code, value FROM ops.parameter"
                " WHERE parameter_code IN ('currency', 'minor_per_major')"
            ).fetchall()
        )
        with session.cursor(row_factory=class_row(Addressee)) as cursor:
            addressee = cursor.execute(
                "SELECT * FROM ops.addressee(%s, coalesce(%s::date - 1, current_date), now())", [account_id, to_day]
            ).fetchone()
        with session.cursor(row_factory=class_row(StatementLine)) as cursor:
            opening, *lines, closing = cursor.execute(
                "SELECT * FROM ops.account_statement(%s, %s, %s, %s)", [account_id, from_day, to_day, article]
            ).fetchall()
    statement = AccountStatement(
        account_no, addressee, currency["currency"], int(currency["minor_per_major"]), from_day, to_day, article,
        opening.balance_minor, tuple(lines), closing.balance_minor, closing.unused_minor,
    )  # fmt: skip
    _prove(statement, [opening, *lines, closing])
    return statement


def _prove(statement: AccountStatement, lines: list[StatementLine]) -> None:
    """Refuses at the first line whose balance is not the ledger's, or that does not follow from the line before."""
    running = lines[0].balance_minor
    for number, line in enumerate(lines):
        running += line.amount_minor or 0
        if running == line.balance_minor == line.ledger_minor:
            continue
        what = " ".join(str(part) for part in (line.document_kind or line.line_kind, line.document_no) if part)
        when = f" of {line.stands_on}" if line.stands_on else ""
        told, kept = (money_in_words(minor, statement.minor_per_major) for minor in (running, line.ledger_minor))
        raise Refusal(
            f"The statement of {statement.account_no} is not shown: after line {number} ({what}{when}) its documents "
            f"come to {told} {statement.currency} and the ledger to {kept}; compare the document with its entries."
        )
