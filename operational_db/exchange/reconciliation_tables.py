"""Reconciliation: the book against what was loaded, a dump against the one before, pairs that may be one, decisions.

Belongs here: comparisons with every difference by its old key, probable duplicates, what people decided about them.
Does not belong here: typed rows and verdicts (`migration_tables`).
"""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Numeric,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from operational_db.schema.metadata import ENERGY, MIGRATION, MONEY, metadata

comparison = Table(
    "comparison",
    metadata,
    Column("comparison_id", BigInteger, Identity(), primary_key=True),
    Column("load_id", BigInteger, ForeignKey("landing.load.load_id"), nullable=False, index=True),
    Column("occasion", Text, nullable=False, comment="acceptance, refused (an acceptance rolled back) or later"),
    Column("first_day", Date, nullable=False, comment="First day that the load was published for"),
    Column("end_day", Date, nullable=False, comment="First day after the load"),
    Column("loaded_count", BigInteger, nullable=False),
    Column("book_count", BigInteger, nullable=False),
    Column("differing_count", BigInteger, nullable=False),
    Column("user_id", BigInteger, ForeignKey("ops.app_user.user_id"), nullable=False),
    Column("compared_at", DateTime(timezone=True), nullable=False, server_default=text("clock_timestamp()")),
    CheckConstraint("occasion IN ('acceptance', 'refused', 'later')", name="occasion"),
    schema=MIGRATION,
    comment="One row per full comparison of a load with the book.",
)

book_difference = Table(
    "book_difference",
    metadata,
    Column("book_difference_id", BigInteger, Identity(), primary_key=True),
    Column("comparison_id", BigInteger, ForeignKey("migration.comparison.comparison_id"), nullable=False, index=True),
    Column("entity", Text, nullable=False, comment="Kind of fact"),
    Column("legacy_key", Text, nullable=False, comment="The row in the old program's own keys"),
    Column("side", Text, nullable=False, comment="missing in the book, extra in the book, or differs"),
    Column("fields", ARRAY(Text), nullable=False, comment="What differs; empty where the row is on one side alone"),
    Column("loaded", JSONB, comment="These fields as loaded, or the whole row where the book lacks it"),
    Column("book", JSONB, comment="The same as they stand in the book"),
    Column("file_id", BigInteger, comment="File that told the loaded row"),
    Column("row_no", Integer),
    Column("source_id", BigInteger, comment="File or command that brought the row of the book"),
    Column("sentence", Text, nullable=False),
    CheckConstraint("side IN ('missing', 'extra', 'differs')", name="side"),
    schema=MIGRATION,
    comment="One row per difference between what was loaded and the book.",
)

duplicate = Table(
    "duplicate",
    metadata,
    Column("duplicate_id", BigInteger, Identity(), primary_key=True),
    Column("load_id", BigInteger, ForeignKey("landing.load.load_id"), nullable=False),
    Column("kind", Text, nullable=False, comment="person, premises or meter"),
    Column("first_key", Text, nullable=False, comment="Old key of the one that sorts first"),
    Column("second_key", Text, nullable=False),
    Column("score", Numeric(5, 1), nullable=False, comment="0 to 100"),
    Column("evidence", Text, nullable=False, comment="What speaks for one and what against, in words"),
    Column("energy_kwh", ENERGY, nullable=False, server_default=text("0"), comment="Charged to the second of them"),
    Column("amount_minor", MONEY, nullable=False, server_default=text("0"), comment="Charged to the second of them"),
    UniqueConstraint("load_id", "kind", "first_key", "second_key"),
    CheckConstraint("kind IN ('person', 'premises', 'meter')", name="kind"),
    CheckConstraint("first_key < second_key", name="order"),
    schema=MIGRATION,
    comment="One row per pair of legacy rows that may tell of one person, place or meter. Nothing is merged by it.",
)

decision = Table(
    "decision",
    metadata,
    Column("decision_id", BigInteger, Identity(), primary_key=True),
    Column("profile", Text, nullable=False, comment="The old system, by the name of its profile"),
    Column("kind", Text, nullable=False, comment="person, premises or meter"),
    Column("first_key", Text, nullable=False),
    Column("second_key", Text, nullable=False),
    Column("decided", Text, nullable=False, comment="merge or keep_apart"),
    Column("reason", Text, nullable=False, comment="Why, in the words of who decided"),
    Column("user_id", BigInteger, ForeignKey("ops.app_user.user_id"), nullable=False),
    Column("decided_at", DateTime(timezone=True), nullable=False, server_default=text("clock_timestamp()")),
    Column("source_id", BigInteger, ForeignKey("ops.source.source_id"), nullable=False),
    CheckConstraint("kind IN ('person', 'premises', 'meter')", name="kind"),
    CheckConstraint("decided IN ('merge', 'keep_apart')", name="decided"),
    CheckConstraint("first_key < second_key", name="order"),
    Index("decision_pair_ix", "profile", "kind", "first_key", "second_key"),
    schema=MIGRATION,
    comment="One row per decision about a pair; the last one counts, none is changed or removed.",
)

applied_merge = Table(
    "applied_merge",
    metadata,
    Column("load_id", BigInteger, ForeignKey("landing.load.load_id"), primary_key=True, autoincrement=False),
    Column("kind", Text, primary_key=True, comment="person or premises"),
    Column("account_no", Text, primary_key=True, comment="Account that shares the subscriber or premises of the next"),
    Column("keeper_no", Text, nullable=False),
    Column("decision_id", BigInteger, ForeignKey("migration.decision.decision_id"), nullable=False),
    schema=MIGRATION,
    comment="One row per account of a published load that a decision joined with another.",
)
