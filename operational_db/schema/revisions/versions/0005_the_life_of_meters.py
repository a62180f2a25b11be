"""The life of meters: stock, movements, seals, verifications, faults, work orders, operations and their undoing"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "inspection_type",
        sa.Column("inspection_type_code", sa.Text(), nullable=False, comment="round, control, request, fault"),
        sa.Column("meaning", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("inspection_type_code", name=op.f("inspection_type_pk")),
        schema="ops",
        comment="One row per occasion on which somebody comes to a meter.",
    )
    op.create_table(
        "meter_place",
        sa.Column("place_code", sa.Text(), nullable=False, comment="store, repair, laboratory, scrapped, point"),
        sa.Column("is_ready", sa.Boolean(), nullable=False, comment="A meter that lies here may be installed"),
        sa.Column("is_final", sa.Boolean(), nullable=False, comment="A meter that came here never leaves"),
        sa.Column("meaning", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("place_code", name=op.f("meter_place_pk")),
        schema="ops",
        comment="One row per kind of place where a meter can be.",
    )
    op.create_table(
        "work_order_kind",
        sa.Column(
            "kind", sa.Text(), nullable=False, comment="The operation that is ordered, or inspect, seal, maintain"
        ),
        sa.Column("meaning", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("kind", name=op.f("work_order_kind_pk")),
        schema="ops",
        comment="One row per kind of work that is ordered.",
    )
    op.create_table(
        "meter_fault",
        sa.Column("meter_fault_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("meter_id", sa.BigInteger(), nullable=False),
        sa.Column("fault", sa.Text(), nullable=False, comment="What is broken, in words"),
        sa.Column("valid_from", sa.Date(), nullable=False, comment="First day on which the fact holds"),
        sa.Column(
            "valid_to",
            sa.Date(),
            nullable=True,
            comment="First day on which it no longer holds; empty while it goes on",
        ),
        sa.Column(
            "known_from",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When this version was entered",
        ),
        sa.Column(
            "known_to",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When a later version replaced it; empty while it stands",
        ),
        sa.Column("source_id", sa.BigInteger(), nullable=False, comment="File or command that brought the row"),
        sa.Column(
            "source_row",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="Row in the source file, 0 for a command",
        ),
        postgresql.ExcludeConstraint(
            (sa.column("meter_id"), "="),
            (sa.text("daterange(valid_from, valid_to)"), "&&"),
            where=sa.text("known_to IS NULL"),
            using="gist",
            name="meter_fault_overlap_ex",
        ),
        sa.ForeignKeyConstraint(["meter_id"], ["ops.meter.meter_id"], name=op.f("meter_fault_meter_id_fk")),
        sa.ForeignKeyConstraint(["source_id"], ["ops.source.source_id"], name=op.f("meter_fault_source_id_fk")),
        sa.PrimaryKeyConstraint("meter_fault_id", name=op.f("meter_fault_pk")),
        schema="ops",
        comment="One row per meter, span of days and version: it is broken.",
    )
    op.create_index(op.f("meter_fault_meter_id_ix"), "meter_fault", ["meter_id"], unique=False, schema="ops")
    op.create_table(
        "meter_verification",
        sa.Column("meter_verification_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("meter_id", sa.BigInteger(), nullable=False),
        sa.Column("verified_on", sa.Date(), nullable=False),
        sa.Column("is_passed", sa.Boolean(), nullable=False),
        sa.Column(
            "next_due_on", sa.Date(), nullable=True, comment="First day on which it no longer counts as verified"
        ),
        sa.Column("laboratory", sa.Text(), nullable=True),
        sa.Column("certificate_no", sa.Text(), nullable=True),
        sa.Column("source_id", sa.BigInteger(), nullable=False, comment="File or command that brought the row"),
        sa.Column(
            "source_row",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="Row in the source file, 0 for a command",
        ),
        sa.CheckConstraint("is_passed = (next_due_on IS NOT NULL)", name=op.f("meter_verification_due_when_passed_ck")),
        sa.CheckConstraint("next_due_on > verified_on", name=op.f("meter_verification_due_after_verified_ck")),
        sa.ForeignKeyConstraint(["meter_id"], ["ops.meter.meter_id"], name=op.f("meter_verification_meter_id_fk")),
        sa.ForeignKeyConstraint(["source_id"], ["ops.source.source_id"], name=op.f("meter_verification_source_id_fk")),
        sa.PrimaryKeyConstraint("meter_verification_id", name=op.f("meter_verification_pk")),
        sa.UniqueConstraint("meter_id", "verified_on", name=op.f("meter_verification_meter_id_verified_on_uq")),
        schema="ops",
        comment="One row per verification of a meter by a laboratory.",
    )
    op.create_table(
        "seal",
        sa.Column("seal_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("seal_no", sa.Text(), nullable=False, comment="A number is used once"),
        sa.Column("meter_id", sa.BigInteger(), nullable=False),
        sa.Column("metering_point_id", sa.BigInteger(), nullable=True, comment="Where the meter hung then"),
        sa.Column(
            "sealed_part", sa.Text(), nullable=False, comment="In words: cover, terminals, current transformers ..."
        ),
        sa.Column("put_on", sa.Date(), nullable=False),
        sa.Column("put_on_by", sa.Text(), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False, comment="File or command that brought the row"),
        sa.Column(
            "source_row",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="Row in the source file, 0 for a command",
        ),
        sa.ForeignKeyConstraint(["meter_id"], ["ops.meter.meter_id"], name=op.f("seal_meter_id_fk")),
        sa.ForeignKeyConstraint(
            ["metering_point_id"], ["ops.metering_point.metering_point_id"], name=op.f("seal_metering_point_id_fk")
        ),
        sa.ForeignKeyConstraint(["source_id"], ["ops.source.source_id"], name=op.f("seal_source_id_fk")),
        sa.PrimaryKeyConstraint("seal_id", name=op.f("seal_pk")),
        sa.UniqueConstraint("seal_no", name=op.f("seal_seal_no_uq")),
        schema="ops",
        comment="One row per seal that was put on a meter.",
    )
    op.create_index(op.f("seal_meter_id_ix"), "seal", ["meter_id"], unique=False, schema="ops")
    op.create_index(op.f("seal_metering_point_id_ix"), "seal", ["metering_point_id"], unique=False, schema="ops")
    op.create_table(
        "work_order",
        sa.Column("work_order_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("order_no", sa.Text(), nullable=False, comment="Number on the paper"),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("metering_point_id", sa.BigInteger(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("inspection_type_code", sa.Text(), server_default="round", nullable=False),
        sa.Column("task", sa.Text(), nullable=True, comment="What is to be done, in words"),
        sa.Column("source_id", sa.BigInteger(), nullable=False, comment="File or command that brought the row"),
        sa.Column(
            "source_row",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="Row in the source file, 0 for a command",
        ),
        sa.CheckConstraint("due_on IS NULL OR due_on >= issued_on", name=op.f("work_order_due_after_issued_ck")),
        sa.ForeignKeyConstraint(
            ["inspection_type_code"],
            ["ops.inspection_type.inspection_type_code"],
            name=op.f("work_order_inspection_type_code_fk"),
        ),
        sa.ForeignKeyConstraint(["kind"], ["ops.work_order_kind.kind"], name=op.f("work_order_kind_fk")),
        sa.ForeignKeyConstraint(
            ["metering_point_id"],
            ["ops.metering_point.metering_point_id"],
            name=op.f("work_order_metering_point_id_fk"),
        ),
        sa.ForeignKeyConstraint(["source_id"], ["ops.source.source_id"], name=op.f("work_order_source_id_fk")),
        sa.PrimaryKeyConstraint("work_order_id", name=op.f("work_order_pk")),
        sa.UniqueConstraint("order_no", name=op.f("work_order_order_no_uq")),
        schema="ops",
        comment="One row per work order at a metering point; its states are rows of work_order_event.",
    )
    op.create_index(
        op.f("work_order_metering_point_id_ix"), "work_order", ["metering_point_id"], unique=False, schema="ops"
    )
    op.create_table(
        "meter_maintenance",
        sa.Column("meter_maintenance_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("meter_id", sa.BigInteger(), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=False),
        sa.Column("work", sa.Text(), nullable=False, comment="What was done, in words"),
        sa.Column("done_by", sa.Text(), nullable=False),
        sa.Column("work_order_id", sa.BigInteger(), nullable=True),
        sa.Column("source_id", sa.BigInteger(), nullable=False, comment="File or command that brought the row"),
        sa.Column(
            "source_row",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="Row in the source file, 0 for a command",
        ),
        sa.ForeignKeyConstraint(["meter_id"], ["ops.meter.meter_id"], name=op.f("meter_maintenance_meter_id_fk")),
        sa.ForeignKeyConstraint(["source_id"], ["ops.source.source_id"], name=op.f("meter_maintenance_source_id_fk")),
        sa.ForeignKeyConstraint(
            ["work_order_id"], ["ops.work_order.work_order_id"], name=op.f("meter_maintenance_work_order_id_fk")
        ),
        sa.PrimaryKeyConstraint("meter_maintenance_id", name=op.f("meter_maintenance_pk")),
        schema="ops",
        comment="One row per piece of work on a meter that left it where it was.",
    )
    op.create_index(
        op.f("meter_maintenance_meter_id_ix"), "meter_maintenance", ["meter_id"], unique=False, schema="ops"
    )
    op.create_table(
        "meter_operation",
        sa.Column("meter_operation_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "kind", sa.Text(), nullable=False, comment="install, remove, replace, relocate, ratio, zones, test or edit"
        ),
        sa.Column(
            "performed_on",
            sa.Date(),
            nullable=False,
            comment="Readings of the operation stood there at the start of it",
        ),
        sa.Column(
            "metering_point_id",
            sa.BigInteger(),
            nullable=True,
            comment="Where it was done; empty for a meter that hangs nowhere",
        ),
        sa.Column("to_metering_point_id", sa.BigInteger(), nullable=True, comment="Where a relocated meter went"),
        sa.Column("meter_id", sa.BigInteger(), nullable=False, comment="The meter that was there"),
        sa.Column("new_meter_id", sa.BigInteger(), nullable=True, comment="The meter that a replacement brought"),
        sa.Column("work_order_id", sa.BigInteger(), nullable=True),
        sa.Column("inspection_type_code", sa.Text(), server_default="round", nullable=False),
        sa.Column(
            "is_unreadable",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="No last value could be read",
        ),
        sa.Column(
            "confirmed_by",
            sa.BigInteger(),
            nullable=True,
            comment="Who vouched for a value below the last one that looked like a slip",
        ),
        sa.Column(
            "changes",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="edit: each changed property with its old and new value",
        ),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column(
            "entered_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("source_id", sa.BigInteger(), nullable=False, comment="File or command that brought the row"),
        sa.Column(
            "source_row",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="Row in the source file, 0 for a command",
        ),
        sa.CheckConstraint("(kind = 'edit') = (changes IS NOT NULL)", name=op.f("meter_operation_changes_ck")),
        sa.CheckConstraint(
            "(kind = 'relocate') = (to_metering_point_id IS NOT NULL)", name=op.f("meter_operation_relocated_to_ck")
        ),
        sa.CheckConstraint(
            "(kind = 'replace') = (new_meter_id IS NOT NULL)", name=op.f("meter_operation_replaced_by_ck")
        ),
        sa.CheckConstraint(
            "NOT is_unreadable OR kind IN ('remove', 'replace')", name=op.f("meter_operation_unreadable_ck")
        ),
        sa.CheckConstraint(
            "kind IN ('install', 'remove', 'replace', 'relocate', 'ratio', 'zones', 'test', 'edit')",
            name=op.f("meter_operation_kind_ck"),
        ),
        sa.CheckConstraint(
            "kind NOT IN ('remove', 'replace', 'relocate') OR work_order_id IS NOT NULL",
            name=op.f("meter_operation_ordered_ck"),
        ),
        sa.CheckConstraint(
            "metering_point_id IS NOT NULL OR kind IN ('edit', 'zones')", name=op.f("meter_operation_at_a_point_ck")
        ),
        sa.CheckConstraint("new_meter_id <> meter_id", name=op.f("meter_operation_by_another_meter_ck")),
        sa.CheckConstraint(
            "to_metering_point_id <> metering_point_id", name=op.f("meter_operation_to_another_point_ck")
        ),
        sa.ForeignKeyConstraint(
            ["confirmed_by"], ["ops.app_user.user_id"], name=op.f("meter_operation_confirmed_by_fk")
        ),
        sa.ForeignKeyConstraint(
            ["inspection_type_code"],
            ["ops.inspection_type.inspection_type_code"],
            name=op.f("meter_operation_inspection_type_code_fk"),
        ),
        sa.ForeignKeyConstraint(["meter_id"], ["ops.meter.meter_id"], name=op.f("meter_operation_meter_id_fk")),
        sa.ForeignKeyConstraint(
            ["metering_point_id"],
            ["ops.metering_point.metering_point_id"],
            name=op.f("meter_operation_metering_point_id_fk"),
        ),
        sa.ForeignKeyConstraint(["new_meter_id"], ["ops.meter.meter_id"], name=op.f("meter_operation_new_meter_id_fk")),
        sa.ForeignKeyConstraint(["source_id"], ["ops.source.source_id"], name=op.f("meter_operation_source_id_fk")),
        sa.ForeignKeyConstraint(
            ["to_metering_point_id"],
            ["ops.metering_point.metering_point_id"],
            name=op.f("meter_operation_to_metering_point_id_fk"),
        ),
        sa.ForeignKeyConstraint(
            ["work_order_id"], ["ops.work_order.work_order_id"], name=op.f("meter_operation_work_order_id_fk")
        ),
        sa.PrimaryKeyConstraint("meter_operation_id", name=op.f("meter_operation_pk")),
        schema="ops",
        comment="One row per operation on a meter at a metering point; undone when a row of meter_operation_undo names it.",
    )
    op.create_index(op.f("meter_operation_meter_id_ix"), "meter_operation", ["meter_id"], unique=False, schema="ops")
    op.create_index(
        op.f("meter_operation_metering_point_id_ix"),
        "meter_operation",
        ["metering_point_id"],
        unique=False,
        schema="ops",
    )
    op.create_index(
        op.f("meter_operation_new_meter_id_ix"), "meter_operation", ["new_meter_id"], unique=False, schema="ops"
    )
    op.create_index(
        op.f("meter_operation_to_metering_point_id_ix"),
        "meter_operation",
        ["to_metering_point_id"],
        unique=False,
        schema="ops",
    )
    op.create_index(
        op.f("meter_operation_work_order_id_ix"), "meter_operation", ["work_order_id"], unique=False, schema="ops"
    )
    op.create_table(
        "seal_removal",
        sa.Column("seal_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("taken_off", sa.Date(), nullable=False),
        sa.Column("taken_off_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False, comment="File or command that brought the row"),
        sa.Column(
            "source_row",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="Row in the source file, 0 for a command",
        ),
        sa.ForeignKeyConstraint(["seal_id"], ["ops.seal.seal_id"], name=op.f("seal_removal_seal_id_fk")),
        sa.ForeignKeyConstraint(["source_id"], ["ops.source.source_id"], name=op.f("seal_removal_source_id_fk")),
        sa.PrimaryKeyConstraint("seal_id", name=op.f("seal_removal_pk")),
        schema="ops",
        comment="One row per seal that was taken off or found broken.",
    )
    op.create_table(
        "meter_movement",
        sa.Column("meter_movement_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("meter_id", sa.BigInteger(), nullable=False),
        sa.Column("moved_on", sa.Date(), nullable=False),
        sa.Column("place_code", sa.Text(), nullable=False, comment="Where it came to"),
        sa.Column("unit_id", sa.Integer(), nullable=False, comment="Whose place it is"),
        sa.Column("metering_point_id", sa.BigInteger(), nullable=True, comment="The point where it was hung"),
        sa.Column(
            "meter_operation_id", sa.BigInteger(), nullable=True, comment="The operation that moved it, if one did"
        ),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("source_id", sa.BigInteger(), nullable=False, comment="File or command that brought the row"),
        sa.Column(
            "source_row",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="Row in the source file, 0 for a command",
        ),
        sa.CheckConstraint(
            "(place_code = 'point') = (metering_point_id IS NOT NULL)", name=op.f("meter_movement_at_a_point_ck")
        ),
        sa.CheckConstraint(
            "place_code <> 'point' OR meter_operation_id IS NOT NULL",
            name=op.f("meter_movement_hung_by_an_operation_ck"),
        ),
        sa.ForeignKeyConstraint(["meter_id"], ["ops.meter.meter_id"], name=op.f("meter_movement_meter_id_fk")),
        sa.ForeignKeyConstraint(
            ["meter_operation_id"],
            ["ops.meter_operation.meter_operation_id"],
            name=op.f("meter_movement_meter_operation_id_fk"),
        ),
        sa.ForeignKeyConstraint(
            ["metering_point_id"],
            ["ops.metering_point.metering_point_id"],
            name=op.f("meter_movement_metering_point_id_fk"),
        ),
        sa.ForeignKeyConstraint(
            ["place_code"], ["ops.meter_place.place_code"], name=op.f("meter_movement_place_code_fk")
        ),
        sa.ForeignKeyConstraint(["source_id"], ["ops.source.source_id"], name=op.f("meter_movement_source_id_fk")),
        sa.ForeignKeyConstraint(["unit_id"], ["ops.unit.unit_id"], name=op.f("meter_movement_unit_id_fk")),
        sa.PrimaryKeyConstraint("meter_movement_id", name=op.f("meter_movement_pk")),
        schema="ops",
        comment="One row per movement of a meter: where it came to.",
    )
    op.create_index(op.f("meter_movement_meter_id_ix"), "meter_movement", ["meter_id"], unique=False, schema="ops")
    op.create_index(
        op.f("meter_movement_metering_point_id_ix"), "meter_movement", ["metering_point_id"], unique=False, schema="ops"
    )
    op.create_index(op.f("meter_movement_unit_id_ix"), "meter_movement", ["unit_id"], unique=False, schema="ops")
    op.create_table(
        "meter_operation_gap",
        sa.Column("meter_operation_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("booked_month", sa.Date(), nullable=False),
        sa.Column("metering_point_id", sa.BigInteger(), nullable=False),
        sa.Column("span_from", sa.Date(), nullable=False),
        sa.Column(
            "span_no", sa.SmallInteger(), nullable=False, comment="With the columns before: the row of measured_energy"
        ),
        sa.Column("span_to", sa.Date(), nullable=False, comment="Day of the installation"),
        sa.Column("basis", sa.Text(), nullable=False, comment="measured (own use of the last 12 months) or contract"),
        sa.Column("daily_kwh", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("energy_kwh", sa.Numeric(precision=18, scale=6), nullable=False, comment="daily_kwh x days"),
        sa.CheckConstraint("basis IN ('measured', 'contract')", name=op.f("meter_operation_gap_basis_ck")),
        sa.CheckConstraint(
            "energy_kwh = daily_kwh * (span_to - span_from)", name=op.f("meter_operation_gap_energy_ck")
        ),
        sa.ForeignKeyConstraint(
            ["meter_operation_id"],
            ["ops.meter_operation.meter_operation_id"],
            name=op.f("meter_operation_gap_meter_operation_id_fk"),
        ),
        sa.ForeignKeyConstraint(
            ["metering_point_id"],
            ["ops.metering_point.metering_point_id"],
            name=op.f("meter_operation_gap_metering_point_id_fk"),
        ),
        sa.PrimaryKeyConstraint("meter_operation_id", name=op.f("meter_operation_gap_pk")),
        schema="ops",
        comment="One row per installation after days without a meter: how the energy of those days was found.",
    )
    op.create_table(
        "meter_operation_reading",
        sa.Column("reading_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("meter_operation_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("booked_month", sa.Date(), nullable=False, comment="With account_id and reading_id: the reading"),
        sa.Column(
            "purpose", sa.Text(), nullable=False, comment="closing: energy is counted up to it; opening: from it"
        ),
        sa.CheckConstraint("purpose IN ('closing', 'opening')", name=op.f("meter_operation_reading_purpose_ck")),
        sa.ForeignKeyConstraint(
            ["meter_operation_id"],
            ["ops.meter_operation.meter_operation_id"],
            name=op.f("meter_operation_reading_meter_operation_id_fk"),
        ),
        sa.PrimaryKeyConstraint("reading_id", name=op.f("meter_operation_reading_pk")),
        schema="ops",
        comment="One row per reading that an operation made; such a reading goes only with its operation.",
    )
    op.create_index(
        op.f("meter_operation_reading_meter_operation_id_ix"),
        "meter_operation_reading",
        ["meter_operation_id"],
        unique=False,
        schema="ops",
    )
    op.create_table(
        "meter_operation_undo",
        sa.Column("meter_operation_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False, comment="File or command that brought the row"),
        sa.Column(
            "source_row",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="Row in the source file, 0 for a command",
        ),
        sa.ForeignKeyConstraint(
            ["meter_operation_id"],
            ["ops.meter_operation.meter_operation_id"],
            name=op.f("meter_operation_undo_meter_operation_id_fk"),
        ),
        sa.ForeignKeyConstraint(
            ["source_id"], ["ops.source.source_id"], name=op.f("meter_operation_undo_source_id_fk")
        ),
        sa.PrimaryKeyConstraint("meter_operation_id", name=op.f("meter_operation_undo_pk")),
        schema="ops",
        comment="One row per operation that was taken back: its tombstone.",
    )
    op.create_table(
        "meter_test",
        sa.Column("meter_operation_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("is_within_class", sa.Boolean(), nullable=False),
        sa.Column(
            "error_percent",
            sa.Numeric(precision=7, scale=3),
            nullable=True,
            comment="Measured error; positive when the meter shows too much",
        ),
        sa.ForeignKeyConstraint(
            ["meter_operation_id"],
            ["ops.meter_operation.meter_operation_id"],
            name=op.f("meter_test_meter_operation_id_fk"),
        ),
        sa.PrimaryKeyConstraint("meter_operation_id", name=op.f("meter_test_pk")),
        schema="ops",
        comment="One row per test of a meter where it hangs: what was found.",
    )
    op.create_table(
        "work_order_event",
        sa.Column("work_order_event_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("work_order_id", sa.BigInteger(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False, comment="assigned, executed, not_executed, cancelled, reopened"),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("executor", sa.Text(), nullable=True, comment="Who is to do it, or did it"),
        sa.Column("result", sa.Text(), nullable=True, comment="What was done or found, in words"),
        sa.Column(
            "meter_operation_id",
            sa.BigInteger(),
            nullable=True,
            comment="The operation that executed the order, or whose undoing opened it again",
        ),
        sa.Column("source_id", sa.BigInteger(), nullable=False, comment="File or command that brought the row"),
        sa.Column(
            "source_row",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="Row in the source file, 0 for a command",
        ),
        sa.CheckConstraint("event <> 'assigned' OR executor IS NOT NULL", name=op.f("work_order_event_assigned_to_ck")),
        sa.CheckConstraint(
            "event IN ('assigned', 'executed', 'not_executed', 'cancelled', 'reopened')",
            name=op.f("work_order_event_event_ck"),
        ),
        sa.CheckConstraint(
            "event NOT IN ('executed', 'not_executed', 'cancelled') OR result IS NOT NULL",
            name=op.f("work_order_event_with_result_ck"),
        ),
        sa.ForeignKeyConstraint(
            ["meter_operation_id"],
            ["ops.meter_operation.meter_operation_id"],
            name=op.f("work_order_event_meter_operation_id_fk"),
        ),
        sa.ForeignKeyConstraint(["source_id"], ["ops.source.source_id"], name=op.f("work_order_event_source_id_fk")),
        sa.ForeignKeyConstraint(
            ["work_order_id"], ["ops.work_order.work_order_id"], name=op.f("work_order_event_work_order_id_fk")
        ),
        sa.PrimaryKeyConstraint("work_order_event_id", name=op.f("work_order_event_pk")),
        schema="ops",
        comment="One row per change of a work order's state.",
    )
    op.create_index(
        op.f("work_order_event_meter_operation_id_ix"),
        "work_order_event",
        ["meter_operation_id"],
        unique=False,
        schema="ops",
    )
    op.create_index(
        op.f("work_order_event_work_order_id_ix"), "work_order_event", ["work_order_id"], unique=False, schema="ops"
    )
    op.alter_column(
        "measured_energy",
        "kind",
        existing_type=sa.TEXT(),
        comment="half_hours, declared, gap (days without a meter), or legacy_billed (billed before Wattbook was)",
        existing_comment="half_hours, declared, or legacy_billed (billed before Wattbook was)",
        existing_nullable=False,
        schema="ops",
    )
    op.add_column(
        "meter_installation",
        sa.Column(
            "current_ratio",
            sa.Numeric(precision=12, scale=4),
            nullable=True,
            comment="Empty where a legacy system told only the product",
        ),
        schema="ops",
    )
    op.add_column(
        "meter_installation", sa.Column("voltage_ratio", sa.Numeric(precision=12, scale=4), nullable=True), schema="ops"
    )
    op.add_column(
        "meter_installation",
        sa.Column(
            "address_id",
            sa.BigInteger(),
            nullable=True,
            comment="Where the meter itself is; empty where that is the address of the premises",
        ),
        schema="ops",
    )
    op.add_column(
        "meter_installation",
        sa.Column(
            "stands_beside",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="Another meter measures other scales of the point at the same time",
        ),
        schema="ops",
    )
    op.add_column(
        "meter_installation",
        sa.Column(
            "meter_operation_id",
            sa.BigInteger(),
            nullable=True,
            comment="The operation that brought this version; empty for what came with a load",
        ),
        schema="ops",
    )
    op.add_column(
        "meter_installation",
        sa.Column(
            "replaced_by_operation_id",
            sa.BigInteger(),
            nullable=True,
            comment="The operation that replaced this version",
        ),
        schema="ops",
    )
    op.create_foreign_key(
        op.f("meter_installation_address_id_fk"),
        "meter_installation",
        "address",
        ["address_id"],
        ["address_id"],
        source_schema="ops",
        referent_schema="ops",
    )
    op.create_foreign_key(
        op.f("meter_installation_replaced_by_operation_id_fk"),
        "meter_installation",
        "meter_operation",
        ["replaced_by_operation_id"],
        ["meter_operation_id"],
        source_schema="ops",
        referent_schema="ops",
    )
    op.create_foreign_key(
        op.f("meter_installation_meter_operation_id_fk"),
        "meter_installation",
        "meter_operation",
        ["meter_operation_id"],
        ["meter_operation_id"],
        source_schema="ops",
        referent_schema="ops",
    )
    op.drop_constraint("meter_register_pk", "meter_register", schema="ops")
    op.add_column(
        "meter_register",
        sa.Column("meter_register_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        schema="ops",
    )
    op.add_column(
        "meter_register",
        sa.Column(
            "meter_operation_id",
            sa.BigInteger(),
            nullable=True,
            comment="The operation that brought this version; empty for what came with a load",
        ),
        schema="ops",
    )
    op.add_column(
        "meter_register",
        sa.Column(
            "replaced_by_operation_id",
            sa.BigInteger(),
            nullable=True,
            comment="The operation that replaced this version",
        ),
        schema="ops",
    )
    op.add_column(
        "meter_register",
        sa.Column(
            "valid_from",
            sa.Date(),
            nullable=True,
            comment="First day on which the meter counts so; empty: since it was made",
        ),
        schema="ops",
    )
    op.add_column(
        "meter_register",
        sa.Column(
            "valid_to", sa.Date(), nullable=True, comment="First day on which it no longer does; empty while it goes on"
        ),
        schema="ops",
    )
    op.add_column(
        "meter_register",
        sa.Column(
            "known_from",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When this version was entered",
        ),
        schema="ops",
    )
    op.add_column(
        "meter_register",
        sa.Column(
            "known_to",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When a later version replaced it; empty while it stands",
        ),
        schema="ops",
    )
    op.create_index(op.f("meter_register_meter_id_ix"), "meter_register", ["meter_id"], unique=False, schema="ops")
    op.create_foreign_key(
        op.f("meter_register_meter_operation_id_fk"),
        "meter_register",
        "meter_operation",
        ["meter_operation_id"],
        ["meter_operation_id"],
        source_schema="ops",
        referent_schema="ops",
    )
    op.create_foreign_key(
        op.f("meter_register_replaced_by_operation_id_fk"),
        "meter_register",
        "meter_operation",
        ["replaced_by_operation_id"],
        ["meter_operation_id"],
        source_schema="ops",
        referent_schema="ops",
    )
    op.create_table_comment(
        "meter_register",
        "One row per scale of a meter, span of days and version.",
        existing_comment="One row per scale of a meter.",
        schema="ops",
    )
    op.create_primary_key("meter_register_pk", "meter_register", ["meter_register_id"], schema="ops")
    op.execute(
        "ALTER TABLE ops.meter_register ADD CONSTRAINT meter_register_overlap_ex EXCLUDE USING gist ("
        "meter_id WITH =, zone_code WITH =, daterange(valid_from, valid_to) WITH &&) WHERE (known_to IS NULL)"
    )
    op.execute(
        "ALTER TABLE ops.meter_installation ADD CONSTRAINT meter_installation_one_at_a_time_ex EXCLUDE USING gist ("
        "metering_point_id WITH =, daterange(valid_from, valid_to) WITH &&) "
        "WHERE (known_to IS NULL AND meter_operation_id IS NOT NULL AND NOT stands_beside)"
    )
    op.create_check_constraint(
        op.f("meter_installation_ratio_is_the_product_ck"),
        "meter_installation",
        "ratio = current_ratio * voltage_ratio",
        schema="ops",
    )
    op.create_check_constraint(
        op.f("meter_installation_at_least_a_day_ck"),
        "meter_installation",
        "meter_operation_id IS NULL OR valid_to > valid_from",
        schema="ops",
    )
    _kinds_of_measured_energy("'half_hours', 'declared', 'gap', 'legacy_billed'")
    _energy_events()
    _contract_use()


def downgrade() -> None:
    # Energy of gaps stays told, without the word for it; what was cancelled goes with the word for that.
    op.execute(
        "DELETE FROM ops.measured_energy AS m USING ops.measured_energy_event AS e"
        " WHERE e.account_id = m.account_id AND e.booked_month = m.booked_month"
        " AND e.metering_point_id = m.metering_point_id AND e.direction = m.direction AND e.span_from = m.span_from"
        " AND e.span_no = m.span_no"
    )
    op.execute("UPDATE ops.measured_energy SET kind = 'declared' WHERE kind = 'gap'")
    _kinds_of_measured_energy("'half_hours', 'declared', 'legacy_billed'")
    op.drop_constraint(op.f("meter_installation_at_least_a_day_ck"), "meter_installation", schema="ops")
    op.drop_constraint(op.f("meter_installation_ratio_is_the_product_ck"), "meter_installation", schema="ops")
    op.drop_constraint("meter_installation_one_at_a_time_ex", "meter_installation", schema="ops")
    op.drop_constraint("meter_register_overlap_ex", "meter_register", schema="ops")
    # Of each scale its newest standing version stays.
    op.execute(
        "DELETE FROM ops.meter_register AS g WHERE g.known_to IS NOT NULL OR EXISTS ("
        "SELECT 1 FROM ops.meter_register AS n WHERE n.meter_id = g.meter_id AND n.zone_code = g.zone_code"
        " AND n.known_to IS NULL AND n.meter_register_id > g.meter_register_id)"
    )
    op.drop_constraint("meter_register_pk", "meter_register", schema="ops")
    op.create_table_comment(
        "meter_register",
        "One row per scale of a meter.",
        existing_comment="One row per scale of a meter, span of days and version.",
        schema="ops",
    )
    op.drop_constraint(
        op.f("meter_register_replaced_by_operation_id_fk"), "meter_register", schema="ops", type_="foreignkey"
    )
    op.drop_constraint(op.f("meter_register_meter_operation_id_fk"), "meter_register", schema="ops", type_="foreignkey")
    op.drop_index(op.f("meter_register_meter_id_ix"), table_name="meter_register", schema="ops")
    op.drop_column("meter_register", "known_to", schema="ops")
    op.drop_column("meter_register", "known_from", schema="ops")
    op.drop_column("meter_register", "valid_to", schema="ops")
    op.drop_column("meter_register", "valid_from", schema="ops")
    op.drop_column("meter_register", "replaced_by_operation_id", schema="ops")
    op.drop_column("meter_register", "meter_operation_id", schema="ops")
    op.drop_column("meter_register", "meter_register_id", schema="ops")
    op.create_primary_key("meter_register_pk", "meter_register", ["meter_id", "zone_code"], schema="ops")
    op.drop_constraint(
        op.f("meter_installation_meter_operation_id_fk"), "meter_installation", schema="ops", type_="foreignkey"
    )
    op.drop_constraint(
        op.f("meter_installation_replaced_by_operation_id_fk"), "meter_installation", schema="ops", type_="foreignkey"
    )
    op.drop_constraint(op.f("meter_installation_address_id_fk"), "meter_installation", schema="ops", type_="foreignkey")
    op.drop_column("meter_installation", "replaced_by_operation_id", schema="ops")
    op.drop_column("meter_installation", "meter_operation_id", schema="ops")
    op.drop_column("meter_installation", "stands_beside", schema="ops")
    op.drop_column("meter_installation", "address_id", schema="ops")
    op.drop_column("meter_installation", "voltage_ratio", schema="ops")
    op.drop_column("meter_installation", "current_ratio", schema="ops")
    op.alter_column(
        "measured_energy",
        "kind",
        existing_type=sa.TEXT(),
        comment="half_hours, declared, or legacy_billed (billed before Wattbook was)",
        existing_comment="half_hours, declared, gap (days without a meter), or legacy_billed (billed before Wattbook was)",
        existing_nullable=False,
        schema="ops",
    )
    op.drop_index(op.f("work_order_event_work_order_id_ix"), table_name="work_order_event", schema="ops")
    op.drop_index(op.f("work_order_event_meter_operation_id_ix"), table_name="work_order_event", schema="ops")
    op.drop_table("work_order_event", schema="ops")
    op.drop_table("meter_test", schema="ops")
    op.drop_table("meter_operation_undo", schema="ops")
    op.drop_index(
        op.f("meter_operation_reading_meter_operation_id_ix"), table_name="meter_operation_reading", schema="ops"
    )
    op.drop_table("meter_operation_reading", schema="ops")
    op.drop_table("meter_operation_gap", schema="ops")
    op.drop_index(op.f("meter_movement_unit_id_ix"), table_name="meter_movement", schema="ops")
    op.drop_index(op.f("meter_movement_metering_point_id_ix"), table_name="meter_movement", schema="ops")
    op.drop_index(op.f("meter_movement_meter_id_ix"), table_name="meter_movement", schema="ops")
    op.drop_table("meter_movement", schema="ops")
    op.drop_table("seal_removal", schema="ops")
    op.drop_index(op.f("meter_operation_work_order_id_ix"), table_name="meter_operation", schema="ops")
    op.drop_index(op.f("meter_operation_to_metering_point_id_ix"), table_name="meter_operation", schema="ops")
    op.drop_index(op.f("meter_operation_new_meter_id_ix"), table_name="meter_operation", schema="ops")
    op.drop_index(op.f("meter_operation_metering_point_id_ix"), table_name="meter_operation", schema="ops")
    op.drop_index(op.f("meter_operation_meter_id_ix"), table_name="meter_operation", schema="ops")
    op.drop_table("meter_operation", schema="ops")
    op.drop_index(op.f("meter_maintenance_meter_id_ix"), table_name="meter_maintenance", schema="ops")
    op.drop_table("meter_maintenance", schema="ops")
    op.drop_index(op.f("work_order_metering_point_id_ix"), table_name="work_order", schema="ops")
    op.drop_table("work_order", schema="ops")
    op.drop_index(op.f("seal_metering_point_id_ix"), table_name="seal", schema="ops")
    op.drop_index(op.f("seal_meter_id_ix"), table_name="seal", schema="ops")
    op.drop_table("seal", schema="ops")
    op.drop_table("meter_verification", schema="ops")
    op.drop_index(op.f("meter_fault_meter_id_ix"), table_name="meter_fault", schema="ops")
    op.drop_table("meter_fault", schema="ops")
    op.drop_table("work_order_kind", schema="ops")
    op.drop_table("meter_place", schema="ops")
    op.drop_table("inspection_type", schema="ops")
    _no_energy_events()
    _no_contract_use()


def _kinds_of_measured_energy(kinds: str) -> None:
    op.drop_constraint(op.f("measured_energy_kind_ck"), "measured_energy", schema="ops")
    op.create_check_constraint(op.f("measured_energy_kind_ck"), "measured_energy", f"kind IN ({kinds})", schema="ops")


def _energy_events() -> None:
    op.create_table(
        "measured_energy_event",
        sa.Column("measured_energy_event_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("booked_month", sa.Date(), nullable=False),
        sa.Column("metering_point_id", sa.BigInteger(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("span_from", sa.Date(), nullable=False),
        sa.Column(
            "span_no", sa.SmallInteger(), nullable=False, comment="With the columns before: the row of measured_energy"
        ),
        sa.Column("event", sa.Text(), nullable=False, comment="cancelled"),
        sa.Column("reason", sa.Text(), nullable=False, comment="A sentence for the clerk"),
        sa.Column("source_id", sa.BigInteger(), nullable=False, comment="File or command that brought the row"),
        sa.Column(
            "source_row",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="Row in the source file, 0 for a command",
        ),
        sa.CheckConstraint("event IN ('cancelled')", name=op.f("measured_energy_event_event_ck")),
        sa.ForeignKeyConstraint(
            ["source_id"], ["ops.source.source_id"], name=op.f("measured_energy_event_source_id_fk")
        ),
        sa.PrimaryKeyConstraint("measured_energy_event_id", name=op.f("measured_energy_event_pk")),
        schema="ops",
        comment="One row per change of the state of energy told as such.",
    )
    op.create_index(
        op.f("measured_energy_event_account_id_ix"), "measured_energy_event", ["account_id"], unique=False, schema="ops"
    )


def _no_energy_events() -> None:
    op.drop_index(op.f("measured_energy_event_account_id_ix"), table_name="measured_energy_event", schema="ops")
    op.drop_table("measured_energy_event", schema="ops")


def _contract_use() -> None:
    op.create_table(
        "contract_use",
        sa.Column("contract_use_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("metering_point_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "monthly_kwh", sa.Numeric(precision=18, scale=6), nullable=False, comment="Mean of the months of a year"
        ),
        sa.Column("valid_from", sa.Date(), nullable=False, comment="First day on which the fact holds"),
        sa.Column(
            "valid_to",
            sa.Date(),
            nullable=True,
            comment="First day on which it no longer holds; empty while it goes on",
        ),
        sa.Column(
            "known_from",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When this version was entered",
        ),
        sa.Column(
            "known_to",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When a later version replaced it; empty while it stands",
        ),
        sa.Column("source_id", sa.BigInteger(), nullable=False, comment="File or command that brought the row"),
        sa.Column(
            "source_row",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="Row in the source file, 0 for a command",
        ),
        postgresql.ExcludeConstraint(
            (sa.column("metering_point_id"), "="),
            (sa.text("daterange(valid_from, valid_to)"), "&&"),
            where=sa.text("known_to IS NULL"),
            using="gist",
            name="contract_use_overlap_ex",
        ),
        sa.CheckConstraint("monthly_kwh >= 0", name=op.f("contract_use_monthly_ck")),
        sa.ForeignKeyConstraint(
            ["metering_point_id"],
            ["ops.metering_point.metering_point_id"],
            name=op.f("contract_use_metering_point_id_fk"),
        ),
        sa.ForeignKeyConstraint(["source_id"], ["ops.source.source_id"], name=op.f("contract_use_source_id_fk")),
        sa.PrimaryKeyConstraint("contract_use_id", name=op.f("contract_use_pk")),
        schema="ops",
        comment="One row per metering point, span of days and version: the use that the contract foresees.",
    )
    op.create_index(
        op.f("contract_use_metering_point_id_ix"), "contract_use", ["metering_point_id"], unique=False, schema="ops"
    )


def _no_contract_use() -> None:
    op.drop_index(op.f("contract_use_metering_point_id_ix"), table_name="contract_use", schema="ops")
    op.drop_table("contract_use", schema="ops")
