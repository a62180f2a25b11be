"""Contracts of accounts, drawn up, signed and terminated. One function, one transaction.

Does not belong here: the rules (`sql/contracts.sql`), the use that a contract foresees (`metering.contract_use`).
"""

from dataclasses import dataclass
from datetime import date

from psycopg.rows import class_row

from operational_db.billing.commands import find_account, find_unit
from operational_db.command_session import command_session
from operational_db.connections import Role, connect
from operational_db.refused import refusals
from operational_db.settings import Settings


@dataclass(frozen=True)
class Contract:
    """A contract as it is on a day: not_signed, signed (in force) or terminated, since a day."""

    account_no: str
    account_kind: str
    contract_no: str
    signed_on: date | None
    status: str
    since: date


@dataclass(frozen=True)
class AccountWithoutContract:
    """An open account that has no contract in force; its latest one and what that is, where it has any."""

    account_no: str
    account_kind: str
    contract_no: str | None
    status: str | None


_STATUS = """
SELECT a.account_no, a.kind AS account_kind, c.contract_no, c.signed_on, s.status, s.valid_from AS since
FROM ops.account AS a
INNER JOIN ops.contract AS c ON c.account_id = a.account_id
INNER JOIN ops.contract_status AS s
    ON s.contract_id = c.contract_id AND s.known_to IS NULL AND daterange(s.valid_from, s.valid_to) @> %(on_day)s
"""

_WITHOUT = """
SELECT a.account_no, a.kind AS account_kind, latest.contract_no, latest.status
FROM ops.account AS a
LEFT JOIN LATERAL (
    SELECT c.contract_no, s.status
    FROM ops.contract AS c
    INNER JOIN ops.contract_status AS s
        ON s.contract_id = c.contract_id AND s.known_to IS NULL AND s.valid_from <= %(on_day)s
    WHERE c.account_id = a.account_id
    ORDER BY s.valid_from DESC, s.contract_status_id DESC
    LIMIT 1
) AS latest ON true
WHERE a.res_id IN (SELECT r.res_id FROM ops.res_under(%(unit_id)s, %(on_day)s) AS r)
    AND a.kind <> 'technical' AND a.opened_on <= %(on_day)s AND coalesce(a.closed_on > %(on_day)s, true)
    AND (ops.contract_in_force(a.account_id, %(on_day)s)).contract_id IS NULL
ORDER BY a.kind DESC, a.account_no
"""


def draw_up_contract(
    settings: Settings, account: str, contract_no: str, *, from_day: date, by: str, dry_run: bool = False
) -> str:
    """Draw up a contract that is not signed yet; returns the account's number.

    Raises:
        Refusal: no such account, a closed one, no right, a number that the RES has given before.
    """
    arguments = {"account": account, "number": contract_no, "from": from_day}
    with command_session(settings, "draw_up_contract", arguments, by=by, dry_run=dry_run) as (session, source_id):
        return session.execute(
            "SELECT ops.draw_up_contract(%s, %s, %s, %s)", [account, contract_no, from_day, source_id]
        ).fetchone()[0]


def sign_contract(
    settings: Settings,
    account: str,
    contract_no: str,
    *,
    signed_on: date,
    from_day: date,
    by: str,
    dry_run: bool = False,
) -> str:
    """Sign a contract that was drawn up, in force from a day on; returns the account's number.

    Raises:
        Refusal: no such account or contract, no right, signed already, another one in force on that day, a day of
            signature that has not come or that is after the first day in force.
    """
    arguments = {"account": account, "number": contract_no, "signed_on": signed_on, "from": from_day}
    with command_session(settings, "sign_contract", arguments, by=by, dry_run=dry_run) as (session, source_id):
        return session.execute(
            "SELECT ops.sign_contract(%s, %s, %s, %s, %s)", [account, contract_no, signed_on, from_day, source_id]
        ).fetchone()[0]


def terminate_contract(
    settings: Settings, account: str, contract_no: str, *, from_day: date, reason: str, by: str, dry_run: bool = False
) -> str:
    """Terminate a contract; `from_day` is the first day on which it is not in force. Returns the account's number.

    Raises:
        Refusal: no such account or contract, no right, terminated already, a day before its present status.
    """
    arguments = {"account": account, "number": contract_no, "from": from_day, "reason": reason}
    with command_session(settings, "terminate_contract", arguments, by=by, dry_run=dry_run) as (session, source_id):
        return session.execute(
            "SELECT ops.terminate_contract(%s, %s, %s, %s)", [account, contract_no, from_day, source_id]
        ).fetchone()[0]


def contracts_of_account(settings: Settings, account_no: str, *, on_day: date, by: str) -> list[Contract]:
    """All contracts of an account as they are on a day, the youngest status first.

    Raises:
        Refusal: no such account among those that the user may see.
    """
    with connect(settings, Role.APP, user=by) as session, refusals():
        account_id, res_id = find_account(session, account_no)
        session.execute("SELECT ops.require_right(%s, 'see', %s)", [by, res_id])
        return (
            session.cursor(row_factory=class_row(Contract))
            .execute(
                _STATUS + "WHERE a.account_id = %(account_id)s ORDER BY s.valid_from DESC, c.contract_id DESC",
                {"account_id": account_id, "on_day": on_day},
            )
            .fetchall()
        )


def accounts_without_contract(
    settings: Settings, unit_code: str | None, *, on_day: date, by: str
) -> list[AccountWithoutContract]:
    """Open accounts under a unit that have no contract in force on a day, legal ones first.

    Raises:
        Refusal: no such unit, or no right to see it.
    """
    with connect(settings, Role.APP, user=by) as session, refusals():
        unit_id = find_unit(session, unit_code)
        session.execute("SELECT ops.require_right(%s, 'see', %s)", [by, unit_id])
        return (
            session.cursor(row_factory=class_row(AccountWithoutContract))
            .execute(_WITHOUT, {"unit_id": unit_id, "on_day": on_day})
            .fetchall()
        )
