"""Benefits at metering points: granted, ended, cancelled, moved to another category. One function, one transaction."""

from dataclasses import asdict, dataclass
from datetime import date

import psycopg
from psycopg.rows import class_row

from operational_db.command_session import command_session
from operational_db.connections import Role, connect
from operational_db.refused import refusals
from operational_db.settings import Settings


@dataclass(frozen=True)
class Holder:
    """The person who holds a benefit."""

    full_name: str
    tax_id: str | None = None
    document: str | None = None


@dataclass(frozen=True)
class Grant:
    """A grant as it stands; `valid_to` is the first day without it, and equals `valid_from` where it is cancelled."""

    grant_no: int
    point_code: str
    category_code: str
    dwelling_code: str | None
    entitled_persons: int
    full_name: str
    valid_from: date
    valid_to: date | None


def grant_benefit(
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
    dry_run: bool = False,
) -> int:
    """Grant a category at a point; returns the number of the grant.

    Raises:
        Refusal: the category is closed or unknown, the point has it on those days, the end is not after the start.
    """
    arguments = {"point": point_code, "category": category_code, "from": from_day, "to": to_day, "persons": persons}
    with command_session(settings, "grant_benefit", arguments, by=by, dry_run=dry_run) as (session, source_id):
        return grant_statement(
            session, point_code, category_code, holder, from_day, to_day, persons, dwelling, source_id
        )


def grant_statement(
    session: psycopg.Connection,
    point_code: str,
    category_code: str,
    holder: Holder,
    from_day: date,
    to_day: date | None,
    persons: int,
    dwelling: str | None,
    source_id: int,
) -> int:
    """Grant a category within a command; returns the number of the grant."""
    return session.execute(
        "SELECT ops.grant_benefit(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [
            point_code, category_code, from_day, to_day, persons, dwelling, holder.full_name, holder.tax_id,
            holder.document, source_id,
        ],
    ).fetchone()[0]  # fmt: skip


def end_benefit(settings: Settings, grant_no: int, *, on: date, by: str, dry_run: bool = False) -> None:
    """End a grant; `on` is the first day without it, and the grant's first day cancels it wholly.

    Raises:
        Refusal: no such grant, the day is before its start or not before its end.
    """
    arguments = {"grant": grant_no, "on": on}
    with command_session(settings, "end_benefit", arguments, by=by, dry_run=dry_run) as (session, source_id):
        end_statement(session, grant_no, on, source_id)


def end_statement(session: psycopg.Connection, grant_no: int, on: date, source_id: int) -> None:
    """End a grant within a command."""
    session.execute("SELECT ops.end_benefit(%s, %s, %s)", [grant_no, on, source_id])


@dataclass(frozen=True)
class OtherGrant:
    """What a grant gives otherwise from a day on; None stays as it is. Another person brings papers of his own."""

    category_code: str | None = None
    persons: int | None = None
    dwelling: str | None = None
    holder_name: str | None = None
    tax_id: str | None = None
    document: str | None = None


def reassign_benefit(
    settings: Settings, grant_no: int, other: OtherGrant, *, from_day: date, by: str, dry_run: bool = False
) -> int:
    """End a grant and begin another one on the same day, that gives what is told and else the same; returns its number.

    Raises:
        Refusal: no such grant, it does not hold on that day, nothing changes, or what a grant is refused for.
    """
    arguments = {"grant": grant_no, "from": from_day, **asdict(other)}
    with command_session(settings, "reassign_benefit", arguments, by=by, dry_run=dry_run) as (session, source_id):
        return reassign_statement(session, grant_no, other, from_day, source_id)


def reassign_statement(
    session: psycopg.Connection, grant_no: int, other: OtherGrant, from_day: date, source_id: int
) -> int:
    """The same within a transaction of somebody else."""
    return session.execute(
        "SELECT ops.reassign_benefit(%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [
            grant_no, from_day, other.category_code, other.persons, other.dwelling, other.holder_name, other.tax_id,
            other.document, source_id,
        ],
    ).fetchone()[0]  # fmt: skip


def list_grants(
    settings: Settings, *, by: str, point_code: str | None = None, category_code: str | None = None
) -> list[Grant]:
    """Grants at the points that the user may see, by point and first day."""
    with connect(settings, Role.APP, user=by) as session, refusals():
        cursor = session.cursor(row_factory=class_row(Grant))
        return cursor.execute(
            "SELECT g.grant_no, p.code AS point_code, g.category_code, g.dwelling_code, g.entitled_persons,"
            "  h.full_name, g.valid_from, g.valid_to"
            " FROM ops.benefit_grant AS g"
            " INNER JOIN ops.metering_point AS p ON p.metering_point_id = g.metering_point_id"
            " INNER JOIN ops.benefit_holder AS h ON h.benefit_holder_id = g.benefit_holder_id"
            " WHERE g.known_to IS NULL AND (%(point)s::text IS NULL OR p.code = %(point)s)"
            "   AND (%(category)s::text IS NULL OR g.category_code = %(category)s)"
            " ORDER BY p.code, g.valid_from, g.grant_no",
            {"point": point_code, "category": category_code},
        ).fetchall()
