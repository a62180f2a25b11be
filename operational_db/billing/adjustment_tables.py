"""Consumption put right by a person: what was used is not what the register counted."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Date, ForeignKey, Identity, Table, Text

from operational_db.schema.metadata import ENERGY, OPERATIONAL, metadata, provenance

consumption_adjustment = Table(
    "consumption_adjustment",
    metadata,
    Column("consumption_adjustment_id", BigInteger, Identity(), primary_key=True),
    Column("account_id", BigInteger, ForeignKey("ops.account.account_id"), nullable=False, index=True),
    Column(
        "metering_point_id", BigInteger, ForeignKey("ops.metering_point.metering_point_id"), nullable=False, index=True
    ),
    Column("meter_id", BigInteger, ForeignKey("ops.meter.meter_id"), nullable=False),
    Column("zone_code", Text, nullable=False),
    Column("used_on", Date, nullable=False, comment="A day of the span it belongs to, whichever readings bound that"),
    Column("adjusted_kwh", ENERGY, nullable=False, comment="What is added to the energy that the register counted"),
    Column("reason", Text, nullable=False),
    *provenance(),
    CheckConstraint("adjusted_kwh <> 0", name="adjusted"),
    schema=OPERATIONAL,
    comment="One row per adjustment of what was used: energy added to, or taken from, a span between two readings.",
)
