"""Expectations at the two outer boundaries"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "expectation_result",
        sa.Column("expectation_result_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("boundary", sa.Text(), nullable=False, comment="legacy_in or forms_out"),
        sa.Column("load_id", sa.BigInteger(), nullable=True, comment="Of legacy rows"),
        sa.Column("issue_number", sa.Text(), nullable=True, comment="Of a form"),
        sa.Column("expectation_code", sa.Text(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False, comment="Kind of fact, summary or form"),
        sa.Column("file_id", sa.BigInteger(), nullable=True, comment="Empty where what is judged is no row of a file"),
        sa.Column("column_name", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False, comment="stop or note"),
        sa.Column(
            "sentence",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="What is expected, by language",
        ),
        sa.Column("checked_count", sa.BigInteger(), nullable=False),
        sa.Column("failed_count", sa.BigInteger(), nullable=False),
        sa.Column(
            "allowed_share",
            sa.Numeric(precision=9, scale=6),
            nullable=False,
            comment="Of the rows checked that may fail",
        ),
        sa.Column("is_met", sa.Boolean(), nullable=False),
        sa.Column(
            "energy_kwh",
            sa.Numeric(precision=18, scale=6),
            nullable=False,
            comment="At stake in the rows that failed",
        ),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False, comment="At stake in the rows that failed"),
        sa.Column("rules_sha256", sa.Text(), nullable=False, comment="Of the file of rules"),
        sa.CheckConstraint("boundary IN ('legacy_in', 'forms_out')", name=op.f("expectation_result_boundary_ck")),
        sa.CheckConstraint("severity IN ('stop', 'note')", name=op.f("expectation_result_severity_ck")),
        sa.CheckConstraint("failed_count BETWEEN 0 AND checked_count", name=op.f("expectation_result_failed_ck")),
        sa.CheckConstraint("(load_id IS NULL) <> (issue_number IS NULL)", name=op.f("expectation_result_of_one_ck")),
        sa.ForeignKeyConstraint(["load_id"], ["landing.load.load_id"], name=op.f("expectation_result_load_id_fk")),
        sa.PrimaryKeyConstraint("expectation_result_id", name=op.f("expectation_result_pk")),
        schema="migration",
        comment="One row per expectation and file of a load, or per expectation of an issued form.",
    )
    op.create_index("expectation_result_load_id_ix", "expectation_result", ["load_id"], schema="migration")
    op.create_index("expectation_result_issue_number_ix", "expectation_result", ["issue_number"], schema="migration")
    op.create_table(
        "expectation_failure",
        sa.Column("expectation_failure_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("load_id", sa.BigInteger(), nullable=True),
        sa.Column("issue_number", sa.Text(), nullable=True),
        sa.Column("expectation_code", sa.Text(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("file_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "row_no", sa.Integer(), nullable=True, comment="In the file; in a form the line, counted from the top"
        ),
        sa.Column("part_no", sa.SmallInteger(), nullable=True),
        sa.Column(
            "legacy_key",
            sa.Text(),
            nullable=True,
            comment="The row in the old program's own keys; the group, or the line of a form",
        ),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=True, comment="Empty where the cell is"),
        sa.Column(
            "energy_kwh",
            sa.Numeric(precision=18, scale=6),
            server_default=sa.text("0"),
            nullable=False,
            comment="At stake",
        ),
        sa.Column("amount_minor", sa.BigInteger(), server_default=sa.text("0"), nullable=False, comment="At stake"),
        sa.CheckConstraint("(load_id IS NULL) <> (issue_number IS NULL)", name=op.f("expectation_failure_of_one_ck")),
        sa.ForeignKeyConstraint(["load_id"], ["landing.load.load_id"], name=op.f("expectation_failure_load_id_fk")),
        sa.PrimaryKeyConstraint("expectation_failure_id", name=op.f("expectation_failure_pk")),
        schema="migration",
        comment="One row per row, group or cell that does not meet an expectation, none left out.",
    )
    op.create_index(
        "expectation_failure_load_id_ix", "expectation_failure", ["load_id", "expectation_code"], schema="migration"
    )
    op.create_index("expectation_failure_issue_number_ix", "expectation_failure", ["issue_number"], schema="migration")
    op.create_table(
        "expectation_waiver",
        sa.Column("load_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("expectation_code", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "waived_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["load_id"], ["landing.load.load_id"], name=op.f("expectation_waiver_load_id_fk")),
        sa.ForeignKeyConstraint(["user_id"], ["ops.app_user.user_id"], name=op.f("expectation_waiver_user_id_fk")),
        sa.PrimaryKeyConstraint("load_id", "expectation_code", name=op.f("expectation_waiver_pk")),
        schema="migration",
        comment="One row per unmet expectation of a load that somebody with the right to accept it answers for.",
    )


def downgrade() -> None:
    for table in ("expectation_waiver", "expectation_failure", "expectation_result"):
        op.drop_table(table, schema="migration")
