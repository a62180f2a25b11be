"""Months billed anew: amendments, reversed lines, estimates that gave way, runs tried and approved"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _reading_events("'quarantined', 'released', 'cancelled', 'superseded'")
    op.alter_column(
        "reading_event",
        "event",
        comment="quarantined, released, cancelled or superseded",
        existing_comment="quarantined, released or cancelled",
        schema="ops",
    )
    op.create_table(
        "bill_amendment",
        sa.Column("bill_amendment_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("metering_point_id", sa.BigInteger(), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False, comment="First day whose bill may be wrong"),
        sa.Column("reason", sa.Text(), nullable=False, comment="A sentence for the bill and the clerk"),
        sa.Column("source_id", sa.BigInteger(), nullable=False, comment="File or command that brought the row"),
        sa.Column(
            "source_row",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="Row in the source file, 0 for a command",
        ),
        sa.ForeignKeyConstraint(["account_id"], ["ops.account.account_id"], name=op.f("bill_amendment_account_id_fk")),
        sa.ForeignKeyConstraint(
            ["metering_point_id"],
            ["ops.metering_point.metering_point_id"],
            name=op.f("bill_amendment_metering_point_id_fk"),
        ),
        sa.ForeignKeyConstraint(["source_id"], ["ops.source.source_id"], name=op.f("bill_amendment_source_id_fk")),
        sa.PrimaryKeyConstraint("bill_amendment_id", name=op.f("bill_amendment_pk")),
        schema="ops",
        comment="One row per demand to bill the days of a metering point anew; the next run over its open month does it.",
    )
    op.create_index(op.f("bill_amendment_account_id_ix"), "bill_amendment", ["account_id"], unique=False, schema="ops")
    op.create_table(
        "bill_amendment_settled",
        sa.Column("bill_amendment_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False, comment="File or command that brought the row"),
        sa.Column(
            "source_row",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="Row in the source file, 0 for a command",
        ),
        sa.ForeignKeyConstraint(
            ["bill_amendment_id"],
            ["ops.bill_amendment.bill_amendment_id"],
            name=op.f("bill_amendment_settled_bill_amendment_id_fk"),
        ),
        sa.ForeignKeyConstraint(
            ["source_id"], ["ops.source.source_id"], name=op.f("bill_amendment_settled_source_id_fk")
        ),
        sa.PrimaryKeyConstraint("bill_amendment_id", name=op.f("bill_amendment_settled_pk")),
        schema="ops",
        comment="One row per amendment that a run has carried out; its source is the run's.",
    )
    op.create_table(
        "bill_line_reversal",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "booked_month", sa.Date(), nullable=False, comment="With bill_no and line_no: the line that was reversed"
        ),
        sa.Column("bill_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("line_no", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("reversing_month", sa.Date(), nullable=False, comment="With the next two: the line that reverses it"),
        sa.Column("reversing_bill_no", sa.Integer(), nullable=False),
        sa.Column("reversing_line_no", sa.SmallInteger(), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False, comment="File or command that brought the row"),
        sa.Column(
            "source_row",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="Row in the source file, 0 for a command",
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["ops.account.account_id"], name=op.f("bill_line_reversal_account_id_fk")
        ),
        sa.ForeignKeyConstraint(["source_id"], ["ops.source.source_id"], name=op.f("bill_line_reversal_source_id_fk")),
        sa.PrimaryKeyConstraint("account_id", "booked_month", "bill_no", "line_no", name=op.f("bill_line_reversal_pk")),
        schema="ops",
        comment="One row per reversed bill line: a line is reversed once, and a line that reverses is never reversed.",
    )
    op.create_index(
        "bill_line_reversal_reversing_ix",
        "bill_line_reversal",
        ["account_id", "reversing_month", "reversing_bill_no", "reversing_line_no"],
        unique=True,
        schema="ops",
    )
    op.create_table(
        "bill_run_preview",
        sa.Column("bill_run_preview_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("booked_month", sa.Date(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("bill_count", sa.BigInteger(), nullable=False),
        sa.Column("line_count", sa.BigInteger(), nullable=False),
        sa.Column("energy_kwh", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("charge_minor", sa.BigInteger(), nullable=False),
        sa.Column("outlier_count", sa.BigInteger(), nullable=False, comment="Bills that somebody should look at"),
        sa.Column("unbilled_span_count", sa.BigInteger(), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False, comment="File or command that brought the row"),
        sa.Column(
            "source_row",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="Row in the source file, 0 for a command",
        ),
        sa.ForeignKeyConstraint(["source_id"], ["ops.source.source_id"], name=op.f("bill_run_preview_source_id_fk")),
        sa.ForeignKeyConstraint(["unit_id"], ["ops.unit.unit_id"], name=op.f("bill_run_preview_unit_id_fk")),
        sa.PrimaryKeyConstraint("bill_run_preview_id", name=op.f("bill_run_preview_pk")),
        schema="ops",
        comment="One row per run that was tried: what it would have posted.",
    )
    op.create_table(
        "bill_run_approval",
        sa.Column("bill_run_preview_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False, comment="File or command that brought the row"),
        sa.Column(
            "source_row",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="Row in the source file, 0 for a command",
        ),
        sa.ForeignKeyConstraint(
            ["bill_run_preview_id"],
            ["ops.bill_run_preview.bill_run_preview_id"],
            name=op.f("bill_run_approval_bill_run_preview_id_fk"),
        ),
        sa.ForeignKeyConstraint(["source_id"], ["ops.source.source_id"], name=op.f("bill_run_approval_source_id_fk")),
        sa.PrimaryKeyConstraint("bill_run_preview_id", name=op.f("bill_run_approval_pk")),
        schema="ops",
        comment="One row per previewed run that somebody with the right let be posted; the source says who and when.",
    )


def downgrade() -> None:
    for table in (
        "bill_run_approval",
        "bill_run_preview",
        "bill_line_reversal",
        "bill_amendment_settled",
        "bill_amendment",
    ):
        op.drop_table(table, schema="ops")
    # An estimate that gave way to a reading stays out of billing, under the older word.
    op.execute("UPDATE ops.reading_event SET event = 'cancelled' WHERE event = 'superseded'")
    op.alter_column("reading_event", "event", comment="quarantined, released or cancelled", schema="ops")
    _reading_events("'quarantined', 'released', 'cancelled'")


def _reading_events(events: str) -> None:
    op.drop_constraint(op.f("reading_event_event_ck"), "reading_event", schema="ops")
    op.create_check_constraint(op.f("reading_event_event_ck"), "reading_event", f"event IN ({events})", schema="ops")
