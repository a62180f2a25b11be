"""The ledger: chart of accounts, articles of settlement, posting rules, entries. The ledger is the balance."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
)

from operational_db.schema.metadata import MONEY, OPERATIONAL, metadata, monthly, posted_provenance

ledger_account = Table(
    "ledger_account",
    metadata,
    Column("ledger_account_code", Text, primary_key=True),
    Column("chart", Text, nullable=False, comment="Chart of accounts it belongs to, e.g. UZ"),
    Column("meaning", Text, nullable=False),
    Column("is_consumer_balance", Boolean, nullable=False, comment="Debit less credit here is what consumers owe"),
    schema=OPERATIONAL,
    comment="One row per account of the chart of accounts.",
)

article = Table(
    "article",
    metadata,
    Column("article_code", Text, primary_key=True, comment="electricity, acts, services, penalty"),
    Column("sort_order", Integer, nullable=False),
    schema=OPERATIONAL,
    comment="One row per article of settlement.",
)

posting_rule = Table(
    "posting_rule",
    metadata,
    Column("chart", Text, primary_key=True),
    Column("document_kind", Text, primary_key=True, comment="bill, payment, opening_debt, opening_credit ..."),
    Column("component", Text, primary_key=True, comment="net, vat, gross"),
    Column("debit_code", Text, ForeignKey("ops.ledger_account.ledger_account_code"), nullable=False),
    Column("credit_code", Text, ForeignKey("ops.ledger_account.ledger_account_code"), nullable=False),
    schema=OPERATIONAL,
    comment="One row per chart, kind of document and part of its sum: the two accounts it moves.",
)

ledger = monthly(
    Table(
        "ledger",
        metadata,
        Column("account_id", BigInteger, ForeignKey("ops.account.account_id"), primary_key=True, autoincrement=False),
        Column("booked_month", Date, primary_key=True),
        Column("document_kind", Text, primary_key=True),
        Column(
            "document_no",
            BigInteger,
            primary_key=True,
            autoincrement=False,
            comment="bill_no or payment_no within the account and month, or year of origin of an opening balance",
        ),
        Column("entry_no", SmallInteger, primary_key=True, autoincrement=False),
        Column("debit_code", Text, nullable=False),
        Column("credit_code", Text, nullable=False),
        Column("amount_minor", MONEY, nullable=False, comment="Negative in a reversing document"),
        Column("article_code", Text, nullable=False),
        Column("posted_on", Date, nullable=False, comment="Day of the document"),
        Column("res_id", Integer, nullable=False),
        *posted_provenance(),
        CheckConstraint("debit_code <> credit_code", name="two_sides"),
        Index("ledger_res_id_ix", "res_id"),
        schema=OPERATIONAL,
        postgresql_partition_by="RANGE (booked_month)",
        comment="One row per entry: an amount from a credit account to a debit account, for one consumer account.",
    )
)
