"""How does the pilot stand? Requests by branch, module and age, reviews, and what was entered.

Belongs here: the figures of the report, as of a day. Does not belong here: entering facts (`commands`).
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

import psycopg
from psycopg.rows import class_row

from operational_db.connections import Role, connect
from operational_db.reference.loading import PLAIN_LISTS, TARIFF_FILES
from operational_db.settings import Settings

REFERENCE_TABLES: Final = (*(plain.name for plain in PLAIN_LISTS), *TARIFF_FILES, "unit", "street", "benefit_category")
"""Tables of code lists, by which everything else is told."""

_AGES: Final = (
    ("up to 7 days", 0, 7),
    ("8 to 30 days", 8, 30),
    ("31 to 90 days", 31, 90),
    ("over 90 days", 91, 100_000),
)


@dataclass(frozen=True)
class RequestCount:
    """Requests of a branch, or of a module."""

    name: str
    received_count: int
    closed_count: int
    open_count: int
    oldest_open_days: int | None


@dataclass(frozen=True)
class BranchInPilot:
    """A branch in pilot, and its last review."""

    unit_code: str
    pilot_from: date
    pilot_to: date | None
    note: str
    review_count: int
    reviewed_on: date | None
    sponsor: str | None
    outcome: str | None
    open_at_review: int | None


@dataclass(frozen=True)
class AgeOfOpen:
    """Requests that are open since so many days."""

    age: str
    open_count: int


@dataclass(frozen=True)
class EnteredVolume:
    """How much of a kind was entered: as the branches told, and as the book counts (empty where it keeps none)."""

    kind: str
    told_count: int | None
    in_book_count: int | None


@dataclass(frozen=True)
class PilotReport:
    """The pilot as it stood at the end of a day."""

    on: date
    received_count: int
    closed_count: int
    open_count: int
    branches: list[BranchInPilot]
    by_branch: list[RequestCount]
    by_module: list[RequestCount]
    by_age: list[AgeOfOpen]
    volumes: list[EnteredVolume]


def pilot_report(settings: Settings, *, on: date | None = None) -> PilotReport:
    """The report as of a day, today unless given."""
    with connect(settings, Role.LOADER) as session:
        day = on or session.execute("SELECT current_date").fetchone()[0]
        session.execute(
            "CREATE TEMPORARY TABLE standing_request ON COMMIT DROP AS SELECT DISTINCT ON (q.request_no) u.code, "
            "q.module, q.received_on, CASE WHEN q.closed_on <= %(on)s THEN q.closed_on END AS closed_on, "
            "%(on)s::date - q.received_on AS age_days FROM migration.pilot_request AS q "
            "INNER JOIN ops.unit AS u ON u.unit_id = q.unit_id WHERE q.received_on <= %(on)s "
            "ORDER BY q.request_no, q.version_no DESC",
            {"on": day},
        )
        totals = session.execute(
            "SELECT count(*), count(closed_on), count(*) - count(closed_on) FROM standing_request"
        ).fetchone()
        return PilotReport(
            day,
            *totals,
            branches=_branches(session, day),
            by_branch=_counted(session, "code"),
            by_module=_counted(session, "module"),
            by_age=_ages(session),
            volumes=_volumes(session, day),
        )


def _counted(session: psycopg.Connection, column: str) -> list[RequestCount]:
    cursor = session.cursor(row_factory=class_row(RequestCount))
    return cursor.execute(
        f"SELECT {column} AS name, count(*) AS received_count, count(closed_on) AS closed_count, "  # noqa: S608
        "count(*) - count(closed_on) AS open_count, max(age_days) FILTER (WHERE closed_on IS NULL) AS oldest_open_days "
        f"FROM standing_request GROUP BY {column} ORDER BY {column}"
    ).fetchall()


def _ages(session: psycopg.Connection) -> list[AgeOfOpen]:
    return [
        AgeOfOpen(
            age,
            session.execute(
                "SELECT count(*) FROM standing_request WHERE closed_on IS NULL AND age_days BETWEEN %s AND %s",
                [shortest, longest],
            ).fetchone()[0],
        )
        for age, shortest, longest in _AGES
    ]


def _branches(session: psycopg.Connection, day: date) -> list[BranchInPilot]:
    cursor = session.cursor(row_factory=class_row(BranchInPilot))
    return cursor.execute(
        "SELECT u.code AS unit_code, b.pilot_from, b.pilot_to, b.note, coalesce(n.review_count, 0) AS review_count, "
        "r.reviewed_on, r.sponsor, r.outcome, r.open_count AS open_at_review FROM (SELECT DISTINCT ON (p.unit_id) p.* "
        "FROM migration.pilot_branch AS p ORDER BY p.unit_id, p.pilot_branch_id DESC) AS b "
        "INNER JOIN ops.unit AS u ON u.unit_id = b.unit_id LEFT JOIN LATERAL (SELECT v.* FROM migration.pilot_review "
        "AS v WHERE v.unit_id = b.unit_id AND v.reviewed_on <= %(on)s ORDER BY v.reviewed_on DESC, v.pilot_review_id "
        "DESC LIMIT 1) AS r ON true LEFT JOIN LATERAL (SELECT count(*) AS review_count FROM migration.pilot_review "
        "AS v WHERE v.unit_id = b.unit_id AND v.reviewed_on <= %(on)s) AS n ON true WHERE b.pilot_from <= %(on)s "
        "ORDER BY u.code",
        {"on": day},
    ).fetchall()


def _volumes(session: psycopg.Connection, day: date) -> list[EnteredVolume]:
    told = dict(
        session.execute(
            "SELECT n.kind, sum(n.entered_count)::bigint FROM (SELECT DISTINCT ON (v.unit_id, v.kind) v.kind, "
            "v.entered_count FROM migration.pilot_volume AS v WHERE v.counted_on <= %s ORDER BY v.unit_id, v.kind, "
            "v.counted_on DESC, v.pilot_volume_id DESC) AS n GROUP BY n.kind",
            [day],
        ).fetchall()
    )
    records = sum(
        session.execute(f"SELECT count(*) FROM ops.{table}").fetchone()[0]  # noqa: S608 - our own tables
        for table in REFERENCE_TABLES
    )
    (contracts,) = session.execute("SELECT count(*) FROM ops.contract").fetchone()
    in_book = {"reference_record": records, "contract": contracts, "application": None}
    return [EnteredVolume(kind, told.get(kind), count) for kind, count in in_book.items()]
