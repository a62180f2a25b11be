"""Making sure that a command finds a database to work in: schema built, reference data there.

Building itself is in `operational_db.schema` and `operational_db.reference`; here is only whether it is needed.
"""

from operational_db import server
from operational_db.connections import connect_as_admin
from operational_db.settings import Settings


def is_built(settings: Settings) -> bool:
    """Whether the database has a schema and reference data; starts the server if need be."""
    with connect_as_admin(settings) as session:
        if not session.execute("SELECT to_regclass('ops.parameter') IS NOT NULL").fetchone()[0]:
            return False
        return session.execute("SELECT EXISTS (SELECT 1 FROM ops.parameter)").fetchone()[0]


def ensure_built(settings: Settings) -> bool:
    """Build an empty database, so that the first command of a newcomer just works; True when it did.

    A database that has rows is left as it is: upgrading it is `wattbook db start`, which says so.
    """
    if is_built(settings):
        return False
    build(settings)
    return True


def build(settings: Settings) -> None:
    """Bring schema and reference data to what this version of Wattbook needs; the same again changes nothing."""
    from operational_db.reference.loading import load_reference  # noqa: PLC0415, only where a database is built
    from operational_db.schema import upgrade  # noqa: PLC0415, Alembic costs half a second

    server.start(settings)
    upgrade(settings)
    load_reference(settings)
