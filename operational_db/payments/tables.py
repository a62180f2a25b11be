"""Money received: channels, posted packages with control totals, payments, payments taken back or moved."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Sequence,
    Table,
    Text,
    text,
)

from operational_db.schema.metadata import (
    MONEY,
    OPERATIONAL,
    metadata,
    monthly,
    posted_provenance,
    provenance,
)

payment_channel = Table(
    "payment_channel",
    metadata,
    Column("channel_code", Text, primary_key=True, comment="bank, post, paynet, sms, cash"),
    Column("meaning", Text, nullable=False),
    schema=OPERATIONAL,
    comment="One row per way in which money arrives.",
)

payment_package = Table(
    "payment_package",
    metadata,
    Column("payment_package_id", BigInteger, Identity(), primary_key=True),
    Column("channel_code", Text, ForeignKey("ops.payment_channel.channel_code"), nullable=False),
    Column("package_no", Text, nullable=False, unique=True),
    Column("paid_on", Date, nullable=False),
    Column("declared_count", Integer, nullable=False),
    Column("declared_minor", MONEY, nullable=False),
    *provenance(),
    schema=OPERATIONAL,
    comment="One row per register of payments, with the totals its sender declared.",
)

payment_key = Table(
    "payment_key",
    metadata,
    Column("channel_code", Text, primary_key=True),
    Column("external_id", Text, primary_key=True, comment="Identity of the payment in its channel"),
    Column("account_id", BigInteger, nullable=False),
    Column("booked_month", Date, nullable=False),
    Column("payment_no", BigInteger, nullable=False),
    schema=OPERATIONAL,
    comment="One row per payment: the same payment of a channel cannot be posted twice.",
)

payment_no_seq = Sequence("payment_no_seq", metadata=metadata, schema=OPERATIONAL, cache=100)

payment = monthly(
    Table(
        "payment",
        metadata,
        Column("account_id", BigInteger, ForeignKey("ops.account.account_id"), primary_key=True, autoincrement=False),
        Column("booked_month", Date, primary_key=True),
        Column("payment_no", BigInteger, primary_key=True, autoincrement=False, comment="From ops.payment_no_seq"),
        Column("channel_code", Text, nullable=False),
        Column("external_id", Text, nullable=False),
        Column("payment_package_id", BigInteger),
        Column("paid_on", Date, nullable=False),
        Column("amount_minor", MONEY, nullable=False, comment="Negative in a reversing payment"),
        Column("article_code", Text, nullable=False),
        Column("payer_text", Text, comment="Account or name as the payer gave it, kept for unrecognised money"),
        Column("res_id", Integer, nullable=False),
        *posted_provenance(),
        CheckConstraint("amount_minor <> 0", name="amount"),
        Index("payment_res_id_ix", "res_id"),
        Index(
            "payment_payment_package_id_ix",
            "payment_package_id",
            postgresql_where=text("payment_package_id IS NOT NULL"),
        ),
        schema=OPERATIONAL,
        postgresql_partition_by="RANGE (booked_month)",
        comment="One row per payment; money of an unknown account stands on the technical account of its RES.",
    )
)

payment_reversal = Table(
    "payment_reversal",
    metadata,
    Column("account_id", BigInteger, ForeignKey("ops.account.account_id"), primary_key=True, autoincrement=False),
    Column("booked_month", Date, primary_key=True, comment="With payment_no: the payment that is taken back"),
    Column("payment_no", BigInteger, primary_key=True, autoincrement=False),
    Column("reversing_month", Date, nullable=False, comment="With the next: the payment that reverses it"),
    Column("reversing_payment_no", BigInteger, nullable=False),
    Column(
        "right_account_id",
        BigInteger,
        ForeignKey("ops.account.account_id"),
        comment="With the next two: the payment in its place, on the account that it belonged to; empty where none is",
    ),
    Column("right_month", Date),
    Column("right_payment_no", BigInteger),
    Column("reason", Text, nullable=False),
    *provenance(),
    CheckConstraint(
        "(right_account_id IS NULL) = (right_month IS NULL) AND (right_month IS NULL) = (right_payment_no IS NULL)",
        name="right_whole",
    ),
    Index("payment_reversal_reversing_ix", "account_id", "reversing_month", "reversing_payment_no", unique=True),
    Index("payment_reversal_right_ix", "right_account_id", "right_month", "right_payment_no", unique=True),
    schema=OPERATIONAL,
    comment="One row per payment that was taken back, or moved to another account: once only, and for a reason.",
)
