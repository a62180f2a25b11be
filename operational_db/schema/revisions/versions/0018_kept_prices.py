"""Prices that prepaid energy keeps"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "kept_price",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("booked_month", sa.Date(), nullable=False),
        sa.Column(
            "kept_price_no",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="1, 2 ... within account and month",
        ),
        sa.Column("kind", sa.Text(), nullable=False, comment="kept or reversing"),
        sa.Column("service_month", sa.Date(), nullable=False, comment="Month in which the energy was used"),
        sa.Column("metering_point_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "prepaid_month", sa.Date(), nullable=False, comment="With prepaid_no: the unwound credit that it draws on"
        ),
        sa.Column("prepaid_no", sa.Integer(), nullable=False),
        sa.Column(
            "energy_kwh",
            sa.Numeric(precision=18, scale=6),
            nullable=False,
            comment="That keeps the price; negative in a reversing row",
        ),
        sa.Column("full_minor", sa.BigInteger(), nullable=False, comment="What it costs by its bill"),
        sa.Column(
            "kept_minor",
            sa.BigInteger(),
            nullable=False,
            comment="What it costs by the price list that it was prepaid at",
        ),
        sa.Column(
            "charge_minor", sa.BigInteger(), nullable=False, comment="kept less full: what is taken off, below zero"
        ),
        sa.Column("vat_minor", sa.BigInteger(), nullable=False, comment="VAT within the charge"),
        sa.Column(
            "reverses_month",
            sa.Date(),
            nullable=True,
            comment="With reverses_kept_price_no: the row that this one takes back",
        ),
        sa.Column("reverses_kept_price_no", sa.Integer(), nullable=True),
        sa.Column("res_id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False, comment="File or command that brought the row"),
        sa.Column(
            "source_row",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="Row in the source file, 0 for a command",
        ),
        sa.CheckConstraint("kind IN ('kept', 'reversing')", name=op.f("kept_price_kind_ck")),
        sa.CheckConstraint("charge_minor = kept_minor - full_minor", name=op.f("kept_price_charge_ck")),
        sa.CheckConstraint(
            "(kind = 'reversing') = (reverses_month IS NOT NULL AND reverses_kept_price_no IS NOT NULL)",
            name=op.f("kept_price_reverses_ck"),
        ),
        sa.ForeignKeyConstraint(["account_id"], ["ops.account.account_id"], name=op.f("kept_price_account_id_fk")),
        sa.PrimaryKeyConstraint("account_id", "booked_month", "kept_price_no", name=op.f("kept_price_pk")),
        schema="ops",
        comment="One row per account and month of use in which prepaid energy keeps the price of an older list.",
        postgresql_partition_by="RANGE (booked_month)",
    )
    op.create_index("kept_price_res_id_ix", "kept_price", ["res_id"], unique=False, schema="ops")


def downgrade() -> None:
    op.drop_table("kept_price", schema="ops")
