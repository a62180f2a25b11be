"""The ledger of cells: what became of every cell of a load, until the table of the ledger itself takes this place."""

from sqlalchemy import BigInteger, Column, Table, Text

from operational_db.schema.metadata import MIGRATION, metadata

cell_count = Table(
    "cell_count",
    metadata,
    Column("load_id", BigInteger, primary_key=True, autoincrement=False),
    Column("file_id", BigInteger, primary_key=True, autoincrement=False),
    Column("column_name", Text, primary_key=True),
    Column("class", Text, primary_key=True),
    Column("rule", Text, primary_key=True, server_default=""),
    Column("cell_count", BigInteger, nullable=False),
    schema=MIGRATION,
    comment="One row per load, file, column, class and rule: how many of its cells became what.",
)
