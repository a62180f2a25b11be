"""Consumption put right by a person"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "consumption_adjustment",
        sa.Column("consumption_adjustment_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("metering_point_id", sa.BigInteger(), nullable=False),
        sa.Column("meter_id", sa.BigInteger(), nullable=False),
        sa.Column("zone_code", sa.Text(), nullable=False),
        sa.Column(
            "used_on",
            sa.Date(),
            nullable=False,
            comment="A day of the span it belongs to, whichever readings bound that",
        ),
        sa.Column(
            "adjusted_kwh",
            sa.Numeric(precision=18, scale=6),
            nullable=False,
            comment="What is added to the energy that the register counted",
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False, comment="File or command that brought the row"),
        sa.Column(
            "source_row",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="Row in the source file, 0 for a command",
        ),
        sa.CheckConstraint("adjusted_kwh <> 0", name=op.f("consumption_adjustment_adjusted_ck")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["ops.account.account_id"], name=op.f("consumption_adjustment_account_id_fk")
        ),
        sa.ForeignKeyConstraint(
            ["metering_point_id"],
            ["ops.metering_point.metering_point_id"],
            name=op.f("consumption_adjustment_metering_point_id_fk"),
        ),
        sa.ForeignKeyConstraint(["meter_id"], ["ops.meter.meter_id"], name=op.f("consumption_adjustment_meter_id_fk")),
        sa.ForeignKeyConstraint(
            ["source_id"], ["ops.source.source_id"], name=op.f("consumption_adjustment_source_id_fk")
        ),
        sa.PrimaryKeyConstraint("consumption_adjustment_id", name=op.f("consumption_adjustment_pk")),
        schema="ops",
        comment="One row per adjustment of what was used: energy added to, or taken from, a span between two readings.",
    )
    for column in ("account_id", "metering_point_id"):
        op.create_index(op.f(f"consumption_adjustment_{column}_ix"), "consumption_adjustment", [column], schema="ops")


def downgrade() -> None:
    op.drop_table("consumption_adjustment", schema="ops")
