"""Reconciliation of loads: comparisons with the book, probable duplicates, decisions"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "comparison",
        sa.Column("comparison_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("load_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "occasion", sa.Text(), nullable=False, comment="acceptance, refused (an acceptance rolled back) or later"
        ),
        sa.Column("first_day", sa.Date(), nullable=False, comment="First day that the load was published for"),
        sa.Column("end_day", sa.Date(), nullable=False, comment="First day after the load"),
        sa.Column("loaded_count", sa.BigInteger(), nullable=False),
        sa.Column("book_count", sa.BigInteger(), nullable=False),
        sa.Column("differing_count", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "compared_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.CheckConstraint("occasion IN ('acceptance', 'refused', 'later')", name=op.f("comparison_occasion_ck")),
        sa.ForeignKeyConstraint(["load_id"], ["landing.load.load_id"], name=op.f("comparison_load_id_fk")),
        sa.ForeignKeyConstraint(["user_id"], ["ops.app_user.user_id"], name=op.f("comparison_user_id_fk")),
        sa.PrimaryKeyConstraint("comparison_id", name=op.f("comparison_pk")),
        schema="migration",
        comment="One row per full comparison of a load with the book.",
    )
    op.create_index("comparison_load_id_ix", "comparison", ["load_id"], unique=False, schema="migration")
    op.create_table(
        "book_difference",
        sa.Column("book_difference_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("comparison_id", sa.BigInteger(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False, comment="Kind of fact"),
        sa.Column("legacy_key", sa.Text(), nullable=False, comment="The row in the old program's own keys"),
        sa.Column("side", sa.Text(), nullable=False, comment="missing in the book, extra in the book, or differs"),
        sa.Column(
            "fields",
            postgresql.ARRAY(sa.Text()),
            nullable=False,
            comment="What differs; empty where the row is on one side alone",
        ),
        sa.Column(
            "loaded",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="These fields as loaded, or the whole row where the book lacks it",
        ),
        sa.Column(
            "book",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="The same as they stand in the book",
        ),
        sa.Column("file_id", sa.BigInteger(), nullable=True, comment="File that told the loaded row"),
        sa.Column("row_no", sa.Integer(), nullable=True),
        sa.Column(
            "source_id", sa.BigInteger(), nullable=True, comment="File or command that brought the row of the book"
        ),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.CheckConstraint("side IN ('missing', 'extra', 'differs')", name=op.f("book_difference_side_ck")),
        sa.ForeignKeyConstraint(
            ["comparison_id"], ["migration.comparison.comparison_id"], name=op.f("book_difference_comparison_id_fk")
        ),
        sa.PrimaryKeyConstraint("book_difference_id", name=op.f("book_difference_pk")),
        schema="migration",
        comment="One row per difference between what was loaded and the book.",
    )
    op.create_index(
        "book_difference_comparison_id_ix", "book_difference", ["comparison_id"], unique=False, schema="migration"
    )
    op.create_table(
        "duplicate",
        sa.Column("duplicate_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("load_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="person, premises or meter"),
        sa.Column("first_key", sa.Text(), nullable=False, comment="Old key of the one that sorts first"),
        sa.Column("second_key", sa.Text(), nullable=False),
        sa.Column("score", sa.Numeric(precision=5, scale=1), nullable=False, comment="0 to 100"),
        sa.Column("evidence", sa.Text(), nullable=False, comment="What speaks for one and what against, in words"),
        sa.Column(
            "energy_kwh",
            sa.Numeric(precision=18, scale=6),
            server_default=sa.text("0"),
            nullable=False,
            comment="Charged to the second of them",
        ),
        sa.Column(
            "amount_minor",
            sa.BigInteger(),
            server_default=sa.text("0"),
            nullable=False,
            comment="Charged to the second of them",
        ),
        sa.CheckConstraint("kind IN ('person', 'premises', 'meter')", name=op.f("duplicate_kind_ck")),
        sa.CheckConstraint("first_key < second_key", name=op.f("duplicate_order_ck")),
        sa.ForeignKeyConstraint(["load_id"], ["landing.load.load_id"], name=op.f("duplicate_load_id_fk")),
        sa.PrimaryKeyConstraint("duplicate_id", name=op.f("duplicate_pk")),
        sa.UniqueConstraint(
            "load_id",
            "kind",
            "first_key",
            "second_key",
            name=op.f("duplicate_load_id_kind_first_key_second_key_uq"),
        ),
        schema="migration",
        comment="One row per pair of legacy rows that may tell of one person, place or meter. Nothing is merged by it.",
    )
    op.create_table(
        "decision",
        sa.Column("decision_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("profile", sa.Text(), nullable=False, comment="The old system, by the name of its profile"),
        sa.Column("kind", sa.Text(), nullable=False, comment="person, premises or meter"),
        sa.Column("first_key", sa.Text(), nullable=False),
        sa.Column("second_key", sa.Text(), nullable=False),
        sa.Column("decided", sa.Text(), nullable=False, comment="merge or keep_apart"),
        sa.Column("reason", sa.Text(), nullable=False, comment="Why, in the words of who decided"),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "decided_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("kind IN ('person', 'premises', 'meter')", name=op.f("decision_kind_ck")),
        sa.CheckConstraint("decided IN ('merge', 'keep_apart')", name=op.f("decision_decided_ck")),
        sa.CheckConstraint("first_key < second_key", name=op.f("decision_order_ck")),
        sa.ForeignKeyConstraint(["user_id"], ["ops.app_user.user_id"], name=op.f("decision_user_id_fk")),
        sa.ForeignKeyConstraint(["source_id"], ["ops.source.source_id"], name=op.f("decision_source_id_fk")),
        sa.PrimaryKeyConstraint("decision_id", name=op.f("decision_pk")),
        schema="migration",
        comment="One row per decision about a pair; the last one counts, none is changed or removed.",
    )
    op.create_index(
        "decision_pair_ix",
        "decision",
        ["profile", "kind", "first_key", "second_key"],
        unique=False,
        schema="migration",
    )
    op.create_table(
        "applied_merge",
        sa.Column("load_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="person or premises"),
        sa.Column(
            "account_no",
            sa.Text(),
            nullable=False,
            comment="Account that shares the subscriber or premises of the next",
        ),
        sa.Column("keeper_no", sa.Text(), nullable=False),
        sa.Column("decision_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["migration.decision.decision_id"], name=op.f("applied_merge_decision_id_fk")
        ),
        sa.ForeignKeyConstraint(["load_id"], ["landing.load.load_id"], name=op.f("applied_merge_load_id_fk")),
        sa.PrimaryKeyConstraint("load_id", "kind", "account_no", name=op.f("applied_merge_pk")),
        schema="migration",
        comment="One row per account of a published load that a decision joined with another.",
    )
    for table in ("remark", "difference"):
        if table == "difference":
            op.add_column(
                table,
                sa.Column(
                    "other_key",
                    sa.Text(),
                    nullable=True,
                    comment="The other of a pair, such as the account that the amount was swapped with",
                ),
                schema="migration",
            )
            op.add_column(
                table,
                sa.Column(
                    "cause",
                    sa.Text(),
                    nullable=True,
                    comment="What the figures themselves show: swapped, sign, scale, month_shift",
                ),
                schema="migration",
            )
        op.add_column(
            table,
            sa.Column(
                "energy_kwh",
                sa.Numeric(precision=18, scale=6),
                server_default=sa.text("0"),
                nullable=False,
                comment="At stake",
            ),
            schema="migration",
        )
        op.add_column(
            table,
            sa.Column("amount_minor", sa.BigInteger(), server_default=sa.text("0"), nullable=False, comment="At stake"),
            schema="migration",
        )


def downgrade() -> None:
    op.execute("DROP TRIGGER IF EXISTS refuse_change_of_decision ON migration.decision")
    for table in ("difference", "remark"):
        op.drop_column(table, "amount_minor", schema="migration")
        op.drop_column(table, "energy_kwh", schema="migration")
    op.drop_column("difference", "cause", schema="migration")
    op.drop_column("difference", "other_key", schema="migration")
    for table in ("applied_merge", "decision", "duplicate", "book_difference", "comparison"):
        op.drop_table(table, schema="migration")
