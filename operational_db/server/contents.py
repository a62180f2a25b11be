"""What a database holds, table by table, as a count and a hash: to prove that a copy is the same.

What the rows mean does not matter here.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psycopg
from psycopg import sql

OnTable = Callable[[int, int], None]

# Rows live in plain tables and leaf partitions; unlogged run tables are thrown away with their run.
_TABLES = """
SELECT n.nspname, c.relname
FROM pg_class AS c
INNER JOIN pg_namespace AS n ON c.relnamespace = n.oid
WHERE c.relkind = 'r' AND c.relpersistence = 'p'
    AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
ORDER BY n.nspname, c.relname
"""


@dataclass(frozen=True)
class TableContents:
    """How many rows a table has and the sum of their hashes, which no order of rows changes."""

    table: str
    row_count: int
    row_hash: str


@dataclass(frozen=True)
class Difference:
    """A table that is not the same in two places; None where it is missing."""

    table: str
    expected: TableContents | None
    found: TableContents | None

    def sentence(self) -> str:
        if self.expected is None:
            return f"The table {self.table} is not in the backup."
        if self.found is None:
            return f"The table {self.table} with {self.expected.row_count} rows is missing."
        if self.expected.row_count != self.found.row_count:
            return f"The table {self.table} has {self.found.row_count} rows, not {self.expected.row_count}."
        return f"The table {self.table} has {self.found.row_count} rows as expected, but their values differ."


def read_contents(session: psycopg.Connection, on_table: OnTable | None = None) -> Iterator[TableContents]:
    """Every table with rows of its own, in the order of names, as the session's snapshot sees them."""
    # A row is hashed as text, so the session's way to write instants and numbers is part of the hash.
    session.execute("SET LOCAL timezone = 'UTC'")
    session.execute("SET LOCAL datestyle = 'ISO, YMD'")
    session.execute("SET LOCAL extra_float_digits = 1")
    session.execute("SET LOCAL row_security = off")
    tables = session.execute(_TABLES).fetchall()
    for done, (schema, table) in enumerate(tables, start=1):
        query = sql.SQL(
            "SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)::text FROM ONLY {} AS t"
        )
        row_count, row_hash = session.execute(query.format(sql.Identifier(schema, table))).fetchall()[0]
        yield TableContents(f"{schema}.{table}", row_count, row_hash)
        if on_table is not None:
            on_table(done, len(tables))


def differences(expected: list[TableContents], found: list[TableContents]) -> list[Difference]:
    """Empty when both hold the same rows."""
    expected_by_name = {contents.table: contents for contents in expected}
    found_by_name = {contents.table: contents for contents in found}
    names = sorted(expected_by_name | found_by_name)
    pairs = [Difference(name, expected_by_name.get(name), found_by_name.get(name)) for name in names]
    return [pair for pair in pairs if pair.expected != pair.found]
