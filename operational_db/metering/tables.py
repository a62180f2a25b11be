"""What is measured: meters, metering points, installations, readings, energy told directly.

Feeder and substation meters are in `grid`: they belong to no account.
"""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Numeric,
    Sequence,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, ExcludeConstraint

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


def operated_version() -> list[Column]:
    """Which operations on meters brought a version of a dated fact and replaced it; undoing one follows these."""
    return [
        Column(
            "meter_operation_id",
            BigInteger,
            ForeignKey("ops.meter_operation.meter_operation_id"),
            comment="The operation that brought this version; empty for what came with a load",
        ),
        Column(
            "replaced_by_operation_id",
            BigInteger,
            ForeignKey("ops.meter_operation.meter_operation_id"),
            comment="The operation that replaced this version",
        ),
    ]


resource = Table(
    "resource",
    metadata,
    Column("resource_code", Text, primary_key=True, comment="electricity, gas, water ..."),
    Column("unit_of_measure", Text, nullable=False),
    schema=OPERATIONAL,
    comment="One row per kind of resource that can be supplied and billed.",
)

zone = Table(
    "zone",
    metadata,
    Column("zone_code", Text, primary_key=True, comment="all, day, night, peak, semi"),
    Column("sort_order", Integer, nullable=False),
    schema=OPERATIONAL,
    comment="One row per scale of a meter: the whole day or a part of it.",
)

reading_kind = Table(
    "reading_kind",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("is_measured", Boolean, nullable=False, comment="False for values that nobody read"),
    Column("meaning", Text, nullable=False),
    Column(
        "made_by",
        Text,
        nullable=False,
        comment="entry (told to Wattbook), operation (on a meter), estimate, or book (set by Wattbook)",
    ),
    CheckConstraint("made_by IN ('entry', 'operation', 'estimate', 'book')", name="made_by"),
    schema=OPERATIONAL,
    comment="One row per way in which a reading comes about.",
)

meter_type = Table(
    "meter_type",
    metadata,
    Column("meter_type_code", Text, primary_key=True),
    Column("phases", SmallInteger, nullable=False),
    Column("digits", SmallInteger, nullable=False, comment="Whole digits; the register passes zero after 10^digits"),
    Column("accuracy_class", Text),
    Column("zones", ARRAY(Text), nullable=False, comment="Scales of the meter"),
    *provenance(),
    CheckConstraint("digits BETWEEN 3 AND 12", name="digits"),
    schema=OPERATIONAL,
    comment="One row per type of meter.",
)

meter = Table(
    "meter",
    metadata,
    Column("meter_id", BigInteger, Identity(), primary_key=True),
    Column("serial_no", Text, nullable=False, unique=True),
    Column("meter_type_code", Text, ForeignKey("ops.meter_type.meter_type_code"), nullable=False),
    Column("made_in_year", SmallInteger),
    Column("verified_on", Date),
    *provenance(),
    schema=OPERATIONAL,
    comment="One row per meter.",
)

metering_point = Table(
    "metering_point",
    metadata,
    Column("metering_point_id", BigInteger, Identity(), primary_key=True),
    Column("code", Text, nullable=False, unique=True),
    Column("account_id", BigInteger, ForeignKey("ops.account.account_id"), nullable=False, index=True),
    Column("premises_id", BigInteger, ForeignKey("ops.premises.premises_id"), index=True),
    Column("resource_code", Text, ForeignKey("ops.resource.resource_code"), nullable=False),
    Column("consumer_class", Text, comment="Class in the supplier's own list, as carried from the legacy system"),
    Column("connected_on", Date, nullable=False),
    Column("disconnected_for_good_on", Date),
    Column("connected_load_kw", Numeric(12, 3)),
    Column("supply_voltage_kv", Numeric(8, 3)),
    *provenance(),
    schema=OPERATIONAL,
    comment="One row per place where supply to one account is measured or estimated.",
)

metering_point_placement = Table(
    "metering_point_placement",
    metadata,
    Column("metering_point_placement_id", BigInteger, Identity(), primary_key=True),
    Column(
        "metering_point_id", BigInteger, ForeignKey("ops.metering_point.metering_point_id"), nullable=False, index=True
    ),
    Column("unit_id", Integer, ForeignKey("ops.unit.unit_id"), nullable=False, index=True),
    *valid_range(),
    *known_range(),
    *provenance(),
    no_overlap("metering_point_placement", "metering_point_id", versioned=True),
    schema=OPERATIONAL,
    comment="One row per metering point, span of days and version: the transformer point (or higher unit) it hangs on.",
)

metering_point_tariff = Table(
    "metering_point_tariff",
    metadata,
    Column("metering_point_tariff_id", BigInteger, Identity(), primary_key=True),
    Column(
        "metering_point_id", BigInteger, ForeignKey("ops.metering_point.metering_point_id"), nullable=False, index=True
    ),
    Column("tariff_code", Text, ForeignKey("ops.tariff.tariff_code"), nullable=False),
    *valid_range(),
    *known_range(),
    *provenance(),
    Column(
        "variant_code",
        Text,
        nullable=False,
        server_default=text("'all'"),
        comment="Price list of the tariff that the point falls under",
    ),
    Column("contracted_kwh_per_month", ENERGY, comment="Volume of the contract; empty for none"),
    Column("ordered_power_kw", Numeric(12, 3), comment="Power ordered in the system's peak"),
    no_overlap("metering_point_tariff", "metering_point_id", versioned=True),
    CheckConstraint("contracted_kwh_per_month >= 0", name="contracted_volume"),
    CheckConstraint("ordered_power_kw >= 0", name="ordered_power"),
    Index(
        "metering_point_tariff_ordered_power_ix",
        "metering_point_id",
        postgresql_where=text("ordered_power_kw IS NOT NULL"),
    ),
    schema=OPERATIONAL,
    comment="One row per metering point, span of days and version: the tariff it is billed by.",
)

meter_installation = Table(
    "meter_installation",
    metadata,
    Column("meter_installation_id", BigInteger, Identity(), primary_key=True),
    Column(
        "metering_point_id", BigInteger, ForeignKey("ops.metering_point.metering_point_id"), nullable=False, index=True
    ),
    Column("meter_id", BigInteger, ForeignKey("ops.meter.meter_id"), nullable=False, index=True),
    Column(
        "ratio",
        Numeric(12, 4),
        nullable=False,
        server_default=text("1"),
        comment="Current and voltage transformers together; kWh = register difference x ratio",
    ),
    Column("current_ratio", Numeric(12, 4), comment="Empty where a legacy system told only the product"),
    Column("voltage_ratio", Numeric(12, 4)),
    Column(
        "address_id",
        BigInteger,
        ForeignKey("ops.address.address_id"),
        comment="Where the meter itself is; empty where that is the address of the premises",
    ),
    Column(
        "stands_beside",
        Boolean,
        nullable=False,
        server_default=text("false"),
        comment="Another meter measures other scales of the point at the same time",
    ),
    *operated_version(),
    *valid_range(),
    *known_range(),
    *provenance(),
    no_overlap("meter_installation", "meter_id", versioned=True),
    Index("meter_installation_address_id_ix", "address_id", postgresql_where=text("address_id IS NOT NULL")),
    # What operations hung: one meter at a time, so also one removal and one installation a day. Legacy rows may be
    # worse and are not asked; billing refuses their days.
    ExcludeConstraint(
        (Column("metering_point_id"), "="),
        (text("daterange(valid_from, valid_to)"), "&&"),
        using="gist",
        name="meter_installation_one_at_a_time_ex",
        where=text("known_to IS NULL AND meter_operation_id IS NOT NULL AND NOT stands_beside"),
    ),
    CheckConstraint("ratio > 0", name="ratio"),
    CheckConstraint("ratio = current_ratio * voltage_ratio", name="ratio_is_the_product"),
    CheckConstraint("meter_operation_id IS NULL OR valid_to > valid_from", name="at_least_a_day"),
    schema=OPERATIONAL,
    comment="One row per meter, span of days and version: where it hangs.",
)

contract_use = Table(
    "contract_use",
    metadata,
    Column("contract_use_id", BigInteger, Identity(), primary_key=True),
    Column(
        "metering_point_id", BigInteger, ForeignKey("ops.metering_point.metering_point_id"), nullable=False, index=True
    ),
    Column("monthly_kwh", ENERGY, nullable=False, comment="Mean of the months of a year"),
    *valid_range(),
    *known_range(),
    *provenance(),
    no_overlap("contract_use", "metering_point_id", versioned=True),
    CheckConstraint("monthly_kwh >= 0", name="monthly"),
    schema=OPERATIONAL,
    comment="One row per metering point, span of days and version: the use that the contract foresees.",
)

meter_register = Table(
    "meter_register",
    metadata,
    Column("meter_id", BigInteger, ForeignKey("ops.meter.meter_id"), nullable=False, index=True),
    Column("zone_code", Text, ForeignKey("ops.zone.zone_code"), nullable=False),
    Column("digits", SmallInteger, nullable=False),
    Column("meter_register_id", BigInteger, Identity(), primary_key=True),
    *operated_version(),
    Column("valid_from", Date, comment="First day on which the meter counts so; empty: since it was made"),
    Column("valid_to", Date, comment="First day on which it no longer does; empty while it goes on"),
    *known_range(),
    no_overlap("meter_register", "meter_id", "zone_code", versioned=True),
    schema=OPERATIONAL,
    comment="One row per scale of a meter, span of days and version.",
)

reading_id_seq = Sequence("reading_id_seq", metadata=metadata, schema=OPERATIONAL, cache=100)

reading = monthly(
    Table(
        "reading",
        metadata,
        Column("account_id", BigInteger, ForeignKey("ops.account.account_id"), primary_key=True, autoincrement=False),
        Column("booked_month", Date, primary_key=True, comment="First day of the month in which it was entered"),
        Column("reading_id", BigInteger, primary_key=True, autoincrement=False, comment="From ops.reading_id_seq"),
        Column("metering_point_id", BigInteger, nullable=False),
        Column("meter_id", BigInteger, comment="Empty for an automatic reading, of a point without a meter"),
        Column("zone_code", Text, nullable=False),
        Column("read_on", Date, nullable=False, comment="The value stood there at the start of this day"),
        Column("value_kwh", ENERGY, nullable=False, comment="As on the register, before the ratio"),
        Column("kind", Text, nullable=False),
        Column(
            "is_opening",
            Boolean,
            nullable=False,
            server_default=text("false"),
            comment="First value of an installation: energy is counted from it, none up to it",
        ),
        Column("res_id", Integer, nullable=False),
        *posted_provenance(),
        CheckConstraint("value_kwh >= 0", name="value"),
        CheckConstraint("meter_id IS NOT NULL OR kind = 'automatic'", name="meter"),
        Index("reading_res_id_ix", "res_id"),
        schema=OPERATIONAL,
        postgresql_partition_by="RANGE (booked_month)",
        comment="One row per value read from a scale of a meter on a day. Billed when a bill line points to it; "
        "quarantined or cancelled by a reading_event.",
    )
)

reading_event = Table(
    "reading_event",
    metadata,
    Column("reading_event_id", BigInteger, Identity(), primary_key=True),
    Column("account_id", BigInteger, nullable=False),
    Column("booked_month", Date, nullable=False),
    Column("reading_id", BigInteger, nullable=False, index=True),
    Column("event", Text, nullable=False, comment="quarantined, released, cancelled or superseded"),
    Column("reason", Text, nullable=False, comment="A sentence for the clerk"),
    *provenance(),
    Column("rule", Text, comment="Rule of the judge that asked for it; empty where a person did"),
    CheckConstraint("event IN ('quarantined', 'released', 'cancelled', 'superseded')", name="event"),
    schema=OPERATIONAL,
    comment="One row per change of a reading's state.",
)

refused_reading = Table(
    "refused_reading",
    metadata,
    Column("refused_reading_id", BigInteger, Identity(), primary_key=True),
    Column("res_id", Integer, ForeignKey("ops.unit.unit_id"), index=True, comment="Empty where no point was found"),
    Column("told", JSONB, nullable=False, comment="The reading as it was told: place, meter, scale, day, value, kind"),
    Column("rule", Text, nullable=False, comment="Rule that it breaks"),
    Column("reason", Text, nullable=False, comment="A sentence for the clerk"),
    *provenance(),
    schema=OPERATIONAL,
    comment="One row per reading that was left out when the rest of its batch was entered.",
)

measured_energy = monthly(
    Table(
        "measured_energy",
        metadata,
        Column("account_id", BigInteger, ForeignKey("ops.account.account_id"), primary_key=True, autoincrement=False),
        Column("booked_month", Date, primary_key=True),
        Column("metering_point_id", BigInteger, primary_key=True, autoincrement=False),
        Column("direction", Text, primary_key=True, comment="consumed or injected"),
        Column("span_from", Date, primary_key=True),
        Column(
            "span_no",
            SmallInteger,
            primary_key=True,
            autoincrement=False,
            server_default=text("1"),
            comment="Tells apart rows of one span that must be added",
        ),
        Column("span_to", Date, nullable=False, comment="First day after the span"),
        Column("energy_kwh", ENERGY, nullable=False),
        Column(
            "kind",
            Text,
            nullable=False,
            comment="half_hours, declared, gap (days without a meter), average, contract or group (estimated "
            "where no meter hangs), or legacy_billed (billed before Wattbook was)",
        ),
        Column("res_id", Integer, nullable=False),
        *posted_provenance(),
        CheckConstraint("span_to > span_from", name="span"),
        CheckConstraint("direction IN ('consumed', 'injected')", name="direction"),
        CheckConstraint(
            "kind IN ('half_hours', 'declared', 'gap', 'average', 'contract', 'group', 'legacy_billed')",
            name="kind",
        ),
        Index("measured_energy_res_id_ix", "res_id"),
        schema=OPERATIONAL,
        postgresql_partition_by="RANGE (booked_month)",
        comment="One row per metering point, direction and span of energy told as such, not as two register values.",
    )
)

measured_energy_event = Table(
    "measured_energy_event",
    metadata,
    Column("measured_energy_event_id", BigInteger, Identity(), primary_key=True),
    Column("account_id", BigInteger, nullable=False, index=True),
    Column("booked_month", Date, nullable=False),
    Column("metering_point_id", BigInteger, nullable=False),
    Column("direction", Text, nullable=False),
    Column("span_from", Date, nullable=False),
    Column("span_no", SmallInteger, nullable=False, comment="With the columns before: the row of measured_energy"),
    Column("event", Text, nullable=False, comment="cancelled"),
    Column("reason", Text, nullable=False, comment="A sentence for the clerk"),
    *provenance(),
    CheckConstraint("event IN ('cancelled')", name="event"),
    schema=OPERATIONAL,
    comment="One row per change of the state of energy told as such.",
)

interval_energy = monthly(
    Table(
        "interval_energy",
        metadata,
        Column("account_id", BigInteger, ForeignKey("ops.account.account_id"), primary_key=True, autoincrement=False),
        Column("booked_month", Date, primary_key=True),
        Column("metering_point_id", BigInteger, primary_key=True, autoincrement=False),
        Column(
            "channel", Text, primary_key=True, comment="01 active in, 02 active out, 03 reactive in, 04 reactive out"
        ),
        Column("measured_on", Date, primary_key=True),
        Column("half_hours", ARRAY(ENERGY), nullable=False, comment="48 values in kWh, 00:00 first"),
        Column("status", ARRAY(SmallInteger), nullable=False, comment="48 values: 0 commercial, 1 not"),
        Column("res_id", Integer, nullable=False),
        *posted_provenance(),
        CheckConstraint("cardinality(half_hours) = 48 AND cardinality(status) = 48", name="half_hours"),
        schema=OPERATIONAL,
        postgresql_partition_by="RANGE (booked_month)",
        comment="One row per metering point, channel and day with its 48 half-hours.",
    )
)
