"""Shadow billing, readiness and cut-over, the pilot"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cutover_item",
        sa.Column("item_code", sa.Text(), nullable=False),
        sa.Column("sort_order", sa.Integer(), nullable=False),
        sa.Column(
            "derived_from",
            sa.Text(),
            nullable=True,
            comment="Component of readiness, or day_is_fixed; empty: a person signs",
        ),
        sa.Column("meaning", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("item_code", name=op.f("cutover_item_pk")),
        schema="ops",
        comment="One row per item of the checklist of a cut-over.",
    )
    op.create_table(
        "readiness_weight",
        sa.Column("component_code", sa.Text(), nullable=False),
        sa.Column(
            "valid_from", sa.Date(), nullable=False, comment="First day; the weight holds until the next one begins"
        ),
        sa.Column("sort_order", sa.Integer(), nullable=False),
        sa.Column(
            "weight",
            sa.Numeric(precision=8, scale=3),
            nullable=False,
            comment="Within the score; 0 leaves the component out of it",
        ),
        sa.Column(
            "is_hard_stop", sa.Boolean(), nullable=False, comment="Below 100 % nobody cuts over, whatever the score"
        ),
        sa.Column(
            "target",
            sa.Numeric(),
            nullable=True,
            comment="What counts as all, where the component is measured against a figure",
        ),
        sa.Column("meaning", sa.Text(), nullable=False),
        sa.CheckConstraint("weight >= 0", name=op.f("readiness_weight_weight_ck")),
        sa.PrimaryKeyConstraint("component_code", "valid_from", name=op.f("readiness_weight_pk")),
        schema="ops",
        comment="One row per component of readiness and day from which its weight holds.",
    )
    op.create_table(
        "shadow_run",
        sa.Column("shadow_run_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("load_id", sa.BigInteger(), nullable=False),
        sa.Column("months", sa.ARRAY(sa.Date()), nullable=False, comment="Months of use that it re-rated"),
        sa.Column("bill_count", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("run_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["load_id"], ["landing.load.load_id"], name=op.f("shadow_run_load_id_fk")),
        sa.ForeignKeyConstraint(["source_id"], ["ops.source.source_id"], name=op.f("shadow_run_source_id_fk")),
        sa.ForeignKeyConstraint(["user_id"], ["ops.app_user.user_id"], name=op.f("shadow_run_user_id_fk")),
        sa.PrimaryKeyConstraint("shadow_run_id", name=op.f("shadow_run_pk")),
        schema="migration",
        comment="One row per shadow billing that told something new; the same again leaves none.",
    )
    op.create_index(op.f("shadow_run_load_id_ix"), "shadow_run", ["load_id"], unique=False, schema="migration")
    op.create_table(
        "cutover_day",
        sa.Column("cutover_day_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("cutover_on", sa.Date(), nullable=False, comment="First day of the first month billed by Wattbook"),
        sa.Column("reason", sa.Text(), nullable=False, comment="Why this day: the order, or what moved it"),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("fixed_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("btrim(reason) <> ''", name=op.f("cutover_day_reason_ck")),
        sa.CheckConstraint("extract(day FROM cutover_on) = 1", name=op.f("cutover_day_whole_months_ck")),
        sa.ForeignKeyConstraint(["source_id"], ["ops.source.source_id"], name=op.f("cutover_day_source_id_fk")),
        sa.ForeignKeyConstraint(["unit_id"], ["ops.unit.unit_id"], name=op.f("cutover_day_unit_id_fk")),
        sa.ForeignKeyConstraint(["user_id"], ["ops.app_user.user_id"], name=op.f("cutover_day_user_id_fk")),
        sa.PrimaryKeyConstraint("cutover_day_id", name=op.f("cutover_day_pk")),
        schema="migration",
        comment="One row per fixing of a unit's day of cut-over; the last one holds, the others are its history.",
    )
    op.create_index(op.f("cutover_day_unit_id_ix"), "cutover_day", ["unit_id"], unique=False, schema="migration")
    op.create_table(
        "cutover_signature",
        sa.Column("cutover_signature_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("res_id", sa.Integer(), nullable=False),
        sa.Column("item_code", sa.Text(), nullable=False),
        sa.Column("is_done", sa.Boolean(), nullable=False, comment="False takes an earlier signature back"),
        sa.Column("note", sa.Text(), nullable=False, comment="What it rests on"),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("btrim(note) <> ''", name=op.f("cutover_signature_note_ck")),
        sa.ForeignKeyConstraint(
            ["item_code"], ["ops.cutover_item.item_code"], name=op.f("cutover_signature_item_code_fk")
        ),
        sa.ForeignKeyConstraint(["res_id"], ["ops.unit.unit_id"], name=op.f("cutover_signature_res_id_fk")),
        sa.ForeignKeyConstraint(["source_id"], ["ops.source.source_id"], name=op.f("cutover_signature_source_id_fk")),
        sa.ForeignKeyConstraint(["user_id"], ["ops.app_user.user_id"], name=op.f("cutover_signature_user_id_fk")),
        sa.PrimaryKeyConstraint("cutover_signature_id", name=op.f("cutover_signature_pk")),
        schema="migration",
        comment="One row per signature under an item of a RES's checklist; the last one holds.",
    )
    op.create_index(
        op.f("cutover_signature_res_id_ix"), "cutover_signature", ["res_id"], unique=False, schema="migration"
    )
    op.create_table(
        "pilot_branch",
        sa.Column("pilot_branch_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("pilot_from", sa.Date(), nullable=False),
        sa.Column("pilot_to", sa.Date(), nullable=True, comment="First day after it; empty while it goes on"),
        sa.Column("note", sa.Text(), nullable=False),
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
        sa.CheckConstraint("pilot_to > pilot_from", name=op.f("pilot_branch_span_ck")),
        sa.ForeignKeyConstraint(["source_id"], ["ops.source.source_id"], name=op.f("pilot_branch_source_id_fk")),
        sa.ForeignKeyConstraint(["unit_id"], ["ops.unit.unit_id"], name=op.f("pilot_branch_unit_id_fk")),
        sa.PrimaryKeyConstraint("pilot_branch_id", name=op.f("pilot_branch_pk")),
        schema="migration",
        comment="One row per branch in pilot and time its span was set; the last one holds.",
    )
    op.create_index(op.f("pilot_branch_unit_id_ix"), "pilot_branch", ["unit_id"], unique=False, schema="migration")
    op.create_table(
        "pilot_request",
        sa.Column("request_no", sa.Text(), nullable=False, comment="As the log of the pilot numbers it"),
        sa.Column(
            "version_no", sa.Integer(), autoincrement=False, nullable=False, comment="1, 2 ...; the last one holds"
        ),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("module", sa.Text(), nullable=False, comment="Part of the program that it is about"),
        sa.Column("closed_on", sa.Date(), nullable=True, comment="Empty while it is open"),
        sa.Column("answer", sa.Text(), nullable=True, comment="How it was answered"),
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
        sa.CheckConstraint("closed_on >= received_on", name=op.f("pilot_request_span_ck")),
        sa.ForeignKeyConstraint(["source_id"], ["ops.source.source_id"], name=op.f("pilot_request_source_id_fk")),
        sa.ForeignKeyConstraint(["unit_id"], ["ops.unit.unit_id"], name=op.f("pilot_request_unit_id_fk")),
        sa.PrimaryKeyConstraint("request_no", "version_no", name=op.f("pilot_request_pk")),
        schema="migration",
        comment="One row per request of the pilot and version; a request that is told otherwise later gets a new one.",
    )
    op.create_index("pilot_request_unit_id_ix", "pilot_request", ["unit_id"], unique=False, schema="migration")
    op.create_table(
        "pilot_review",
        sa.Column("pilot_review_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("reviewed_on", sa.Date(), nullable=False),
        sa.Column("sponsor", sa.Text(), nullable=False, comment="Who answers for the project and took part"),
        sa.Column("outcome", sa.Text(), nullable=False, comment="What was found and agreed"),
        sa.Column("open_count", sa.Integer(), nullable=False, comment="Requests of the branch that were open that day"),
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
        sa.ForeignKeyConstraint(["source_id"], ["ops.source.source_id"], name=op.f("pilot_review_source_id_fk")),
        sa.ForeignKeyConstraint(["unit_id"], ["ops.unit.unit_id"], name=op.f("pilot_review_unit_id_fk")),
        sa.PrimaryKeyConstraint("pilot_review_id", name=op.f("pilot_review_pk")),
        schema="migration",
        comment="One row per review of the pilot's status with its sponsor and a branch.",
    )
    op.create_index(op.f("pilot_review_unit_id_ix"), "pilot_review", ["unit_id"], unique=False, schema="migration")
    op.create_table(
        "pilot_volume",
        sa.Column("pilot_volume_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="reference_record, contract or application"),
        sa.Column("counted_on", sa.Date(), nullable=False),
        sa.Column("entered_count", sa.BigInteger(), nullable=False, comment="Entered until that day"),
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
        sa.CheckConstraint(
            "kind IN ('reference_record', 'contract', 'application')", name=op.f("pilot_volume_kind_ck")
        ),
        sa.CheckConstraint("entered_count >= 0", name=op.f("pilot_volume_entered_count_ck")),
        sa.ForeignKeyConstraint(["source_id"], ["ops.source.source_id"], name=op.f("pilot_volume_source_id_fk")),
        sa.ForeignKeyConstraint(["unit_id"], ["ops.unit.unit_id"], name=op.f("pilot_volume_unit_id_fk")),
        sa.PrimaryKeyConstraint("pilot_volume_id", name=op.f("pilot_volume_pk")),
        schema="migration",
        comment="One row per branch, kind of record and day on which a branch told how much was entered.",
    )
    op.create_index(op.f("pilot_volume_unit_id_ix"), "pilot_volume", ["unit_id"], unique=False, schema="migration")
    op.create_table(
        "readiness",
        sa.Column("readiness_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("res_id", sa.Integer(), nullable=False),
        sa.Column("scored_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("score", sa.Numeric(precision=5, scale=1), nullable=False, comment="0 to 100"),
        sa.Column("is_ready", sa.Boolean(), nullable=False, comment="No hard stop stands"),
        sa.Column("protocol_ids", sa.ARRAY(sa.BigInteger()), nullable=False, comment="Protocols that it rests on"),
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("score BETWEEN 0 AND 100", name=op.f("readiness_score_ck")),
        sa.ForeignKeyConstraint(["res_id"], ["ops.unit.unit_id"], name=op.f("readiness_res_id_fk")),
        sa.ForeignKeyConstraint(["source_id"], ["ops.source.source_id"], name=op.f("readiness_source_id_fk")),
        sa.ForeignKeyConstraint(["user_id"], ["ops.app_user.user_id"], name=op.f("readiness_user_id_fk")),
        sa.PrimaryKeyConstraint("readiness_id", name=op.f("readiness_pk")),
        schema="migration",
        comment="One row per RES and time at which its readiness was another than before.",
    )
    op.create_index("readiness_res_id_ix", "readiness", ["res_id", "readiness_id"], unique=False, schema="migration")
    op.create_table(
        "shadow_bill",
        sa.Column("load_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("file_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("row_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("part_no", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("res_code", sa.Text(), nullable=False),
        sa.Column("legacy_key", sa.Text(), nullable=False, comment="Account in the old program's own key"),
        sa.Column("service_month", sa.Date(), nullable=False),
        sa.Column(
            "tariff_code",
            sa.Text(),
            nullable=True,
            comment="By which it was re-rated; empty where nothing tells the tariff",
        ),
        sa.Column("energy_kwh", sa.Numeric(precision=18, scale=6), nullable=False, comment="Billed by the old program"),
        sa.Column("charge_minor", sa.BigInteger(), nullable=False, comment="Charged by the old program"),
        sa.Column(
            "our_kwh",
            sa.Numeric(precision=18, scale=6),
            nullable=True,
            comment="What the readings of the dump give; empty where they give nothing",
        ),
        sa.Column(
            "our_minor",
            sa.BigInteger(),
            nullable=True,
            comment="What our_kwh costs, or the old program's kWh where that is empty, by our engine",
        ),
        sa.Column("class", sa.Text(), nullable=False),
        sa.Column(
            "evidence",
            sa.Text(),
            nullable=True,
            comment="What the class rests on, as a sentence; empty for equal bills",
        ),
        sa.Column("shadow_run_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("class = 'equal' OR evidence IS NOT NULL", name=op.f("shadow_bill_evidence_ck")),
        sa.CheckConstraint(
            "class IN ('equal', 'rounding', 'tariff_date', 'norm', 'zone', 'benefit', 'missing_reading', 'unexplained')",
            name=op.f("shadow_bill_class_ck"),
        ),
        sa.ForeignKeyConstraint(
            ["shadow_run_id"], ["migration.shadow_run.shadow_run_id"], name=op.f("shadow_bill_shadow_run_id_fk")
        ),
        sa.PrimaryKeyConstraint("load_id", "file_id", "row_no", "part_no", name=op.f("shadow_bill_pk")),
        schema="migration",
        comment="One row per legacy bill re-rated: what it charged, what ours would be, what explains the rest.",
    )
    op.create_index(
        "shadow_bill_res_ix", "shadow_bill", ["res_code", "service_month", "class"], unique=False, schema="migration"
    )
    op.create_index(
        op.f("shadow_bill_shadow_run_id_ix"), "shadow_bill", ["shadow_run_id"], unique=False, schema="migration"
    )
    op.create_table(
        "readiness_component",
        sa.Column("readiness_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("component_code", sa.Text(), nullable=False),
        sa.Column("done", sa.Numeric(), nullable=False),
        sa.Column("whole", sa.Numeric(), nullable=False, comment="0: the component says nothing about this RES"),
        sa.Column(
            "share",
            sa.Numeric(precision=18, scale=6),
            nullable=True,
            comment="done / whole, at most 1; empty where whole is 0",
        ),
        sa.Column("weight", sa.Numeric(precision=8, scale=3), nullable=False, comment="As it held that day"),
        sa.Column("is_stopping", sa.Boolean(), nullable=False, comment="A hard stop that stands"),
        sa.Column("sentence", sa.Text(), nullable=False, comment="The figure in words, and what to do"),
        sa.ForeignKeyConstraint(
            ["readiness_id"], ["migration.readiness.readiness_id"], name=op.f("readiness_component_readiness_id_fk")
        ),
        sa.PrimaryKeyConstraint("readiness_id", "component_code", name=op.f("readiness_component_pk")),
        schema="migration",
        comment="One row per score and component: what the score is made of.",
    )


def downgrade() -> None:
    op.drop_table("readiness_component", schema="migration")
    op.drop_index(op.f("shadow_bill_shadow_run_id_ix"), table_name="shadow_bill", schema="migration")
    op.drop_index("shadow_bill_res_ix", table_name="shadow_bill", schema="migration")
    op.drop_table("shadow_bill", schema="migration")
    op.drop_index("readiness_res_id_ix", table_name="readiness", schema="migration")
    op.drop_table("readiness", schema="migration")
    op.drop_index(op.f("pilot_volume_unit_id_ix"), table_name="pilot_volume", schema="migration")
    op.drop_table("pilot_volume", schema="migration")
    op.drop_index(op.f("pilot_review_unit_id_ix"), table_name="pilot_review", schema="migration")
    op.drop_table("pilot_review", schema="migration")
    op.drop_index("pilot_request_unit_id_ix", table_name="pilot_request", schema="migration")
    op.drop_table("pilot_request", schema="migration")
    op.drop_index(op.f("pilot_branch_unit_id_ix"), table_name="pilot_branch", schema="migration")
    op.drop_table("pilot_branch", schema="migration")
    op.drop_index(op.f("cutover_signature_res_id_ix"), table_name="cutover_signature", schema="migration")
    op.drop_table("cutover_signature", schema="migration")
    op.drop_index(op.f("cutover_day_unit_id_ix"), table_name="cutover_day", schema="migration")
    op.drop_table("cutover_day", schema="migration")
    op.drop_index(op.f("shadow_run_load_id_ix"), table_name="shadow_run", schema="migration")
    op.drop_table("shadow_run", schema="migration")
    op.drop_table("readiness_weight", schema="ops")
    op.drop_table("cutover_item", schema="ops")
