"""Packages of payments that may be mended, payments taken back or moved, paid services"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "service_price",
        sa.Column("service_price_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("service_code", sa.Text(), nullable=False),
        sa.Column("meaning", sa.Text(), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False, comment="Of one unit of the service, VAT included"),
        sa.Column("vat_rate", sa.Numeric(precision=5, scale=4), nullable=False),
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
            (sa.column("service_code"), "="),
            (sa.text("daterange(valid_from, valid_to)"), "&&"),
            where=sa.text("known_to IS NULL"),
            using="gist",
            name="service_price_overlap_ex",
        ),
        sa.CheckConstraint("price_minor > 0", name=op.f("service_price_price_ck")),
        sa.CheckConstraint("vat_rate >= 0 AND vat_rate < 1", name=op.f("service_price_vat_rate_ck")),
        sa.ForeignKeyConstraint(["source_id"], ["ops.source.source_id"], name=op.f("service_price_source_id_fk")),
        sa.PrimaryKeyConstraint("service_price_id", name=op.f("service_price_pk")),
        schema="ops",
        comment="One row per paid service, span of days and version: what it costs.",
    )
    op.create_table(
        "payment_package_draft",
        sa.Column("payment_package_draft_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("package_no", sa.Text(), nullable=False),
        sa.Column("channel_code", sa.Text(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("booked_month", sa.Date(), nullable=False, comment="Month into which it will be posted"),
        sa.Column(
            "unit_id",
            sa.Integer(),
            nullable=False,
            comment="Its payments belong to RES of this unit; whoever may post there may mend it",
        ),
        sa.Column("declared_count", sa.Integer(), nullable=False),
        sa.Column("declared_minor", sa.BigInteger(), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False, comment="File or command that brought the row"),
        sa.Column(
            "source_row",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="Row in the source file, 0 for a command",
        ),
        sa.CheckConstraint("declared_count > 0 AND declared_minor > 0", name=op.f("payment_package_draft_declared_ck")),
        sa.ForeignKeyConstraint(
            ["channel_code"], ["ops.payment_channel.channel_code"], name=op.f("payment_package_draft_channel_code_fk")
        ),
        sa.ForeignKeyConstraint(
            ["source_id"], ["ops.source.source_id"], name=op.f("payment_package_draft_source_id_fk")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["ops.unit.unit_id"], name=op.f("payment_package_draft_unit_id_fk")),
        sa.PrimaryKeyConstraint("payment_package_draft_id", name=op.f("payment_package_draft_pk")),
        sa.UniqueConstraint("package_no", name=op.f("payment_package_draft_package_no_uq")),
        schema="ops",
        comment="One row per package that is not posted yet, with the totals its sender declared; posting removes it.",
    )
    op.create_table(
        "payment_draft",
        sa.Column("payment_package_draft_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("row_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False, comment="Identity of the payment in its channel"),
        sa.Column("account_text", sa.Text(), nullable=True, comment="Account number as the payer gave it, new or old"),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column(
            "article_code",
            sa.Text(),
            nullable=True,
            comment="What the payer pays for; empty where none is named, so that the oldest debt is paid",
        ),
        sa.Column("payer_text", sa.Text(), nullable=True, comment="Name or purpose as the payer gave it"),
        sa.Column(
            "pool_res_id",
            sa.Integer(),
            nullable=True,
            comment="RES whose unrecognised money it will be; empty where the account is to be found",
        ),
        sa.Column("source_id", sa.BigInteger(), nullable=False, comment="File or command that brought the row"),
        sa.Column(
            "source_row",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="Row in the source file, 0 for a command",
        ),
        sa.ForeignKeyConstraint(
            ["article_code"], ["ops.article.article_code"], name=op.f("payment_draft_article_code_fk")
        ),
        sa.ForeignKeyConstraint(
            ["payment_package_draft_id"],
            ["ops.payment_package_draft.payment_package_draft_id"],
            name=op.f("payment_draft_payment_package_draft_id_fk"),
        ),
        sa.ForeignKeyConstraint(["pool_res_id"], ["ops.unit.unit_id"], name=op.f("payment_draft_pool_res_id_fk")),
        sa.ForeignKeyConstraint(["source_id"], ["ops.source.source_id"], name=op.f("payment_draft_source_id_fk")),
        sa.PrimaryKeyConstraint("payment_package_draft_id", "row_no", name=op.f("payment_draft_pk")),
        schema="ops",
        comment="One row per payment of a package that is not posted yet.",
    )
    op.create_table(
        "payment_reversal",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("booked_month", sa.Date(), nullable=False, comment="With payment_no: the payment that is taken back"),
        sa.Column("payment_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "reversing_month",
            sa.Date(),
            nullable=False,
            comment="With the next: the payment that reverses it",
        ),
        sa.Column("reversing_payment_no", sa.BigInteger(), nullable=False),
        sa.Column(
            "right_account_id",
            sa.BigInteger(),
            nullable=True,
            comment="With the next two: the payment in its place, on the account that it belonged to; empty where none is",
        ),
        sa.Column("right_month", sa.Date(), nullable=True),
        sa.Column("right_payment_no", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False, comment="File or command that brought the row"),
        sa.Column(
            "source_row",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="Row in the source file, 0 for a command",
        ),
        sa.CheckConstraint(
            "(right_account_id IS NULL) = (right_month IS NULL) AND (right_month IS NULL) = (right_payment_no IS NULL)",
            name=op.f("payment_reversal_right_whole_ck"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["ops.account.account_id"], name=op.f("payment_reversal_account_id_fk")
        ),
        sa.ForeignKeyConstraint(
            ["right_account_id"], ["ops.account.account_id"], name=op.f("payment_reversal_right_account_id_fk")
        ),
        sa.ForeignKeyConstraint(["source_id"], ["ops.source.source_id"], name=op.f("payment_reversal_source_id_fk")),
        sa.PrimaryKeyConstraint("account_id", "booked_month", "payment_no", name=op.f("payment_reversal_pk")),
        schema="ops",
        comment="One row per payment that was taken back, or moved to another account: once only, and for a reason.",
    )
    op.create_index(
        "payment_reversal_reversing_ix",
        "payment_reversal",
        ["account_id", "reversing_month", "reversing_payment_no"],
        unique=True,
        schema="ops",
    )
    op.create_index(
        "payment_reversal_right_ix",
        "payment_reversal",
        ["right_account_id", "right_month", "right_payment_no"],
        unique=True,
        schema="ops",
    )
    op.create_table(
        "service_bill",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("booked_month", sa.Date(), nullable=False),
        sa.Column(
            "service_no", sa.Integer(), autoincrement=False, nullable=False, comment="From 1 in each account and month"
        ),
        sa.Column("service_price_id", sa.BigInteger(), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=False),
        sa.Column(
            "quantity", sa.Numeric(precision=12, scale=3), nullable=False, comment="Negative in a reversing bill"
        ),
        sa.Column("charge_minor", sa.BigInteger(), nullable=False, comment="VAT included"),
        sa.Column("vat_minor", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True, comment="What was done, or why it is taken back"),
        sa.Column(
            "reverses_month",
            sa.Date(),
            nullable=True,
            comment="With reverses_no: the bill of the account that this one takes back",
        ),
        sa.Column("reverses_no", sa.Integer(), nullable=True),
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
            "(reverses_month IS NULL) = (reverses_no IS NULL) AND (reverses_no IS NULL OR quantity < 0)",
            name=op.f("service_bill_reverses_ck"),
        ),
        sa.CheckConstraint("quantity <> 0", name=op.f("service_bill_quantity_ck")),
        sa.ForeignKeyConstraint(["account_id"], ["ops.account.account_id"], name=op.f("service_bill_account_id_fk")),
        sa.ForeignKeyConstraint(
            ["service_price_id"], ["ops.service_price.service_price_id"], name=op.f("service_bill_service_price_id_fk")
        ),
        sa.ForeignKeyConstraint(["source_id"], ["ops.source.source_id"], name=op.f("service_bill_source_id_fk")),
        sa.PrimaryKeyConstraint("account_id", "booked_month", "service_no", name=op.f("service_bill_pk")),
        schema="ops",
        comment="One row per bill of a paid service; one that is wrong is taken back by a bill that reverses it, once.",
    )
    op.create_index("service_bill_res_id_ix", "service_bill", ["res_id", "booked_month"], unique=False, schema="ops")
    op.create_index(
        "service_bill_reverses_ix",
        "service_bill",
        ["account_id", "reverses_month", "reverses_no"],
        unique=True,
        schema="ops",
        postgresql_where=sa.text("reverses_no IS NOT NULL"),
    )
    op.create_index(
        "payment_payment_package_id_ix",
        "payment",
        ["payment_package_id"],
        unique=False,
        schema="ops",
        postgresql_where=sa.text("payment_package_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index(
        "payment_payment_package_id_ix",
        table_name="payment",
        schema="ops",
        postgresql_where=sa.text("payment_package_id IS NOT NULL"),
    )
    op.drop_index(
        "service_bill_reverses_ix",
        table_name="service_bill",
        schema="ops",
        postgresql_where=sa.text("reverses_no IS NOT NULL"),
    )
    op.drop_index("service_bill_res_id_ix", table_name="service_bill", schema="ops")
    op.drop_table("service_bill", schema="ops")
    op.drop_index("payment_reversal_right_ix", table_name="payment_reversal", schema="ops")
    op.drop_index("payment_reversal_reversing_ix", table_name="payment_reversal", schema="ops")
    op.drop_table("payment_reversal", schema="ops")
    op.drop_table("payment_draft", schema="ops")
    op.drop_table("payment_package_draft", schema="ops")
    op.drop_table("service_price", schema="ops")
