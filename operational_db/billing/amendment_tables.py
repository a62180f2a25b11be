"""Months billed anew: what asks for it, which line takes back which, and runs that were tried and approved.

The bills and lines themselves are in `tables.py`: a reversing bill and a right one are bills like all others.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    text,
)

from operational_db.schema.metadata import ENERGY, MONEY, OPERATIONAL, metadata, provenance

bill_amendment = Table(
    "bill_amendment",
    metadata,
    Column("bill_amendment_id", BigInteger, Identity(), primary_key=True),
    Column("account_id", BigInteger, ForeignKey("ops.account.account_id"), nullable=False, index=True),
    Column("metering_point_id", BigInteger, ForeignKey("ops.metering_point.metering_point_id"), nullable=False),
    Column("from_day", Date, nullable=False, comment="First day whose bill may be wrong"),
    Column("reason", Text, nullable=False, comment="A sentence for the bill and the clerk"),
    *provenance(),
    Column(
        "cause",
        Text,
        nullable=False,
        server_default=text("'facts'"),
        comment="facts: readings, tariffs and the like; benefit: a grant or what it gives",
    ),
    CheckConstraint("cause IN ('facts', 'benefit')", name="cause"),
    schema=OPERATIONAL,
    comment="One row per demand to bill the days of a metering point anew; the next run over its open month does it.",
)

bill_amendment_settled = Table(
    "bill_amendment_settled",
    metadata,
    Column(
        "bill_amendment_id",
        BigInteger,
        ForeignKey("ops.bill_amendment.bill_amendment_id"),
        primary_key=True,
        autoincrement=False,
    ),
    *provenance(),
    schema=OPERATIONAL,
    comment="One row per amendment that a run has carried out; its source is the run's.",
)

bill_line_reversal = Table(
    "bill_line_reversal",
    metadata,
    Column("account_id", BigInteger, ForeignKey("ops.account.account_id"), primary_key=True, autoincrement=False),
    Column("booked_month", Date, primary_key=True, comment="With bill_no and line_no: the line that was reversed"),
    Column("bill_no", Integer, primary_key=True, autoincrement=False),
    Column("line_no", SmallInteger, primary_key=True, autoincrement=False),
    Column("reversing_month", Date, nullable=False, comment="With the next two: the line that reverses it"),
    Column("reversing_bill_no", Integer, nullable=False),
    Column("reversing_line_no", SmallInteger, nullable=False),
    *provenance(),
    Index(
        "bill_line_reversal_reversing_ix",
        "account_id",
        "reversing_month",
        "reversing_bill_no",
        "reversing_line_no",
        unique=True,
    ),
    schema=OPERATIONAL,
    comment="One row per reversed bill line: a line is reversed once, and a line that reverses is never reversed.",
)

bill_run_preview = Table(
    "bill_run_preview",
    metadata,
    Column("bill_run_preview_id", BigInteger, Identity(), primary_key=True),
    Column("booked_month", Date, nullable=False),
    Column("unit_id", Integer, ForeignKey("ops.unit.unit_id"), nullable=False),
    Column("bill_count", BigInteger, nullable=False),
    Column("line_count", BigInteger, nullable=False),
    Column("energy_kwh", ENERGY, nullable=False),
    Column("charge_minor", MONEY, nullable=False),
    Column("outlier_count", BigInteger, nullable=False, comment="Bills that somebody should look at"),
    Column("unbilled_span_count", BigInteger, nullable=False),
    *provenance(),
    schema=OPERATIONAL,
    comment="One row per run that was tried: what it would have posted.",
)

bill_run_approval = Table(
    "bill_run_approval",
    metadata,
    Column(
        "bill_run_preview_id",
        BigInteger,
        ForeignKey("ops.bill_run_preview.bill_run_preview_id"),
        primary_key=True,
        autoincrement=False,
    ),
    *provenance(),
    schema=OPERATIONAL,
    comment="One row per previewed run that somebody with the right let be posted; the source says who and when.",
)
