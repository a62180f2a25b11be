"""Landing: legacy files as they came, row by row and cell by cell, before anybody judged them.

Belongs here: loads, files with their hashes, raw rows, sums taken from the file's own text, what its letters say.
Does not belong here: what a cell means (`migration_tables`), which rows are good.
"""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Integer,
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
    UniqueConstraint("load_id", "path", name="file_path_uq"),
    schema=LANDING,
    comment="One row per file of a load; it appears together with all of the file's rows.",
)

row = Table(
    "row",
    metadata,
    Column("file_id", BigInteger, primary_key=True, autoincrement=False),
    Column("row_no", Integer, primary_key=True, autoincrement=False, comment="As the layout counts rows"),
    Column("cells", ARRAY(Text), nullable=False, comment="Raw text in the order of the file's columns"),
    Column("is_deleted", Boolean, nullable=False, comment="Flagged deleted in the file itself"),
    Column("undecodable", ARRAY(Text), comment="Columns with a byte that is no letter in the encoding"),
    Column("ragged_cells", Integer, comment="Number of cells where it is not that of the columns"),
    schema=LANDING,
    comment="One row per row of a legacy file.",
)

file_encoding = Table(
    "file_encoding",
    metadata,
    Column("file_id", BigInteger, primary_key=True, autoincrement=False),
    Column("column_no", Integer, primary_key=True, autoincrement=False, comment="0 is the whole file"),
    Column("column_name", Text, comment="Empty for the whole file"),
    Column("encoding", Text, nullable=False, comment="In which it was read"),
    Column("how", Text, nullable=False),
    Column("letter_count", Integer, nullable=False, comment="Letters outside ASCII in the sample"),
    Column("common_share", Numeric(5, 4), nullable=False, comment="Of them the eight commonest, read so"),
    Column("impossible_count", Integer, nullable=False, comment="Of them those that no text has, read so"),
    Column("odd_cell_count", Integer, nullable=False, comment="Cells with letters that cannot be meant"),
    Column("evidence", Text, nullable=False, comment="Why: what the letters say, and the language byte of a DBF"),
    CheckConstraint("how IN ('given', 'detected', 'of_file', 'declared')", name="how"),
    schema=LANDING,
    comment="One row per file and column with letters: the encoding that it was read in, and the evidence for it.",
)

odd_cell = Table(
    "odd_cell",
    metadata,
    Column("file_id", BigInteger, primary_key=True, autoincrement=False),
    Column("row_no", Integer, primary_key=True, autoincrement=False),
    Column("column_name", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("probably", Text, nullable=False, comment="What it should be; empty where nothing tells"),
    CheckConstraint("kind IN ('latin_in_cyrillic', 'cyrillic_in_latin', 'lost_letter', 'other_encoding')", name="kind"),
    schema=LANDING,
    comment="One row per cell with letters that cannot be meant; at most 10,000 of a column, counted beyond that.",
)

total_row = Table(
    "total_row",
    metadata,
    Column("file_id", BigInteger, primary_key=True, autoincrement=False),
    Column("row_no", Integer, primary_key=True, autoincrement=False),
    Column("column_name", Text, primary_key=True),
    Column("label", Text, nullable=False),
    Column("row_count", Integer, nullable=False, comment="How many rows it sums"),
    Column("stated", Numeric, nullable=False),
    Column("summed", Numeric, nullable=False, comment="Of the rows that it sums, as the file states them"),
    Column("unreadable_count", Integer, nullable=False, comment="Cells among them that hold no number"),
    schema=LANDING,
    comment="One row per number in a row of a file that only sums others; such rows are neither loaded nor counted.",
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
