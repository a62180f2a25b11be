"""The company's hierarchy with history: Republic > region > PTPP > RES > substation > feeder > transformer point.

The last level, the metering point, lives in `metering` and hangs on a unit of this tree. Electrical properties of
units live in `grid`.
"""

from sqlalchemy import Boolean, Column, ForeignKey, Identity, Integer, Table, Text, text

from operational_db.schema.metadata import (
    OPERATIONAL,
    known_range,
    metadata,
    no_overlap,
    provenance,
    valid_range,
)

unit_level = Table(
    "unit_level",
    metadata,
    Column("level", Text, primary_key=True),
    Column("depth", Integer, nullable=False, unique=True, comment="1 at the top"),
    schema=OPERATIONAL,
    comment="One row per level of the hierarchy above the metering point.",
)

unit = Table(
    "unit",
    metadata,
    Column("unit_id", Integer, Identity(), primary_key=True),
    Column("code", Text, nullable=False, unique=True, comment="Business key, the same through renames and moves"),
    Column("level", Text, ForeignKey("ops.unit_level.level"), nullable=False),
    Column(
        "is_verified",
        Boolean,
        nullable=False,
        server_default=text("true"),
        comment="False where no source backs the name or place",
    ),
    *provenance(),
    schema=OPERATIONAL,
    comment="One row per node of the hierarchy, from the Republic to the transformer point.",
)

unit_name = Table(
    "unit_name",
    metadata,
    Column("unit_name_id", Integer, Identity(), primary_key=True),
    Column("unit_id", Integer, ForeignKey("ops.unit.unit_id"), nullable=False, index=True),
    Column("locale", Text, nullable=False, comment="en, ru, uk, uz"),
    Column("name", Text, nullable=False),
    *valid_range(),
    no_overlap("unit_name", "unit_id", "locale", versioned=False),
    schema=OPERATIONAL,
    comment="One row per unit, language and span of days with that name.",
)

unit_alias = Table(
    "unit_alias",
    metadata,
    Column("alias", Text, primary_key=True, comment="Another code or spelling, as met in files and speech"),
    Column("unit_id", Integer, ForeignKey("ops.unit.unit_id"), nullable=False),
    schema=OPERATIONAL,
    comment="One row per other name by which a unit is found (PTPP, PTES, TPES ...).",
)

unit_placement = Table(
    "unit_placement",
    metadata,
    Column("unit_placement_id", Integer, Identity(), primary_key=True),
    Column("unit_id", Integer, ForeignKey("ops.unit.unit_id"), nullable=False, index=True),
    Column("parent_unit_id", Integer, ForeignKey("ops.unit.unit_id"), nullable=False, index=True),
    *valid_range(),
    *known_range(),
    *provenance(),
    no_overlap("unit_placement", "unit_id", versioned=True),
    schema=OPERATIONAL,
    comment="One row per unit, span of days and version: the unit it hangs on. The top has none.",
)
