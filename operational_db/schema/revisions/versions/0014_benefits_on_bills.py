"""Benefits counted on bills, and what a demand to bill anew comes from"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "benefit_line",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("booked_month", sa.Date(), nullable=False),
        sa.Column("bill_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("line_no", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("grant_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "days_from",
            sa.Date(),
            nullable=False,
            comment="First of the days of the month over which the point's benefits are the same",
        ),
        sa.Column(
            "days_to",
            sa.Date(),
            nullable=False,
            comment="First day after them; the norm's part is counted by them",
        ),
        sa.Column("metering_point_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "service_month", sa.Date(), nullable=False, comment="First day of the month in which the energy was used"
        ),
        sa.Column("category_code", sa.Text(), nullable=False),
        sa.Column("entitled_persons", sa.Integer(), nullable=False),
        sa.Column(
            "share", sa.Numeric(precision=5, scale=4), nullable=False, comment="Part of the price that the budget pays"
        ),
        sa.Column(
            "norm_kwh",
            sa.Numeric(precision=18, scale=6),
            nullable=True,
            comment="Norm of a whole month; empty where all consumption is covered",
        ),
        sa.Column(
            "energy_kwh",
            sa.Numeric(precision=18, scale=6),
            nullable=False,
            comment="At the benefit; negative in a reversing bill",
        ),
        sa.Column(
            "full_minor",
            sa.BigInteger(),
            nullable=False,
            comment="What this energy costs at the full price, VAT included",
        ),
        sa.Column(
            "benefit_minor",
            sa.BigInteger(),
            nullable=False,
            comment="round(share x energy x price), half away from zero",
        ),
        sa.Column("financing_source", sa.Text(), nullable=False),
        sa.Column("report_row", sa.Text(), nullable=False),
        sa.Column("res_id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False, comment="File or command that brought the row"),
        sa.Column(
            "source_row",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="Row in the source file, 0 for a command",
        ),
        sa.CheckConstraint("days_to > days_from", name=op.f("benefit_line_days_ck")),
        sa.ForeignKeyConstraint(["account_id"], ["ops.account.account_id"], name=op.f("benefit_line_account_id_fk")),
        sa.PrimaryKeyConstraint(
            "account_id", "booked_month", "bill_no", "line_no", "grant_no", "days_from", name=op.f("benefit_line_pk")
        ),
        schema="ops",
        comment="One row per line of a bill, grant and days with the same benefits: its energy that has the benefit.",
        postgresql_partition_by="RANGE (booked_month)",
    )
    op.create_index("benefit_line_res_id_ix", "benefit_line", ["res_id"], unique=False, schema="ops")
    op.add_column(
        "bill_amendment",
        sa.Column(
            "cause",
            sa.Text(),
            server_default=sa.text("'facts'"),
            nullable=False,
            comment="facts: readings, tariffs and the like; benefit: a grant or what it gives",
        ),
        schema="ops",
    )
    op.create_check_constraint(
        op.f("bill_amendment_cause_ck"), "bill_amendment", "cause IN ('facts', 'benefit')", schema="ops"
    )


def downgrade() -> None:
    op.drop_column("bill_amendment", "cause", schema="ops")
    op.drop_table("benefit_line", schema="ops")
