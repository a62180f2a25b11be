"""Building the schema of a database and bringing a filled one up or down.

Tables come from frozen Alembic revisions (`revisions/`); functions, triggers, policies and grants from the `.sql` files
that `catalogue.SQL_FILES` lists, installed anew whenever their text or the revision is another: they hold no rows, so
their newest text is right for the newest tables. What text is installed, the schema's comment tells.
"""

import hashlib
from pathlib import Path

import alembic.command
import psycopg
import sqlalchemy
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg import sql

from operational_db.connections import connect_as_admin
from operational_db.settings import Settings

REVISIONS_DIR = Path(__file__).parent / "revisions"
ROLES_FILE = Path(__file__).parent / "sql" / "roles.sql"
UNINSTALL_FILE = Path(__file__).parent / "sql" / "uninstall.sql"
SCHEMAS = ("landing", "migration", "ops", "audit", "work")
HEAD = "head"


def upgrade(settings: Settings, revision: str = HEAD) -> None:
    """Bring the database to the revision (the newest unless named), in one transaction."""
    with connect_as_admin(settings) as session, _as_sqlalchemy(session) as connection:
        _prepare(session)
        found = _revision_of(connection)
        is_installed = found == newest_revision() and _installed_text(session) == _newest_text()
        if found is not None and not is_installed:
            # Functions of the older version may have other arguments; replacing alone would leave both.
            session.execute(UNINSTALL_FILE.read_text(encoding="utf-8"))
        alembic.command.upgrade(_configuration(connection), revision)
        if revision in (HEAD, newest_revision()) and not is_installed:
            install_sql(session)
        session.commit()


def downgrade(settings: Settings, revision: str) -> None:
    """Take the database back to an older revision; rows of tables that it does not have are lost.

    Functions, triggers and policies are taken out; the version of Wattbook that goes with the revision brings its own.
    """
    with connect_as_admin(settings) as session, _as_sqlalchemy(session) as connection:
        _prepare(session)
        session.execute(UNINSTALL_FILE.read_text(encoding="utf-8"))
        session.execute("COMMENT ON SCHEMA ops IS NULL")
        alembic.command.downgrade(_configuration(connection), revision)
        session.commit()


def current_revision(settings: Settings) -> str | None:
    """The revision that the database has; None when it was never built."""
    with connect_as_admin(settings) as session, _as_sqlalchemy(session) as connection:
        return _revision_of(connection)


def newest_revision() -> str:
    """The revision that this version of Wattbook needs."""
    return ScriptDirectory(str(REVISIONS_DIR)).get_current_head() or ""


def install_sql(session: psycopg.Connection) -> None:
    """Install functions, triggers, policies and grants from their files; the same again changes nothing."""
    session.execute("SET LOCAL ROLE wattbook_owner")
    session.execute("SET LOCAL check_function_bodies = off")
    for file in _sql_files():
        session.execute(file.read_text(encoding="utf-8"))
    session.execute(sql.SQL("COMMENT ON SCHEMA ops IS {}").format(sql.Literal(_newest_text())))
    session.execute("RESET ROLE")


def _sql_files() -> list[Path]:
    # Imported late: the tables that the catalogue collects import this package themselves.
    from operational_db.schema.catalogue import SQL_FILES  # noqa: PLC0415

    return list(SQL_FILES)


def _newest_text() -> str:
    digest = hashlib.sha256()
    for file in _sql_files():
        digest.update(file.read_bytes())
    return f"SQL files {digest.hexdigest()}"


def _installed_text(session: psycopg.Connection) -> str | None:
    return session.execute("SELECT obj_description('ops'::regnamespace, 'pg_namespace')").fetchone()[0]


def _revision_of(connection: sqlalchemy.Connection) -> str | None:
    return MigrationContext.configure(connection, opts={"version_table_schema": "ops"}).get_current_revision()


def _prepare(session: psycopg.Connection) -> None:
    session.execute(ROLES_FILE.read_text(encoding="utf-8"))
    session.execute("SET LOCAL client_min_messages = warning")
    for schema in SCHEMAS:
        session.execute(f"CREATE SCHEMA IF NOT EXISTS {schema} AUTHORIZATION wattbook_owner")


def _as_sqlalchemy(session: psycopg.Connection) -> sqlalchemy.Connection:
    """The session as SQLAlchemy sees it; closing that rolls back what was not committed by then.

    The first connect asks the server for its version and rolls back, so this comes before any statement of ours.
    """
    engine = sqlalchemy.create_engine(
        "postgresql+psycopg://",
        creator=lambda: session,
        poolclass=sqlalchemy.pool.StaticPool,
        pool_reset_on_return=None,
    )
    return engine.connect()


def _configuration(connection: sqlalchemy.Connection) -> Config:
    configuration = Config()
    configuration.set_main_option("script_location", str(REVISIONS_DIR))
    configuration.attributes["connection"] = connection
    return configuration
