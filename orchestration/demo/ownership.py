"""Whose database it is: the demonstration works only in one that it made, and throws away no other.

It signs the database itself with a comment, which lives and dies with it.
"""

import json
from dataclasses import asdict

import psycopg
from psycopg import sql

from operational_db import server
from operational_db.connections import connect_as_admin
from operational_db.refusal import Refusal
from operational_db.server.databases import MAINTENANCE_DATABASE, drop_database
from operational_db.settings import Settings
from orchestration.made_up_utility import MadeUpUtility


def claim(settings: Settings, utility: MadeUpUtility, *, fresh: bool) -> bool:
    """Make the database the demonstration's of this utility; True when that demonstration is complete in it.

    A demonstration of another utility, or any when `fresh`, is thrown away first.
    """
    server.start(settings)
    signed = _signature(settings)
    if signed is None:
        _refuse_foreign_rows(settings)
    elif fresh or signed["utility"] != asdict(utility):
        _throw_away(settings)
    elif signed["is_complete"]:
        return True
    _sign(settings, utility, is_complete=False)
    return False


def complete(settings: Settings, utility: MadeUpUtility) -> None:
    _sign(settings, utility, is_complete=True)


def _signature(settings: Settings) -> dict[str, object] | None:
    with connect_as_admin(settings) as session:
        comment = session.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()"
        ).fetchone()[0]
    try:
        return json.loads(comment or "")["wattbook demo"]
    except (ValueError, TypeError, KeyError):
        return None


def _sign(settings: Settings, utility: MadeUpUtility, *, is_complete: bool) -> None:
    signature = json.dumps({"wattbook demo": {"utility": asdict(utility), "is_complete": is_complete}})
    with connect_as_admin(settings) as session:
        name = sql.Identifier(settings.database_name)
        session.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(name, sql.Literal(signature)))


def _refuse_foreign_rows(settings: Settings) -> None:
    with connect_as_admin(settings) as session:
        if _has_rows(session, "landing.load") or _has_rows(session, "ops.account"):
            raise Refusal(
                f"The database {settings.database_name} holds loads that are not the demonstration's, so it is not "
                "touched; name another database in WATTBOOK_DATABASE_NAME, or throw this one away with "
                "`wattbook db reset`."
            )


def _has_rows(session: psycopg.Connection, table: str) -> bool:
    if not session.execute("SELECT to_regclass(%s) IS NOT NULL", [table]).fetchone()[0]:
        return False
    query = sql.SQL("SELECT EXISTS (SELECT 1 FROM {})").format(sql.Identifier(*table.split(".")))
    return session.execute(query).fetchone()[0]


def _throw_away(settings: Settings) -> None:
    maintenance = settings.model_copy(update={"database_name": MAINTENANCE_DATABASE})
    with connect_as_admin(maintenance, autocommit=True) as session:
        drop_database(session, settings.database_name)
    server.start(settings)
