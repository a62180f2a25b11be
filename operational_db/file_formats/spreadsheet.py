"""Spreadsheets: rows of XLS and XLSX sheets as columns of raw text.

Belongs here: choosing sheets, heads of several merged rows, how a number or a day of a cell is written as text.
Does not belong here: which rows are totals, what a column means.

A workbook is held in memory while it is read (its format allows no more than 1,048,576 rows a sheet); text is made
in batches. A cell with an error (#N/A) or a formula whose result was never stored is blank: the reader below us
does not tell them apart.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fnmatch import fnmatchcase
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa
import python_calamine

from operational_db.file_formats.column_names import unique_names
from operational_db.file_formats.opening import FileFormatError

# Row 7 of the second sheet is row 10,000,007: no sheet has so many, and a person still reads it.
ROWS_PER_SHEET = 10_000_000
SHEETS_MAX = 200
SHEET = "SHEET"
"""A column behind those of the sheet: its name."""

EPOCH_1900 = date(1899, 12, 30)
SERIAL_MIN, SERIAL_MAX = 61, 80_000  # 1900-03-01, before which the program counts a day that never was; 2119
GROUP_BLANKS = str.maketrans(dict.fromkeys(" \u00a0\u202f\u2009", ""))
SIGNIFICANT_DIGITS = 15


class SpreadsheetError(FileFormatError):
    """A workbook that cannot be read; the message is one sentence for the user."""


@dataclass(frozen=True)
class SheetLayout:
    """Where the rows stand: sheets by name or pattern (the first where none is named), the rows of the head, the
    first row behind it. Without a head (`head_rows` None) the columns are given."""

    sheet: str | None = None
    head_rows: tuple[int, int] | None = (1, 1)
    first_row: int | None = None
    columns: tuple[str, ...] | None = None

    @property
    def begins_at(self) -> int:
        """The first row of data."""
        return self.first_row or (self.head_rows[1] + 1 if self.head_rows else 1)


@dataclass(frozen=True)
class CellKinds:
    """Which columns hold numbers, and which days in which spelling: a number stored as text and a day stored as a
    number are then written as the others of their column are."""

    numbers: frozenset[str] = frozenset()
    days: Mapping[str, str] = field(default_factory=dict)  # column to a pattern of strftime
    decimal: str = "."


@dataclass(frozen=True)
class SheetBatch:
    """Rows as columns; `row_no` is what the program shows, and 10,000,000 more for each sheet before."""

    row_no: np.ndarray
    text: dict[str, pa.Array]
    ragged: Mapping[int, int]  # row to how many cells it has, where that is more than the head has

    def __len__(self) -> int:
        return len(self.row_no)


def read_sheet_head(path: Path | str, layout: SheetLayout) -> tuple[str, ...]:
    """The column names, each as `A / B` where the head has several rows, and SHEET behind them."""
    path = Path(path)
    workbook = _open(path)
    head = _head(path, _sheets(path, workbook, layout)[0], layout)
    return head if SHEET in head else (*head, SHEET)


def read_sheets(
    path: Path | str, layout: SheetLayout, kinds: CellKinds | None = None, *, batch_rows: int = 50_000
) -> Iterator[SheetBatch]:
    """Read the rows of the sheets in batches; blank rows are left out and counted."""
    path = Path(path)
    kinds = kinds or CellKinds()
    names: tuple[str, ...] | None = None
    for number, sheet in enumerate(_sheets(path, _open(path), layout)):
        head = _head(path, sheet, layout)
        if names is not None and head != names:
            raise SpreadsheetError(
                f"{path}: the sheet {sheet.name} has the columns {', '.join(head)}, the sheets before it"
                f" {', '.join(names)}; describe them as two files or name one sheet."
            )
        names = head
        rows = _filled_rows(sheet, layout.begins_at)
        while numbered := list(islice(rows, batch_rows)):
            yield _batch(sheet.name, names, numbered, number * ROWS_PER_SHEET, kinds)


def sheet_names(path: Path | str) -> list[str]:
    """All sheets of the workbook."""
    return _open(Path(path)).sheet_names


def _open(path: Path) -> python_calamine.CalamineWorkbook:
    try:
        return python_calamine.CalamineWorkbook.from_path(path)
    except python_calamine.PasswordError as error:
        raise SpreadsheetError(f"{path} is locked by a password; ask for it without one.") from error
    except (python_calamine.CalamineError, OSError) as error:
        raise SpreadsheetError(f"{path} cannot be read as a workbook ({error}); ask for the file again.") from error


def _sheets(
    path: Path, workbook: python_calamine.CalamineWorkbook, layout: SheetLayout
) -> list[python_calamine.CalamineSheet]:
    names = workbook.sheet_names
    wanted = names[:1] if layout.sheet is None else [name for name in names if fnmatchcase(name, layout.sheet)]
    if layout.sheet in names:
        wanted = [layout.sheet]  # a name may hold the brackets of a pattern
    if not wanted:
        raise SpreadsheetError(
            f"{path} has no sheet {layout.sheet!r}; it has {', '.join(names) or 'none'}. Correct the name."
        )
    if len(wanted) > SHEETS_MAX:
        raise SpreadsheetError(
            f"{path}: {len(wanted)} sheets are called like {layout.sheet!r}, at most {SHEETS_MAX} can."
        )
    try:
        return [workbook.get_sheet_by_name(name) for name in wanted]
    except python_calamine.CalamineError as error:
        raise SpreadsheetError(f"{path} cannot be read as a workbook ({error}); ask for the file again.") from error


def _filled_rows(sheet: python_calamine.CalamineSheet, first_row: int) -> Iterator[tuple[int, list[object]]]:
    """Rows that are not blank, each from the first column of the sheet, with the number that the program shows."""
    if sheet.start is None:  # an empty sheet
        return
    indent = [""] * sheet.start[1]
    for row_no, row in enumerate(sheet.iter_rows(), start=1):
        if row_no >= first_row and any(cell != "" for cell in row):
            yield row_no, indent + row


def _head(path: Path, sheet: python_calamine.CalamineSheet, layout: SheetLayout) -> tuple[str, ...]:
    if layout.columns:
        return layout.columns
    if layout.head_rows is None:
        raise SpreadsheetError(f"{path}: neither rows of the head nor columns are described; describe one of them.")
    first, last = layout.head_rows
    rows = {row_no: row for row_no, row in islice(_filled_rows(sheet, first), last - first + 1) if row_no <= last}
    width = max((len(row) for row in rows.values()), default=0)
    grid = [[_plain(cell) for cell in rows.get(row_no, [""] * width)] for row_no in range(first, last + 1)]
    if not any(any(row) for row in grid):
        raise SpreadsheetError(
            f"{path}: row {first} of the sheet {sheet.name} names no columns; correct the rows of the head."
        )
    _fill_merged(grid, sheet.merged_cell_ranges or [], first)
    names = []
    for column in zip(*grid, strict=True):
        parts = [part for index, part in enumerate(column) if part and part not in column[:index]]
        names.append(" / ".join(parts))
    while names and not names[-1]:
        names.pop()
    return unique_names(names)


def _fill_merged(grid: list[list[str]], merged: Sequence[tuple[tuple[int, int], tuple[int, int]]], first: int) -> None:
    """A merged cell keeps its text in its corner; it is meant for all of it."""
    for (top, left), (bottom, right) in merged:
        corner = top - (first - 1)
        if not 0 <= corner < len(grid) or left >= len(grid[0]):
            continue
        for row in grid[corner : bottom - (first - 1) + 1]:
            for column in range(left, min(right + 1, len(row))):
                row[column] = grid[corner][left]


def _plain(cell: object) -> str:
    return " ".join(_as_text(cell, ".").split())


def _batch(
    sheet: str, names: tuple[str, ...], numbered: list[tuple[int, list[object]]], rows_before: int, kinds: CellKinds
) -> SheetBatch:
    numbers = [rows_before + row_no for row_no, _ in numbered]
    ragged: dict[int, int] = {}
    width = len(names)
    for number, (_, row) in zip(numbers, numbered, strict=True):
        used = max(index for index, cell in enumerate(row, start=1) if cell != "")
        if used > width:
            ragged[number] = used
    text: dict[str, pa.Array] = {}
    for index, name in enumerate(names):
        cells = [row[index] if index < len(row) else "" for _, row in numbered]
        text[name] = pa.array([_cell(cell, name, kinds) for cell in cells], pa.string())
    if SHEET not in text:
        text[SHEET] = pa.array([sheet] * len(numbers), pa.string())
    return SheetBatch(np.array(numbers, np.int64), text, ragged)


def _cell(cell: object, column: str, kinds: CellKinds) -> str:
    if column in kinds.days:
        day = _day(cell)
        if day is not None:
            return day.strftime(kinds.days[column])
    if column in kinds.numbers and isinstance(cell, str):
        return _ungrouped(cell)
    return _as_text(cell, kinds.decimal if column in kinds.numbers else ".")


def _day(cell: object) -> date | None:
    """A day, and a number that stands for one because the cell lost its format."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    if isinstance(cell, int | float) and not isinstance(cell, bool) and SERIAL_MIN <= cell <= SERIAL_MAX:
        return EPOCH_1900 + timedelta(days=int(cell)) if cell == int(cell) else None
    return None


def _ungrouped(text: str) -> str:
    """1 234,50 as 1234,50: blanks between digits group thousands, an apostrophe in front marks text."""
    plain = text.strip().removeprefix("'").translate(GROUP_BLANKS)
    return plain if plain[:1].isdigit() or plain[:1] in "+-" else text.strip()


def _as_text(cell: object, decimal: str) -> str:
    """A number in full, to the 15 digits that the program itself keeps; days and times in ISO."""
    if isinstance(cell, str):
        # A zero byte cannot be kept by PostgreSQL.
        return cell.strip().replace("\0", r"\x00")
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, int | float):
        number = Decimal(f"{cell:.{SIGNIFICANT_DIGITS}g}")
        whole = number.to_integral_value()
        return f"{whole if number == whole else number:f}".replace(".", decimal)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    return str(cell)
