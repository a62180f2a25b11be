"""Which part of a sheet is a table? Title rows, heads of several merged rows, the first row of data.

Belongs here: the light look at a workbook that a description needs. Does not belong here: reading it for a load.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Final

import python_calamine

from operational_db.file_formats.column_names import unique_names

HEAD_ROWS_MAX: Final = 30


@dataclass(frozen=True)
class SheetTable:
    """A table in a sheet: rows of its head from 1, first row of data, names of columns, cells as text."""

    sheet: str
    head_rows: tuple[int, int]
    first_row: int
    columns: tuple[str, ...]
    rows: list[tuple[int, list[str]]]
    has_merged_head: bool


def sheet_names(path: Path) -> list[str]:
    return python_calamine.CalamineWorkbook.from_path(path).sheet_names


def read_sheet(path: Path, name: str) -> SheetTable | None:
    """The table of the sheet, None when it holds none."""
    sheet = python_calamine.CalamineWorkbook.from_path(path).get_sheet_by_name(name)
    if sheet.start is None:
        return None
    indent = [""] * sheet.start[1]
    grid = [[*indent, *row] for row in sheet.iter_rows()]
    width = max((len(row) for row in grid), default=0)
    if width < 2:
        return None
    first, last = _head(grid, width)
    if last < 0:
        return None
    head = [[_text(cell) for cell in row] + [""] * (width - len(row)) for row in grid[first : last + 1]]
    merged = [area for area in sheet.merged_cell_ranges or [] if first <= area[0][0] <= last]
    for (top, left), (bottom, right) in merged:
        for row in head[top - first : bottom - first + 1]:
            for column in range(left, min(right + 1, width)):
                row[column] = head[top - first][left]
    names = [" / ".join(dict.fromkeys(part for part in column if part)) for column in zip(*head, strict=True)]
    while names and not names[-1]:
        names.pop()
    rows = [
        (number, ([_text(cell) for cell in row] + [""] * len(names))[: len(names)])
        for number, row in enumerate(grid[last + 1 :], start=last + 2)
        if any(cell != "" for cell in row)
    ]
    return SheetTable(name, (first + 1, last + 1), last + 2, unique_names(names), rows, bool(merged))


def _head(grid: list[list[object]], width: int) -> tuple[int, int]:
    """First and last row of the head, from 0: the rows of words right above the first row that holds a number."""
    data = next(
        (
            number
            for number, row in enumerate(grid[:HEAD_ROWS_MAX])
            if _filled(row) >= max(2, width // 2)
            and any(_is_value(cell) for cell in row)
            # A row of column numbers 1, 2, 3 under the head is no data.
            and [cell for cell in row if cell != ""] != list(range(1, _filled(row) + 1))
        ),
        None,
    )
    if data is None:
        data = next((number + 1 for number, row in enumerate(grid) if _filled(row) >= 2), 0)
    last = data - 1
    first = last
    while first > 0 and _filled(grid[first]) < width and _filled(grid[first - 1]) >= 2:
        first -= 1
    return first, last


def _filled(row: list[object]) -> int:
    return sum(cell != "" for cell in row)


def _is_value(cell: object) -> bool:
    if isinstance(cell, str):
        return bool(cell) and cell.replace(",", "").replace(".", "").replace(" ", "").isdigit()
    return isinstance(cell, int | float | date | datetime)


def _text(cell: object) -> str:
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, int | float):
        number = Decimal(f"{cell:.15g}")
        whole = number.to_integral_value()
        return f"{whole if number == whole else number:f}"
    if isinstance(cell, datetime):
        return cell.date().isoformat() if not (cell.hour or cell.minute) else cell.isoformat(" ")
    return cell.isoformat() if isinstance(cell, date) else " ".join(str(cell).split())
