"""Files that a clerk enters: the rows of a CSV or of a workbook as text under the names of the first row.

Belongs here: opening, cells as text, sentences about a file that is no table. Does not belong here: what the columns of
a subject mean (`metering/reading_files.py`, `payments/package_files.py`).
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import python_calamine

from operational_db.file_formats.delimited import DelimitedError, read_delimited, read_heading
from operational_db.refusal import Refusal

ENCODING = "utf-8"
"""A mark at the beginning, by which spreadsheets know it, is written and passed over."""

RequireColumns = Callable[[Path, Sequence[str]], None]
"""Refuses a heading that lacks a column."""


def entered_rows(
    path: Path, require_columns: RequireColumns, *, delimiter: str, encoding: str
) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row with its number, from 1 behind the heading; a workbook is known by its ending, its first sheet is read.

    Raises:
        Refusal: the file cannot be read, has a row with too many or too few cells, or lacks a column.
    """
    if path.suffix.lower() == ".xlsx":
        return _rows_of_workbook(path, require_columns)
    return _rows_of_text(path, require_columns, delimiter, encoding)


def refuse_missing_columns(path: Path, heading: Sequence[str], missing: Sequence[str]) -> None:
    """Refuses where columns are missing, and says what to do."""
    if not missing:
        return
    if len(heading) == 1 and ";" in heading[0]:
        raise Refusal(f"{path} separates its cells by semicolons; load it with --delimiter ';'.")
    raise Refusal(
        f"{path} lacks the column {', '.join(missing)}; the first row must name the columns (it names "
        f"{', '.join(heading) or 'none'})."
    )


def cell_text(value: object) -> str:
    """A value as a file holds it; a whole number that a workbook keeps as 1350.0 is 1350."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, float):
        # A workbook knows no other numbers; their shortest text is what was typed.
        return f"{Decimal(repr(value)).normalize():f}"
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return value.isoformat() if isinstance(value, date) else str(value)


def _rows_of_text(
    path: Path, require_columns: RequireColumns, delimiter: str, encoding: str
) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        require_columns(path, read_heading(path, encoding, delimiter))
        for batch in read_delimited(path, encoding, delimiter):
            if batch.ragged:
                ragged = batch.ragged[0]
                raise Refusal(
                    f"{path}: row {ragged.row_no} has {len(ragged.cells)} cells where the heading has "
                    f"{ragged.expected}; correct the row, or name the right --delimiter."
                )
            columns = {name: column.to_pylist() for name, column in batch.text.items()}
            for index, row_no in enumerate(batch.row_no):
                yield int(row_no), {name: column[index] or "" for name, column in columns.items()}
    except DelimitedError as error:
        raise Refusal(str(error)) from error


def _rows_of_workbook(path: Path, require_columns: RequireColumns) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        workbook = python_calamine.CalamineWorkbook.from_path(path)
        table = workbook.get_sheet_by_index(0).to_python()
    except (python_calamine.CalamineError, OSError) as error:
        raise Refusal(
            f"{path} cannot be read as a workbook ({error}); save it as XLSX or CSV and try again."
        ) from error
    heading = [str(cell).strip() for cell in table[0]] if table else []
    require_columns(path, heading)
    for row_no, row in enumerate(table[1:], start=1):
        cells = dict(zip(heading, (cell_text(cell) for cell in row), strict=False))
        if any(cells.values()):
            yield row_no, cells
