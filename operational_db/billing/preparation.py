"""Preparing the bills of a whole month in several sessions at once, before one posts them.

PostgreSQL gives one statement's rows to one writer, so the way to use all cores is several sessions. Belongs here: who
prepares which accounts, and that all see the book as the posting session saw it. Does not belong here: what is billed
and how (`sql/prepared_bills.sql`), and posting (`commands.bill_month`).
"""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import psycopg
from psycopg import sql

from operational_db.connections import Role, connect
from operational_db.refused import refusals
from operational_db.settings import Settings

PARTS = 2
"""As many as cores on the machines that Wattbook is measured on; more gain nothing there."""


def prepare_in_parts(
    settings: Settings, session: psycopg.Connection, month: date, *, unit_id: int, source_id: int, by: str
) -> int:
    """Prepare the plain bills of a month for the run of a session; returns in how many parts, 0 where none are.

    Args:
        session: that will post them, in the same transaction as this call; it holds the locks meanwhile.

    Raises:
        Refusal: what a run is refused for; nothing is posted then.
    """
    parts = session.execute(
        "SELECT part_no, account_from, account_to FROM ops.plan_parts(%s, %s, %s, %s)",
        [month, unit_id, settings.bill_in_parts_from, PARTS],
    ).fetchall()
    if not parts:
        return 0
    snapshot = session.execute("SELECT pg_export_snapshot()").fetchone()[0]
    with ThreadPoolExecutor(len(parts)) as sessions:
        prepared = [
            sessions.submit(_prepare, settings, by, snapshot, [month, unit_id, source_id, *part]) for part in parts
        ]
        for part in prepared:
            part.result()
    return len(parts)


def _prepare(settings: Settings, by: str, snapshot: str, arguments: list[object]) -> None:
    with connect(settings, Role.APP, user=by) as session, refusals():
        session.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        session.execute(sql.SQL("SET TRANSACTION SNAPSHOT {}").format(sql.Literal(snapshot)))
        session.execute("SELECT ops.prepare_bills(%s, %s, %s, %s, %s, %s)", arguments)
