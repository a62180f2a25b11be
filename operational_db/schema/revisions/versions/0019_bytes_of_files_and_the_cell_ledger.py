"""Bytes of legacy files, hashes of typed rows, what became of every cell"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

TYPED_TABLES = (
    "unit", "transformer", "conductor", "line_section", "grid_meter", "grid_reading", "grid_energy", "declared_loss",
    "half_hours", "street", "account", "metering_point", "meter", "reading", "declared_energy", "charge",
    "opening_balance", "payment_package", "payment", "code_entry",
)  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "file_chunk",
        sa.Column("file_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("chunk_no", sa.Integer(), autoincrement=False, nullable=False, comment="0, 1 ... within the file"),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("file_id", "chunk_no", name=op.f("file_chunk_pk")),
        schema="landing",
        comment="One row per piece of a legacy file, byte for byte; joined in order they are the file.",
    )
    # Pieces are written once and read whole: trying to compress them only costs time.
    op.execute("ALTER TABLE landing.file_chunk ALTER COLUMN content SET STORAGE EXTERNAL")
    # A load without a protocol has raw rows and nothing else; it is landed again, with its bytes.
    op.execute(
        "DELETE FROM landing.control_sum AS s USING landing.file AS f WHERE f.file_id = s.file_id "
        "AND NOT EXISTS (SELECT 1 FROM migration.protocol AS p WHERE p.load_id = f.load_id)"
    )
    op.execute(
        "DELETE FROM landing.file AS f "
        "WHERE NOT EXISTS (SELECT 1 FROM migration.protocol AS p WHERE p.load_id = f.load_id)"
    )
    op.drop_table("row", schema="landing")
    op.execute("COMMENT ON TABLE landing.file IS "
               "'One row per file of a load; it appears together with the file''s bytes and typed rows.'")  # fmt: skip
    for table in TYPED_TABLES:
        for column in (
            sa.Column("bad_value", sa.Text(), nullable=True, comment="Its text"),
            sa.Column(
                "row_hash",
                postgresql.UUID(),
                nullable=True,
                comment="md5 over the canonical text of the facts, taken on the way in",
            ),
            sa.Column(
                "cell_pattern",
                sa.BigInteger(),
                nullable=True,
                comment="What became of the row's cells: with file, kind and part in cell_pattern",
            ),
        ):
            op.add_column(table, column, schema="migration")
    op.create_table(
        "sent_rows",
        sa.Column("load_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("file_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("part_no", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("row_count", sa.BigInteger(), nullable=False),
        sa.Column(
            "hash_sum",
            sa.Numeric(),
            nullable=False,
            comment="Sum of row number times the first 32 bits of the row's hash",
        ),
        sa.Column("is_filtered", sa.Boolean(), nullable=False, comment="Told of some rows only (only_first)"),
        sa.PrimaryKeyConstraint("load_id", "file_id", "entity", "part_no", name=op.f("sent_rows_pk")),
        schema="migration",
        comment=(
            "One row per file, kind of fact and part: typed rows as they were sent, to be found again in the table."
        ),
    )
    op.create_table(
        "cell_column",
        sa.Column("file_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("column_no", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("load_id", sa.BigInteger(), nullable=False),
        sa.Column("column_name", sa.Text(), nullable=False),
        sa.Column(
            "unused_rule",
            sa.Text(),
            nullable=True,
            comment="Why no rule reads it (or not in every row); empty where one does",
        ),
        sa.Column(
            "is_partly_read",
            sa.Boolean(),
            nullable=False,
            comment="Read in the rows that `only_first` takes, and in no other",
        ),
        sa.PrimaryKeyConstraint("file_id", "column_no", name=op.f("cell_column_pk")),
        schema="migration",
        comment="One row per column of a legacy file, and whether a rule of the profile reads it.",
    )
    op.create_table(
        "cell_pattern",
        sa.Column("file_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("part_no", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("pattern_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("load_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "classes",
            sa.Text(),
            nullable=False,
            comment="A sign per column: what this fact makes of the cell; . if not read",
        ),
        sa.Column(
            "row_classes",
            sa.Text(),
            nullable=False,
            comment="The same for all facts of the row, at the first that reads it",
        ),
        sa.PrimaryKeyConstraint("file_id", "entity", "part_no", "pattern_no", name=op.f("cell_pattern_pk")),
        schema="migration",
        comment="One row per file, kind of fact, part and distinct way in which the cells of a row were read.",
    )
    op.create_table(
        "cell_count",
        sa.Column("load_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("file_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("column_name", sa.Text(), nullable=False),
        sa.Column("class", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False, comment="That transformed it, or why it was rejected or not used"),
        sa.Column("cell_count", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "class IN ('carried', 'transformed', 'rejected', 'unused')", name=op.f("cell_count_class_ck")
        ),
        sa.PrimaryKeyConstraint("load_id", "file_id", "column_name", "class", "rule", name=op.f("cell_count_pk")),
        schema="migration",
        comment="One row per file, column, class and rule: what became of the cells. Per column they make the file's rows.",
    )


def downgrade() -> None:
    for table in ("cell_count", "cell_pattern", "cell_column", "sent_rows"):
        op.drop_table(table, schema="migration")
    for table in TYPED_TABLES:
        for column in ("cell_pattern", "row_hash", "bad_value"):
            op.drop_column(table, column, schema="migration")
    op.create_table(
        "row",
        sa.Column("file_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("row_no", sa.Integer(), autoincrement=False, nullable=False, comment="As the layout counts rows"),
        sa.Column("cells", sa.ARRAY(sa.Text()), nullable=False, comment="Raw text in the order of the file's columns"),
        sa.Column("is_deleted", sa.Boolean(), nullable=False, comment="Flagged deleted in the file itself"),
        sa.Column(
            "undecodable",
            sa.ARRAY(sa.Text()),
            nullable=True,
            comment="Columns with a byte that is no letter in the encoding",
        ),
        sa.Column(
            "ragged_cells", sa.Integer(), nullable=True, comment="Number of cells where it is not that of the columns"
        ),
        sa.PrimaryKeyConstraint("file_id", "row_no", name=op.f("row_pk")),
        schema="landing",
        comment="One row per row of a legacy file.",
    )
    op.execute("COMMENT ON TABLE landing.file IS "
               "'One row per file of a load; it appears together with all of the file''s rows.'")  # fmt: skip
    op.drop_table("file_chunk", schema="landing")
