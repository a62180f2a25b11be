"""Bytes of legacy files as they came"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


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


def downgrade() -> None:
    op.drop_table("file_chunk", schema="landing")
