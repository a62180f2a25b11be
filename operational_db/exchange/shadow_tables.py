"""Shadow billing: what the old program charged beside what Wattbook would have, bill by bill, and what explains it.

Belongs here: the runs and the bills that they re-rated. Does not belong here: the legacy bills themselves
(`migration_tables.charge`), bills of the book (`billing`): nothing of this is posted.
"""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    text,
)

from operational_db.schema.metadata import ENERGY, MIGRATION, MONEY, metadata

SHADOW_CLASSES = (
    "equal", "rounding", "tariff_date", "norm", "zone", "benefit", "missing_reading", "unexplained",
)  # fmt: skip
"""In the order in which they are tried: the first that holds is told."""

shadow_run = Table(
    "shadow_run",
    metadata,
    Column("shadow_run_id", BigInteger, Identity(), primary_key=True),
    Column("load_id", BigInteger, ForeignKey("landing.load.load_id"), nullable=False, index=True),
    Column("months", ARRAY(Date), nullable=False, comment="Months of use that it re-rated"),
    Column("bill_count", BigInteger, nullable=False),
    Column("user_id", BigInteger, ForeignKey("ops.app_user.user_id"), nullable=False),
    Column("run_at", DateTime(timezone=True), nullable=False, server_default=text("clock_timestamp()")),
    Column("source_id", BigInteger, ForeignKey("ops.source.source_id"), nullable=False),
    schema=MIGRATION,
    comment="One row per shadow billing that told something new; the same again leaves none.",
)

shadow_bill = Table(
    "shadow_bill",
    metadata,
    Column("load_id", BigInteger, primary_key=True, autoincrement=False),
    Column("file_id", BigInteger, primary_key=True, autoincrement=False),
    Column("row_no", Integer, primary_key=True, autoincrement=False),
    Column("part_no", SmallInteger, primary_key=True, autoincrement=False),
    Column("res_code", Text, nullable=False),
    Column("legacy_key", Text, nullable=False, comment="Account in the old program's own key"),
    Column("service_month", Date, nullable=False),
    Column("tariff_code", Text, comment="By which it was re-rated; empty where nothing tells the tariff"),
    Column("energy_kwh", ENERGY, nullable=False, comment="Billed by the old program"),
    Column("charge_minor", MONEY, nullable=False, comment="Charged by the old program"),
    Column("our_kwh", ENERGY, comment="What the readings of the dump give; empty where they give nothing"),
    Column(
        "our_minor", MONEY, comment="What our_kwh costs, or the old program's kWh where that is empty, by our engine"
    ),
    Column("class", Text, nullable=False),
    Column("evidence", Text, comment="What the class rests on, as a sentence; empty for equal bills"),
    Column("shadow_run_id", BigInteger, ForeignKey("migration.shadow_run.shadow_run_id"), nullable=False, index=True),
    CheckConstraint(f"class IN {SHADOW_CLASSES}", name="class"),
    CheckConstraint("class = 'equal' OR evidence IS NOT NULL", name="evidence"),
    Index("shadow_bill_res_ix", "res_code", "service_month", "class"),
    schema=MIGRATION,
    comment="One row per legacy bill re-rated: what it charged, what ours would be, what explains the rest.",
)
