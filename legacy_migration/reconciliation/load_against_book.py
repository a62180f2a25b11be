"""Is the book what was loaded? Every kind of published fact, row by row, both ways.

Belongs here: running the comparison over a load, keeping and telling what differs.
Does not belong here: the comparison itself (`full_comparison`), rights and transactions (`comparing`).
"""

# ruff: noqa: S608 - queries are those of projections, numbers our own

from dataclasses import dataclass
from typing import Final

import psycopg

from legacy_migration.reconciliation.days_of_load import Days
from legacy_migration.reconciliation.full_comparison import bucket_sums, differing_rows_sql, expect_few_rows
from legacy_migration.reconciliation.projections import Projection, read_projections
from legacy_migration.reconciliation.standing_facts import create_book_views, create_told_views
from legacy_migration.verdicts import create_standing_views
from operational_db.refusal import Refusal

NAMED_IN_REFUSAL: Final = 3
KEPT_OF_REFUSED: Final = 10_000


@dataclass(frozen=True)
class KindCompared:
    """One kind of fact: rows on each side, and how many differences were named."""

    entity: str
    loaded_count: int
    book_count: int
    differing_count: int


@dataclass(frozen=True)
class Comparison:
    """A full comparison of a load with the book."""

    comparison_id: int
    kinds: list[KindCompared]

    @property
    def differing_count(self) -> int:
        return sum(kind.differing_count for kind in self.kinds)


class BookDiffersFromLoad(Refusal):
    """Acceptance found the book other than the load; carries what to keep when its transaction is gone."""

    def __init__(self, message: str, rows: list[tuple], kinds: list[KindCompared], days: Days) -> None:
        super().__init__(message)
        self.rows, self.kinds, self.days = rows, kinds, days


def compare(session: psycopg.Connection, load_id: int, days: Days, *, occasion: str, user_id: int) -> Comparison:
    """Compare all kinds, keep each difference with its sentence. The caller commits."""
    create_standing_views(session, load_id)
    create_told_views(session, load_id)
    create_book_views(session, load_id, days)
    comparison_id = keep_comparison(session, load_id, days, occasion, user_id)
    expect_few_rows(session)
    kinds = [
        _compare_kind(session, load_id, comparison_id, projection)
        for projection in read_projections(session, {":load_id": str(load_id), **days.words()})
    ]
    complete_comparison(session, comparison_id, kinds)
    return Comparison(comparison_id, kinds)


def keep_comparison(session: psycopg.Connection, load_id: int, days: Days, occasion: str, user_id: int) -> int:
    (comparison_id,) = session.execute(
        "INSERT INTO migration.comparison (load_id, occasion, first_day, end_day, loaded_count, book_count, "
        "differing_count, user_id) VALUES (%s, %s, %s, %s, 0, 0, 0, %s) RETURNING comparison_id",
        [load_id, occasion, days.first_day, days.end_day, user_id],
    ).fetchone()
    return comparison_id


def complete_comparison(session: psycopg.Connection, comparison_id: int, kinds: list[KindCompared]) -> None:
    session.execute(
        "UPDATE migration.comparison SET loaded_count = %s, book_count = %s, differing_count = %s "
        "WHERE comparison_id = %s",
        [
            sum(kind.loaded_count for kind in kinds), sum(kind.book_count for kind in kinds),
            sum(kind.differing_count for kind in kinds), comparison_id,
        ],
    )  # fmt: skip


def _compare_kind(
    session: psycopg.Connection, load_id: int, comparison_id: int, projection: Projection
) -> KindCompared:
    sums = bucket_sums(session, projection.loaded, projection.book, projection.facts)
    if not sums.buckets:
        return KindCompared(projection.entity, sums.loaded_count, sums.book_count, 0)
    # A table of what differs alone: an INSERT would not be planned in parallel.
    session.execute(
        "CREATE TEMPORARY TABLE differing_row ON COMMIT DROP AS "
        + differing_rows_sql(projection.loaded, projection.book, projection.facts, sums.buckets)
    )
    named = session.execute(
        "INSERT INTO migration.book_difference (comparison_id, entity, legacy_key, side, fields, loaded, book, "
        "file_id, "
        f"row_no, source_id, sentence) SELECT {comparison_id}, '{projection.entity}', d.legacy_key, d.side, d.fields, "
        f"d.loaded, d.book, d.file_id, d.row_no, d.source_id, {_sentence(projection.entity, load_id)} "
        "FROM differing_row AS d "
        "LEFT JOIN landing.file AS f ON f.file_id = d.file_id LEFT JOIN ops.source AS s ON s.source_id = d.source_id "
        "LEFT JOIN ops.app_user AS u ON u.user_id = s.user_id ORDER BY d.legacy_key, d.side"
    ).rowcount
    session.execute("DROP TABLE differing_row")
    if not named:
        # Sums that differ without a row that does would be a fault of the comparison; never pass it over.
        raise ValueError(f"{projection.entity}: buckets {sums.buckets[:5]} differ, but no row was named.")
    return KindCompared(projection.entity, sums.loaded_count, sums.book_count, named)


def _sentence(entity: str, load_id: int) -> str:
    """What differs, where it was told, and who changed it since; in SQL, over a difference `d`."""
    kind = entity.replace("_", " ")
    where = "coalesce(f.path || ', row ' || d.row_no, 'the load')"
    who = (
        "CASE WHEN d.source_id IS NULL THEN '' "
        f"WHEN s.kind = 'legacy_file' AND (s.arguments ->> 'load_id')::bigint = {load_id} "
        "THEN '; nobody entered that' "
        "ELSE format('; by %s (%s) on %s', coalesce(u.login, 'set-up'), s.name, "
        "to_char(s.recorded_at, 'YYYY-MM-DD HH24:MI')) END"
    )
    fields = (
        "(SELECT string_agg(format('%s was loaded as %s and is %s', k, coalesce(d.loaded ->> k, 'nothing'), "
        "coalesce(d.book ->> k, 'nothing')), ', ' ORDER BY n.place) "
        "FROM unnest(d.fields) WITH ORDINALITY AS n (k, place))"
    )
    return (
        f"CASE d.side WHEN 'missing' THEN format('{kind} %s ({{0}}): loaded, but not in the book.', d.legacy_key, "
        f"{where}) "
        f"WHEN 'extra' THEN format('{kind} %s: in the book, but not among the loaded rows%s.', d.legacy_key, {who}) "
        f"ELSE format('{kind} %s ({{0}}): %s in the book%s.', d.legacy_key, {where}, {fields}, {who}) END"
    ).replace("{0}", "%s")


def require_equal(session: psycopg.Connection, load_id: int, comparison: Comparison, days: Days) -> None:
    """Write the results as checks of the protocol; refuses when anything differs, naming the first by its old key."""
    for kind in comparison.kinds:
        if not kind.loaded_count and not kind.book_count:
            continue
        session.execute(
            "INSERT INTO migration.check_result (load_id, stage, level, entity, unit, measure, source_value, "
            "target_value, difference, tolerance, status) VALUES (%s, 'publish', 'row', %s, '', "
            "'rows compared by key and hash, both ways', %s, %s, %s, 0, %s)",
            [
                load_id, kind.entity, kind.loaded_count, kind.book_count, kind.differing_count,
                "differs" if kind.differing_count else "equal",
            ],
        )  # fmt: skip
    if not comparison.differing_count:
        return
    rows = session.execute(
        "SELECT entity, legacy_key, side, fields, loaded::text, book::text, file_id, row_no, sentence "
        "FROM migration.book_difference WHERE comparison_id = %s ORDER BY book_difference_id LIMIT %s",
        [comparison.comparison_id, KEPT_OF_REFUSED],
    ).fetchall()
    first = " ".join(row[-1] for row in rows[:NAMED_IN_REFUSAL])
    raise BookDiffersFromLoad(
        f"Nothing was accepted: after publishing, {comparison.differing_count} rows of the book are not what was "
        f"loaded. {first} Report it with the list in migration.book_difference; the load can be accepted once the "
        "cause is gone.",
        rows,
        comparison.kinds,
        days,
    )


def keep_refused(session: psycopg.Connection, load_id: int, refused: BookDiffersFromLoad, user_id: int) -> None:
    """What differed, kept after the acceptance itself was rolled back. The caller commits."""
    comparison_id = keep_comparison(session, load_id, refused.days, "refused", user_id)
    with session.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO migration.book_difference (comparison_id, entity, legacy_key, side, fields, loaded, book, "
            "file_id, row_no, sentence) VALUES (%s, %s, %s, %s, %s, %s::jsonb, %s::jsonb, %s, %s, %s)",
            [(comparison_id, *row) for row in refused.rows],
        )
    complete_comparison(session, comparison_id, refused.kinds)
