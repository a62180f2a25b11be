"""How the rest of Wattbook opens a session: as one of the database roles, and for one user.

What a role may do is written in the schema; who starts the server in `operational_db.server`.
"""

import re
from enum import StrEnum

import psycopg

from operational_db import server
from operational_db.refusal import Refusal
from operational_db.server.address import with_parts
from operational_db.server.databases import CONNECT_SECONDS, last_line
from operational_db.server.life_cycle import address_without_asking
from operational_db.settings import Settings


class Role(StrEnum):
    """The database roles; rule 9 of the design tells them apart."""

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
    """A session as the role; row-level security and the audit see `user`, the login of the signed-in person.

    An embedded server that is not running is started, so that any command just works.
    """
    return _session(settings, _parameters(settings, role, user), autocommit)


def connect_as_admin(settings: Settings, *, autocommit: bool = False) -> psycopg.Connection:
    """A session with the server's own login: to make roles, schema and copies, never for business rows."""
    return _session(settings, _parameters(settings, None, None), autocommit)


def session_url(settings: Settings, role: Role | None = None, *, user: str | None = None) -> str:
    """The address of such a session, password included, for a tool that opens its own (dbt, Dagster)."""
    return with_parts(server.start(settings).dsn_admin, options=_parameters(settings, role, user))


def _parameters(settings: Settings, role: Role | None, user: str | None) -> str:
    """Given at log-in, so that ROLLBACK and RESET return to them, as they would not to a later SET."""
    parameters = {"timezone": settings.time_zone, "wattbook.user_login": user or ""}
    if role is not None:
        parameters["role"] = role.database_role
    return " ".join(f"-c {name}={_escaped(value)}" for name, value in parameters.items())


def _session(settings: Settings, options: str, autocommit: bool) -> psycopg.Connection:
    address = address_without_asking(settings)
    if address is not None:
        try:
            return _open(address, options, autocommit)
        except psycopg.OperationalError:
            pass  # not running, or no such database yet: starting finds out and says so
    address = server.start(settings).dsn_admin
    try:
        return _open(address, options, autocommit)
    except psycopg.OperationalError as error:
        raise Refusal(
            f"The database {settings.database_name} refused the session ({last_line(error)}); run "
            "`wattbook db start`, which builds the schema and its roles, then try again."
        ) from error


def _open(address: str, options: str, autocommit: bool) -> psycopg.Connection:
    return psycopg.connect(address, options=options, autocommit=autocommit, connect_timeout=CONNECT_SECONDS)


def _escaped(value: str) -> str:
    """A backslash protects white space, at which the server would split, and a backslash itself."""
    return re.sub(r"([\\\s])", r"\\\1", value)
