"""The one SQLAlchemy catalogue and the columns that many tables share.

Belongs here: the MetaData with its naming convention, column groups used by several subsystems, the overlap constraint
of dated facts. Does not belong here: any table (each subsystem's `tables.py` has its own).
"""

from sqlalchemy import BigInteger, Column, Date, DateTime, ForeignKey, Integer, MetaData, Numeric, Table, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint

OPERATIONAL = "ops"
LANDING = "landing"
MIGRATION = "migration"
AUDIT = "audit"

ENERGY = Numeric(18, 6)
"""Energy in kWh, and register values: exact to a milliwatt-hour, never float."""

MONEY = BigInteger
"""Money in the smallest coin of the supplier's currency."""

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pk",
        "fk": "%(table_name)s_%(column_0_N_name)s_fk",
        "uq": "%(table_name)s_%(column_0_N_name)s_uq",
        "ck": "%(table_name)s_%(constraint_name)s_ck",
        "ix": "%(table_name)s_%(column_0_N_name)s_ix",
    }
)


def valid_range() -> list[Column]:
    """Half-open days `[valid_from, valid_to)` on which the fact holds; an open end is NULL."""
    return [
        Column("valid_from", Date, nullable=False, comment="First day on which the fact holds"),
        Column("valid_to", Date, comment="First day on which it no longer holds; empty while it goes on"),
    ]


def known_range() -> list[Column]:
    """When the book knew this version of the fact; a closed or removed fact gets a new version, never an edit."""
    return [
        Column(
            "known_from",
            DateTime(timezone=True),
            nullable=False,
            server_default=text("now()"),
            comment="When this version was entered",
        ),
        Column("known_to", DateTime(timezone=True), comment="When a later version replaced it; empty while it stands"),
    ]


def provenance() -> list[Column]:
    """Where a row comes from: a source and, for a file, the row in it (0 for a command)."""
    return [
        Column(
            "source_id",
            BigInteger,
            ForeignKey("ops.source.source_id"),
            nullable=False,
            comment="File or command that brought the row",
        ),
        Column(
            "source_row",
            Integer,
            nullable=False,
            server_default=text("0"),
            comment="Row in the source file, 0 for a command",
        ),
    ]


def posted_provenance() -> list[Column]:
    """As `provenance`, without the foreign key: posted rows arrive by the million and the run checks its one source."""
    return [
        Column("source_id", BigInteger, nullable=False, comment="File or command that brought the row"),
        Column(
            "source_row",
            Integer,
            nullable=False,
            server_default=text("0"),
            comment="Row in the source file, 0 for a command",
        ),
    ]


def no_overlap(table: str, *keys: str, versioned: bool) -> ExcludeConstraint:
    """Two standing versions of one dated fact may not hold on the same day.

    Args:
        table: name of the table, for the constraint's name.
        keys: columns that name the fact.
        versioned: the table carries knowledge time, so that only standing versions count.
    """
    return ExcludeConstraint(
        *[(Column(key), "=") for key in keys],
        (text("daterange(valid_from, valid_to)"), "&&"),
        using="gist",
        name=f"{table}_overlap_ex",
        where=text("known_to IS NULL") if versioned else None,
    )


def monthly(table: Table) -> Table:
    """Mark a table as partitioned by booked month, so that `ops.ensure_month` makes its partitions."""
    table.info["monthly"] = True
    return table
