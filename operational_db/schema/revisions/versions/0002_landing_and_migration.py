"""Landing and migration: raw rows, typed rows, verdicts, protocols"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "control_sum",
        sa.Column("file_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("column_name", sa.Text(), nullable=False),
        sa.Column("is_deleted", sa.Boolean(), nullable=False),
        sa.Column("total", sa.Numeric(), nullable=False, comment="Sum of the readable cells, as the file states them"),
        sa.Column(
            "unreadable_count", sa.Integer(), nullable=False, comment="Cells that hold something else than a number"
        ),
        sa.PrimaryKeyConstraint("file_id", "column_name", "is_deleted", name=op.f("control_sum_pk")),
        schema="landing",
        comment="One row per file and summed column, taken from the file's text before any row was judged.",
    )
    op.create_table(
        "row",
        sa.Column("file_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("row_no", sa.Integer(), autoincrement=False, nullable=False, comment="As the layout counts rows"),
        sa.Column("cells", sa.ARRAY(sa.Text()), nullable=False, comment="Raw text in the order of the file's columns"),
        sa.Column("is_deleted", sa.Boolean(), nullable=False, comment="Flagged deleted in the file itself"),
        sa.Column(
            "undecodable",
            sa.ARRAY(sa.Text()),
            nullable=True,
            comment="Columns with a byte that is no letter in the encoding",
        ),
        sa.Column(
            "ragged_cells", sa.Integer(), nullable=True, comment="Number of cells where it is not that of the columns"
        ),
        sa.PrimaryKeyConstraint("file_id", "row_no", name=op.f("row_pk")),
        schema="landing",
        comment="One row per row of a legacy file.",
    )
    op.create_table(
        "account",
        sa.Column("load_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("file_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("row_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "part_no",
            sa.SmallInteger(),
            autoincrement=False,
            nullable=False,
            comment="0, or 1, 2 ... where one row tells several facts (a column for each month)",
        ),
        sa.Column(
            "account_no",
            sa.Text(),
            nullable=True,
            comment="Canonical: RES/book/code, or the number of a legal contract",
        ),
        sa.Column("legacy_no", sa.Text(), nullable=True, comment="As the old program writes it"),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("res_code", sa.Text(), nullable=True),
        sa.Column("full_name", sa.Text(), nullable=True),
        sa.Column("tax_number", sa.Text(), nullable=True),
        sa.Column("passport_number", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("street_code", sa.Text(), nullable=True),
        sa.Column("house", sa.Text(), nullable=True),
        sa.Column("house_letter", sa.Text(), nullable=True),
        sa.Column("building", sa.Text(), nullable=True),
        sa.Column("flat", sa.Text(), nullable=True),
        sa.Column("contract_no", sa.Text(), nullable=True),
        sa.Column("contract_on", sa.Date(), nullable=True),
        sa.Column("residents", sa.Integer(), nullable=True),
        sa.Column("is_archived", sa.Boolean(), nullable=True),
        sa.Column("is_deleted", sa.Boolean(), nullable=False),
        sa.Column(
            "bad_reason",
            sa.Text(),
            nullable=True,
            comment="Reason code of the first cell for which the row is rejected",
        ),
        sa.Column("bad_field", sa.Text(), nullable=True, comment="Its column in the file"),
        sa.PrimaryKeyConstraint("load_id", "file_id", "row_no", "part_no", name=op.f("account_pk")),
        schema="migration",
        comment="One row per legacy row that tells of an account.",
    )
    op.create_table(
        "charge",
        sa.Column("load_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("file_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("row_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "part_no",
            sa.SmallInteger(),
            autoincrement=False,
            nullable=False,
            comment="0, or 1, 2 ... where one row tells several facts (a column for each month)",
        ),
        sa.Column("account_no", sa.Text(), nullable=True),
        sa.Column("service_month", sa.Date(), nullable=True),
        sa.Column("energy_kwh", sa.Numeric(precision=18, scale=6), nullable=True),
        sa.Column("charge_minor", sa.BigInteger(), nullable=True),
        sa.Column("paid_minor", sa.BigInteger(), nullable=True),
        sa.Column("balance_minor", sa.BigInteger(), nullable=True),
        sa.Column("is_deleted", sa.Boolean(), nullable=False),
        sa.Column(
            "bad_reason",
            sa.Text(),
            nullable=True,
            comment="Reason code of the first cell for which the row is rejected",
        ),
        sa.Column("bad_field", sa.Text(), nullable=True, comment="Its column in the file"),
        sa.PrimaryKeyConstraint("load_id", "file_id", "row_no", "part_no", name=op.f("charge_pk")),
        schema="migration",
        comment="One row per account and month: what the old program charged; evidence for checks, never billed again.",
    )
    op.create_table(
        "check_result",
        sa.Column("check_result_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("load_id", sa.BigInteger(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False, comment="verdict or publish"),
        sa.Column("level", sa.Text(), nullable=False, comment="count, sum, row"),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False, comment="RES, file or the whole dump"),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("source_value", sa.Numeric(), nullable=True, comment="What the dump states"),
        sa.Column("target_value", sa.Numeric(), nullable=True, comment="What stands on the other side"),
        sa.Column("difference", sa.Numeric(), nullable=True),
        sa.Column("tolerance", sa.Numeric(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.CheckConstraint("status IN ('equal', 'differs', 'noted')", name=op.f("check_result_status_ck")),
        sa.PrimaryKeyConstraint("check_result_id", name=op.f("check_result_pk")),
        schema="migration",
        comment="One row per comparison of the protocol, all of one shape. `noted` tells of the dump, not of the load.",
    )
    op.create_index("check_result_load_id_ix", "check_result", ["load_id"], unique=False, schema="migration")
    op.create_table(
        "code_entry",
        sa.Column("load_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("file_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("row_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "part_no",
            sa.SmallInteger(),
            autoincrement=False,
            nullable=False,
            comment="0, or 1, 2 ... where one row tells several facts (a column for each month)",
        ),
        sa.Column("list_code", sa.Text(), nullable=True),
        sa.Column("entry_code", sa.Text(), nullable=True),
        sa.Column("entry_name", sa.Text(), nullable=True),
        sa.Column("is_deleted", sa.Boolean(), nullable=False),
        sa.Column(
            "bad_reason",
            sa.Text(),
            nullable=True,
            comment="Reason code of the first cell for which the row is rejected",
        ),
        sa.Column("bad_field", sa.Text(), nullable=True, comment="Its column in the file"),
        sa.PrimaryKeyConstraint("load_id", "file_id", "row_no", "part_no", name=op.f("code_entry_pk")),
        schema="migration",
        comment="One row per entry of the old program's own code lists.",
    )
    op.create_table(
        "conductor",
        sa.Column("load_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("file_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("row_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "part_no",
            sa.SmallInteger(),
            autoincrement=False,
            nullable=False,
            comment="0, or 1, 2 ... where one row tells several facts (a column for each month)",
        ),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("resistance_ohm_per_km", sa.Numeric(precision=12, scale=6), nullable=True),
        sa.Column("reactance_ohm_per_km", sa.Numeric(precision=12, scale=6), nullable=True),
        sa.Column("rated_current_a", sa.Numeric(precision=12, scale=3), nullable=True),
        sa.Column("is_deleted", sa.Boolean(), nullable=False),
        sa.Column(
            "bad_reason",
            sa.Text(),
            nullable=True,
            comment="Reason code of the first cell for which the row is rejected",
        ),
        sa.Column("bad_field", sa.Text(), nullable=True, comment="Its column in the file"),
        sa.PrimaryKeyConstraint("load_id", "file_id", "row_no", "part_no", name=op.f("conductor_pk")),
        schema="migration",
        comment="One row per type of conductor.",
    )
    op.create_table(
        "declared_energy",
        sa.Column("load_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("file_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("row_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "part_no",
            sa.SmallInteger(),
            autoincrement=False,
            nullable=False,
            comment="0, or 1, 2 ... where one row tells several facts (a column for each month)",
        ),
        sa.Column("point_code", sa.Text(), nullable=True),
        sa.Column("direction", sa.Text(), nullable=True),
        sa.Column("service_month", sa.Date(), nullable=True),
        sa.Column("energy_kwh", sa.Numeric(precision=18, scale=6), nullable=True),
        sa.Column("is_deleted", sa.Boolean(), nullable=False),
        sa.Column(
            "bad_reason",
            sa.Text(),
            nullable=True,
            comment="Reason code of the first cell for which the row is rejected",
        ),
        sa.Column("bad_field", sa.Text(), nullable=True, comment="Its column in the file"),
        sa.PrimaryKeyConstraint("load_id", "file_id", "row_no", "part_no", name=op.f("declared_energy_pk")),
        schema="migration",
        comment="One row per metering point and month of energy told as such.",
    )
    op.create_table(
        "declared_loss",
        sa.Column("load_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("file_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("row_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "part_no",
            sa.SmallInteger(),
            autoincrement=False,
            nullable=False,
            comment="0, or 1, 2 ... where one row tells several facts (a column for each month)",
        ),
        sa.Column("unit_code", sa.Text(), nullable=True),
        sa.Column("loss_kind", sa.Text(), nullable=True),
        sa.Column("span_from", sa.Date(), nullable=True),
        sa.Column("span_months", sa.SmallInteger(), nullable=True),
        sa.Column("energy_kwh", sa.Numeric(precision=18, scale=6), nullable=True),
        sa.Column("is_deleted", sa.Boolean(), nullable=False),
        sa.Column(
            "bad_reason",
            sa.Text(),
            nullable=True,
            comment="Reason code of the first cell for which the row is rejected",
        ),
        sa.Column("bad_field", sa.Text(), nullable=True, comment="Its column in the file"),
        sa.PrimaryKeyConstraint("load_id", "file_id", "row_no", "part_no", name=op.f("declared_loss_pk")),
        schema="migration",
        comment="One row per unit, kind of loss and span that the utility declares.",
    )
    op.create_table(
        "difference",
        sa.Column("difference_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("load_id", sa.BigInteger(), nullable=False),
        sa.Column("check_code", sa.Text(), nullable=False),
        sa.Column("file_id", sa.BigInteger(), nullable=True),
        sa.Column("row_no", sa.Integer(), nullable=True),
        sa.Column("legacy_key", sa.Text(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("stated", sa.Numeric(), nullable=True),
        sa.Column("expected", sa.Numeric(), nullable=True),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("difference_id", name=op.f("difference_pk")),
        schema="migration",
        comment="One row per legacy figure that the dump itself contradicts, named by the old key.",
    )
    op.create_index("difference_load_id_ix", "difference", ["load_id"], unique=False, schema="migration")
    op.create_table(
        "grid_energy",
        sa.Column("load_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("file_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("row_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "part_no",
            sa.SmallInteger(),
            autoincrement=False,
            nullable=False,
            comment="0, or 1, 2 ... where one row tells several facts (a column for each month)",
        ),
        sa.Column("meter_code", sa.Text(), nullable=True),
        sa.Column("service_month", sa.Date(), nullable=True),
        sa.Column("energy_kwh", sa.Numeric(precision=18, scale=6), nullable=True),
        sa.Column("is_deleted", sa.Boolean(), nullable=False),
        sa.Column(
            "bad_reason",
            sa.Text(),
            nullable=True,
            comment="Reason code of the first cell for which the row is rejected",
        ),
        sa.Column("bad_field", sa.Text(), nullable=True, comment="Its column in the file"),
        sa.PrimaryKeyConstraint("load_id", "file_id", "row_no", "part_no", name=op.f("grid_energy_pk")),
        schema="migration",
        comment="One row per meter of the network and month of energy told as such.",
    )
    op.create_table(
        "grid_meter",
        sa.Column("load_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("file_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("row_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "part_no",
            sa.SmallInteger(),
            autoincrement=False,
            nullable=False,
            comment="0, or 1, 2 ... where one row tells several facts (a column for each month)",
        ),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("unit_code", sa.Text(), nullable=True),
        sa.Column("digits", sa.SmallInteger(), nullable=True),
        sa.Column("ratio", sa.Numeric(precision=12, scale=4), nullable=True),
        sa.Column("amr_code", sa.Text(), nullable=True),
        sa.Column("is_deleted", sa.Boolean(), nullable=False),
        sa.Column(
            "bad_reason",
            sa.Text(),
            nullable=True,
            comment="Reason code of the first cell for which the row is rejected",
        ),
        sa.Column("bad_field", sa.Text(), nullable=True, comment="Its column in the file"),
        sa.PrimaryKeyConstraint("load_id", "file_id", "row_no", "part_no", name=op.f("grid_meter_pk")),
        schema="migration",
        comment="One row per meter of the network.",
    )
    op.create_table(
        "grid_reading",
        sa.Column("load_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("file_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("row_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "part_no",
            sa.SmallInteger(),
            autoincrement=False,
            nullable=False,
            comment="0, or 1, 2 ... where one row tells several facts (a column for each month)",
        ),
        sa.Column("meter_code", sa.Text(), nullable=True),
        sa.Column("read_on", sa.Date(), nullable=True),
        sa.Column("value_kwh", sa.Numeric(precision=18, scale=6), nullable=True),
        sa.Column("is_deleted", sa.Boolean(), nullable=False),
        sa.Column(
            "bad_reason",
            sa.Text(),
            nullable=True,
            comment="Reason code of the first cell for which the row is rejected",
        ),
        sa.Column("bad_field", sa.Text(), nullable=True, comment="Its column in the file"),
        sa.PrimaryKeyConstraint("load_id", "file_id", "row_no", "part_no", name=op.f("grid_reading_pk")),
        schema="migration",
        comment="One row per value read from a meter of the network.",
    )
    op.create_table(
        "half_hours",
        sa.Column("load_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("file_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("row_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "part_no",
            sa.SmallInteger(),
            autoincrement=False,
            nullable=False,
            comment="0, or 1, 2 ... where one row tells several facts (a column for each month)",
        ),
        sa.Column("point_code", sa.Text(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("measured_on", sa.Date(), nullable=True),
        sa.Column("half_hours", sa.ARRAY(sa.Numeric(precision=18, scale=6)), nullable=True),
        sa.Column("status", sa.ARRAY(sa.SmallInteger()), nullable=True),
        sa.Column("energy_kwh", sa.Numeric(precision=18, scale=6), nullable=True),
        sa.Column("is_deleted", sa.Boolean(), nullable=False),
        sa.Column(
            "bad_reason",
            sa.Text(),
            nullable=True,
            comment="Reason code of the first cell for which the row is rejected",
        ),
        sa.Column("bad_field", sa.Text(), nullable=True, comment="Its column in the file"),
        sa.PrimaryKeyConstraint("load_id", "file_id", "row_no", "part_no", name=op.f("half_hours_pk")),
        schema="migration",
        comment="One row per point of remote reading, channel and day.",
    )
    op.create_table(
        "line_section",
        sa.Column("load_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("file_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("row_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "part_no",
            sa.SmallInteger(),
            autoincrement=False,
            nullable=False,
            comment="0, or 1, 2 ... where one row tells several facts (a column for each month)",
        ),
        sa.Column("unit_code", sa.Text(), nullable=True),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("from_node", sa.Text(), nullable=True),
        sa.Column("to_node", sa.Text(), nullable=True),
        sa.Column("length_m", sa.Numeric(precision=12, scale=3), nullable=True),
        sa.Column("conductor", sa.Text(), nullable=True),
        sa.Column("resistance_ohm_per_km", sa.Numeric(precision=12, scale=6), nullable=True),
        sa.Column("reactance_ohm_per_km", sa.Numeric(precision=12, scale=6), nullable=True),
        sa.Column("is_deleted", sa.Boolean(), nullable=False),
        sa.Column(
            "bad_reason",
            sa.Text(),
            nullable=True,
            comment="Reason code of the first cell for which the row is rejected",
        ),
        sa.Column("bad_field", sa.Text(), nullable=True, comment="Its column in the file"),
        sa.PrimaryKeyConstraint("load_id", "file_id", "row_no", "part_no", name=op.f("line_section_pk")),
        schema="migration",
        comment="One row per section of line.",
    )
    op.create_table(
        "meter",
        sa.Column("load_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("file_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("row_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "part_no",
            sa.SmallInteger(),
            autoincrement=False,
            nullable=False,
            comment="0, or 1, 2 ... where one row tells several facts (a column for each month)",
        ),
        sa.Column("point_code", sa.Text(), nullable=True),
        sa.Column("serial_no", sa.Text(), nullable=True),
        sa.Column("meter_type_code", sa.Text(), nullable=True),
        sa.Column("digits", sa.SmallInteger(), nullable=True),
        sa.Column("ratio", sa.Numeric(precision=12, scale=4), nullable=True),
        sa.Column("installed_on", sa.Date(), nullable=True),
        sa.Column("removed_on", sa.Date(), nullable=True),
        sa.Column("is_deleted", sa.Boolean(), nullable=False),
        sa.Column(
            "bad_reason",
            sa.Text(),
            nullable=True,
            comment="Reason code of the first cell for which the row is rejected",
        ),
        sa.Column("bad_field", sa.Text(), nullable=True, comment="Its column in the file"),
        sa.PrimaryKeyConstraint("load_id", "file_id", "row_no", "part_no", name=op.f("meter_pk")),
        schema="migration",
        comment="One row per meter and its stay at a metering point.",
    )
    op.create_table(
        "metering_point",
        sa.Column("load_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("file_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("row_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "part_no",
            sa.SmallInteger(),
            autoincrement=False,
            nullable=False,
            comment="0, or 1, 2 ... where one row tells several facts (a column for each month)",
        ),
        sa.Column("point_code", sa.Text(), nullable=True),
        sa.Column("account_no", sa.Text(), nullable=True),
        sa.Column("res_code", sa.Text(), nullable=True),
        sa.Column("unit_code", sa.Text(), nullable=True),
        sa.Column(
            "upper_unit_code", sa.Text(), nullable=True, comment="Where it hangs when the first unit is not known"
        ),
        sa.Column("tariff_code", sa.Text(), nullable=True),
        sa.Column("consumer_class", sa.Text(), nullable=True),
        sa.Column("connected_on", sa.Date(), nullable=True),
        sa.Column("connected_load_kw", sa.Numeric(precision=12, scale=3), nullable=True),
        sa.Column("supply_voltage_kv", sa.Numeric(precision=8, scale=3), nullable=True),
        sa.Column("amr_code", sa.Text(), nullable=True),
        sa.Column("is_deleted", sa.Boolean(), nullable=False),
        sa.Column(
            "bad_reason",
            sa.Text(),
            nullable=True,
            comment="Reason code of the first cell for which the row is rejected",
        ),
        sa.Column("bad_field", sa.Text(), nullable=True, comment="Its column in the file"),
        sa.PrimaryKeyConstraint("load_id", "file_id", "row_no", "part_no", name=op.f("metering_point_pk")),
        schema="migration",
        comment="One row per legacy row that tells of a metering point.",
    )
    op.create_table(
        "opening_balance",
        sa.Column("load_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("file_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("row_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "part_no",
            sa.SmallInteger(),
            autoincrement=False,
            nullable=False,
            comment="0, or 1, 2 ... where one row tells several facts (a column for each month)",
        ),
        sa.Column("account_no", sa.Text(), nullable=True),
        sa.Column("year_of_origin", sa.Integer(), nullable=True, comment="0 where the old program did not keep it"),
        sa.Column("debit_minor", sa.BigInteger(), nullable=True),
        sa.Column("credit_minor", sa.BigInteger(), nullable=True),
        sa.Column("is_deleted", sa.Boolean(), nullable=False),
        sa.Column(
            "bad_reason",
            sa.Text(),
            nullable=True,
            comment="Reason code of the first cell for which the row is rejected",
        ),
        sa.Column("bad_field", sa.Text(), nullable=True, comment="Its column in the file"),
        sa.PrimaryKeyConstraint("load_id", "file_id", "row_no", "part_no", name=op.f("opening_balance_pk")),
        schema="migration",
        comment="One row per account and year of origin.",
    )
    op.create_table(
        "payment",
        sa.Column("load_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("file_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("row_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "part_no",
            sa.SmallInteger(),
            autoincrement=False,
            nullable=False,
            comment="0, or 1, 2 ... where one row tells several facts (a column for each month)",
        ),
        sa.Column("file_name", sa.Text(), nullable=True),
        sa.Column("channel_code", sa.Text(), nullable=True),
        sa.Column("account_no", sa.Text(), nullable=True),
        sa.Column("res_code", sa.Text(), nullable=True),
        sa.Column("paid_on", sa.Date(), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("payer_text", sa.Text(), nullable=True),
        sa.Column("is_deleted", sa.Boolean(), nullable=False),
        sa.Column(
            "bad_reason",
            sa.Text(),
            nullable=True,
            comment="Reason code of the first cell for which the row is rejected",
        ),
        sa.Column("bad_field", sa.Text(), nullable=True, comment="Its column in the file"),
        sa.PrimaryKeyConstraint("load_id", "file_id", "row_no", "part_no", name=op.f("payment_pk")),
        schema="migration",
        comment="One row per payment.",
    )
    op.create_table(
        "payment_package",
        sa.Column("load_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("file_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("row_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "part_no",
            sa.SmallInteger(),
            autoincrement=False,
            nullable=False,
            comment="0, or 1, 2 ... where one row tells several facts (a column for each month)",
        ),
        sa.Column("package_no", sa.Text(), nullable=True),
        sa.Column("channel_code", sa.Text(), nullable=True),
        sa.Column("file_name", sa.Text(), nullable=True),
        sa.Column("paid_on", sa.Date(), nullable=True),
        sa.Column("declared_count", sa.Integer(), nullable=True),
        sa.Column("declared_minor", sa.BigInteger(), nullable=True),
        sa.Column("is_deleted", sa.Boolean(), nullable=False),
        sa.Column(
            "bad_reason",
            sa.Text(),
            nullable=True,
            comment="Reason code of the first cell for which the row is rejected",
        ),
        sa.Column("bad_field", sa.Text(), nullable=True, comment="Its column in the file"),
        sa.PrimaryKeyConstraint("load_id", "file_id", "row_no", "part_no", name=op.f("payment_package_pk")),
        schema="migration",
        comment="One row per register of payments with the totals its sender declared.",
    )
    op.create_table(
        "reading",
        sa.Column("load_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("file_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("row_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "part_no",
            sa.SmallInteger(),
            autoincrement=False,
            nullable=False,
            comment="0, or 1, 2 ... where one row tells several facts (a column for each month)",
        ),
        sa.Column("point_code", sa.Text(), nullable=True),
        sa.Column("serial_no", sa.Text(), nullable=True),
        sa.Column("read_on", sa.Date(), nullable=True),
        sa.Column("value_kwh", sa.Numeric(precision=18, scale=6), nullable=True),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("is_opening", sa.Boolean(), nullable=True),
        sa.Column("is_deleted", sa.Boolean(), nullable=False),
        sa.Column(
            "bad_reason",
            sa.Text(),
            nullable=True,
            comment="Reason code of the first cell for which the row is rejected",
        ),
        sa.Column("bad_field", sa.Text(), nullable=True, comment="Its column in the file"),
        sa.PrimaryKeyConstraint("load_id", "file_id", "row_no", "part_no", name=op.f("reading_pk")),
        schema="migration",
        comment="One row per reading.",
    )
    op.create_table(
        "reason",
        sa.Column("reason_code", sa.Text(), nullable=False),
        sa.Column(
            "sentence", sa.Text(), nullable=False, comment="With {field}, {value}, {key}, {other} to be filled in"
        ),
        sa.PrimaryKeyConstraint("reason_code", name=op.f("reason_pk")),
        schema="migration",
        comment="One row per reason for which a row or cell is not simply carried.",
    )
    op.create_table(
        "street",
        sa.Column("load_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("file_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("row_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "part_no",
            sa.SmallInteger(),
            autoincrement=False,
            nullable=False,
            comment="0, or 1, 2 ... where one row tells several facts (a column for each month)",
        ),
        sa.Column("res_code", sa.Text(), nullable=True),
        sa.Column("street_code", sa.Text(), nullable=True),
        sa.Column("locality", sa.Text(), nullable=True),
        sa.Column("street_name", sa.Text(), nullable=True),
        sa.Column("is_deleted", sa.Boolean(), nullable=False),
        sa.Column(
            "bad_reason",
            sa.Text(),
            nullable=True,
            comment="Reason code of the first cell for which the row is rejected",
        ),
        sa.Column("bad_field", sa.Text(), nullable=True, comment="Its column in the file"),
        sa.PrimaryKeyConstraint("load_id", "file_id", "row_no", "part_no", name=op.f("street_pk")),
        schema="migration",
        comment="One row per street of a RES.",
    )
    op.create_table(
        "transformer",
        sa.Column("load_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("file_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("row_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "part_no",
            sa.SmallInteger(),
            autoincrement=False,
            nullable=False,
            comment="0, or 1, 2 ... where one row tells several facts (a column for each month)",
        ),
        sa.Column("unit_code", sa.Text(), nullable=True),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("rated_kva", sa.Numeric(precision=12, scale=3), nullable=True),
        sa.Column("no_load_kw", sa.Numeric(precision=12, scale=6), nullable=True),
        sa.Column("load_loss_kw", sa.Numeric(precision=12, scale=6), nullable=True),
        sa.Column("is_deleted", sa.Boolean(), nullable=False),
        sa.Column(
            "bad_reason",
            sa.Text(),
            nullable=True,
            comment="Reason code of the first cell for which the row is rejected",
        ),
        sa.Column("bad_field", sa.Text(), nullable=True, comment="Its column in the file"),
        sa.PrimaryKeyConstraint("load_id", "file_id", "row_no", "part_no", name=op.f("transformer_pk")),
        schema="migration",
        comment="One row per transformer.",
    )
    op.create_table(
        "unit",
        sa.Column("load_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("file_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("row_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "part_no",
            sa.SmallInteger(),
            autoincrement=False,
            nullable=False,
            comment="0, or 1, 2 ... where one row tells several facts (a column for each month)",
        ),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("level", sa.Text(), nullable=True),
        sa.Column("parent_code", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("voltage_kv", sa.Numeric(precision=8, scale=3), nullable=True),
        sa.Column("busbar_node", sa.Text(), nullable=True),
        sa.Column("is_deleted", sa.Boolean(), nullable=False),
        sa.Column(
            "bad_reason",
            sa.Text(),
            nullable=True,
            comment="Reason code of the first cell for which the row is rejected",
        ),
        sa.Column("bad_field", sa.Text(), nullable=True, comment="Its column in the file"),
        sa.PrimaryKeyConstraint("load_id", "file_id", "row_no", "part_no", name=op.f("unit_pk")),
        schema="migration",
        comment="One row per substation, feeder, transformer point or higher unit as a legacy file tells it.",
    )
    op.create_table(
        "verdict_count",
        sa.Column("load_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("file_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("read_count", sa.BigInteger(), nullable=False),
        sa.Column("loaded_count", sa.BigInteger(), nullable=False),
        sa.Column("merged_count", sa.BigInteger(), nullable=False),
        sa.Column("rejected_count", sa.BigInteger(), nullable=False),
        sa.Column("out_of_scope_count", sa.BigInteger(), nullable=False),
        sa.Column("energy_kwh", sa.Numeric(precision=18, scale=6), nullable=False, comment="Of all rows read"),
        sa.Column("rejected_kwh", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False, comment="Of all rows read"),
        sa.Column("rejected_minor", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("load_id", "file_id", "entity", name=op.f("verdict_count_pk")),
        schema="migration",
        comment="One row per load, file and kind of fact: what became of its rows.",
    )
    op.create_table(
        "load",
        sa.Column("load_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("profile", sa.Text(), nullable=False),
        sa.Column("profile_sha256", sa.Text(), nullable=False, comment="Of the profile with its code lists"),
        sa.Column("directory", sa.Text(), nullable=False),
        sa.Column(
            "dump_sha256", sa.Text(), nullable=False, comment="Over the names and hashes of all files of the dump"
        ),
        sa.Column("attempt", sa.Integer(), nullable=False, comment="1; one more for each withdrawal of the same dump"),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "started_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.ForeignKeyConstraint(["user_id"], ["ops.app_user.user_id"], name=op.f("load_user_id_fk")),
        sa.PrimaryKeyConstraint("load_id", name=op.f("load_pk")),
        sa.UniqueConstraint("profile_sha256", "dump_sha256", "attempt", name="load_identity_uq"),
        schema="landing",
        comment="One row per load: a dump read by a profile. The same dump and profile again continue the same load.",
    )
    op.create_table(
        "remark",
        sa.Column("remark_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("load_id", sa.BigInteger(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("file_id", sa.BigInteger(), nullable=False),
        sa.Column("row_no", sa.Integer(), nullable=False),
        sa.Column("reason_code", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=True),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("legacy_key", sa.Text(), nullable=True),
        sa.Column("other_file_id", sa.BigInteger(), nullable=True),
        sa.Column("other_row_no", sa.Integer(), nullable=True),
        sa.Column("sentence", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["reason_code"], ["migration.reason.reason_code"], name=op.f("remark_reason_code_fk")),
        sa.PrimaryKeyConstraint("remark_id", name=op.f("remark_pk")),
        schema="migration",
        comment="One row per cell left empty or doubtful in a row that is loaded all the same.",
    )
    op.create_index("remark_load_id_ix", "remark", ["load_id"], unique=False, schema="migration")
    op.create_table(
        "verdict",
        sa.Column("load_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("file_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("row_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("part_no", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("reason_code", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=True),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("legacy_key", sa.Text(), nullable=True, comment="The row in the old program's own keys"),
        sa.Column(
            "other_file_id",
            sa.BigInteger(),
            nullable=True,
            comment="Row into which this one was merged, or with which it quarrels",
        ),
        sa.Column("other_row_no", sa.Integer(), nullable=True),
        sa.Column(
            "energy_kwh",
            sa.Numeric(precision=18, scale=6),
            server_default=sa.text("0"),
            nullable=False,
            comment="At stake",
        ),
        sa.Column("amount_minor", sa.BigInteger(), server_default=sa.text("0"), nullable=False, comment="At stake"),
        sa.Column("sentence", sa.Text(), nullable=True, comment="What is wrong, where, and what to do"),
        sa.CheckConstraint("verdict IN ('merged', 'rejected', 'out_of_scope')", name=op.f("verdict_verdict_ck")),
        sa.ForeignKeyConstraint(["reason_code"], ["migration.reason.reason_code"], name=op.f("verdict_reason_code_fk")),
        sa.PrimaryKeyConstraint("load_id", "entity", "file_id", "row_no", "part_no", name=op.f("verdict_pk")),
        schema="migration",
        comment="One row per legacy row (and part) that is not loaded as it stands: merged, rejected or out of scope.",
    )
    op.create_table(
        "file",
        sa.Column("file_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("load_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "described_as",
            sa.Text(),
            nullable=True,
            comment="Name in the profile; empty where the profile does not know the file",
        ),
        sa.Column("path", sa.Text(), nullable=False, comment="Within the directory of the dump"),
        sa.Column(
            "folder_value",
            sa.Text(),
            nullable=True,
            comment="What the profile takes from the folder's name, e.g. the RES",
        ),
        sa.Column("format", sa.Text(), nullable=True),
        sa.Column("encoding", sa.Text(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("byte_count", sa.BigInteger(), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False, comment="Rows flagged deleted included"),
        sa.Column("deleted_count", sa.Integer(), nullable=False),
        sa.Column("columns", sa.ARRAY(sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["load_id"], ["landing.load.load_id"], name=op.f("file_load_id_fk")),
        sa.PrimaryKeyConstraint("file_id", name=op.f("file_pk")),
        sa.UniqueConstraint("load_id", "path", name="file_path_uq"),
        schema="landing",
        comment="One row per file of a load; it appears together with all of the file's rows.",
    )
    op.create_table(
        "protocol",
        sa.Column("protocol_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("load_id", sa.BigInteger(), nullable=False),
        sa.Column("prepared_by", sa.BigInteger(), nullable=False),
        sa.Column(
            "prepared_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column(
            "content_sha256",
            sa.Text(),
            nullable=False,
            comment="Over files, counts, checks, verdicts and remarks",
        ),
        sa.Column("summary", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["load_id"], ["landing.load.load_id"], name=op.f("protocol_load_id_fk")),
        sa.ForeignKeyConstraint(["prepared_by"], ["ops.app_user.user_id"], name=op.f("protocol_prepared_by_fk")),
        sa.PrimaryKeyConstraint("protocol_id", name=op.f("protocol_pk")),
        sa.UniqueConstraint("load_id", name=op.f("protocol_load_id_uq")),
        schema="migration",
        comment="One row per load whose rows all have their verdict.",
    )
    op.create_table(
        "protocol_event",
        sa.Column("protocol_event_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("protocol_id", sa.BigInteger(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "happened_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("event IN ('accepted', 'withdrawn')", name=op.f("protocol_event_event_ck")),
        sa.ForeignKeyConstraint(
            ["protocol_id"], ["migration.protocol.protocol_id"], name=op.f("protocol_event_protocol_id_fk")
        ),
        sa.ForeignKeyConstraint(["source_id"], ["ops.source.source_id"], name=op.f("protocol_event_source_id_fk")),
        sa.ForeignKeyConstraint(["user_id"], ["ops.app_user.user_id"], name=op.f("protocol_event_user_id_fk")),
        sa.PrimaryKeyConstraint("protocol_event_id", name=op.f("protocol_event_pk")),
        schema="migration",
        comment="One row per acceptance or withdrawal of a protocol.",
    )
    op.create_index(
        op.f("protocol_event_protocol_id_ix"), "protocol_event", ["protocol_id"], unique=False, schema="migration"
    )


def downgrade() -> None:
    op.drop_index(op.f("protocol_event_protocol_id_ix"), table_name="protocol_event", schema="migration")
    op.drop_table("protocol_event", schema="migration")
    op.drop_table("protocol", schema="migration")
    op.drop_table("file", schema="landing")
    op.drop_table("verdict", schema="migration")
    op.drop_index("remark_load_id_ix", table_name="remark", schema="migration")
    op.drop_table("remark", schema="migration")
    op.drop_table("load", schema="landing")
    op.drop_table("verdict_count", schema="migration")
    op.drop_table("unit", schema="migration")
    op.drop_table("transformer", schema="migration")
    op.drop_table("street", schema="migration")
    op.drop_table("reason", schema="migration")
    op.drop_table("reading", schema="migration")
    op.drop_table("payment_package", schema="migration")
    op.drop_table("payment", schema="migration")
    op.drop_table("opening_balance", schema="migration")
    op.drop_table("metering_point", schema="migration")
    op.drop_table("meter", schema="migration")
    op.drop_table("line_section", schema="migration")
    op.drop_table("half_hours", schema="migration")
    op.drop_table("grid_reading", schema="migration")
    op.drop_table("grid_meter", schema="migration")
    op.drop_table("grid_energy", schema="migration")
    op.drop_index("difference_load_id_ix", table_name="difference", schema="migration")
    op.drop_table("difference", schema="migration")
    op.drop_table("declared_loss", schema="migration")
    op.drop_table("declared_energy", schema="migration")
    op.drop_table("conductor", schema="migration")
    op.drop_table("code_entry", schema="migration")
    op.drop_index("check_result_load_id_ix", table_name="check_result", schema="migration")
    op.drop_table("check_result", schema="migration")
    op.drop_table("charge", schema="migration")
    op.drop_table("account", schema="migration")
    op.drop_table("row", schema="landing")
    op.drop_table("control_sum", schema="landing")
