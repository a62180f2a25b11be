"""Where rows come from (sources), who changed reference rows (audit trail), and the parameters of this book."""

from sqlalchemy import BigInteger, CheckConstraint, Column, DateTime, ForeignKey, Identity, Index, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from operational_db.schema.metadata import AUDIT, OPERATIONAL, metadata

source = Table(
    "source",
    metadata,
    Column("source_id", BigInteger, Identity(), primary_key=True),
    Column("kind", Text, nullable=False, comment="legacy_file, exchange_file, reference or command"),
    Column("name", Text, nullable=False, comment="Path of the file as given, or name of the command"),
    Column("fingerprint", Text, comment="SHA-256 of the file, empty for a command"),
    Column(
        "arguments", JSONB, nullable=False, server_default=text("'{}'::jsonb"), comment="What the command was asked"
    ),
    Column("user_id", BigInteger, ForeignKey("ops.app_user.user_id"), comment="Who did it; empty for set-up"),
    Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    CheckConstraint("kind IN ('legacy_file', 'exchange_file', 'reference', 'command')", name="kind"),
    # Each posted row that a withdrawal removes asks whether its load is being withdrawn (schema/sql/posted_rows.sql).
    Index(
        "source_withdrawn_load_ix",
        text("(arguments ->> 'load_id')"),
        postgresql_where=text("kind = 'command' AND name = 'withdraw'"),
    ),
    schema=OPERATIONAL,
    comment="One row per file taken in or command carried out; every operational row points to one.",
)

row_version = Table(
    "row_version",
    metadata,
    Column("row_version_id", BigInteger, Identity(), primary_key=True),
    Column("table_name", Text, nullable=False),
    Column("operation", Text, nullable=False, comment="INSERT, UPDATE or DELETE"),
    Column("old_row", JSONB),
    Column("new_row", JSONB),
    Column("user_login", Text, comment="Signed-in user of Wattbook, empty for set-up"),
    Column("database_role", Text, nullable=False, server_default=text("current_user")),
    Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=text("clock_timestamp()")),
    schema=AUDIT,
    comment="One row per changed row of a watched table, old and new content; written by a trigger, append-only.",
)

parameter = Table(
    "parameter",
    metadata,
    Column("parameter_code", Text, primary_key=True),
    Column("value", Text, nullable=False),
    Column("meaning", Text, nullable=False),
    schema=OPERATIONAL,
    comment="One row per parameter of this supplier's book: country, currency, time zone, chart of accounts ...",
)
