"""Migration: legacy rows in typed columns, what became of each, and the protocol that proves it.

Belongs here: one typed table per kind of fact (insert-only), verdicts, remarks, differences, checks, protocols.
Does not belong here: raw text (`landing_tables`), the book itself (`ops`).

A typed row without a row in `verdict` is loaded; everything else has its verdict and reason there.
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
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID

from operational_db.schema.metadata import ENERGY, MIGRATION, MONEY, metadata

SERVICE_COLUMNS = frozenset(
    (
        "load_id", "file_id", "row_no", "part_no", "is_deleted", "bad_reason", "bad_field", "bad_value", "row_hash",
        "cell_pattern",
    )
)  # fmt: skip
"""Columns of a typed table that are no facts."""


def _typed(name: str, comment: str, *columns: Column) -> Table:
    """A typed table: where the row stands in the dump, its facts, and the first cell that could not be read."""
    return Table(
        name,
        metadata,
        Column("load_id", BigInteger, primary_key=True, autoincrement=False),
        Column("file_id", BigInteger, primary_key=True, autoincrement=False),
        Column("row_no", Integer, primary_key=True, autoincrement=False),
        Column(
            "part_no",
            SmallInteger,
            primary_key=True,
            autoincrement=False,
            comment="0, or 1, 2 ... where one row tells several facts (a column for each month)",
        ),
        *columns,
        Column("is_deleted", Boolean, nullable=False),
        Column("bad_reason", Text, comment="Reason code of the first cell for which the row is rejected"),
        Column("bad_field", Text, comment="Its column in the file"),
        Column("bad_value", Text, comment="Its text"),
        Column("row_hash", UUID, comment="md5 over the canonical text of the facts, taken on the way in"),
        Column(
            "cell_pattern",
            BigInteger,
            comment="What became of the row's cells: with file, kind and part in cell_pattern",
        ),
        schema=MIGRATION,
        comment=comment,
    )


unit = _typed(
    "unit",
    "One row per substation, feeder, transformer point or higher unit as a legacy file tells it.",
    Column("code", Text),
    Column("level", Text),
    Column("parent_code", Text),
    Column("name", Text),
    Column("voltage_kv", Numeric(8, 3)),
    Column("busbar_node", Text),
)

transformer = _typed(
    "transformer",
    "One row per transformer.",
    Column("unit_code", Text),
    Column("code", Text),
    Column("rated_kva", Numeric(12, 3)),
    Column("no_load_kw", Numeric(12, 6)),
    Column("load_loss_kw", Numeric(12, 6)),
)

conductor = _typed(
    "conductor",
    "One row per type of conductor.",
    Column("code", Text),
    Column("resistance_ohm_per_km", Numeric(12, 6)),
    Column("reactance_ohm_per_km", Numeric(12, 6)),
    Column("rated_current_a", Numeric(12, 3)),
)

line_section = _typed(
    "line_section",
    "One row per section of line.",
    Column("unit_code", Text),
    Column("code", Text),
    Column("kind", Text),
    Column("from_node", Text),
    Column("to_node", Text),
    Column("length_m", Numeric(12, 3)),
    Column("conductor", Text),
    Column("resistance_ohm_per_km", Numeric(12, 6)),
    Column("reactance_ohm_per_km", Numeric(12, 6)),
)

grid_meter = _typed(
    "grid_meter",
    "One row per meter of the network.",
    Column("code", Text),
    Column("unit_code", Text),
    Column("digits", SmallInteger),
    Column("ratio", Numeric(12, 4)),
    Column("amr_code", Text),
)

grid_reading = _typed(
    "grid_reading",
    "One row per value read from a meter of the network.",
    Column("meter_code", Text),
    Column("read_on", Date),
    Column("value_kwh", ENERGY),
)

grid_energy = _typed(
    "grid_energy",
    "One row per meter of the network and month of energy told as such.",
    Column("meter_code", Text),
    Column("service_month", Date),
    Column("energy_kwh", ENERGY),
)

declared_loss = _typed(
    "declared_loss",
    "One row per unit, kind of loss and span that the utility declares.",
    Column("unit_code", Text),
    Column("loss_kind", Text),
    Column("span_from", Date),
    Column("span_months", SmallInteger),
    Column("energy_kwh", ENERGY),
)

half_hours = _typed(
    "half_hours",
    "One row per point of remote reading, channel and day.",
    Column("point_code", Text),
    Column("channel", Text),
    Column("measured_on", Date),
    Column("half_hours", ARRAY(ENERGY)),
    Column("status", ARRAY(SmallInteger)),
    Column("energy_kwh", ENERGY),
)

street = _typed(
    "street",
    "One row per street of a RES.",
    Column("res_code", Text),
    Column("street_code", Text),
    Column("locality", Text),
    Column("street_name", Text),
)

account = _typed(
    "account",
    "One row per legacy row that tells of an account.",
    Column("account_no", Text, comment="Canonical: RES/book/code, or the number of a legal contract"),
    Column("legacy_no", Text, comment="As the old program writes it"),
    Column("kind", Text),
    Column("res_code", Text),
    Column("full_name", Text),
    Column("tax_number", Text),
    Column("passport_number", Text),
    Column("phone", Text),
    Column("street_code", Text),
    Column("house", Text),
    Column("house_letter", Text),
    Column("building", Text),
    Column("flat", Text),
    Column("contract_no", Text),
    Column("contract_on", Date),
    Column("residents", Integer),
    Column("is_archived", Boolean),
)

metering_point = _typed(
    "metering_point",
    "One row per legacy row that tells of a metering point.",
    Column("point_code", Text),
    Column("account_no", Text),
    Column("res_code", Text),
    Column("unit_code", Text),
    Column("upper_unit_code", Text, comment="Where it hangs when the first unit is not known"),
    Column("tariff_code", Text),
    Column("consumer_class", Text),
    Column("connected_on", Date),
    Column("connected_load_kw", Numeric(12, 3)),
    Column("supply_voltage_kv", Numeric(8, 3)),
    Column("amr_code", Text),
)

meter = _typed(
    "meter",
    "One row per meter and its stay at a metering point.",
    Column("point_code", Text),
    Column("serial_no", Text),
    Column("meter_type_code", Text),
    Column("digits", SmallInteger),
    Column("ratio", Numeric(12, 4)),
    Column("installed_on", Date),
    Column("removed_on", Date),
)

reading = _typed(
    "reading",
    "One row per reading.",
    Column("point_code", Text),
    Column("serial_no", Text),
    Column("read_on", Date),
    Column("value_kwh", ENERGY),
    Column("kind", Text),
    Column("is_opening", Boolean),
)

consumed = _typed(
    "declared_energy",
    "One row per metering point and month of energy told as such.",
    Column("point_code", Text),
    Column("direction", Text),
    Column("service_month", Date),
    Column("energy_kwh", ENERGY),
)

charge = _typed(
    "charge",
    "One row per account and month: what the old program charged; evidence for checks, never billed again.",
    Column("account_no", Text),
    Column("service_month", Date),
    Column("energy_kwh", ENERGY),
    Column("charge_minor", MONEY),
    Column("paid_minor", MONEY),
    Column("balance_minor", MONEY),
)

opening_balance = _typed(
    "opening_balance",
    "One row per account and year of origin.",
    Column("account_no", Text),
    Column("year_of_origin", Integer, comment="0 where the old program did not keep it"),
    Column("debit_minor", MONEY),
    Column("credit_minor", MONEY),
)

payment_package = _typed(
    "payment_package",
    "One row per register of payments with the totals its sender declared.",
    Column("package_no", Text),
    Column("channel_code", Text),
    Column("file_name", Text),
    Column("paid_on", Date),
    Column("declared_count", Integer),
    Column("declared_minor", MONEY),
)

payment = _typed(
    "payment",
    "One row per payment.",
    Column("file_name", Text),
    Column("channel_code", Text),
    Column("account_no", Text),
    Column("res_code", Text),
    Column("paid_on", Date),
    Column("amount_minor", MONEY),
    Column("external_id", Text),
    Column("payer_text", Text),
)

code_entry = _typed(
    "code_entry",
    "One row per entry of the old program's own code lists.",
    Column("list_code", Text),
    Column("entry_code", Text),
    Column("entry_name", Text),
)

reason = Table(
    "reason",
    metadata,
    Column("reason_code", Text, primary_key=True),
    Column("sentence", Text, nullable=False, comment="With {field}, {value}, {key}, {other} to be filled in"),
    schema=MIGRATION,
    comment="One row per reason for which a row or cell is not simply carried.",
)

sent_rows = Table(
    "sent_rows",
    metadata,
    Column("load_id", BigInteger, primary_key=True, autoincrement=False),
    Column("file_id", BigInteger, primary_key=True, autoincrement=False),
    Column("entity", Text, primary_key=True),
    Column("part_no", SmallInteger, primary_key=True, autoincrement=False),
    Column("row_count", BigInteger, nullable=False),
    Column("hash_sum", Numeric, nullable=False, comment="Sum of row number times the first 32 bits of the row's hash"),
    Column("is_filtered", Boolean, nullable=False, comment="Told of some rows only (only_first)"),
    schema=MIGRATION,
    comment="One row per file, kind of fact and part: typed rows as they were sent, to be found again in the table.",
)

cell_column = Table(
    "cell_column",
    metadata,
    Column("file_id", BigInteger, primary_key=True, autoincrement=False),
    Column("column_no", SmallInteger, primary_key=True, autoincrement=False),
    Column("load_id", BigInteger, nullable=False),
    Column("column_name", Text, nullable=False),
    Column("unused_rule", Text, comment="Why no rule reads it (or not in every row); empty where one does"),
    Column(
        "is_partly_read", Boolean, nullable=False, comment="Read in the rows that `only_first` takes, and in no other"
    ),
    schema=MIGRATION,
    comment="One row per column of a legacy file, and whether a rule of the profile reads it.",
)

cell_pattern = Table(
    "cell_pattern",
    metadata,
    Column("file_id", BigInteger, primary_key=True, autoincrement=False),
    Column("entity", Text, primary_key=True),
    Column("part_no", SmallInteger, primary_key=True, autoincrement=False),
    Column("pattern_no", BigInteger, primary_key=True, autoincrement=False),
    Column("load_id", BigInteger, nullable=False),
    Column(
        "classes", Text, nullable=False, comment="A sign per column: what this fact makes of the cell; . if not read"
    ),
    Column(
        "row_classes", Text, nullable=False, comment="The same for all facts of the row, at the first that reads it"
    ),
    schema=MIGRATION,
    comment="One row per file, kind of fact, part and distinct way in which the cells of a row were read.",
)

cell_count = Table(
    "cell_count",
    metadata,
    Column("load_id", BigInteger, primary_key=True, autoincrement=False),
    Column("file_id", BigInteger, primary_key=True, autoincrement=False),
    Column("column_name", Text, primary_key=True),
    Column("class", Text, primary_key=True),
    Column("rule", Text, primary_key=True, comment="That transformed it, or why it was rejected or not used"),
    Column("cell_count", BigInteger, nullable=False),
    CheckConstraint("class IN ('carried', 'transformed', 'rejected', 'unused')", name="class"),
    schema=MIGRATION,
    comment="One row per file, column, class and rule: what became of the cells. Per column they make the file's rows.",
)

VERDICTS = "verdict IN ('merged', 'rejected', 'out_of_scope')"

verdict = Table(
    "verdict",
    metadata,
    Column("load_id", BigInteger, primary_key=True, autoincrement=False),
    Column("entity", Text, primary_key=True),
    Column("file_id", BigInteger, primary_key=True, autoincrement=False),
    Column("row_no", Integer, primary_key=True, autoincrement=False),
    Column("part_no", SmallInteger, primary_key=True, autoincrement=False),
    Column("verdict", Text, nullable=False),
    Column("reason_code", Text, ForeignKey("migration.reason.reason_code"), nullable=False),
    Column("field", Text),
    Column("value", Text),
    Column("legacy_key", Text, comment="The row in the old program's own keys"),
    Column("other_file_id", BigInteger, comment="Row into which this one was merged, or with which it quarrels"),
    Column("other_row_no", Integer),
    Column("energy_kwh", ENERGY, nullable=False, server_default=text("0"), comment="At stake"),
    Column("amount_minor", MONEY, nullable=False, server_default=text("0"), comment="At stake"),
    Column("sentence", Text, comment="What is wrong, where, and what to do"),
    CheckConstraint(VERDICTS, name="verdict"),
    schema=MIGRATION,
    comment="One row per legacy row (and part) that is not loaded as it stands: merged, rejected or out of scope.",
)

remark = Table(
    "remark",
    metadata,
    Column("remark_id", BigInteger, Identity(), primary_key=True),
    Column("load_id", BigInteger, nullable=False),
    Column("entity", Text, nullable=False),
    Column("file_id", BigInteger, nullable=False),
    Column("row_no", Integer, nullable=False),
    Column("reason_code", Text, ForeignKey("migration.reason.reason_code"), nullable=False),
    Column("field", Text),
    Column("value", Text),
    Column("legacy_key", Text),
    Column("other_file_id", BigInteger),
    Column("other_row_no", Integer),
    Column("sentence", Text),
    Column("energy_kwh", ENERGY, nullable=False, server_default=text("0"), comment="At stake"),
    Column("amount_minor", MONEY, nullable=False, server_default=text("0"), comment="At stake"),
    Index("remark_load_id_ix", "load_id"),
    schema=MIGRATION,
    comment="One row per cell left empty or doubtful in a row that is loaded all the same.",
)

difference = Table(
    "difference",
    metadata,
    Column("difference_id", BigInteger, Identity(), primary_key=True),
    Column("load_id", BigInteger, nullable=False),
    Column("check_code", Text, nullable=False),
    Column("file_id", BigInteger),
    Column("row_no", Integer),
    Column("legacy_key", Text, nullable=False),
    Column("measure", Text, nullable=False),
    Column("stated", Numeric),
    Column("expected", Numeric),
    Column("sentence", Text, nullable=False),
    Column("other_key", Text, comment="The other of a pair, such as the account that the amount was swapped with"),
    Column("cause", Text, comment="What the figures themselves show: swapped, sign, scale, month_shift"),
    Column("energy_kwh", ENERGY, nullable=False, server_default=text("0"), comment="At stake"),
    Column("amount_minor", MONEY, nullable=False, server_default=text("0"), comment="At stake"),
    Index("difference_load_id_ix", "load_id"),
    schema=MIGRATION,
    comment="One row per legacy figure that the dump itself contradicts, named by the old key.",
)

verdict_count = Table(
    "verdict_count",
    metadata,
    Column("load_id", BigInteger, primary_key=True, autoincrement=False),
    Column("file_id", BigInteger, primary_key=True, autoincrement=False),
    Column("entity", Text, primary_key=True),
    Column("read_count", BigInteger, nullable=False),
    Column("loaded_count", BigInteger, nullable=False),
    Column("merged_count", BigInteger, nullable=False),
    Column("rejected_count", BigInteger, nullable=False),
    Column("out_of_scope_count", BigInteger, nullable=False),
    Column("energy_kwh", ENERGY, nullable=False, comment="Of all rows read"),
    Column("rejected_kwh", ENERGY, nullable=False),
    Column("amount_minor", MONEY, nullable=False, comment="Of all rows read"),
    Column("rejected_minor", MONEY, nullable=False),
    schema=MIGRATION,
    comment="One row per load, file and kind of fact: what became of its rows.",
)

check_result = Table(
    "check_result",
    metadata,
    Column("check_result_id", BigInteger, Identity(), primary_key=True),
    Column("load_id", BigInteger, nullable=False),
    Column("stage", Text, nullable=False, comment="verdict or publish"),
    Column("level", Text, nullable=False, comment="count, sum, row"),
    Column("entity", Text, nullable=False),
    Column("unit", Text, nullable=False, comment="RES, file or the whole dump"),
    Column("measure", Text, nullable=False),
    Column("source_value", Numeric, comment="What the dump states"),
    Column("target_value", Numeric, comment="What stands on the other side"),
    Column("difference", Numeric),
    Column("tolerance", Numeric, nullable=False),
    Column("status", Text, nullable=False),
    Index("check_result_load_id_ix", "load_id"),
    CheckConstraint("status IN ('equal', 'differs', 'noted')", name="status"),
    schema=MIGRATION,
    comment="One row per comparison of the protocol, all of one shape. `noted` tells of the dump, not of the load.",
)

protocol = Table(
    "protocol",
    metadata,
    Column("protocol_id", BigInteger, Identity(), primary_key=True),
    Column("load_id", BigInteger, ForeignKey("landing.load.load_id"), nullable=False, unique=True),
    Column("prepared_by", BigInteger, ForeignKey("ops.app_user.user_id"), nullable=False),
    Column("prepared_at", DateTime(timezone=True), nullable=False, server_default=text("clock_timestamp()")),
    Column("content_sha256", Text, nullable=False, comment="Over files, counts, checks, verdicts and remarks"),
    Column("summary", JSONB, nullable=False),
    schema=MIGRATION,
    comment="One row per load whose rows all have their verdict.",
)

protocol_event = Table(
    "protocol_event",
    metadata,
    Column("protocol_event_id", BigInteger, Identity(), primary_key=True),
    Column("protocol_id", BigInteger, ForeignKey("migration.protocol.protocol_id"), nullable=False, index=True),
    Column("event", Text, nullable=False),
    Column("user_id", BigInteger, ForeignKey("ops.app_user.user_id"), nullable=False),
    Column("happened_at", DateTime(timezone=True), nullable=False, server_default=text("clock_timestamp()")),
    Column("source_id", BigInteger, ForeignKey("ops.source.source_id"), nullable=False),
    CheckConstraint("event IN ('accepted', 'withdrawn')", name="event"),
    schema=MIGRATION,
    comment="One row per acceptance or withdrawal of a protocol.",
)
