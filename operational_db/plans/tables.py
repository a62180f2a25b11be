"""Plans: what a unit is asked to reach. What it did reach is derived by `dbt_project`."""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Identity, Integer, Numeric, Table, Text

from operational_db.schema.metadata import OPERATIONAL, known_range, metadata, no_overlap, provenance, valid_range

collection_target = Table(
    "collection_target",
    metadata,
    Column("collection_target_id", BigInteger, Identity(), primary_key=True),
    Column("unit_id", Integer, ForeignKey("ops.unit.unit_id"), nullable=False),
    Column("target_share", Numeric(6, 4), nullable=False, comment="Paid as a share of what is charged: 0.95 is 95 %"),
    Column("document", Text, nullable=False, comment="Paper that sets the target"),
    *valid_range(),
    *known_range(),
    *provenance(),
    no_overlap("collection_target", "unit_id", versioned=True),
    CheckConstraint("target_share > 0 AND target_share <= 2", name="target_share"),
    CheckConstraint("extract(day FROM valid_from) = 1 AND extract(day FROM valid_to) = 1", name="whole_months"),
    CheckConstraint("valid_to > valid_from", name="span"),
    schema=OPERATIONAL,
    comment="One row per unit, span of months and version: the share of charges to be collected.",
)
