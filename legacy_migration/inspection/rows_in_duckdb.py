"""Where do the sampled rows stand while they are looked at? One table of text a description, in DuckDB on disk.

Belongs here: the table and the names of its columns. Does not belong here: the questions put to it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pyarrow as pa

from legacy_migration.inspection.samples import Sample

MEMORY = "400MB"


@contextmanager
def scratch_database() -> Iterator[duckdb.DuckDBPyConnection]:
    """A database of its own that leaves nothing behind."""
    with TemporaryDirectory(prefix="wattbook_inspect_") as folder:
        session = duckdb.connect(str(Path(folder) / "rows.duckdb"))
        try:
            session.execute(f"SET memory_limit = '{MEMORY}'")
            session.execute(f"SET temp_directory = '{folder}'")
            session.execute("SET threads = 2")
            session.execute("SET preserve_insertion_order = false")
            yield session
        finally:
            session.close()


@dataclass(frozen=True)
class Rows:
    """The sampled rows of one description: `file_no`, `row_no`, `unit` and one column of text for each column.

    A blank cell is NULL; rows flagged deleted are left out.
    """

    session: duckdb.DuckDBPyConnection
    table: str
    columns: tuple[str, ...]
    files: tuple[str, ...]  # paths by file_no
    units: tuple[str, ...]  # by file_no
    having: Mapping[str, frozenset[int]]  # numbers of the files that have a column

    def name_of(self, column: str) -> str:
        """The column's name in the table."""
        return f"c{self.columns.index(column)}"

    def count(self) -> int:
        return self.session.execute(f"SELECT count(*) FROM {self.table}").fetchone()[0]  # noqa: S608

    def ask(self, query: str, values: Sequence[object] = ()) -> list[tuple]:
        return self.session.execute(query, list(values)).fetchall()

    def place(self, condition: str) -> str:
        """File and row where the condition holds first."""
        row = self.session.execute(
            f"SELECT file_no, row_no FROM {self.table} WHERE {condition} ORDER BY 1, 2 LIMIT 1"  # noqa: S608
        ).fetchone()
        return f"{self.files[row[0]]}, row {row[1]}" if row else ""


def put_rows(session: duckdb.DuckDBPyConnection, table: str, files: Iterable[tuple[str, str, Sample]]) -> Rows:
    """A table of the samples of several files (path, unit, sample), with all the columns that any of them has."""
    samples = list(files)
    columns = tuple(dict.fromkeys(name for _, _, sample in samples for name in sample.columns))
    cells = ", ".join(f"c{number} VARCHAR" for number in range(len(columns)))
    session.execute(
        f"CREATE TABLE {table} (file_no INTEGER, row_no BIGINT, unit VARCHAR{', ' if cells else ''}{cells})"
    )
    for file_no, (_, unit, sample) in enumerate(samples):
        if not sample.rows.num_rows:
            continue
        own = {
            name: f"nullif(trim(c{number}, ' ' || chr(9) || chr(160)), '')"
            for number, name in enumerate(sample.columns)
        }
        taken = ", ".join(own.get(name, "NULL") for name in columns)
        incoming: pa.Table = sample.rows
        session.register("incoming", incoming)
        session.execute(
            f"INSERT INTO {table} SELECT {file_no}, row_no, ?{', ' if taken else ''}{taken} "  # noqa: S608
            "FROM incoming WHERE NOT is_deleted",
            [unit],
        )
        session.unregister("incoming")
    having = {
        name: frozenset(number for number, (_, _, sample) in enumerate(samples) if name in sample.columns)
        for name in columns
    }
    return Rows(session, table, columns, tuple(s[0] for s in samples), tuple(s[1] for s in samples), having)
