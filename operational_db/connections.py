"""How the rest of Wattbook opens a session: as one of the database roles, and for one user.

What a role may do is written in the schema; who starts the server in `operational_db.server`.
"""

from enum import StrEnum

import psycopg
from psycopg.conninfo import make_conninfo

from operational_db import server
from operational_db.refusal import Refusal
from operational_db.server.life_cycle import address_without_asking
from operational_db.settings import Settings


class Role(StrEnum):
    """The database roles; design rule 9 tells them apart."""

    OWNER = "owner"
    APP = "app"
    LOADER = "loader"
    DBT = "dbt"
    READER = "reader"
    WEB = "web"

    @property
    def database_role(self) -> str:
        return f"wattbook_{self.value}"


def connect(settings: Settings, role: Role, *, user: str | None = None, autocommit: bool = False) -> psycopg.Connection:
    """A session as the role; `user` is the login of the signed-in user, whom row-level security and the audit see.

    An embedded server that is not running is started, so that any command just works.
    """
    return psycopg_session(settings, session_options(settings, role, user), autocommit=autocommit)


def connect_as_admin(settings: Settings, *, autocommit: bool = False) -> psycopg.Connection:
    """A session with the server's own login: for making roles, schema and copies, never for business rows."""
    return psycopg_session(settings, session_options(settings), autocommit=autocommit)


def address(settings: Settings, role: Role | None = None, *, user: str | None = None) -> str:
    """The libpq address of such a session, password included, for a tool that opens its own (Alembic, dbt, Dagster)."""
    dsn = server.start(settings).dsn_admin
    return make_conninfo(dsn, options=session_options(settings, role, user))


def session_options(settings: Settings, role: Role | None = None, user: str | None = None) -> str:
    """Parameters given at log-in: a ROLLBACK or RESET returns to them, which it would not to a SET sent later."""
    parameters = {"timezone": settings.time_zone, "wattbook.user_login": user or ""}
    if role is not None:
        parameters["role"] = role.database_role
    return " ".join(f"-c {name}={_escaped(value)}" for name, value in parameters.items())


def psycopg_session(settings: Settings, options: str, *, autocommit: bool) -> psycopg.Connection:
    dsn = address_without_asking(settings)
    if dsn is not None:
        try:
            return _open(dsn, options, autocommit)
        except psycopg.OperationalError:
            pass  # not running, or no such database yet: starting finds out and says so
    dsn = server.start(settings).dsn_admin
    try:
        return _open(dsn, options, autocommit)
    except psycopg.OperationalError as error:
        raise Refusal(
            f"The database {settings.database_name} refused the session ({str(error).strip().splitlines()[-1]}); "
            "run `wattbook db start`, which builds the schema and its roles, then try again."
        ) from error


def _open(dsn: str, options: str, autocommit: bool) -> psycopg.Connection:
    return psycopg.connect(make_conninfo(dsn, options=options), autocommit=autocommit)


def _escaped(value: str) -> str:
    """libpq splits options at spaces; a backslash protects them and itself."""
    return value.replace("\\", "\\\\").replace(" ", "\\ ")
