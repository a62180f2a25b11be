"""Packages of payments before they are posted: drafts, which may be mended; a posted package is in `tables`."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Date, ForeignKey, Identity, Integer, Table, Text

from operational_db.schema.metadata import MONEY, OPERATIONAL, metadata, provenance

payment_package_draft = Table(
    "payment_package_draft",
    metadata,
    Column("payment_package_draft_id", BigInteger, Identity(), primary_key=True),
    Column("package_no", Text, nullable=False, unique=True),
    Column("channel_code", Text, ForeignKey("ops.payment_channel.channel_code"), nullable=False),
    Column("paid_on", Date, nullable=False),
    Column("booked_month", Date, nullable=False, comment="Month into which it will be posted"),
    Column(
        "unit_id",
        Integer,
        ForeignKey("ops.unit.unit_id"),
        nullable=False,
        comment="Its payments belong to RES of this unit; whoever may post there may mend it",
    ),
    Column("declared_count", Integer, nullable=False),
    Column("declared_minor", MONEY, nullable=False),
    *provenance(),
    CheckConstraint("declared_count > 0 AND declared_minor > 0", name="declared"),
    schema=OPERATIONAL,
    comment="One row per package that is not posted yet, with the totals its sender declared; posting removes it.",
)

payment_draft = Table(
    "payment_draft",
    metadata,
    Column(
        "payment_package_draft_id",
        BigInteger,
        ForeignKey("ops.payment_package_draft.payment_package_draft_id"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("row_no", Integer, primary_key=True, autoincrement=False),
    Column("external_id", Text, nullable=False, comment="Identity of the payment in its channel"),
    Column("account_text", Text, comment="Account number as the payer gave it, new or old"),
    Column("paid_on", Date, nullable=False),
    Column("amount_minor", MONEY, nullable=False),
    Column(
        "article_code",
        Text,
        ForeignKey("ops.article.article_code"),
        comment="What the payer pays for; empty where none is named, so that the oldest debt is paid",
    ),
    Column("payer_text", Text, comment="Name or purpose as the payer gave it"),
    Column(
        "pool_res_id",
        Integer,
        ForeignKey("ops.unit.unit_id"),
        comment="RES whose unrecognised money it will be; empty where the account is to be found",
    ),
    *provenance(),
    schema=OPERATIONAL,
    comment="One row per payment of a package that is not posted yet.",
)
