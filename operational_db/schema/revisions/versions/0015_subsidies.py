"""Subsidies: what social security awarded an account, what its bills took of it; papers of single grants"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "subsidy_accrual",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("booked_month", sa.Date(), nullable=False),
        sa.Column(
            "accrual_no",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="1, 2 ... within account and month",
        ),
        sa.Column("kind", sa.Text(), nullable=False, comment="award, recalculation or reversing"),
        sa.Column(
            "for_month", sa.Date(), nullable=False, comment="Month that it was awarded for; it serves from then on"
        ),
        sa.Column(
            "amount_minor",
            sa.BigInteger(),
            nullable=False,
            comment="A recalculation is the difference, plus or minus",
        ),
        sa.Column("decision", sa.Text(), nullable=False, comment="Document of social security"),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True, comment="A remark, or why it is taken back"),
        sa.Column(
            "reverses_month",
            sa.Date(),
            nullable=True,
            comment="With reverses_accrual_no: the row that this one takes back",
        ),
        sa.Column("reverses_accrual_no", sa.Integer(), nullable=True),
        sa.Column("res_id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False, comment="File or command that brought the row"),
        sa.Column(
            "source_row",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="Row in the source file, 0 for a command",
        ),
        sa.CheckConstraint(
            "amount_minor <> 0 AND (kind <> 'award' OR amount_minor > 0)", name=op.f("subsidy_accrual_amount_ck")
        ),
        sa.CheckConstraint("extract(day FROM for_month) = 1", name=op.f("subsidy_accrual_for_month_ck")),
        sa.CheckConstraint("kind IN ('award', 'recalculation', 'reversing')", name=op.f("subsidy_accrual_kind_ck")),
        sa.CheckConstraint(
            "(kind = 'reversing') = (reverses_month IS NOT NULL AND reverses_accrual_no IS NOT NULL)",
            name=op.f("subsidy_accrual_reverses_ck"),
        ),
        sa.ForeignKeyConstraint(["account_id"], ["ops.account.account_id"], name=op.f("subsidy_accrual_account_id_fk")),
        sa.PrimaryKeyConstraint("account_id", "booked_month", "accrual_no", name=op.f("subsidy_accrual_pk")),
        schema="ops",
        comment="One row per account, month of award and decision: what social security gave; no money has moved yet.",
        postgresql_partition_by="RANGE (booked_month)",
    )
    op.create_index("subsidy_accrual_res_id_ix", "subsidy_accrual", ["res_id"], unique=False, schema="ops")
    op.create_table(
        "subsidy_use",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("booked_month", sa.Date(), nullable=False),
        sa.Column(
            "use_no",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="1, 2 ... within account and month; the number of its document in the ledger",
        ),
        sa.Column("kind", sa.Text(), nullable=False, comment="used or reversing"),
        sa.Column(
            "charged_minor",
            sa.BigInteger(),
            nullable=False,
            comment="Bills of electricity of the month, when it was used",
        ),
        sa.Column("benefit_minor", sa.BigInteger(), nullable=False, comment="Of it paid by benefits"),
        sa.Column(
            "available_minor",
            sa.BigInteger(),
            nullable=False,
            comment="Awarded up to the month and not used before it",
        ),
        sa.Column(
            "used_minor",
            sa.BigInteger(),
            nullable=False,
            comment="Negative in a reversing row, as the three before it",
        ),
        sa.Column(
            "reverses_use_no", sa.Integer(), nullable=True, comment="The row of the same month that this one takes back"
        ),
        sa.Column("res_id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False, comment="File or command that brought the row"),
        sa.Column(
            "source_row",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="Row in the source file, 0 for a command",
        ),
        sa.CheckConstraint("kind IN ('used', 'reversing')", name=op.f("subsidy_use_kind_ck")),
        sa.CheckConstraint(
            "(kind = 'reversing') = (reverses_use_no IS NOT NULL)", name=op.f("subsidy_use_reverses_ck")
        ),
        sa.CheckConstraint(
            "kind <> 'used' OR used_minor > 0 AND used_minor <= available_minor "
            "AND used_minor <= charged_minor - benefit_minor",
            name=op.f("subsidy_use_used_ck"),
        ),
        sa.ForeignKeyConstraint(["account_id"], ["ops.account.account_id"], name=op.f("subsidy_use_account_id_fk")),
        sa.PrimaryKeyConstraint("account_id", "booked_month", "use_no", name=op.f("subsidy_use_pk")),
        schema="ops",
        comment="One row per account and month that took of a subsidy, with the figures that it follows from.",
        postgresql_partition_by="RANGE (booked_month)",
    )
    op.create_index("subsidy_use_res_id_ix", "subsidy_use", ["res_id"], unique=False, schema="ops")
    op.add_column(
        "benefit_grant",
        sa.Column(
            "document",
            sa.Text(),
            nullable=True,
            comment="Paper that this grant rests on, where it is not the holder's first one",
        ),
        schema="ops",
    )


def downgrade() -> None:
    op.drop_column("benefit_grant", "document", schema="ops")
    op.drop_table("subsidy_use", schema="ops")
    op.drop_table("subsidy_accrual", schema="ops")
