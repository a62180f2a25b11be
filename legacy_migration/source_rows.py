"""Which rows does a legacy file have? Every format as the same batches of raw text.

Belongs here: choosing the reader by the profile, columns that must be there, sums of a column's own text.
Does not belong here: bytes of a format (`operational_db.file_formats`), the database (`landing`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from legacy_migration.profile import FileRule
from operational_db.file_formats.dbf import read_columns, read_header
from operational_db.file_formats.delimited import read_delimited, read_heading
from operational_db.file_formats.layout_80020 import Layout80020Error, read_80020
from operational_db.file_formats.opening import FileFormatError
from operational_db.refusal import Refusal

FAULT = "FAULT"
LAYOUT_80020_COLUMNS = (
    "INN", "AREA", "POINT", "POINT_NAME", "CHANNEL", "DAY", "VALUES", "STATUS", "TOTAL", FAULT,
)  # fmt: skip


@dataclass(frozen=True)
class SourceBatch:
    """Consecutive rows of one file as columns of raw text."""

    row_no: np.ndarray
    deleted: np.ndarray
    text: dict[str, pa.Array]
    undecodable: dict[int, list[str]]  # row number to columns
    ragged: dict[int, int]  # row number to how many cells it has


@dataclass(frozen=True)
class ColumnSum:
    """Sum of the readable cells of a column and how many are not."""

    total: Decimal
    unreadable_count: int


def columns_of(path: Path, rule: FileRule) -> tuple[str, ...]:
    """The columns that the file really has."""
    try:
        if rule.format == "dbf":
            return tuple(field.name for field in read_header(path, rule.encoding).fields)
        if rule.format == "delimited":
            return read_heading(path, rule.encoding, rule.delimiter)
    except FileFormatError as error:
        raise Refusal(str(error)) from error
    return LAYOUT_80020_COLUMNS if rule.format == "layout_80020" else ()


def read_rows(path: Path, rule: FileRule) -> Iterator[SourceBatch]:
    """The rows of the file in batches of bounded memory; a broken file is refused in one sentence."""
    try:
        if rule.format == "dbf":
            yield from _dbf(path, rule)
        elif rule.format == "delimited":
            yield from _delimited(path, rule)
        elif rule.format == "layout_80020":
            yield _layout_80020(path)
    except FileFormatError as error:
        raise Refusal(str(error)) from error


def _dbf(path: Path, rule: FileRule) -> Iterator[SourceBatch]:
    for batch in read_columns(path, rule.encoding, batch_rows=50_000):
        yield SourceBatch(batch.row_no, batch.deleted, batch.text, _by_row(batch.undecodable), {})


def _delimited(path: Path, rule: FileRule) -> Iterator[SourceBatch]:
    for batch in read_delimited(path, rule.encoding, rule.delimiter, batch_rows=50_000):
        # The reader counts behind the heading; people count the heading as row 1.
        yield SourceBatch(
            batch.row_no + 1,
            np.zeros(len(batch), dtype=bool),
            batch.text,
            {row_no + 1: names for row_no, names in _by_row(batch.undecodable).items()},
            {ragged.row_no + 1: len(ragged.cells) for ragged in batch.ragged},
        )


def _by_row(cells: tuple) -> dict[int, list[str]]:
    by_row: dict[int, list[str]] = {}
    for cell in cells:
        by_row.setdefault(cell.row_no, []).append(cell.field)
    return by_row


def _layout_80020(path: Path) -> SourceBatch:
    faults: list[Layout80020Error] = []
    rows = [
        (
            day.inn, day.area_name, day.point_code, day.point_name, day.channel, f"{day.day:%Y%m%d}",
            " ".join(format(value, "f") for value in day.values), " ".join(map(str, day.status)),
            format(sum(day.values), "f"), "",
        )
        for day in read_80020(path, faults=faults)
    ]  # fmt: skip
    rows += [("",) * (len(LAYOUT_80020_COLUMNS) - 1) + (str(fault),) for fault in faults]
    columns = list(zip(*rows, strict=True)) or [()] * len(LAYOUT_80020_COLUMNS)
    return SourceBatch(
        np.arange(1, len(rows) + 1),
        np.zeros(len(rows), dtype=bool),
        {name: pa.array(cells, pa.string()) for name, cells in zip(LAYOUT_80020_COLUMNS, columns, strict=True)},
        {},
        {},
    )


def sum_of_column(cells: pa.Array, decimal: str) -> ColumnSum:
    """The sum that the file itself states, computed without the rules that later judge its rows.

    A cell with more than 18 digits behind the point does not occur in a meter or a bank, and counts as unreadable.
    """
    plain = pc.utf8_trim_whitespace(cells)
    if decimal != ".":
        plain = pc.replace_substring(plain, decimal, ".")
    filled = plain.filter(pc.not_equal(plain, ""))
    readable = pc.match_substring_regex(filled, r"^[-+]?[0-9]{1,16}(\.[0-9]{0,18})?$")
    if decimal != ".":
        has_point = pc.match_substring(cells, ".").filter(pc.not_equal(plain, ""))
        readable = pc.and_(readable, pc.invert(has_point))
    numbers = filled.filter(readable)
    unreadable = len(filled) - len(numbers)
    if not len(numbers):
        return ColumnSum(Decimal(0), unreadable)
    total = pc.sum(pc.cast(numbers, pa.decimal128(38, 18))).as_py()
    return ColumnSum(total, unreadable)
