"""The ledger of cells, until the merge"""

import sqlalchemy as sa
from alembic import op

revision = "0024c"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cell_count",
        sa.Column("load_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("file_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("column_name", sa.Text(), nullable=False),
        sa.Column("class", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), server_default="", nullable=False),
        sa.Column("cell_count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("load_id", "file_id", "column_name", "class", "rule", name=op.f("cell_count_pk")),
        schema="migration",
        comment="One row per load, file, column, class and rule: how many of its cells became what.",
    )


def downgrade() -> None:
    op.drop_table("cell_count", schema="migration")
