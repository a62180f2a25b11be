"""The network behind the hierarchy: transformers, line sections, feeder and substation meters and their energy.

The tree itself (substation > feeder > transformer point) is in `organisation`; here are its electrical properties.
"""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Identity,
    Integer,
    Numeric,
    SmallInteger,
    Table,
    Text,
    text,
)

from operational_db.schema.metadata import (
    ENERGY,
    OPERATIONAL,
    known_range,
    metadata,
    monthly,
    no_overlap,
    posted_provenance,
    provenance,
    valid_range,
)

grid_unit = Table(
    "grid_unit",
    metadata,
    Column("unit_id", Integer, ForeignKey("ops.unit.unit_id"), primary_key=True, autoincrement=False),
    Column("voltage_kv", Numeric(8, 3), comment="Nominal voltage: upper side of a substation, line of a feeder"),
    Column("busbar_node", Text, comment="Node of the network at which a feeder or transformer point begins"),
    Column("latitude", Numeric(9, 6)),
    Column("longitude", Numeric(9, 6)),
    *provenance(),
    schema=OPERATIONAL,
    comment="One row per substation, feeder or transformer point: what the network model needs.",
)

transformer = Table(
    "transformer",
    metadata,
    Column("transformer_id", BigInteger, Identity(), primary_key=True),
    Column("unit_id", Integer, ForeignKey("ops.unit.unit_id"), nullable=False, index=True),
    Column("code", Text, nullable=False),
    Column("rated_kva", Numeric(12, 3), nullable=False),
    Column("no_load_kw", Numeric(12, 6), nullable=False),
    Column("load_loss_kw", Numeric(12, 6), nullable=False, comment="At full load"),
    *valid_range(),
    *known_range(),
    *provenance(),
    no_overlap("transformer", "unit_id", "code", versioned=True),
    schema=OPERATIONAL,
    comment="One row per transformer, span of days and version.",
)

line_section = Table(
    "line_section",
    metadata,
    Column("line_section_id", BigInteger, Identity(), primary_key=True),
    Column(
        "unit_id",
        Integer,
        ForeignKey("ops.unit.unit_id"),
        nullable=False,
        index=True,
        comment="Feeder of a medium-voltage section, transformer point of a low-voltage one",
    ),
    Column("code", Text, nullable=False),
    Column("kind", Text, nullable=False, comment="medium_voltage, low_voltage or service_drop"),
    Column("from_node", Text, nullable=False),
    Column("to_node", Text, nullable=False),
    Column("length_m", Numeric(12, 3), nullable=False),
    Column("conductor", Text),
    Column("resistance_ohm_per_km", Numeric(12, 6)),
    Column("reactance_ohm_per_km", Numeric(12, 6)),
    Column("rated_current_a", Numeric(12, 3)),
    *valid_range(),
    *known_range(),
    *provenance(),
    no_overlap("line_section", "unit_id", "kind", "code", versioned=True),
    schema=OPERATIONAL,
    comment="One row per section of line, span of days and version.",
)

grid_meter = Table(
    "grid_meter",
    metadata,
    Column("grid_meter_id", BigInteger, Identity(), primary_key=True),
    Column("code", Text, nullable=False, unique=True, comment="Number of the meter or code of the AMR point"),
    Column("unit_id", Integer, ForeignKey("ops.unit.unit_id"), nullable=False, index=True),
    Column("role", Text, nullable=False, comment="head (all that enters the unit), own_needs"),
    Column("digits", SmallInteger, nullable=False),
    Column("ratio", Numeric(12, 4), nullable=False, server_default=text("1")),
    *valid_range(),
    *known_range(),
    *provenance(),
    CheckConstraint("role IN ('head', 'own_needs')", name="role"),
    schema=OPERATIONAL,
    comment="One row per meter that measures a part of the network, not a consumer.",
)

grid_meter_reading = monthly(
    Table(
        "grid_meter_reading",
        metadata,
        Column("grid_meter_id", BigInteger, primary_key=True, autoincrement=False),
        Column("booked_month", Date, primary_key=True),
        Column("read_on", Date, primary_key=True),
        Column("value_kwh", ENERGY, nullable=False, comment="As on the register, before the ratio"),
        *posted_provenance(),
        schema=OPERATIONAL,
        postgresql_partition_by="RANGE (booked_month)",
        comment="One row per value read from a network meter at the start of a day.",
    )
)

grid_interval_energy = monthly(
    Table(
        "grid_interval_energy",
        metadata,
        Column("grid_meter_id", BigInteger, primary_key=True, autoincrement=False),
        Column("booked_month", Date, primary_key=True),
        Column("channel", Text, primary_key=True),
        Column("measured_on", Date, primary_key=True),
        Column("half_hours", ARRAY(ENERGY), nullable=False, comment="48 values in kWh, 00:00 first"),
        Column("status", ARRAY(SmallInteger), nullable=False),
        *posted_provenance(),
        CheckConstraint("cardinality(half_hours) = 48 AND cardinality(status) = 48", name="half_hours"),
        schema=OPERATIONAL,
        postgresql_partition_by="RANGE (booked_month)",
        comment="One row per network meter, channel and day with its 48 half-hours.",
    )
)

grid_energy = monthly(
    Table(
        "grid_energy",
        metadata,
        Column("grid_meter_id", BigInteger, primary_key=True, autoincrement=False),
        Column("booked_month", Date, primary_key=True),
        Column("span_from", Date, primary_key=True),
        Column("span_to", Date, nullable=False),
        Column("energy_kwh", ENERGY, nullable=False),
        *posted_provenance(),
        CheckConstraint("span_to > span_from", name="span"),
        schema=OPERATIONAL,
        postgresql_partition_by="RANGE (booked_month)",
        comment="One row per network meter and span of energy declared as such, not as readings or half-hours.",
    )
)

declared_loss = Table(
    "declared_loss",
    metadata,
    Column("unit_id", Integer, ForeignKey("ops.unit.unit_id"), primary_key=True, autoincrement=False),
    Column("loss_kind", Text, primary_key=True, comment="technical.<segment> or non_technical.<segment>"),
    Column("span_from", Date, primary_key=True),
    Column("span_to", Date, nullable=False),
    Column("energy_kwh", ENERGY, nullable=False),
    *provenance(),
    schema=OPERATIONAL,
    comment="One row per unit, kind of loss and span: what the utility itself declares.",
)
