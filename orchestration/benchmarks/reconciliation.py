"""What the full comparison by key and row hash costs, beside a plain full outer join over all columns.

`python -m orchestration.benchmarks.reconciliation` measures and writes a section of docs/benchmarks.md; `--rows`
measures another size and only prints it. Both ways compare the same two tables of payments as they come out of the
projections, in an order of their own on each side, with planted differences; both must name the same.
"""

# ruff: noqa: S608 - names and numbers of this file

import argparse
import platform
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg

from legacy_migration.reconciliation.full_comparison import bucket_sums, differing_rows_sql, expect_few_rows
from operational_db.connections import connect_as_admin
from operational_db.settings import load_settings
from orchestration.benchmarks.page import PAGE, keep_section
from orchestration.benchmarks.reading_judge import own_book

ROWS: Final = 2_000_000
RUNS: Final = 3
PLANTED: Final = (0, 300)
FACTS: Final = ("account_no", "package_no", "paid_on", "amount_minor", "payer_text", "is_taken_back")
HEADING: Final = "## Reconciliation: {rows:,} x {rows:,} rows"
SECTION: Final = (
    HEADING
    + """
`python -m orchestration.benchmarks.reconciliation --rows {rows}`, {machine}, Python {python}; the median of {runs} runs
of each way in turn, on the same two tables, with the same settings. Differences are planted: a third each of changed,
missing and extra rows, among the changed a pair of swapped amounts. Both ways name them by key, side and fields.

| planted | way | seconds | rows a second | ours to it | named |
|--:|---|--:|--:|--:|--:|
{table}
"""
)


@dataclass(frozen=True)
class Measured:
    """One way on one pair of tables."""

    planted: int
    way: str
    seconds: float
    named: frozenset[tuple]


def plant(session: psycopg.Connection, rows: int, planted: int) -> None:
    """Two tables with the same payments in different orders; then `planted` differences, a third of each side."""
    session.execute("DROP TABLE IF EXISTS work.compared_loaded, work.compared_book")
    session.execute(
        "CREATE TABLE work.compared_loaded AS SELECT concat_ws(' ', (ARRAY['bank', 'post', 'paynet'])[1 + i % 3], "
        "'0001-' || lpad(i::text, 10, '0')) AS legacy_key, 'SA' || lpad((i % 90)::text, 2, '0') || '/' || i % 40 || "
        "'/' "
        "|| i % 5000 AS account_no, 'P' || lpad((i % 900)::text, 6, '0') AS package_no, date '2026-01-01' + i % 90 "
        "AS paid_on, (i::bigint * 7919 % 90000 + 1) * 100 AS amount_minor, CASE WHEN i % 50 = 0 THEN 'payer ' || i END "
        f"AS payer_text, false AS is_taken_back, 1::bigint AS file_id, i AS row_no FROM generate_series(1, {rows}) AS i"
    )
    session.execute(
        "CREATE TABLE work.compared_book AS SELECT legacy_key, account_no, package_no, paid_on, amount_minor, "
        "payer_text, "
        "is_taken_back, 1::bigint AS source_id, row_no FROM work.compared_loaded ORDER BY hashint4(row_no)"
    )
    third = planted // 3
    if third:
        step = rows // planted
        session.execute(f"DELETE FROM work.compared_book WHERE row_no % {step} = 0 AND row_no <= {third * step}")
        session.execute(
            f"DELETE FROM work.compared_loaded WHERE row_no % {step} = 1 AND row_no > 1 AND row_no <= "
            f"{third * step + 1}"
        )
        changed = f"row_no % {step} = 2 AND row_no > 2 AND row_no <= {(third - 2) * step + 2}"
        session.execute(f"UPDATE work.compared_book SET amount_minor = amount_minor + 1 WHERE {changed}")
        # Swapped, so that counts and sums agree.
        session.execute(
            "UPDATE work.compared_book AS b SET amount_minor = o.amount_minor FROM work.compared_loaded AS o "
            "WHERE b.row_no IN (3, 4) AND o.row_no = 7 - b.row_no"
        )
    session.execute("ALTER TABLE work.compared_book DROP COLUMN row_no")
    session.execute("VACUUM ANALYZE work.compared_loaded")
    session.execute("VACUUM ANALYZE work.compared_book")


_LOADED: Final = f"SELECT legacy_key, {', '.join(FACTS)}, file_id, row_no FROM work.compared_loaded"
_BOOK: Final = f"SELECT legacy_key, {', '.join(FACTS)}, source_id FROM work.compared_book"


def by_hash(session: psycopg.Connection) -> frozenset[tuple]:
    """The comparison as acceptance runs it."""
    with session.transaction():
        expect_few_rows(session)
        sums = bucket_sums(session, _LOADED, _BOOK, FACTS)
        if not sums.buckets:
            return frozenset()
        rows = session.execute(differing_rows_sql(_LOADED, _BOOK, FACTS, sums.buckets)).fetchall()
    return frozenset((row[0], row[1], tuple(row[2])) for row in rows)


def by_join(session: psycopg.Connection) -> frozenset[tuple]:
    """A plain full outer join that compares every column of every row."""
    differs = " OR ".join(f"l.{fact} IS DISTINCT FROM b.{fact}" for fact in FACTS)
    named = ", ".join(f"CASE WHEN l.{fact} IS DISTINCT FROM b.{fact} THEN '{fact}' END" for fact in FACTS)
    rows = session.execute(
        "SELECT coalesce(l.legacy_key, b.legacy_key), CASE WHEN b.legacy_key IS NULL THEN 'missing' "
        f"WHEN l.legacy_key IS NULL THEN 'extra' ELSE 'differs' END, array_remove(ARRAY[{named}], NULL) "
        "FROM work.compared_loaded AS l FULL OUTER JOIN work.compared_book AS b ON b.legacy_key = l.legacy_key "
        f"WHERE {differs}"
    )
    return frozenset((row[0], row[1], tuple(row[2]) if row[1] == "differs" else ()) for row in rows)


def measure(session: psycopg.Connection, rows: int) -> list[Measured]:
    """Each way in turn on tables that are equal and on tables that are not."""
    session.execute("SET work_mem = '256MB'")
    session.execute("SET max_parallel_workers_per_gather = 2")
    measured = []
    for planted in PLANTED:
        plant(session, rows, planted)
        seconds: dict[str, list[float]] = {}
        named = {}
        for _ in range(RUNS):
            for way, run in (("ours", by_hash), ("full outer join", by_join)):
                began = time.perf_counter()
                named[way] = run(session)
                seconds.setdefault(way, []).append(time.perf_counter() - began)
        if named["ours"] != named["full outer join"] or len(named["ours"]) != planted:
            raise SystemExit(f"Planted {planted}, named { ({way: len(found) for way, found in named.items()}) }.")
        measured += [Measured(planted, way, statistics.median(seconds[way]), named[way]) for way in seconds]
    return measured


def table(measured: list[Measured], rows: int) -> list[list[str]]:
    """The ways as rows of text."""
    ours = {one.planted: one.seconds for one in measured if one.way == "ours"}
    return [
        [
            f"{one.planted:,}", one.way, f"{one.seconds:.2f}", f"{2 * rows / one.seconds:,.0f}",
            f"{one.seconds / ours[one.planted]:.2f}", f"{len(one.named):,}",
        ]
        for one in measured
    ]  # fmt: skip


def main(arguments: Sequence[str], page: Path = PAGE) -> int:
    """Measure the usual size and write the page, or another size and print it; returns the exit status."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--rows", type=int, default=ROWS, help="how many rows each side has")
    rows = parser.parse_args(arguments).rows
    with (
        own_book(load_settings(), "bench_reconciliation") as settings,
        connect_as_admin(settings, autocommit=True) as session,
    ):
        lines = ["| " + " | ".join(row) + " |" for row in table(measure(session, rows), rows)]
    sys.stdout.write("\n".join(lines) + "\n")
    if rows == ROWS:
        section = SECTION.format(
            rows=rows, machine=platform.machine(), python=platform.python_version(), runs=RUNS, table="\n".join(lines)
        )
        keep_section(page, HEADING.format(rows=rows), section)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
