"""Targets of collection: set for a unit from a month on, ended, listed.

Does not belong here: which target holds for a unit without its own (`dbt_project`, fct_collection).
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
class CollectionTarget:
    """The share of charges that a unit is asked to collect in months `[valid_from, valid_to)`."""

    unit_code: str
    target_share: Decimal
    document: str
    valid_from: date
    valid_to: date | None


def set_collection_target(
    settings: Settings, unit_code: str, target_share: Decimal, *, from_month: date, document: str, by: str
) -> date | None:
    """Set the target of a unit from a month on; returns the month of the next one that was set already.

    Raises:
        Refusal: an impossible share, no paper, a unit that keeps no money, or no right at the unit above.
    """
    arguments = {"unit": unit_code, "from": from_month, "share": target_share, "document": document}
    with command_session(settings, "set_collection_target", arguments, by=by) as (session, source_id):
        return session.execute(
            "SELECT ops.set_collection_target(ops.find_unit(%s), %s, %s, %s, %s)",
            [unit_code, target_share, from_month, document, source_id],
        ).fetchone()[0]


def end_collection_target(settings: Settings, unit_code: str, *, from_month: date, by: str) -> date | None:
    """End the target of a unit with a month; returns the month of the next one that was set already.

    Raises:
        Refusal: the unit has no target of its own in that month, or no right at the unit above.
    """
    arguments = {"unit": unit_code, "from": from_month}
    with command_session(settings, "end_collection_target", arguments, by=by) as (session, source_id):
        return session.execute(
            "SELECT ops.end_collection_target(ops.find_unit(%s), %s, %s)", [unit_code, from_month, source_id]
        ).fetchone()[0]


def list_collection_targets(settings: Settings, *, by: str) -> list[CollectionTarget]:
    """All targets that stand, from the top down, by first month."""
    with connect(settings, Role.APP, user=by) as session, refusals():
        cursor = session.cursor(row_factory=class_row(CollectionTarget))
        return cursor.execute(
            "SELECT u.code AS unit_code, t.target_share, t.document, t.valid_from, t.valid_to"
            " FROM ops.collection_target AS t"
            " INNER JOIN ops.unit AS u ON u.unit_id = t.unit_id"
            " INNER JOIN ops.unit_level AS l ON l.level = u.level"
            " WHERE t.known_to IS NULL ORDER BY l.depth, u.code, t.valid_from"
        ).fetchall()
