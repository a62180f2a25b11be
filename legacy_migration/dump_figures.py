"""What must be known of a whole dump before its first row is read: its first day, the smallest months, the coins.

Belongs here: the few figures that rows of one file take from another file or from the book.
Does not belong here: rules of single cells (`canonical_rules`), the order of landing (`landing`).
"""

# ruff: noqa: S608 - the only names are our own

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

import duckdb
import psycopg
import pyarrow as pa

from legacy_migration.canonical_rules import DATE_FORMATS
from legacy_migration.profile import FileRule, Profile
from legacy_migration.source_rows import columns_of, read_rows
from legacy_migration.typed_rows import BATCH, DumpFigures
from operational_db.refusal import Refusal


class DescribedFile(Protocol):
    """A file and what the profile takes it for."""

    path: Path
    relative: str
    rule: FileRule | None


def figures_of_dump(
    engine: duckdb.DuckDBPyConnection, profile: Profile, files: Iterable[DescribedFile], minor_digits: int
) -> DumpFigures:
    """Read what the rows of all files need to know."""
    described = [file for file in files if file.rule is not None]
    smallest = _smallest(engine, described)
    if profile.of_dump is not None:
        smallest = {key: profile.of_dump.smallest.get((key[0], key[2]), found) for key, found in smallest.items()}
    return DumpFigures(minor_digits, first_day(profile, described), smallest)


def minor_digits_of_book(session: psycopg.Connection) -> int:
    """How many digits the smallest coin has behind the point."""
    row = session.execute("SELECT value FROM ops.parameter WHERE parameter_code = 'minor_per_major'").fetchone()
    if row is None:
        raise Refusal("The database has no reference data; run `wattbook reference load` first.")
    return len(row[0]) - 1


def first_day(profile: Profile, files: Iterable[DescribedFile]) -> str | None:
    """The first day that the dump tells of, where the profile says in which cell it stands."""
    if profile.of_dump is not None:
        return profile.of_dump.first_day
    if profile.first_day is None:
        return None
    described_as, column, date_format = profile.first_day
    relative, text = "", ""
    for file in files:
        if file.rule is not None and file.rule.name == described_as:
            relative, text = file.relative, _first_cell(file.path, file.rule, column)
            break
    pattern, (year, month, day) = DATE_FORMATS[date_format]
    if not re.match(pattern, text):
        raise Refusal(
            f'The first day of the dump should stand in {column} of "{described_as}" ({relative}), but "{text}" is no '
            f"date of the form {date_format}; ask for the file again or correct the profile."
        )
    return f"{text[year - 1 : year + 3]}-{text[month - 1 : month + 1]}-{text[day - 1 : day + 1]}"


def _first_cell(path: Path, rule: FileRule, column: str) -> str:
    batch = next(iter(read_rows(path, rule)), None)
    if batch is None or column not in batch.text or not len(batch.row_no):
        return ""
    return batch.text[column][0].as_py().strip()


def _smallest(
    engine: duckdb.DuckDBPyConnection, files: Iterable[DescribedFile]
) -> dict[tuple[str, tuple[str, ...], str], str | None]:
    """For rules that take the first rows only: the smallest value over all files that have the same columns."""
    smallest: dict[tuple[str, tuple[str, ...], str], str | None] = {}
    for file in files:
        wanted = {rule.only_first for rule in file.rule.rows if rule.only_first} if file.rule else set()
        if not wanted:
            continue
        columns = columns_of(file.path, file.rule)
        for name in sorted(wanted.intersection(columns)):
            key = (file.rule.name, columns, name)
            found = [value for value in (smallest.get(key), _smallest_of(engine, file.path, file.rule, name)) if value]
            smallest[key] = min(found, default=None)
    return smallest


def _smallest_of(engine: duckdb.DuckDBPyConnection, path: Path, rule: FileRule, column: str) -> str | None:
    found: list[str] = []
    for batch in read_rows(path, rule):
        engine.register(BATCH, pa.table({"cell": batch.text[column]}))
        [(value,)] = engine.execute(f"SELECT min(nullif(trim(cell), '')) FROM {BATCH}").fetchall()
        engine.unregister(BATCH)
        found += [value] if value else []
    return min(found, default=None)
