"""Making sure that a command finds a database to work in: schema built, reference data there.

Building itself is in `operational_db.schema` and `operational_db.reference`; here is only whether it is needed.
"""

from pathlib import Path

import operational_db
from operational_db import server
from operational_db.connections import connect_as_admin
from operational_db.refusal import Refusal
from operational_db.settings import Settings

_REVISIONS_DIR = Path(operational_db.__file__).parent / "schema" / "revisions" / "versions"


def is_built(settings: Settings) -> bool:
    """Whether the database has a schema and reference data; starts the server if need be.

    Raises:
        Refusal: the schema is that of another version of Wattbook.
    """
    with connect_as_admin(settings) as session:
        if not session.execute("SELECT to_regclass('ops.parameter') IS NOT NULL").fetchone()[0]:
            return False
        revision = session.execute("SELECT max(version_num) FROM ops.alembic_version").fetchone()[0]
        newest = _newest_revision()
        if revision != newest:
            raise Refusal(
                f"The database {settings.database_name} has the schema of revision {revision}, and this version of "
                f"Wattbook works with {newest}; run `wattbook db start`, which upgrades it."
            )
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


def _newest_revision() -> str:
    """From the files' names, `0002_landing.py`: asking Alembic would make `wattbook price` wait for it."""
    return max(file.name.partition("_")[0] for file in _REVISIONS_DIR.glob("[0-9]*.py"))
