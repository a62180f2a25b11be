"""Alembic's environment: runs revisions on the connection that `operational_db.schema` hands over.

The transaction belongs to the caller; tables are made as their owner role.
"""

from alembic import context
from sqlalchemy import text

from operational_db.schema.catalogue import metadata

VERSION_TABLE_SCHEMA = "ops"


def include_object(_item: object, name: str | None, kind: str, reflected: bool, compare_to: object) -> bool:
    """Partitions are made at run time by ops.ensure_month and are no part of the catalogue."""
    return not (
        kind == "table" and reflected and compare_to is None and name and name[-7] == "_" and name[-6:].isdigit()
    )


connection = context.config.attributes["connection"]
connection.execute(text("SET LOCAL ROLE wattbook_owner"))
context.configure(
    connection=connection,
    target_metadata=metadata,
    include_schemas=True,
    include_object=include_object,
    version_table_schema=VERSION_TABLE_SCHEMA,
    compare_server_default=True,
)
context.run_migrations()
connection.execute(text("RESET ROLE"))
