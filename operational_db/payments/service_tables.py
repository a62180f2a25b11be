"""Paid services: the price list, and what consumers were billed from it."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Numeric,
    Table,
    Text,
    text,
)

from operational_db.schema.metadata import (
    MONEY,
    OPERATIONAL,
    known_range,
    metadata,
    no_overlap,
    provenance,
    valid_range,
)

service_price = Table(
    "service_price",
    metadata,
    Column("service_price_id", BigInteger, Identity(), primary_key=True),
    Column("service_code", Text, nullable=False),
    Column("meaning", Text, nullable=False),
    Column("price_minor", MONEY, nullable=False, comment="Of one unit of the service, VAT included"),
    Column("vat_rate", Numeric(5, 4), nullable=False),
    *valid_range(),
    *known_range(),
    *provenance(),
    CheckConstraint("price_minor > 0", name="price"),
    CheckConstraint("vat_rate >= 0 AND vat_rate < 1", name="vat_rate"),
    no_overlap("service_price", "service_code", versioned=True),
    schema=OPERATIONAL,
    comment="One row per paid service, span of days and version: what it costs.",
)

service_bill = Table(
    "service_bill",
    metadata,
    Column("account_id", BigInteger, ForeignKey("ops.account.account_id"), primary_key=True, autoincrement=False),
    Column("booked_month", Date, primary_key=True),
    Column("service_no", Integer, primary_key=True, autoincrement=False, comment="From 1 in each account and month"),
    Column("service_price_id", BigInteger, ForeignKey("ops.service_price.service_price_id"), nullable=False),
    Column("done_on", Date, nullable=False),
    Column("quantity", Numeric(12, 3), nullable=False, comment="Negative in a reversing bill"),
    Column("charge_minor", MONEY, nullable=False, comment="VAT included"),
    Column("vat_minor", MONEY, nullable=False),
    Column("note", Text, comment="What was done, or why it is taken back"),
    Column("reverses_month", Date, comment="With reverses_no: the bill of the account that this one takes back"),
    Column("reverses_no", Integer),
    Column("res_id", Integer, nullable=False),
    *provenance(),
    CheckConstraint("quantity <> 0", name="quantity"),
    CheckConstraint(
        "(reverses_month IS NULL) = (reverses_no IS NULL) AND (reverses_no IS NULL OR quantity < 0)", name="reverses"
    ),
    Index(
        "service_bill_reverses_ix",
        "account_id",
        "reverses_month",
        "reverses_no",
        unique=True,
        postgresql_where=text("reverses_no IS NOT NULL"),
    ),
    Index("service_bill_res_id_ix", "res_id", "booked_month"),
    schema=OPERATIONAL,
    comment="One row per bill of a paid service; one that is wrong is taken back by a bill that reverses it, once.",
)
