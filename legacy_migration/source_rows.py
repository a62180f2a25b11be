"""Which rows does a legacy file have? Every format as the same batches of raw text.

Belongs here: choosing the reader by the profile, columns that must be there, sums of a column's own text.
Does not belong here: bytes of a format (`operational_db.file_formats`), which encoding a file is in (`encodings`), rows
that are totals (`total_rows`), the database (`landing`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from legacy_migration.encodings import encoding_of
from legacy_migration.format_layouts import fixed_layout, quote_of, sheet_layout
from legacy_migration.profile import FileRule
from legacy_migration.total_rows import TotalRow, without_totals
from operational_db.file_formats.dbf import read_columns, read_header
from operational_db.file_formats.delimited import read_delimited, read_heading
from operational_db.file_formats.fixed_width import read_fixed_width
from operational_db.file_formats.layout_80020 import Layout80020Error, read_80020
from operational_db.file_formats.opening import FileFormatError
from operational_db.file_formats.spreadsheet import CellKinds, read_sheet_head, read_sheets
from operational_db.refusal import Refusal

FAULT = "FAULT"
LAYOUT_80020_COLUMNS = (
    "INN", "AREA", "POINT", "POINT_NAME", "CHANNEL", "DAY", "VALUES", "STATUS", "TOTAL", FAULT,
)  # fmt: skip
BATCH_ROWS: Final = 50_000


@dataclass(frozen=True)
class SourceBatch:
    """Consecutive rows of one file as columns of raw text; `totals` are rows that only sum others, taken out of it."""

    row_no: np.ndarray
    deleted: np.ndarray
    text: dict[str, pa.Array]
    undecodable: dict[int, list[str]]  # row number to columns
    ragged: dict[int, int]  # row number to how many cells it has
    totals: tuple[TotalRow, ...] = ()


@dataclass(frozen=True)
class ColumnSum:
    """Sum of the readable cells of a column and how many are not."""

    total: Decimal
    unreadable_count: int


def columns_of(path: Path, rule: FileRule) -> tuple[str, ...]:
    """The columns that the file really has."""
    try:
        if rule.format == "dbf":
            return tuple(field.name for field in read_header(path, encoding_of(path, rule).encoding).fields)
        if rule.format == "delimited":
            given = rule.reading.get("columns")
            encoding = encoding_of(path, rule).encoding
            return tuple(given) if given else read_heading(path, encoding, rule.delimiter, quote=quote_of(rule))
        if rule.format == "fixed_width":
            return tuple(rule.reading["places"])
        if rule.format == "spreadsheet":
            return read_sheet_head(path, sheet_layout(rule))
    except FileFormatError as error:
        raise Refusal(str(error)) from error
    return LAYOUT_80020_COLUMNS if rule.format == "layout_80020" else ()


def read_rows(path: Path, rule: FileRule) -> Iterator[SourceBatch]:
    """The rows of the file in batches of bounded memory; a broken file is refused in one sentence."""
    try:
        if rule.totals is None:
            yield from _read(path, rule)
        else:
            yield from without_totals(path, rule.totals, rule.decimal, _read(path, rule))
    except FileFormatError as error:
        raise Refusal(str(error)) from error


def _read(path: Path, rule: FileRule) -> Iterator[SourceBatch]:
    if rule.format == "dbf":
        yield from _dbf(path, rule)
    elif rule.format == "delimited":
        yield from _delimited(path, rule)
    elif rule.format == "fixed_width":
        yield from _fixed_width(path, rule)
    elif rule.format == "spreadsheet":
        yield from _spreadsheet(path, rule)
    elif rule.format == "layout_80020":
        yield _layout_80020(path)


def _dbf(path: Path, rule: FileRule) -> Iterator[SourceBatch]:
    """A record that the file ends in is a row with too few cells; without its memo file a table is refused unless
    the profile says otherwise: the file is to be had, and a memo that is not there cannot be proved."""
    found = encoding_of(path, rule)
    for batch in read_columns(
        path,
        found.encoding,
        batch_rows=BATCH_ROWS,
        allow_missing_memo="missing_memo" in rule.reading,
        keep_cut_record=True,
        encodings=found.columns,
    ):
        cut = {batch.cut_row.row_no: batch.cut_row.whole_cells} if batch.cut_row else {}
        yield SourceBatch(batch.row_no, batch.deleted, batch.text, _by_row(batch.undecodable), cut)


def _delimited(path: Path, rule: FileRule) -> Iterator[SourceBatch]:
    found = encoding_of(path, rule)
    columns = rule.reading.get("columns")
    # The reader counts behind the heading; people count the heading as row 1.
    before = 0 if columns else 1
    for batch in read_delimited(
        path,
        found.encoding,
        rule.delimiter,
        batch_rows=BATCH_ROWS,
        columns=columns,
        quote=quote_of(rule),
        encodings=found.columns,
    ):
        yield SourceBatch(
            batch.row_no + before,
            np.zeros(len(batch), dtype=bool),
            batch.text,
            {row_no + before: names for row_no, names in _by_row(batch.undecodable).items()},
            {ragged.row_no + before: len(ragged.cells) for ragged in batch.ragged},
        )


def _fixed_width(path: Path, rule: FileRule) -> Iterator[SourceBatch]:
    found = encoding_of(path, rule)
    for batch in read_fixed_width(
        path, found.encoding, fixed_layout(rule), encodings=found.columns, batch_rows=BATCH_ROWS
    ):
        deleted = np.zeros(len(batch), dtype=bool)
        yield SourceBatch(batch.row_no, deleted, batch.text, _by_row(batch.undecodable), dict(batch.ragged))


def _spreadsheet(path: Path, rule: FileRule) -> Iterator[SourceBatch]:
    for batch in read_sheets(path, sheet_layout(rule), cell_kinds(rule), batch_rows=BATCH_ROWS):
        yield SourceBatch(batch.row_no, np.zeros(len(batch), dtype=bool), batch.text, {}, dict(batch.ragged))


SPELLING_OF_DAYS: Final[Mapping[str, str]] = {
    "yyyymmdd": "%Y%m%d",
    "ddmmyyyy": "%d%m%Y",
    "dd.mm.yyyy": "%d.%m.%Y",
    "dd/mm/yyyy": "%d/%m/%Y",
    "yyyy-mm-dd": "%Y-%m-%d",
    "yyyymm": "%Y%m",
    "mm.yyyy": "%m.%Y",
}


def cell_kinds(rule: FileRule) -> CellKinds:
    """Which columns of a spreadsheet the profile takes for numbers and days, so that each is written in one way."""
    numbers = set(rule.sums)
    days: dict[str, str] = {}
    for row_rule in rule.rows:
        for body in (body for field in row_rule.fields for body in field.alternatives):
            for name in ("number", "money", "difference"):
                columns = body.get(name, ())
                numbers.update([columns] if isinstance(columns, str) else columns)
            for name in ("date", "month"):
                if name in body:
                    days[body[name]] = SPELLING_OF_DAYS[body["format"]]
        for column in [column for column in numbers if "{mm}" in column]:
            numbers.update(column.replace("{mm}", f"{month:02d}") for month in range(1, row_rule.months + 1))
    return CellKinds(frozenset(numbers), days, rule.decimal)


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
