"""The directory of categories of benefits: set from a day on, closed, made valid again."""

from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal

import psycopg
from psycopg import sql
from psycopg.rows import class_row

from operational_db.command_session import command_session
from operational_db.connections import Role, connect
from operational_db.refused import refusals
from operational_db.settings import Settings


@dataclass(frozen=True)
class Category:
    """What a category gives; `fixed_norm_kwh` a month where its `norm_kind` is fixed."""

    category_code: str
    category_name: str
    share: Decimal
    norm_kind: str
    financing_source: str
    report_row: str
    fixed_norm_kwh: Decimal | None = None
    valid_from: date | None = None
    closed_on: date | None = None


@dataclass(frozen=True)
class CategoryChange:
    """What a category gives otherwise; None stays as it is."""

    category_name: str | None = None
    share: Decimal | None = None
    norm_kind: str | None = None
    fixed_norm_kwh: Decimal | None = None
    financing_source: str | None = None
    report_row: str | None = None


def set_category(settings: Settings, category: Category, *, from_day: date, by: str) -> None:
    """Add a category, or say all of what an existing one gives from a day on.

    Raises:
        Refusal: an impossible share or norm, or a version from that day or later stands, no right.
    """
    told = _whole(category)
    _tell_category(settings, "set_benefit_category", category.category_code, told, from_day, by=by, dry_run=False)


def add_category(settings: Settings, category: Category, *, from_day: date, by: str, dry_run: bool = False) -> None:
    """Add a category that is not there yet.

    Raises:
        Refusal: it is there, an impossible share or norm, no name, source or row, no right.
    """
    told = _whole(category)
    _tell_category(settings, "add_benefit_category", category.category_code, told, from_day, by=by, dry_run=dry_run)


def change_category(
    settings: Settings, category_code: str, change: CategoryChange, *, from_day: date, by: str, dry_run: bool = False
) -> None:
    """Say what a category gives from a day on; what it gave before that day stays.

    Raises:
        Refusal: no such category, nothing changes, an impossible share or norm, a version from that day or later
            stands, no right.
    """
    _tell_category(settings, "change_benefit_category", category_code, change, from_day, by=by, dry_run=dry_run)


def _whole(category: Category) -> CategoryChange:
    return CategoryChange(
        category.category_name,
        category.share,
        category.norm_kind,
        category.fixed_norm_kwh,
        category.financing_source,
        category.report_row,
    )


def _tell_category(
    settings: Settings, function: str, category_code: str, told: CategoryChange, from_day: date, *, by: str,
    dry_run: bool,
) -> None:  # fmt: skip
    arguments = {"category": category_code, "from": from_day, **asdict(told)}
    with command_session(settings, function, arguments, by=by, dry_run=dry_run) as (session, source_id):
        session.execute(
            sql.SQL("SELECT {}(%s, %s, %s, %s, %s, %s, %s, %s, %s)").format(sql.Identifier("ops", function)),
            [
                category_code, told.category_name, told.share, told.norm_kind, told.fixed_norm_kwh,
                told.financing_source, told.report_row, from_day, source_id,
            ],
        )  # fmt: skip


def close_category(settings: Settings, category_code: str, *, on: date, by: str, dry_run: bool = False) -> int:
    """Close a category from a day on; returns how many grants got another end.

    Raises:
        Refusal: no such category, or it is closed already.
    """
    arguments = {"category": category_code, "on": on}
    with command_session(settings, "close_benefit_category", arguments, by=by, dry_run=dry_run) as (session, source_id):
        return close_statement(session, category_code, on, source_id)


def close_statement(session: psycopg.Connection, category_code: str, on: date, source_id: int) -> int:
    """Close a category within a command; returns how many grants got another end."""
    return session.execute("SELECT ops.close_benefit_category(%s, %s, %s)", [category_code, on, source_id]).fetchone()[
        0
    ]


def reopen_category(settings: Settings, category_code: str, *, by: str) -> None:
    """Make a closed category valid again; former holders get nothing back.

    Raises:
        Refusal: no such category, or it is not closed.
    """
    with command_session(settings, "reopen_benefit_category", {"category": category_code}, by=by) as (session, _):
        session.execute("SELECT ops.reopen_benefit_category(%s)", [category_code])


def list_categories(settings: Settings, *, by: str) -> list[Category]:
    """All standing versions of all categories, by code and first day."""
    with connect(settings, Role.APP, user=by) as session, refusals():
        cursor = session.cursor(row_factory=class_row(Category))
        return cursor.execute(
            "SELECT v.category_code, v.category_name, v.share, v.norm_kind, v.financing_source, v.report_row,"
            "  v.fixed_norm_kwh, v.valid_from, c.closed_on"
            " FROM ops.benefit_category_version AS v"
            " LEFT JOIN ops.benefit_category_closing AS c"
            "   ON c.category_code = v.category_code AND c.known_to IS NULL"
            " WHERE v.known_to IS NULL ORDER BY v.category_code, v.valid_from"
        ).fetchall()
