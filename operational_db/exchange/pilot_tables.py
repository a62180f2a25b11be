"""The pilot: which branches begin before all do, what they ask for, reviews, what was entered.

Belongs here: history of the pilot (rows are added, never changed). Does not belong here: readiness of a RES.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    text,
)

from operational_db.schema.metadata import MIGRATION, metadata, provenance

VOLUME_KINDS = ("reference_record", "contract", "application")


def _entered() -> list[Column]:
    return [
        Column("entered_at", DateTime(timezone=True), nullable=False, server_default=text("clock_timestamp()")),
        *provenance(),
    ]


pilot_branch = Table(
    "pilot_branch",
    metadata,
    Column("pilot_branch_id", BigInteger, Identity(), primary_key=True),
    Column("unit_id", Integer, ForeignKey("ops.unit.unit_id"), nullable=False, index=True),
    Column("pilot_from", Date, nullable=False),
    Column("pilot_to", Date, comment="First day after it; empty while it goes on"),
    Column("note", Text, nullable=False),
    *_entered(),
    CheckConstraint("pilot_to > pilot_from", name="span"),
    schema=MIGRATION,
    comment="One row per branch in pilot and time its span was set; the last one holds.",
)

pilot_review = Table(
    "pilot_review",
    metadata,
    Column("pilot_review_id", BigInteger, Identity(), primary_key=True),
    Column("unit_id", Integer, ForeignKey("ops.unit.unit_id"), nullable=False, index=True),
    Column("reviewed_on", Date, nullable=False),
    Column("sponsor", Text, nullable=False, comment="Who answers for the project and took part"),
    Column("outcome", Text, nullable=False, comment="What was found and agreed"),
    Column("open_count", Integer, nullable=False, comment="Requests of the branch that were open that day"),
    *_entered(),
    schema=MIGRATION,
    comment="One row per review of the pilot's status with its sponsor and a branch.",
)

pilot_request = Table(
    "pilot_request",
    metadata,
    Column("request_no", Text, primary_key=True, comment="As the log of the pilot numbers it"),
    Column("version_no", Integer, primary_key=True, autoincrement=False, comment="1, 2 ...; the last one holds"),
    Column("unit_id", Integer, ForeignKey("ops.unit.unit_id"), nullable=False),
    Column("received_on", Date, nullable=False),
    Column("subject", Text, nullable=False),
    Column("module", Text, nullable=False, comment="Part of the program that it is about"),
    Column("closed_on", Date, comment="Empty while it is open"),
    Column("answer", Text, comment="How it was answered"),
    *_entered(),
    CheckConstraint("closed_on >= received_on", name="span"),
    Index("pilot_request_unit_id_ix", "unit_id"),
    schema=MIGRATION,
    comment="One row per request of the pilot and version; a request that is told otherwise later gets a new one.",
)

pilot_volume = Table(
    "pilot_volume",
    metadata,
    Column("pilot_volume_id", BigInteger, Identity(), primary_key=True),
    Column("unit_id", Integer, ForeignKey("ops.unit.unit_id"), nullable=False, index=True),
    Column("kind", Text, nullable=False, comment="reference_record, contract or application"),
    Column("counted_on", Date, nullable=False),
    Column("entered_count", BigInteger, nullable=False, comment="Entered until that day"),
    *_entered(),
    CheckConstraint(f"kind IN {VOLUME_KINDS}", name="kind"),
    CheckConstraint("entered_count >= 0", name="entered_count"),
    schema=MIGRATION,
    comment="One row per branch, kind of record and day on which a branch told how much was entered.",
)
