"""Expectations: what was expected at the two outer boundaries, what failed, and who answers for it all the same.

Belongs here: results and failing rows of legacy rows on their way in and of forms on their way out.
Does not belong here: what is expected (`legacy_migration/expectations/rules`), verdicts on rows (`migration_tables`).
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
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
from sqlalchemy.dialects.postgresql import JSONB

from operational_db.schema.metadata import ENERGY, MIGRATION, MONEY, metadata

_OF_ONE = "(load_id IS NULL) <> (issue_number IS NULL)"

expectation_result = Table(
    "expectation_result",
    metadata,
    Column("expectation_result_id", BigInteger, Identity(), primary_key=True),
    Column("boundary", Text, nullable=False, comment="legacy_in or forms_out"),
    Column("load_id", BigInteger, ForeignKey("landing.load.load_id"), comment="Of legacy rows"),
    Column("issue_number", Text, comment="Of a form"),
    Column("expectation_code", Text, nullable=False),
    Column("entity", Text, nullable=False, comment="Kind of fact, summary or form"),
    Column("file_id", BigInteger, comment="Empty where what is judged is no row of a file"),
    Column("column_name", Text, nullable=False),
    Column("severity", Text, nullable=False, comment="stop or note"),
    Column("sentence", JSONB, nullable=False, comment="What is expected, by language"),
    Column("checked_count", BigInteger, nullable=False),
    Column("failed_count", BigInteger, nullable=False),
    Column("allowed_share", Numeric(9, 6), nullable=False, comment="Of the rows checked that may fail"),
    Column("is_met", Boolean, nullable=False),
    Column("energy_kwh", ENERGY, nullable=False, comment="At stake in the rows that failed"),
    Column("amount_minor", MONEY, nullable=False, comment="At stake in the rows that failed"),
    Column("rules_sha256", Text, nullable=False, comment="Of the file of rules"),
    CheckConstraint("boundary IN ('legacy_in', 'forms_out')", name="boundary"),
    CheckConstraint("severity IN ('stop', 'note')", name="severity"),
    CheckConstraint("failed_count BETWEEN 0 AND checked_count", name="failed"),
    CheckConstraint(_OF_ONE, name="of_one"),
    Index("expectation_result_load_id_ix", "load_id"),
    Index("expectation_result_issue_number_ix", "issue_number"),
    schema=MIGRATION,
    comment="One row per expectation and file of a load, or per expectation of an issued form.",
)

expectation_failure = Table(
    "expectation_failure",
    metadata,
    Column("expectation_failure_id", BigInteger, Identity(), primary_key=True),
    Column("load_id", BigInteger, ForeignKey("landing.load.load_id")),
    Column("issue_number", Text),
    Column("expectation_code", Text, nullable=False),
    Column("entity", Text, nullable=False),
    Column("file_id", BigInteger),
    Column("row_no", Integer, comment="In the file; in a form the line, counted from the top"),
    Column("part_no", SmallInteger),
    Column("legacy_key", Text, comment="The row in the old program's own keys; the group, or the line of a form"),
    Column("field", Text, nullable=False),
    Column("value", Text, comment="Empty where the cell is"),
    Column("energy_kwh", ENERGY, nullable=False, server_default=text("0"), comment="At stake"),
    Column("amount_minor", MONEY, nullable=False, server_default=text("0"), comment="At stake"),
    CheckConstraint(_OF_ONE, name="of_one"),
    Index("expectation_failure_load_id_ix", "load_id", "expectation_code"),
    Index("expectation_failure_issue_number_ix", "issue_number"),
    schema=MIGRATION,
    comment="One row per row, group or cell that does not meet an expectation, none left out.",
)

expectation_waiver = Table(
    "expectation_waiver",
    metadata,
    Column("load_id", BigInteger, ForeignKey("landing.load.load_id"), primary_key=True, autoincrement=False),
    Column("expectation_code", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("user_id", BigInteger, ForeignKey("ops.app_user.user_id"), nullable=False),
    Column("waived_at", DateTime(timezone=True), nullable=False, server_default=text("clock_timestamp()")),
    schema=MIGRATION,
    comment="One row per unmet expectation of a load that somebody with the right to accept it answers for.",
)
