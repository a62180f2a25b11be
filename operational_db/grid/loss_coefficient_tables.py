"""Coefficients of technical losses that the rules keep in tables: reference data with its source."""

from sqlalchemy import CheckConstraint, Column, Numeric, SmallInteger, Table, Text

from operational_db.schema.metadata import OPERATIONAL, metadata

insulation_leakage = Table(
    "insulation_leakage",
    metadata,
    Column("voltage_kv", Numeric(8, 3), primary_key=True),
    Column("weather_group", SmallInteger, primary_key=True, autoincrement=False, comment="1 dry to 3 wet"),
    Column("leakage_kw_per_km", Numeric(9, 6), nullable=False),
    Column("source", Text, nullable=False),
    CheckConstraint("leakage_kw_per_km >= 0", name="leakage"),
    schema=OPERATIONAL,
    comment="One row per voltage and weather group: what leaks over the insulators of an overhead line.",
)

cable_charging = Table(
    "cable_charging",
    metadata,
    Column("voltage_kv", Numeric(8, 3), primary_key=True),
    Column("section_mm2", Numeric(8, 2), primary_key=True),
    Column("charging_kvar_per_km", Numeric(9, 4), nullable=False),
    Column("source", Text, nullable=False),
    CheckConstraint("charging_kvar_per_km >= 0", name="charging"),
    schema=OPERATIONAL,
    comment="One row per voltage and section of cable: its charging power.",
)
