"""Which rows are not the same on both sides? A full outer comparison by key and row hash, in two levels.

Belongs here: the SQL of the comparison over any two queries.
Does not belong here: what the queries are (`projections`).

1. Every row is hashed with its key, the hashes are summed in buckets on each side: one parallel pass over both,
   nothing is sorted, joined or written. Sides that agree end here.
2. Rows of buckets whose sums differ are joined by their key and compared field by field.
A row that differs changes the sum of its bucket but for one chance in 2^64; which rows differ is decided by the fields.
"""

# ruff: noqa: S608 - queries and names are those of projections, which are files of ours

from dataclasses import dataclass
from typing import Final

import psycopg

BUCKETS: Final = 4096


@dataclass(frozen=True)
class Sums:
    """Rows on each side, and the buckets that are not the same."""

    loaded_count: int
    book_count: int
    buckets: list[int]


def row_hash_sql(facts: tuple[str, ...]) -> str:
    """64 bits over the key and the facts of a row `n`; equal numbers are equal whatever their scale."""
    return f"hash_record_extended(ROW(n.legacy_key, {', '.join(f'n.{fact}' for fact in facts)}), 0)"


def sums_sql(loaded: str, book: str, facts: tuple[str, ...]) -> str:
    """One pass over both sides: counts, and the buckets whose sums differ.

    The book's hashes are turned over (~h = -h - 1), so that equal sides add up to minus the number of their rows. That
    both sides are one list keeps the pass parallel.
    """
    row_hash = row_hash_sql(facts)
    return (
        "SELECT coalesce(sum(b.loaded_count), 0)::bigint, coalesce(sum(b.book_count), 0)::bigint, "
        "coalesce(array_agg(b.bucket ORDER BY b.bucket) FILTER (WHERE b.loaded_count <> b.book_count "
        "OR b.hash_sum + b.book_count <> 0), '{}') FROM ("
        "SELECT k.bucket, sum(s.row_hash) AS hash_sum, sum(s.is_loaded) AS loaded_count, sum(s.is_book) AS book_count "
        f"FROM (SELECT {row_hash} AS row_hash, 1 AS is_loaded, 0 AS is_book FROM ({loaded}) AS n "
        f"UNION ALL SELECT ~{row_hash}, 0, 1 FROM ({book}) AS n) AS s "
        "CROSS JOIN LATERAL (SELECT (CASE WHEN s.is_book = 1 THEN ~s.row_hash ELSE s.row_hash END) "
        f"& {BUCKETS - 1} AS bucket) AS k GROUP BY k.bucket) AS b"
    )


def expect_few_rows(session: psycopg.Connection) -> None:
    """For this transaction: rows pass from parallel workers for nothing. The planner takes every row for one that
    differs and would scan both sides alone; nearly none is passed on."""
    session.execute("SET LOCAL parallel_tuple_cost = 0")


def bucket_sums(session: psycopg.Connection, loaded: str, book: str, facts: tuple[str, ...]) -> Sums:
    """The first level."""
    return Sums(*session.execute(sums_sql(loaded, book, facts)).fetchone())


def differing_rows_sql(loaded: str, book: str, facts: tuple[str, ...], buckets: list[int]) -> str:
    """The second level: legacy_key, side, fields, loaded, book (JSON of these fields), and both service columns.

    Equal rows go first, one for one: some share a bucket with a row that differs. What is left of a key is paired in
    the order of the hashes; who has no partner is missing or extra.
    """
    row_hash = row_hash_sql(facts)
    wanted = "ARRAY[" + ", ".join(str(bucket) for bucket in buckets) + "]::bigint[]"

    def side(query: str) -> str:
        return (
            "SELECT h.*, row_number() OVER (PARTITION BY h.legacy_key, h.row_hash) AS copy_no FROM ("
            f"SELECT n.*, {row_hash} AS row_hash FROM ({query}) AS n "
            f"WHERE {row_hash} & {BUCKETS - 1} = ANY ({wanted})) AS h"
        )

    def alone(one: str, other: str) -> str:
        """Rows without an equal one on the other side, numbered within their key."""
        return (
            f"SELECT l.*, row_number() OVER (PARTITION BY l.legacy_key ORDER BY l.row_hash) AS place FROM {one} AS l "
            f"WHERE NOT EXISTS (SELECT 1 FROM {other} AS b WHERE b.legacy_key = l.legacy_key "
            "AND b.row_hash = l.row_hash AND b.copy_no = l.copy_no)"
        )

    named = ", ".join(f"CASE WHEN l.{fact} IS DISTINCT FROM b.{fact} THEN '{fact}' END" for fact in facts)

    def values(alias: str) -> str:
        pairs = ", ".join(f"'{fact}', {alias}.{fact}" for fact in facts)
        return f"jsonb_build_object({pairs})"

    return (
        f"WITH loaded_side AS ({side(loaded)}), book_side AS ({side(book)}) "
        "SELECT d.legacy_key, d.side, CASE WHEN d.side = 'differs' THEN d.fields ELSE '{}' END AS fields, "
        "CASE d.side WHEN 'missing' THEN d.loaded WHEN 'differs' THEN (SELECT jsonb_object_agg(k, d.loaded -> k) "
        "FROM unnest(d.fields) AS k) END AS loaded, "
        "CASE d.side WHEN 'extra' THEN d.book WHEN 'differs' THEN (SELECT jsonb_object_agg(k, d.book -> k) "
        "FROM unnest(d.fields) AS k) END AS book, d.file_id, d.row_no, d.source_id FROM ("
        "SELECT coalesce(l.legacy_key, b.legacy_key) AS legacy_key, "
        "CASE WHEN b.place IS NULL THEN 'missing' WHEN l.place IS NULL THEN 'extra' ELSE 'differs' END AS side, "
        f"array_remove(ARRAY[{named}], NULL) AS fields, {values('l')} AS loaded, {values('b')} AS book, "
        "l.file_id, l.row_no, b.source_id "
        f"FROM ({alone('loaded_side', 'book_side')}) AS l FULL OUTER JOIN ({alone('book_side', 'loaded_side')}) AS b "
        "ON b.legacy_key = l.legacy_key AND b.place = l.place) AS d"
    )
