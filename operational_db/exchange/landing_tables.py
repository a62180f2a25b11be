"""Landing: legacy files as they came, byte for byte, before anybody judged them.

Belongs here: loads, files with their hashes and bytes, sums taken from the file's own text.
Does not belong here: what a cell means (`migration_tables`), which rows are good.
"""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Integer,
    LargeBinary,
    Numeric,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from operational_db.schema.metadata import LANDING, metadata

load = Table(
    "load",
    metadata,
    Column("load_id", BigInteger, Identity(), primary_key=True),
    Column("profile", Text, nullable=False),
    Column("profile_sha256", Text, nullable=False, comment="Of the profile with its code lists"),
    Column("directory", Text, nullable=False),
    Column("dump_sha256", Text, nullable=False, comment="Over the names and hashes of all files of the dump"),
    Column("attempt", Integer, nullable=False, comment="1; one more for each withdrawal of the same dump"),
    Column("user_id", BigInteger, ForeignKey("ops.app_user.user_id"), nullable=False),
    Column("started_at", DateTime(timezone=True), nullable=False, server_default=text("clock_timestamp()")),
    Column(
        "corrects_load_id",
        BigInteger,
        ForeignKey("landing.load.load_id"),
        comment="Load whose rejected rows came back in this one; empty where the load is a dump of its own",
    ),
    UniqueConstraint("profile_sha256", "dump_sha256", "attempt", name="load_identity_uq"),
    schema=LANDING,
    comment="One row per load: a dump read by a profile. The same dump and profile again continue the same load.",
)

file = Table(
    "file",
    metadata,
    Column("file_id", BigInteger, Identity(), primary_key=True),
    Column("load_id", BigInteger, ForeignKey("landing.load.load_id"), nullable=False),
    Column("described_as", Text, comment="Name in the profile; empty where the profile does not know the file"),
    Column("path", Text, nullable=False, comment="Within the directory of the dump"),
    Column("folder_value", Text, comment="What the profile takes from the folder's name, e.g. the RES"),
    Column("format", Text),
    Column("encoding", Text),
    Column("sha256", Text, nullable=False),
    Column("byte_count", BigInteger, nullable=False),
    Column("row_count", Integer, nullable=False, comment="Rows flagged deleted included"),
    Column("deleted_count", Integer, nullable=False),
    Column("columns", ARRAY(Text), nullable=False),
    Column("declared_count", Integer, comment="Rows that the file itself says it holds; empty where it does not say"),
    UniqueConstraint("load_id", "path", name="file_path_uq"),
    schema=LANDING,
    comment="One row per file of a load; it appears together with the file's bytes and typed rows.",
)

file_chunk = Table(
    "file_chunk",
    metadata,
    Column("file_id", BigInteger, primary_key=True, autoincrement=False),
    Column("chunk_no", Integer, primary_key=True, autoincrement=False, comment="0, 1 ... within the file"),
    Column("content", LargeBinary, nullable=False),
    schema=LANDING,
    comment="One row per piece of a legacy file, byte for byte; joined in order they are the file.",
)

control_sum = Table(
    "control_sum",
    metadata,
    Column("file_id", BigInteger, primary_key=True, autoincrement=False),
    Column("column_name", Text, primary_key=True),
    Column("is_deleted", Boolean, primary_key=True),
    Column("total", Numeric, nullable=False, comment="Sum of the readable cells, as the file states them"),
    Column("unreadable_count", Integer, nullable=False, comment="Cells that hold something else than a number"),
    schema=LANDING,
    comment="One row per file and summed column, taken from the file's text before any row was judged.",
)
