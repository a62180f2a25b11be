"""Late payment and prepaid energy: terms, rules and figures of penalties, penalties charged, credits unwound"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "payment_term",
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("consumer_kind", sa.Text(), nullable=False, comment="household or legal"),
        sa.Column("valid_from", sa.Date(), nullable=False, comment="First day of a document to which the term applies"),
        sa.Column(
            "valid_to",
            sa.Date(),
            nullable=True,
            comment="First day of a document to which it no longer applies; empty while it goes on",
        ),
        sa.Column(
            "day_of_next_month",
            sa.SmallInteger(),
            nullable=True,
            comment="Last day to pay, in the month after the document's",
        ),
        sa.Column("days_after", sa.SmallInteger(), nullable=True, comment="Or: by so many days after the document"),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("is_verified", sa.Boolean(), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("country"), "="),
            (sa.column("consumer_kind"), "="),
            (sa.text("daterange(valid_from, valid_to)"), "&&"),
            using="gist",
            name="payment_term_overlap_ex",
        ),
        sa.CheckConstraint("(day_of_next_month IS NULL) <> (days_after IS NULL)", name=op.f("payment_term_one_way_ck")),
        sa.CheckConstraint("day_of_next_month BETWEEN 1 AND 28 AND days_after >= 0", name=op.f("payment_term_days_ck")),
        sa.PrimaryKeyConstraint("country", "consumer_kind", "valid_from", name=op.f("payment_term_pk")),
        schema="ops",
        comment="One row per country, kind of consumer and span of days: until when a bill is to be paid.",
    )
    op.create_table(
        "penalty_rule",
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("consumer_kind", sa.Text(), nullable=False, comment="household or legal"),
        sa.Column("component", sa.Text(), nullable=False, comment="penalty, annual (interest by law) or inflation"),
        sa.Column("valid_from", sa.Date(), nullable=False, comment="First day of delay to which the rule applies"),
        sa.Column(
            "valid_to",
            sa.Date(),
            nullable=True,
            comment="First day of delay to which it no longer applies; empty while it goes on",
        ),
        sa.Column(
            "method",
            sa.Text(),
            nullable=False,
            comment="daily: debt x rate x days; yearly: debt x rate x days / days of the year; reference_rate: that times the reference rate; price_index: debt grows as prices did; suspended: nothing",
        ),
        sa.Column(
            "rate",
            sa.Numeric(precision=12, scale=6),
            nullable=True,
            comment="Share of the debt, or the factor of the reference rate",
        ),
        sa.Column("reference_rate_code", sa.Text(), nullable=True),
        sa.Column("price_index_code", sa.Text(), nullable=True),
        sa.Column(
            "cap_share",
            sa.Numeric(precision=12, scale=6),
            nullable=True,
            comment="Never more than this share of the sum that was overdue; empty without a cap",
        ),
        sa.Column(
            "limitation_months",
            sa.SmallInteger(),
            nullable=True,
            comment="Days after so many months of delay cost nothing more",
        ),
        sa.Column(
            "starts_after_days",
            sa.SmallInteger(),
            nullable=False,
            comment="First day that costs, after the last day to pay",
        ),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("is_verified", sa.Boolean(), nullable=False, comment="Only such rules are charged; others are shown"),
        postgresql.ExcludeConstraint(
            (sa.column("country"), "="),
            (sa.column("consumer_kind"), "="),
            (sa.column("component"), "="),
            (sa.text("daterange(valid_from, valid_to)"), "&&"),
            using="gist",
            name="penalty_rule_overlap_ex",
        ),
        sa.CheckConstraint(
            "(price_index_code IS NULL) = (method <> 'price_index')", name=op.f("penalty_rule_price_index_ck")
        ),
        sa.CheckConstraint(
            "(rate IS NULL) = (method IN ('price_index', 'suspended'))", name=op.f("penalty_rule_rate_ck")
        ),
        sa.CheckConstraint(
            "(reference_rate_code IS NULL) = (method <> 'reference_rate')", name=op.f("penalty_rule_reference_rate_ck")
        ),
        sa.CheckConstraint("component IN ('penalty', 'annual', 'inflation')", name=op.f("penalty_rule_component_ck")),
        sa.CheckConstraint(
            "method IN ('daily', 'yearly', 'reference_rate', 'price_index', 'suspended')",
            name=op.f("penalty_rule_method_ck"),
        ),
        sa.CheckConstraint(
            "rate >= 0 AND cap_share >= 0 AND limitation_months > 0 AND starts_after_days >= 0",
            name=op.f("penalty_rule_amounts_ck"),
        ),
        sa.PrimaryKeyConstraint("country", "consumer_kind", "component", "valid_from", name=op.f("penalty_rule_pk")),
        schema="ops",
        comment="One row per country, kind of consumer, component and span of days: what a day of delay costs.",
    )
    op.create_table(
        "price_index",
        sa.Column("price_index_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("price_index_code", sa.Text(), nullable=False, comment="ua_cpi: consumer prices of Ukraine"),
        sa.Column("index_month", sa.Date(), nullable=False),
        sa.Column(
            "index_value",
            sa.Numeric(precision=12, scale=6),
            nullable=False,
            comment="To the month before: 1.008 is 0.8 % dearer",
        ),
        sa.Column("published_in", sa.Text(), nullable=False, comment="Where it can be looked up"),
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
        sa.CheckConstraint("extract(day FROM index_month) = 1", name=op.f("price_index_first_of_month_ck")),
        sa.CheckConstraint("index_value BETWEEN 0.5 AND 2", name=op.f("price_index_index_value_ck")),
        sa.ForeignKeyConstraint(["source_id"], ["ops.source.source_id"], name=op.f("price_index_source_id_fk")),
        sa.PrimaryKeyConstraint("price_index_id", name=op.f("price_index_pk")),
        schema="ops",
        comment="One row per price index, month and version.",
    )
    op.create_index(
        "price_index_standing_ix",
        "price_index",
        ["price_index_code", "index_month"],
        unique=True,
        schema="ops",
        postgresql_where=sa.text("known_to IS NULL"),
    )
    op.create_table(
        "reference_rate",
        sa.Column("reference_rate_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("reference_rate_code", sa.Text(), nullable=False, comment="nbu: the National Bank of Ukraine's"),
        sa.Column("valid_from", sa.Date(), nullable=False, comment="Holds from this day until the next row's"),
        sa.Column("rate", sa.Numeric(precision=12, scale=6), nullable=False, comment="0.15 is 15 % a year"),
        sa.Column("published_in", sa.Text(), nullable=False, comment="Where it can be looked up"),
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
        sa.CheckConstraint("rate BETWEEN 0 AND 1", name=op.f("reference_rate_rate_ck")),
        sa.ForeignKeyConstraint(["source_id"], ["ops.source.source_id"], name=op.f("reference_rate_source_id_fk")),
        sa.PrimaryKeyConstraint("reference_rate_id", name=op.f("reference_rate_pk")),
        schema="ops",
        comment="One row per rate of a central bank, day from which it holds and version.",
    )
    op.create_index(
        "reference_rate_standing_ix",
        "reference_rate",
        ["reference_rate_code", "valid_from"],
        unique=True,
        schema="ops",
        postgresql_where=sa.text("known_to IS NULL"),
    )
    op.create_table(
        "penalty",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("booked_month", sa.Date(), nullable=False),
        sa.Column(
            "penalty_no", sa.Integer(), autoincrement=False, nullable=False, comment="1, 2 ... within account and month"
        ),
        sa.Column("line_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="charge, reversing or correction"),
        sa.Column("component", sa.Text(), nullable=False, comment="penalty, annual or inflation"),
        sa.Column("due_on", sa.Date(), nullable=False, comment="Last day to pay of the debt that is overdue"),
        sa.Column("day_from", sa.Date(), nullable=False),
        sa.Column("day_to", sa.Date(), nullable=False, comment="First day after the span"),
        sa.Column("debt_minor", sa.BigInteger(), nullable=False, comment="Overdue on each of these days"),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("rate", sa.Numeric(precision=12, scale=6), nullable=True, comment="Rate of the rule"),
        sa.Column(
            "multiplier", sa.Numeric(precision=12, scale=6), nullable=True, comment="Reference rate or price index"
        ),
        sa.Column(
            "cap_minor",
            sa.BigInteger(),
            nullable=True,
            comment="Most that this debt may cost from its first day of delay on",
        ),
        sa.Column("charge_minor", sa.BigInteger(), nullable=False, comment="Negative in a reversing line"),
        sa.Column("reason", sa.Text(), nullable=True, comment="Why it is taken back or put right"),
        sa.Column("res_id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False, comment="File or command that brought the row"),
        sa.Column(
            "source_row",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="Row in the source file, 0 for a command",
        ),
        sa.CheckConstraint("(kind = 'charge') = (reason IS NULL)", name=op.f("penalty_reason_ck")),
        sa.CheckConstraint("kind IN ('charge', 'reversing', 'correction')", name=op.f("penalty_kind_ck")),
        sa.CheckConstraint("day_to > day_from", name=op.f("penalty_days_ck")),
        sa.ForeignKeyConstraint(["account_id"], ["ops.account.account_id"], name=op.f("penalty_account_id_fk")),
        sa.PrimaryKeyConstraint("account_id", "booked_month", "penalty_no", "line_no", name=op.f("penalty_pk")),
        schema="ops",
        comment="One row per overdue debt and span of days of one calendar month, with what it was computed from.",
        postgresql_partition_by="RANGE (booked_month)",
    )
    op.create_index("penalty_res_id_ix", "penalty", ["res_id"], unique=False, schema="ops")
    op.create_table(
        "penalty_reversal",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "booked_month", sa.Date(), nullable=False, comment="With penalty_no and line_no: the line that was reversed"
        ),
        sa.Column("penalty_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("line_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("reversing_month", sa.Date(), nullable=False, comment="With the next two: the line that reverses it"),
        sa.Column("reversing_penalty_no", sa.Integer(), nullable=False),
        sa.Column("reversing_line_no", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False, comment="File or command that brought the row"),
        sa.Column(
            "source_row",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="Row in the source file, 0 for a command",
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["ops.account.account_id"], name=op.f("penalty_reversal_account_id_fk")
        ),
        sa.ForeignKeyConstraint(["source_id"], ["ops.source.source_id"], name=op.f("penalty_reversal_source_id_fk")),
        sa.PrimaryKeyConstraint(
            "account_id", "booked_month", "penalty_no", "line_no", name=op.f("penalty_reversal_pk")
        ),
        schema="ops",
        comment="One row per reversed line of a penalty: a line is reversed once.",
    )
    op.create_table(
        "penalty_waiver",
        sa.Column("penalty_waiver_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False, comment="First day on which the fact holds"),
        sa.Column(
            "valid_to",
            sa.Date(),
            nullable=True,
            comment="First day on which it no longer holds; empty while it goes on",
        ),
        sa.Column("reason", sa.Text(), nullable=False, comment="A sentence for the consumer and the clerk"),
        sa.Column("source_id", sa.BigInteger(), nullable=False, comment="File or command that brought the row"),
        sa.Column(
            "source_row",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="Row in the source file, 0 for a command",
        ),
        sa.CheckConstraint("valid_to > valid_from", name=op.f("penalty_waiver_days_ck")),
        sa.ForeignKeyConstraint(["account_id"], ["ops.account.account_id"], name=op.f("penalty_waiver_account_id_fk")),
        sa.ForeignKeyConstraint(["source_id"], ["ops.source.source_id"], name=op.f("penalty_waiver_source_id_fk")),
        sa.PrimaryKeyConstraint("penalty_waiver_id", name=op.f("penalty_waiver_pk")),
        schema="ops",
        comment="One row per account and span of days whose delay costs nothing, because somebody with the right said so.",
    )
    op.create_index(op.f("penalty_waiver_account_id_ix"), "penalty_waiver", ["account_id"], unique=False, schema="ops")
    op.create_table(
        "prepaid_energy",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("booked_month", sa.Date(), nullable=False),
        sa.Column(
            "prepaid_no", sa.Integer(), autoincrement=False, nullable=False, comment="1, 2 ... within account and month"
        ),
        sa.Column("kind", sa.Text(), nullable=False, comment="unwound or reversing"),
        sa.Column("metering_point_id", sa.BigInteger(), nullable=False, comment="Whose price list was used"),
        sa.Column("priced_on", sa.Date(), nullable=False, comment="Day whose price list and season held"),
        sa.Column("tariff_version_id", sa.Integer(), nullable=False),
        sa.Column("variant_code", sa.Text(), nullable=False),
        sa.Column(
            "credit_minor", sa.BigInteger(), nullable=False, comment="What was in advance; negative in a reversing row"
        ),
        sa.Column(
            "energy_kwh",
            sa.Numeric(precision=18, scale=6),
            nullable=False,
            comment="Whole kWh of one month that the credit pays for",
        ),
        sa.Column(
            "charge_minor",
            sa.BigInteger(),
            nullable=False,
            comment="What they cost; the rest of the credit stays money",
        ),
        sa.Column(
            "reverses_month",
            sa.Date(),
            nullable=True,
            comment="With reverses_prepaid_no: the row that this one takes back",
        ),
        sa.Column("reverses_prepaid_no", sa.Integer(), nullable=True),
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
            "(kind = 'reversing') = (reverses_month IS NOT NULL AND reverses_prepaid_no IS NOT NULL)",
            name=op.f("prepaid_energy_reverses_ck"),
        ),
        sa.CheckConstraint("kind IN ('unwound', 'reversing')", name=op.f("prepaid_energy_kind_ck")),
        sa.ForeignKeyConstraint(["account_id"], ["ops.account.account_id"], name=op.f("prepaid_energy_account_id_fk")),
        sa.PrimaryKeyConstraint("account_id", "booked_month", "prepaid_no", name=op.f("prepaid_energy_pk")),
        schema="ops",
        comment="One row per account and credit that was unwound into energy; the one that stands is what is prepaid.",
        postgresql_partition_by="RANGE (booked_month)",
    )
    op.create_index("prepaid_energy_res_id_ix", "prepaid_energy", ["res_id"], unique=False, schema="ops")


def downgrade() -> None:
    for table in (
        "prepaid_energy",
        "penalty_waiver",
        "penalty_reversal",
        "penalty",
        "reference_rate",
        "price_index",
        "penalty_rule",
        "payment_term",
    ):
        op.drop_table(table, schema="ops")
