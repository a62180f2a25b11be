"""Pages of protocols in a chain of hashes, and rejected rows that come back"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "load",
        sa.Column(
            "corrects_load_id",
            sa.BigInteger(),
            nullable=True,
            comment="Load whose rejected rows came back in this one; empty where the load is a dump of its own",
        ),
        schema="landing",
    )
    op.create_foreign_key(
        op.f("load_corrects_load_id_fk"),
        "load",
        "load",
        ["corrects_load_id"],
        ["load_id"],
        source_schema="landing",
        referent_schema="landing",
    )
    op.add_column(
        "file",
        sa.Column(
            "declared_count",
            sa.Integer(),
            nullable=True,
            comment="Rows that the file itself says it holds; empty where it does not say",
        ),
        schema="landing",
    )
    op.create_table(
        "protocol_page",
        sa.Column("protocol_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "page_no", sa.Integer(), autoincrement=False, nullable=False, comment="1, 2 ... within the protocol"
        ),
        sa.Column(
            "section",
            sa.Text(),
            nullable=False,
            comment="Table of the protocol that the page belongs to; event for a seal",
        ),
        sa.Column("body", sa.Text(), nullable=False, comment="The page in its one encoding, without its own hash"),
        sa.Column("previous_sha256", sa.Text(), nullable=False, comment="Hash of the page before; zeros on the first"),
        sa.Column("page_sha256", sa.Text(), nullable=False, comment="Hash of the body"),
        sa.CheckConstraint("page_no >= 1", name=op.f("protocol_page_page_no_ck")),
        sa.ForeignKeyConstraint(
            ["protocol_id"], ["migration.protocol.protocol_id"], name=op.f("protocol_page_protocol_id_fk")
        ),
        sa.PrimaryKeyConstraint("protocol_id", "page_no", name=op.f("protocol_page_pk")),
        schema="migration",
        comment="One row per page of a protocol, chained by hashes; never changed, only followed by more pages.",
    )
    op.create_table(
        "returned_row",
        sa.Column("file_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("row_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("load_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "rejected_file_id",
            sa.BigInteger(),
            nullable=False,
            comment="With rejected_row_no: the row as it was rejected in the load that this one corrects",
        ),
        sa.Column("rejected_row_no", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["landing.file.file_id"], name=op.f("returned_row_file_id_fk")),
        sa.ForeignKeyConstraint(["load_id"], ["landing.load.load_id"], name=op.f("returned_row_load_id_fk")),
        sa.ForeignKeyConstraint(
            ["rejected_file_id"], ["landing.file.file_id"], name=op.f("returned_row_rejected_file_id_fk")
        ),
        sa.PrimaryKeyConstraint("file_id", "row_no", name=op.f("returned_row_pk")),
        schema="migration",
        comment=(
            "One row per rejected row that came back from the old system's people, in the load that judges it anew."
        ),
    )
    op.create_index(
        op.f("returned_row_load_id_ix"), "returned_row", ["load_id"], unique=False, schema="migration"
    )
    op.create_table(
        "returned_cell",
        sa.Column("file_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("row_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("column_name", sa.Text(), nullable=False),
        sa.Column("old_value", sa.Text(), nullable=False),
        sa.Column("new_value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["file_id", "row_no"],
            ["migration.returned_row.file_id", "migration.returned_row.row_no"],
            name="returned_cell_returned_row_fk",
        ),
        sa.PrimaryKeyConstraint("file_id", "row_no", "column_name", name=op.f("returned_cell_pk")),
        schema="migration",
        comment="One row per cell of a returned row that its people changed.",
    )


def downgrade() -> None:
    op.drop_table("returned_cell", schema="migration")
    op.drop_index(op.f("returned_row_load_id_ix"), table_name="returned_row", schema="migration")
    op.drop_table("returned_row", schema="migration")
    op.drop_table("protocol_page", schema="migration")
    op.drop_column("file", "declared_count", schema="landing")
    op.drop_constraint("load_corrects_load_id_fk", "load", schema="landing", type_="foreignkey")
    op.drop_column("load", "corrects_load_id", schema="landing")
