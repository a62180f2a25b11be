"""Is a RES ready to be cut over? Scores with their components, the day of cut-over, and its checklist.

Belongs here: weights and items (reference data), scores and signatures (history: rows are added, never changed).
Does not belong here: the figures that a score rests on (`migration_tables`, `shadow_tables`, `pilot_tables`).
"""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Numeric,
    Table,
    Text,
    text,
)

from operational_db.schema.metadata import MIGRATION, OPERATIONAL, metadata

SHARE = Numeric(18, 6)

readiness_weight = Table(
    "readiness_weight",
    metadata,
    Column("component_code", Text, primary_key=True),
    Column("valid_from", Date, primary_key=True, comment="First day; the weight holds until the next one begins"),
    Column("sort_order", Integer, nullable=False),
    Column("weight", Numeric(8, 3), nullable=False, comment="Within the score; 0 leaves the component out of it"),
    Column("is_hard_stop", Boolean, nullable=False, comment="Below 100 % nobody cuts over, whatever the score"),
    Column("target", Numeric, comment="What counts as all, where the component is measured against a figure"),
    Column("meaning", Text, nullable=False),
    CheckConstraint("weight >= 0", name="weight"),
    schema=OPERATIONAL,
    comment="One row per component of readiness and day from which its weight holds.",
)

cutover_item = Table(
    "cutover_item",
    metadata,
    Column("item_code", Text, primary_key=True),
    Column("sort_order", Integer, nullable=False),
    Column("derived_from", Text, comment="Component of readiness, or day_is_fixed; empty: a person signs"),
    Column("meaning", Text, nullable=False),
    schema=OPERATIONAL,
    comment="One row per item of the checklist of a cut-over.",
)

readiness = Table(
    "readiness",
    metadata,
    Column("readiness_id", BigInteger, Identity(), primary_key=True),
    Column("res_id", Integer, ForeignKey("ops.unit.unit_id"), nullable=False),
    Column("scored_at", DateTime(timezone=True), nullable=False, server_default=text("clock_timestamp()")),
    Column("user_id", BigInteger, ForeignKey("ops.app_user.user_id"), nullable=False),
    Column("score", Numeric(5, 1), nullable=False, comment="0 to 100"),
    Column("is_ready", Boolean, nullable=False, comment="No hard stop stands"),
    Column("protocol_ids", ARRAY(BigInteger), nullable=False, comment="Protocols that it rests on"),
    Column("source_id", BigInteger, ForeignKey("ops.source.source_id"), nullable=False),
    CheckConstraint("score BETWEEN 0 AND 100", name="score"),
    Index("readiness_res_id_ix", "res_id", "readiness_id"),
    schema=MIGRATION,
    comment="One row per RES and time at which its readiness was another than before.",
)

readiness_component = Table(
    "readiness_component",
    metadata,
    Column(
        "readiness_id",
        BigInteger,
        ForeignKey("migration.readiness.readiness_id"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("component_code", Text, primary_key=True),
    Column("done", Numeric, nullable=False),
    Column("whole", Numeric, nullable=False, comment="0: the component says nothing about this RES"),
    Column("share", SHARE, comment="done / whole, at most 1; empty where whole is 0"),
    Column("weight", Numeric(8, 3), nullable=False, comment="As it held that day"),
    Column("is_stopping", Boolean, nullable=False, comment="A hard stop that stands"),
    Column("sentence", Text, nullable=False, comment="The figure in words, and what to do"),
    schema=MIGRATION,
    comment="One row per score and component: what the score is made of.",
)

cutover_day = Table(
    "cutover_day",
    metadata,
    Column("cutover_day_id", BigInteger, Identity(), primary_key=True),
    Column("unit_id", Integer, ForeignKey("ops.unit.unit_id"), nullable=False, index=True),
    Column("cutover_on", Date, nullable=False, comment="First day of the first month billed by Wattbook"),
    Column("reason", Text, nullable=False, comment="Why this day: the order, or what moved it"),
    Column("user_id", BigInteger, ForeignKey("ops.app_user.user_id"), nullable=False),
    Column("fixed_at", DateTime(timezone=True), nullable=False, server_default=text("clock_timestamp()")),
    Column("source_id", BigInteger, ForeignKey("ops.source.source_id"), nullable=False),
    CheckConstraint("extract(day FROM cutover_on) = 1", name="whole_months"),
    CheckConstraint("btrim(reason) <> ''", name="reason"),
    schema=MIGRATION,
    comment="One row per fixing of a unit's day of cut-over; the last one holds, the others are its history.",
)

cutover_signature = Table(
    "cutover_signature",
    metadata,
    Column("cutover_signature_id", BigInteger, Identity(), primary_key=True),
    Column("res_id", Integer, ForeignKey("ops.unit.unit_id"), nullable=False, index=True),
    Column("item_code", Text, ForeignKey("ops.cutover_item.item_code"), nullable=False),
    Column("is_done", Boolean, nullable=False, comment="False takes an earlier signature back"),
    Column("note", Text, nullable=False, comment="What it rests on"),
    Column("user_id", BigInteger, ForeignKey("ops.app_user.user_id"), nullable=False),
    Column("signed_at", DateTime(timezone=True), nullable=False, server_default=text("clock_timestamp()")),
    Column("source_id", BigInteger, ForeignKey("ops.source.source_id"), nullable=False),
    CheckConstraint("btrim(note) <> ''", name="note"),
    schema=MIGRATION,
    comment="One row per signature under an item of a RES's checklist; the last one holds.",
)
