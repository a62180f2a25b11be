"""Targets of collection, by unit and month"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "collection_target",
        sa.Column("collection_target_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column(
            "target_share",
            sa.Numeric(precision=6, scale=4),
            nullable=False,
            comment="Paid as a share of what is charged: 0.95 is 95 %",
        ),
        sa.Column("document", sa.Text(), nullable=False, comment="Paper that sets the target"),
        sa.Column("valid_from", sa.Date(), nullable=False, comment="First day on which the fact holds"),
        sa.Column(
            "valid_to",
            sa.Date(),
            nullable=True,
            comment="First day on which it no longer holds; empty while it goes on",
        ),
        sa.Column(
            "known_from",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When this version was entered",
        ),
        sa.Column(
            "known_to",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When a later version replaced it; empty while it stands",
        ),
        sa.Column("source_id", sa.BigInteger(), nullable=False, comment="File or command that brought the row"),
        sa.Column(
            "source_row",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="Row in the source file, 0 for a command",
        ),
        postgresql.ExcludeConstraint(
            (sa.column("unit_id"), "="),
            (sa.text("daterange(valid_from, valid_to)"), "&&"),
            where=sa.text("known_to IS NULL"),
            using="gist",
            name="collection_target_overlap_ex",
        ),
        sa.CheckConstraint("target_share > 0 AND target_share <= 2", name=op.f("collection_target_target_share_ck")),
        sa.CheckConstraint(
            "extract(day FROM valid_from) = 1 AND extract(day FROM valid_to) = 1",
            name=op.f("collection_target_whole_months_ck"),
        ),
        sa.CheckConstraint("valid_to > valid_from", name=op.f("collection_target_span_ck")),
        sa.ForeignKeyConstraint(["source_id"], ["ops.source.source_id"], name=op.f("collection_target_source_id_fk")),
        sa.ForeignKeyConstraint(["unit_id"], ["ops.unit.unit_id"], name=op.f("collection_target_unit_id_fk")),
        sa.PrimaryKeyConstraint("collection_target_id", name=op.f("collection_target_pk")),
        schema="ops",
        comment="One row per unit, span of months and version: the share of charges to be collected.",
    )


def downgrade() -> None:
    op.drop_table("collection_target", schema="ops")
