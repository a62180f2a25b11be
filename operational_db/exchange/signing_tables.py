"""Signing: the pages of protocols, each with the hash of the page before, and the way of rows that came back corrected.

Belongs here: what is signed and never changes again. Does not belong here: verdicts and counts (`migration_tables`).
"""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, ForeignKeyConstraint, Integer, Table, Text

from operational_db.schema.metadata import MIGRATION, metadata

protocol_page = Table(
    "protocol_page",
    metadata,
    Column("protocol_id", BigInteger, ForeignKey("migration.protocol.protocol_id"), primary_key=True),
    Column("page_no", Integer, primary_key=True, autoincrement=False, comment="1, 2 ... within the protocol"),
    Column("section", Text, nullable=False, comment="Table of the protocol that the page belongs to; event for a seal"),
    Column("body", Text, nullable=False, comment="The page in its one encoding, without its own hash"),
    Column("previous_sha256", Text, nullable=False, comment="Hash of the page before; zeros on the first"),
    Column("page_sha256", Text, nullable=False, comment="Hash of the body"),
    CheckConstraint("page_no >= 1", name="page_no"),
    schema=MIGRATION,
    comment="One row per page of a protocol, chained by hashes; never changed, only followed by more pages.",
)

returned_row = Table(
    "returned_row",
    metadata,
    Column("file_id", BigInteger, ForeignKey("landing.file.file_id"), primary_key=True, autoincrement=False),
    Column("row_no", Integer, primary_key=True, autoincrement=False),
    Column("load_id", BigInteger, ForeignKey("landing.load.load_id"), nullable=False, index=True),
    Column(
        "rejected_file_id",
        BigInteger,
        ForeignKey("landing.file.file_id"),
        nullable=False,
        comment="With rejected_row_no: the row as it was rejected in the load that this one corrects",
    ),
    Column("rejected_row_no", Integer, nullable=False),
    schema=MIGRATION,
    comment="One row per rejected row that came back from the old system's people, in the load that judges it anew.",
)

returned_cell = Table(
    "returned_cell",
    metadata,
    Column("file_id", BigInteger, primary_key=True, autoincrement=False),
    Column("row_no", Integer, primary_key=True, autoincrement=False),
    Column("column_name", Text, primary_key=True),
    Column("old_value", Text, nullable=False),
    Column("new_value", Text, nullable=False),
    ForeignKeyConstraint(
        ["file_id", "row_no"],
        ["migration.returned_row.file_id", "migration.returned_row.row_no"],
        name="returned_cell_returned_row_fk",
    ),
    schema=MIGRATION,
    comment="One row per cell of a returned row that its people changed.",
)
