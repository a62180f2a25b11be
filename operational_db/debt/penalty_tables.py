"""What late payment costs: terms of payment, rules with their dates, figures they rest on, penalties charged.

Does not belong here: what is owed, which the ledger tells.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Numeric,
    SmallInteger,
    Table,
    Text,
    text,
)

from operational_db.schema.metadata import (
    MONEY,
    OPERATIONAL,
    known_range,
    metadata,
    monthly,
    no_overlap,
    posted_provenance,
    provenance,
    valid_range,
)

SHARE = Numeric(12, 6)
"""A rate as a share: 0.15 is 15 %."""

STANDS = text("known_to IS NULL")

payment_term = Table(
    "payment_term",
    metadata,
    Column("country", Text, primary_key=True),
    Column("consumer_kind", Text, primary_key=True, comment="household or legal"),
    Column("valid_from", Date, primary_key=True, comment="First day of a document to which the term applies"),
    Column("valid_to", Date, comment="First day of a document to which it no longer applies; empty while it goes on"),
    Column("day_of_next_month", SmallInteger, comment="Last day to pay, in the month after the document's"),
    Column("days_after", SmallInteger, comment="Or: by so many days after the document"),
    Column("source", Text, nullable=False),
    Column("is_verified", Boolean, nullable=False),
    CheckConstraint("(day_of_next_month IS NULL) <> (days_after IS NULL)", name="one_way"),
    CheckConstraint("day_of_next_month BETWEEN 1 AND 28 AND days_after >= 0", name="days"),
    no_overlap("payment_term", "country", "consumer_kind", versioned=False),
    schema=OPERATIONAL,
    comment="One row per country, kind of consumer and span of days: until when a bill is to be paid.",
)

penalty_rule = Table(
    "penalty_rule",
    metadata,
    Column("country", Text, primary_key=True),
    Column("consumer_kind", Text, primary_key=True, comment="household or legal"),
    Column("component", Text, primary_key=True, comment="penalty, annual (interest by law) or inflation"),
    Column("valid_from", Date, primary_key=True, comment="First day of delay to which the rule applies"),
    Column("valid_to", Date, comment="First day of delay to which it no longer applies; empty while it goes on"),
    Column(
        "method",
        Text,
        nullable=False,
        comment="daily: debt x rate x days; yearly: debt x rate x days / days of the year; reference_rate: that times "
        "the reference rate; price_index: debt grows as prices did; suspended: nothing",
    ),
    Column("rate", SHARE, comment="Share of the debt, or the factor of the reference rate"),
    Column("reference_rate_code", Text),
    Column("price_index_code", Text),
    Column("cap_share", SHARE, comment="Never more than this share of the sum that was overdue; empty without a cap"),
    Column("limitation_months", SmallInteger, comment="Days after so many months of delay cost nothing more"),
    Column(
        "starts_after_days", SmallInteger, nullable=False, comment="First day that costs, after the last day to pay"
    ),
    Column("source", Text, nullable=False),
    Column("is_verified", Boolean, nullable=False, comment="Only such rules are charged; others are shown"),
    CheckConstraint("method IN ('daily', 'yearly', 'reference_rate', 'price_index', 'suspended')", name="method"),
    CheckConstraint("component IN ('penalty', 'annual', 'inflation')", name="component"),
    CheckConstraint(
        "rate >= 0 AND cap_share >= 0 AND limitation_months > 0 AND starts_after_days >= 0", name="amounts"
    ),
    CheckConstraint("(rate IS NULL) = (method IN ('price_index', 'suspended'))", name="rate"),
    CheckConstraint("(reference_rate_code IS NULL) = (method <> 'reference_rate')", name="reference_rate"),
    CheckConstraint("(price_index_code IS NULL) = (method <> 'price_index')", name="price_index"),
    no_overlap("penalty_rule", "country", "consumer_kind", "component", versioned=False),
    schema=OPERATIONAL,
    comment="One row per country, kind of consumer, component and span of days: what a day of delay costs.",
)

reference_rate = Table(
    "reference_rate",
    metadata,
    Column("reference_rate_id", BigInteger, Identity(), primary_key=True),
    Column("reference_rate_code", Text, nullable=False, comment="nbu: the National Bank of Ukraine's"),
    Column("valid_from", Date, nullable=False, comment="Holds from this day until the next row's"),
    Column("rate", SHARE, nullable=False, comment="0.15 is 15 % a year"),
    Column("published_in", Text, nullable=False, comment="Where it can be looked up"),
    *known_range(),
    *provenance(),
    Index("reference_rate_standing_ix", "reference_rate_code", "valid_from", unique=True, postgresql_where=STANDS),
    CheckConstraint("rate BETWEEN 0 AND 1", name="rate"),
    schema=OPERATIONAL,
    comment="One row per rate of a central bank, day from which it holds and version.",
)

price_index = Table(
    "price_index",
    metadata,
    Column("price_index_id", BigInteger, Identity(), primary_key=True),
    Column("price_index_code", Text, nullable=False, comment="ua_cpi: consumer prices of Ukraine"),
    Column("index_month", Date, nullable=False),
    Column("index_value", SHARE, nullable=False, comment="To the month before: 1.008 is 0.8 % dearer"),
    Column("published_in", Text, nullable=False, comment="Where it can be looked up"),
    *known_range(),
    *provenance(),
    Index("price_index_standing_ix", "price_index_code", "index_month", unique=True, postgresql_where=STANDS),
    CheckConstraint("extract(day FROM index_month) = 1", name="first_of_month"),
    CheckConstraint("index_value BETWEEN 0.5 AND 2", name="index_value"),
    schema=OPERATIONAL,
    comment="One row per price index, month and version.",
)

penalty = monthly(
    Table(
        "penalty",
        metadata,
        Column("account_id", BigInteger, ForeignKey("ops.account.account_id"), primary_key=True, autoincrement=False),
        Column("booked_month", Date, primary_key=True),
        Column(
            "penalty_no", Integer, primary_key=True, autoincrement=False, comment="1, 2 ... within account and month"
        ),
        Column("line_no", Integer, primary_key=True, autoincrement=False),
        Column("kind", Text, nullable=False, comment="charge, reversing or correction"),
        Column("component", Text, nullable=False, comment="penalty, annual or inflation"),
        Column("due_on", Date, nullable=False, comment="Last day to pay of the debt that is overdue"),
        Column("day_from", Date, nullable=False),
        Column("day_to", Date, nullable=False, comment="First day after the span"),
        Column("debt_minor", MONEY, nullable=False, comment="Overdue on each of these days"),
        Column("method", Text, nullable=False),
        Column("rate", SHARE, comment="Rate of the rule"),
        Column("multiplier", SHARE, comment="Reference rate or price index"),
        Column("cap_minor", MONEY, comment="Most that this debt may cost from its first day of delay on"),
        Column("charge_minor", MONEY, nullable=False, comment="Negative in a reversing line"),
        Column("reason", Text, comment="Why it is taken back or put right"),
        Column("res_id", Integer, nullable=False),
        *posted_provenance(),
        CheckConstraint("kind IN ('charge', 'reversing', 'correction')", name="kind"),
        CheckConstraint("day_to > day_from", name="days"),
        CheckConstraint("(kind = 'charge') = (reason IS NULL)", name="reason"),
        Index("penalty_res_id_ix", "res_id"),
        schema=OPERATIONAL,
        postgresql_partition_by="RANGE (booked_month)",
        comment="One row per overdue debt and span of days of one calendar month, with what it was computed from.",
    )
)

penalty_reversal = Table(
    "penalty_reversal",
    metadata,
    Column("account_id", BigInteger, ForeignKey("ops.account.account_id"), primary_key=True, autoincrement=False),
    Column("booked_month", Date, primary_key=True, comment="With penalty_no and line_no: the line that was reversed"),
    Column("penalty_no", Integer, primary_key=True, autoincrement=False),
    Column("line_no", Integer, primary_key=True, autoincrement=False),
    Column("reversing_month", Date, nullable=False, comment="With the next two: the line that reverses it"),
    Column("reversing_penalty_no", Integer, nullable=False),
    Column("reversing_line_no", Integer, nullable=False),
    *provenance(),
    schema=OPERATIONAL,
    comment="One row per reversed line of a penalty: a line is reversed once.",
)

penalty_waiver = Table(
    "penalty_waiver",
    metadata,
    Column("penalty_waiver_id", BigInteger, Identity(), primary_key=True),
    Column("account_id", BigInteger, ForeignKey("ops.account.account_id"), nullable=False, index=True),
    *valid_range(),
    Column("reason", Text, nullable=False, comment="A sentence for the consumer and the clerk"),
    *provenance(),
    CheckConstraint("valid_to > valid_from", name="days"),
    schema=OPERATIONAL,
    comment="One row per account and span of days whose delay costs nothing, because somebody with the right said so.",
)
