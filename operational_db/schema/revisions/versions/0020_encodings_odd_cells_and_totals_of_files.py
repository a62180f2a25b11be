"""Encodings of files with their evidence, cells with odd letters, rows of a file that are totals"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "file_encoding",
        sa.Column("file_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("column_no", sa.Integer(), autoincrement=False, nullable=False, comment="0 is the whole file"),
        sa.Column("column_name", sa.Text(), nullable=True, comment="Empty for the whole file"),
        sa.Column("encoding", sa.Text(), nullable=False, comment="In which it was read"),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("letter_count", sa.Integer(), nullable=False, comment="Letters outside ASCII in the sample"),
        sa.Column(
            "common_share",
            sa.Numeric(precision=5, scale=4),
            nullable=False,
            comment="Of them the eight commonest, read so",
        ),
        sa.Column("impossible_count", sa.Integer(), nullable=False, comment="Of them those that no text has, read so"),
        sa.Column("odd_cell_count", sa.Integer(), nullable=False, comment="Cells with letters that cannot be meant"),
        sa.Column(
            "evidence", sa.Text(), nullable=False, comment="Why: what the letters say, and the language byte of a DBF"
        ),
        sa.CheckConstraint("how IN ('given', 'detected', 'of_file', 'declared')", name=op.f("file_encoding_how_ck")),
        sa.PrimaryKeyConstraint("file_id", "column_no", name=op.f("file_encoding_pk")),
        schema="landing",
        comment="One row per file and column with letters: the encoding that it was read in, and the evidence for it.",
    )
    op.create_table(
        "odd_cell",
        sa.Column("file_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("row_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("column_name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("probably", sa.Text(), nullable=False, comment="What it should be; empty where nothing tells"),
        sa.CheckConstraint(
            "kind IN ('latin_in_cyrillic', 'cyrillic_in_latin', 'lost_letter', 'other_encoding')",
            name=op.f("odd_cell_kind_ck"),
        ),
        sa.PrimaryKeyConstraint("file_id", "row_no", "column_name", name=op.f("odd_cell_pk")),
        schema="landing",
        comment="One row per cell with letters that cannot be meant; at most 10,000 of a column, counted beyond that.",
    )
    op.create_table(
        "total_row",
        sa.Column("file_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("row_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("column_name", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False, comment="How many rows it sums"),
        sa.Column("stated", sa.Numeric(), nullable=False),
        sa.Column("summed", sa.Numeric(), nullable=False, comment="Of the rows that it sums, as the file states them"),
        sa.Column("unreadable_count", sa.Integer(), nullable=False, comment="Cells among them that hold no number"),
        sa.PrimaryKeyConstraint("file_id", "row_no", "column_name", name=op.f("total_row_pk")),
        schema="landing",
        comment="One row per number in a row of a file that only sums others; such rows are neither loaded nor counted.",
    )


def downgrade() -> None:
    op.drop_table("total_row", schema="landing")
    op.drop_table("odd_cell", schema="landing")
    op.drop_table("file_encoding", schema="landing")
