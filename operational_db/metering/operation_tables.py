"""The life of a meter: where it is, what was done to it and at a metering point, by whose order, and what was undone.

Rows here are events: they are added and never changed. What an operation changed in dated facts (where a meter hangs,
its registers) are versions of those facts, which name the operation.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Integer,
    Numeric,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from operational_db.schema.metadata import (
    ENERGY,
    OPERATIONAL,
    known_range,
    metadata,
    no_overlap,
    provenance,
    valid_range,
)

METER = "ops.meter.meter_id"
POINT = "ops.metering_point.metering_point_id"
OPERATION = "ops.meter_operation.meter_operation_id"

meter_place = Table(
    "meter_place",
    metadata,
    Column("place_code", Text, primary_key=True, comment="store, repair, laboratory, scrapped, point"),
    Column("is_ready", Boolean, nullable=False, comment="A meter that lies here may be installed"),
    Column("is_final", Boolean, nullable=False, comment="A meter that came here never leaves"),
    Column("meaning", Text, nullable=False),
    schema=OPERATIONAL,
    comment="One row per kind of place where a meter can be.",
)

inspection_type = Table(
    "inspection_type",
    metadata,
    Column("inspection_type_code", Text, primary_key=True, comment="round, control, request, fault"),
    Column("meaning", Text, nullable=False),
    schema=OPERATIONAL,
    comment="One row per occasion on which somebody comes to a meter.",
)

work_order_kind = Table(
    "work_order_kind",
    metadata,
    Column("kind", Text, primary_key=True, comment="The operation that is ordered, or inspect, seal, maintain"),
    Column("meaning", Text, nullable=False),
    schema=OPERATIONAL,
    comment="One row per kind of work that is ordered.",
)

work_order = Table(
    "work_order",
    metadata,
    Column("work_order_id", BigInteger, Identity(), primary_key=True),
    Column("order_no", Text, nullable=False, unique=True, comment="Number on the paper"),
    Column("kind", Text, ForeignKey("ops.work_order_kind.kind"), nullable=False),
    Column("metering_point_id", BigInteger, ForeignKey(POINT), nullable=False, index=True),
    Column("issued_on", Date, nullable=False),
    Column("due_on", Date),
    Column(
        "inspection_type_code",
        Text,
        ForeignKey("ops.inspection_type.inspection_type_code"),
        nullable=False,
        server_default="round",
    ),
    Column("task", Text, comment="What is to be done, in words"),
    *provenance(),
    CheckConstraint("due_on IS NULL OR due_on >= issued_on", name="due_after_issued"),
    schema=OPERATIONAL,
    comment="One row per work order at a metering point; its states are rows of work_order_event.",
)

meter_operation = Table(
    "meter_operation",
    metadata,
    Column("meter_operation_id", BigInteger, Identity(), primary_key=True),
    Column("kind", Text, nullable=False, comment="install, remove, replace, relocate, ratio, zones, test or edit"),
    Column("performed_on", Date, nullable=False, comment="Readings of the operation stood there at the start of it"),
    Column(
        "metering_point_id",
        BigInteger,
        ForeignKey(POINT),
        index=True,
        comment="Where it was done; empty for a meter that hangs nowhere",
    ),
    Column("to_metering_point_id", BigInteger, ForeignKey(POINT), index=True, comment="Where a relocated meter went"),
    Column("meter_id", BigInteger, ForeignKey(METER), nullable=False, index=True, comment="The meter that was there"),
    Column("new_meter_id", BigInteger, ForeignKey(METER), index=True, comment="The meter that a replacement brought"),
    Column("work_order_id", BigInteger, ForeignKey("ops.work_order.work_order_id"), index=True),
    Column(
        "inspection_type_code",
        Text,
        ForeignKey("ops.inspection_type.inspection_type_code"),
        nullable=False,
        server_default="round",
    ),
    Column(
        "is_unreadable", Boolean, nullable=False, server_default=text("false"), comment="No last value could be read"
    ),
    Column(
        "confirmed_by",
        BigInteger,
        ForeignKey("ops.app_user.user_id"),
        comment="Who vouched for a value below the last one that looked like a slip",
    ),
    Column("changes", JSONB, comment="edit: each changed property with its old and new value"),
    Column("note", Text),
    Column("entered_at", DateTime(timezone=True), nullable=False, server_default=text("clock_timestamp()")),
    *provenance(),
    CheckConstraint(
        "kind IN ('install', 'remove', 'replace', 'relocate', 'ratio', 'zones', 'test', 'edit')", name="kind"
    ),
    CheckConstraint("kind NOT IN ('remove', 'replace', 'relocate') OR work_order_id IS NOT NULL", name="ordered"),
    CheckConstraint("metering_point_id IS NOT NULL OR kind IN ('edit', 'zones')", name="at_a_point"),
    CheckConstraint("(kind = 'relocate') = (to_metering_point_id IS NOT NULL)", name="relocated_to"),
    CheckConstraint("(kind = 'replace') = (new_meter_id IS NOT NULL)", name="replaced_by"),
    CheckConstraint("(kind = 'edit') = (changes IS NOT NULL)", name="changes"),
    CheckConstraint("to_metering_point_id <> metering_point_id", name="to_another_point"),
    CheckConstraint("new_meter_id <> meter_id", name="by_another_meter"),
    CheckConstraint("NOT is_unreadable OR kind IN ('remove', 'replace')", name="unreadable"),
    schema=OPERATIONAL,
    comment="One row per operation on a meter at a metering point; undone when a row of meter_operation_undo names it.",
)

meter_operation_undo = Table(
    "meter_operation_undo",
    metadata,
    Column("meter_operation_id", BigInteger, ForeignKey(OPERATION), primary_key=True, autoincrement=False),
    Column("reason", Text, nullable=False),
    Column("undone_at", DateTime(timezone=True), nullable=False, server_default=text("clock_timestamp()")),
    *provenance(),
    schema=OPERATIONAL,
    comment="One row per operation that was taken back: its tombstone.",
)

meter_operation_reading = Table(
    "meter_operation_reading",
    metadata,
    Column("reading_id", BigInteger, primary_key=True, autoincrement=False),
    Column("meter_operation_id", BigInteger, ForeignKey(OPERATION), nullable=False, index=True),
    Column("account_id", BigInteger, nullable=False),
    Column("booked_month", Date, nullable=False, comment="With account_id and reading_id: the reading"),
    Column("purpose", Text, nullable=False, comment="closing: energy is counted up to it; opening: from it"),
    CheckConstraint("purpose IN ('closing', 'opening')", name="purpose"),
    schema=OPERATIONAL,
    comment="One row per reading that an operation made; such a reading goes only with its operation.",
)

meter_operation_gap = Table(
    "meter_operation_gap",
    metadata,
    Column("meter_operation_id", BigInteger, ForeignKey(OPERATION), primary_key=True, autoincrement=False),
    Column("account_id", BigInteger, nullable=False),
    Column("booked_month", Date, nullable=False),
    Column("metering_point_id", BigInteger, ForeignKey(POINT), nullable=False),
    Column("span_from", Date, nullable=False),
    Column("span_no", SmallInteger, nullable=False, comment="With the columns before: the row of measured_energy"),
    Column("span_to", Date, nullable=False, comment="Day of the installation"),
    Column("basis", Text, nullable=False, comment="measured (own use of the last 12 months) or contract"),
    Column("daily_kwh", ENERGY, nullable=False),
    Column("energy_kwh", ENERGY, nullable=False, comment="daily_kwh x days"),
    CheckConstraint("basis IN ('measured', 'contract')", name="basis"),
    CheckConstraint("energy_kwh = daily_kwh * (span_to - span_from)", name="energy"),
    schema=OPERATIONAL,
    comment="One row per installation after days without a meter: how the energy of those days was found.",
)

meter_test = Table(
    "meter_test",
    metadata,
    Column("meter_operation_id", BigInteger, ForeignKey(OPERATION), primary_key=True, autoincrement=False),
    Column("is_within_class", Boolean, nullable=False),
    Column("error_percent", Numeric(7, 3), comment="Measured error; positive when the meter shows too much"),
    schema=OPERATIONAL,
    comment="One row per test of a meter where it hangs: what was found.",
)

work_order_event = Table(
    "work_order_event",
    metadata,
    Column("work_order_event_id", BigInteger, Identity(), primary_key=True),
    Column("work_order_id", BigInteger, ForeignKey("ops.work_order.work_order_id"), nullable=False, index=True),
    Column("event", Text, nullable=False, comment="assigned, executed, not_executed, cancelled, reopened"),
    Column("happened_on", Date, nullable=False),
    Column("executor", Text, comment="Who is to do it, or did it"),
    Column("result", Text, comment="What was done or found, in words"),
    Column(
        "meter_operation_id",
        BigInteger,
        ForeignKey(OPERATION),
        index=True,
        comment="The operation that executed the order, or whose undoing opened it again",
    ),
    *provenance(),
    CheckConstraint("event IN ('assigned', 'executed', 'not_executed', 'cancelled', 'reopened')", name="event"),
    CheckConstraint("event <> 'assigned' OR executor IS NOT NULL", name="assigned_to"),
    CheckConstraint("event NOT IN ('executed', 'not_executed', 'cancelled') OR result IS NOT NULL", name="with_result"),
    schema=OPERATIONAL,
    comment="One row per change of a work order's state.",
)

meter_movement = Table(
    "meter_movement",
    metadata,
    Column("meter_movement_id", BigInteger, Identity(), primary_key=True),
    Column("meter_id", BigInteger, ForeignKey(METER), nullable=False, index=True),
    Column("moved_on", Date, nullable=False),
    Column("place_code", Text, ForeignKey("ops.meter_place.place_code"), nullable=False, comment="Where it came to"),
    Column("unit_id", Integer, ForeignKey("ops.unit.unit_id"), nullable=False, index=True, comment="Whose place it is"),
    Column("metering_point_id", BigInteger, ForeignKey(POINT), index=True, comment="The point where it was hung"),
    Column("meter_operation_id", BigInteger, ForeignKey(OPERATION), comment="The operation that moved it, if one did"),
    Column("note", Text),
    *provenance(),
    CheckConstraint("(place_code = 'point') = (metering_point_id IS NOT NULL)", name="at_a_point"),
    CheckConstraint("place_code <> 'point' OR meter_operation_id IS NOT NULL", name="hung_by_an_operation"),
    schema=OPERATIONAL,
    comment="One row per movement of a meter: where it came to.",
)

seal = Table(
    "seal",
    metadata,
    Column("seal_id", BigInteger, Identity(), primary_key=True),
    Column("seal_no", Text, nullable=False, unique=True, comment="A number is used once"),
    Column("meter_id", BigInteger, ForeignKey(METER), nullable=False, index=True),
    Column("metering_point_id", BigInteger, ForeignKey(POINT), index=True, comment="Where the meter hung then"),
    Column("sealed_part", Text, nullable=False, comment="In words: cover, terminals, current transformers ..."),
    Column("put_on", Date, nullable=False),
    Column("put_on_by", Text, nullable=False),
    *provenance(),
    schema=OPERATIONAL,
    comment="One row per seal that was put on a meter.",
)

seal_removal = Table(
    "seal_removal",
    metadata,
    Column("seal_id", BigInteger, ForeignKey("ops.seal.seal_id"), primary_key=True, autoincrement=False),
    Column("taken_off", Date, nullable=False),
    Column("taken_off_by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    *provenance(),
    schema=OPERATIONAL,
    comment="One row per seal that was taken off or found broken.",
)

meter_verification = Table(
    "meter_verification",
    metadata,
    Column("meter_verification_id", BigInteger, Identity(), primary_key=True),
    Column("meter_id", BigInteger, ForeignKey(METER), nullable=False),
    Column("verified_on", Date, nullable=False),
    Column("is_passed", Boolean, nullable=False),
    Column("next_due_on", Date, comment="First day on which it no longer counts as verified"),
    Column("laboratory", Text),
    Column("certificate_no", Text),
    *provenance(),
    UniqueConstraint("meter_id", "verified_on"),
    CheckConstraint("next_due_on > verified_on", name="due_after_verified"),
    CheckConstraint("is_passed = (next_due_on IS NOT NULL)", name="due_when_passed"),
    schema=OPERATIONAL,
    comment="One row per verification of a meter by a laboratory.",
)

meter_maintenance = Table(
    "meter_maintenance",
    metadata,
    Column("meter_maintenance_id", BigInteger, Identity(), primary_key=True),
    Column("meter_id", BigInteger, ForeignKey(METER), nullable=False, index=True),
    Column("done_on", Date, nullable=False),
    Column("work", Text, nullable=False, comment="What was done, in words"),
    Column("done_by", Text, nullable=False),
    Column("work_order_id", BigInteger, ForeignKey("ops.work_order.work_order_id")),
    *provenance(),
    schema=OPERATIONAL,
    comment="One row per piece of work on a meter that left it where it was.",
)

meter_fault = Table(
    "meter_fault",
    metadata,
    Column("meter_fault_id", BigInteger, Identity(), primary_key=True),
    Column("meter_id", BigInteger, ForeignKey(METER), nullable=False, index=True),
    Column("fault", Text, nullable=False, comment="What is broken, in words"),
    *valid_range(),
    *known_range(),
    *provenance(),
    no_overlap("meter_fault", "meter_id", versioned=True),
    schema=OPERATIONAL,
    comment="One row per meter, span of days and version: it is broken.",
)
