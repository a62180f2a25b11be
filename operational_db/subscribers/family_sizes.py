"""How many persons live at an account: dated records, added and deleted, never edited. One function, one transaction.

Does not belong here: the rules (`sql/family_sizes.sql`), how many of a family are entitled to a benefit (`benefits`).
"""

from dataclasses import dataclass
from datetime import date, datetime

from psycopg.rows import class_row

from operational_db.billing.commands import find_account
from operational_db.command_session import command_session
from operational_db.connections import Role, connect
from operational_db.refused import refusals
from operational_db.settings import Settings


@dataclass(frozen=True)
class FamilySize:
    """A record for the days [valid_from, valid_to); the book knew it from known_from to known_to, or still knows it."""

    persons: int
    valid_from: date
    valid_to: date | None
    known_from: datetime
    known_to: datetime | None


@dataclass(frozen=True)
class AddedSize:
    """A record that was added, or would be; so many points are billed anew because of it."""

    account_no: str
    valid_to: date | None
    amended_count: int


@dataclass(frozen=True)
class DeletedSize:
    """A record that was deleted, or would be; `persons_before` holds in its place, None where nothing is known."""

    account_no: str
    persons: int
    persons_before: int | None
    amended_count: int


@dataclass(frozen=True)
class CountedGrant:
    """A grant whose norm goes by a number of persons of its own, which a family's size does not change."""

    grant_no: int
    point_code: str
    category_code: str
    entitled_persons: int


def add_family_size(
    settings: Settings, account: str, persons: int, *, from_day: date, by: str, dry_run: bool = False
) -> AddedSize:
    """Say how many persons live at an account from a day on, up to the next record.

    Raises:
        Refusal: no such account, a record that begins on that day or says the same, no right; where billed days depend
            on it, no right to bill.
    """
    arguments = {"account": account, "persons": persons, "from": from_day}
    with command_session(settings, "add_family_size", arguments, by=by, dry_run=dry_run) as (session, source_id):
        row = session.execute(
            "SELECT account_no, to_day, amended_count FROM ops.add_family_size(%s, %s, %s, %s)",
            [account, persons, from_day, source_id],
        ).fetchone()
    return AddedSize(*row)


def delete_family_size(
    settings: Settings, account: str, *, from_day: date, by: str, dry_run: bool = False
) -> DeletedSize:
    """Delete the record that begins on a day; the one before it goes on in its place.

    Raises:
        Refusal: no such account or record, no right; where billed days depend on it, no right to bill.
    """
    arguments = {"account": account, "from": from_day}
    with command_session(settings, "delete_family_size", arguments, by=by, dry_run=dry_run) as (session, source_id):
        row = session.execute(
            "SELECT account_no, persons, persons_before, amended_count FROM ops.delete_family_size(%s, %s, %s)",
            [account, from_day, source_id],
        ).fetchone()
    return DeletedSize(*row)


def family_sizes(settings: Settings, account_no: str, *, by: str, deleted_too: bool = False) -> list[FamilySize]:
    """The records of an account by first day; with those that the book no longer holds where they are asked for.

    Raises:
        Refusal: no such account among those that the user may see.
    """
    with connect(settings, Role.APP, user=by) as session, refusals():
        account_id, _ = find_account(session, account_no)
        return (
            session.cursor(row_factory=class_row(FamilySize))
            .execute(
                "SELECT persons, valid_from, valid_to, known_from, known_to FROM ops.family_size"
                " WHERE account_id = %s AND (known_to IS NULL OR %s) ORDER BY valid_from, known_from, family_size_id",
                [account_id, deleted_too],
            )
            .fetchall()
        )


def grants_by_persons(settings: Settings, account_no: str, *, from_day: date, by: str) -> list[CountedGrant]:
    """Grants from a day on at the account's points whose norm goes by entitled persons: a clerk looks at them when the
    family's size changes.

    Raises:
        Refusal: no such account among those that the user may see.
    """
    with connect(settings, Role.APP, user=by) as session, refusals():
        account_id, _ = find_account(session, account_no)
        return (
            session.cursor(row_factory=class_row(CountedGrant))
            .execute(
                "SELECT DISTINCT g.grant_no, p.code AS point_code, g.category_code, g.entitled_persons"
                " FROM ops.metering_point AS p"
                " INNER JOIN ops.benefit_grant AS g ON g.metering_point_id = p.metering_point_id"
                "   AND g.known_to IS NULL AND g.valid_from < coalesce(g.valid_to, 'infinity')"
                "   AND coalesce(g.valid_to > %s, true)"
                " INNER JOIN ops.benefit_category_version AS v ON v.category_code = g.category_code"
                "   AND v.known_to IS NULL AND v.norm_kind = 'dwelling'"
                " WHERE p.account_id = %s ORDER BY g.grant_no",
                [from_day, account_id],
            )
            .fetchall()
        )
