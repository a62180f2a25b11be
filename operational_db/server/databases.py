"""One database per supplier on a server: found, made, dropped; and who may be let in.

The server itself may be the embedded one or a real one; its life belongs to `embedded`.
"""

import psycopg
from psycopg import sql

from operational_db.refusal import Refusal
from operational_db.server.address import with_parts, without_password

OLDEST_SUPPORTED_VERSION = 15
MAINTENANCE_DATABASE = "postgres"
CONNECT_SECONDS = 10
_BUILTIN_LOCALE_SINCE = 17


def open_session(address: str) -> psycopg.Connection:
    """A session that commits each statement by itself."""
    return psycopg.connect(address, connect_timeout=CONNECT_SECONDS, autocommit=True)


def reach(address: str, named_by: str) -> psycopg.Connection:
    """A session in the named database, or in the maintenance database while the named one does not exist.

    `named_by` tells the user where the address came from when neither lets us in.
    """
    try:
        return open_session(address)
    except psycopg.OperationalError as error:
        # "Does not exist" comes in the server's language, so the second door is tried whatever was said.
        try:
            return open_session(with_parts(address, dbname=MAINTENANCE_DATABASE))
        except psycopg.OperationalError:
            raise Refusal(
                f"The server named by {named_by} ({without_password(address)}) does not let us in "
                f"({last_line(error)}); correct the address, or unset the variable to use the embedded one."
            ) from error


def check_version(connection: psycopg.Connection, named_by: str) -> None:
    version = connection.info.server_version // 10000
    if version < OLDEST_SUPPORTED_VERSION:
        raise Refusal(
            f"The server named by {named_by} is PostgreSQL {version}, and Wattbook needs "
            f"{OLDEST_SUPPORTED_VERSION} or later; upgrade it, or unset the variable to use the embedded one."
        )


def ensure_database(connection: psycopg.Connection, name: str) -> None:
    """Make the database unless it is there. Strings are ordered by bytes, and lower() knows Cyrillic."""
    if database_bytes(connection, name) is not None:
        return
    if connection.info.server_version // 10000 >= _BUILTIN_LOCALE_SINCE:
        locale = sql.SQL("LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C'")
    else:
        locale = sql.SQL("LOCALE_PROVIDER libc LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'")
    command = sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8' {}")
    try:
        connection.execute(command.format(sql.Identifier(name), locale))
    except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
        pass  # another command made it a moment ago
    except psycopg.Error as error:
        raise Refusal(
            f"The database {name} does not exist and cannot be created ({last_line(error)}); create it "
            "by hand with encoding UTF8, or give the login the right CREATEDB."
        ) from error


def drop_database(connection: psycopg.Connection, name: str) -> None:
    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def database_bytes(connection: psycopg.Connection, name: str) -> int | None:
    """The size on disk; None when there is no such database."""
    query = "SELECT pg_database_size(oid) FROM pg_database WHERE datname = %s"
    row = connection.execute(query, (name,)).fetchone()
    return None if row is None else row[0]


def last_line(error: psycopg.Error) -> str:
    """What the server said, without the driver's preface."""
    return str(error).strip().splitlines()[-1].strip()
