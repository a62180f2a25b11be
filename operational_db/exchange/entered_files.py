"""Files that a clerk enters: the rows of a CSV, a workbook or a DBF as text under the names of its columns.

Belongs here: opening, cells as text, sentences about a file that is no table. Does not belong here: what the columns of
a subject mean (`metering/reading_files.py`, `payments/package_files.py`, `subsidies/subsidy_files.py`).
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import python_calamine

from operational_db.file_formats.dbf import DbfError, read_columns, read_header
from operational_db.file_formats.delimited import DelimitedError, read_delimited, read_heading
from operational_db.refusal import Refusal

ENCODING = "utf-8"
"""A mark at the beginning, by which spreadsheets know it, is written and passed over."""

DBF_ENCODING = "cp866"
"""A DBF is read so unless another encoding is named: nobody writes one in UTF-8."""

RequireColumns = Callable[[Path, Sequence[str]], None]
"""Refuses a heading that lacks a column."""


def entered_rows(
    path: Path, require_columns: RequireColumns, *, delimiter: str, encoding: str
) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row with its number, from 1 behind the heading; a workbook (its first sheet) and a DBF are known by their
    endings.

    Raises:
        Refusal: the file cannot be read, has a row with too many or too few cells, or lacks a column.
    """
    if path.suffix.lower() == ".xlsx":
        return _rows_of_workbook(path, require_columns)
    if path.suffix.lower() == ".dbf":
        return _rows_of_dbf(path, require_columns, DBF_ENCODING if encoding == ENCODING else encoding)
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


def _rows_of_dbf(path: Path, require_columns: RequireColumns, encoding: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Records that are marked as deleted are passed over; days become 2026-03-31."""
    try:
        header = read_header(path, encoding)
        days = {field.name for field in header.fields if field.type == "D"}
        require_columns(path, [field.name for field in header.fields])
        for batch in read_columns(path, encoding):
            if batch.undecodable:
                cell = batch.undecodable[0]
                raise Refusal(
                    f"{path}: record {cell.row_no}, column {cell.field} cannot be read as {encoding}; name the right "
                    "--encoding."
                )
            columns = {name: column.to_pylist() for name, column in batch.text.items()}
            for index, row_no in enumerate(batch.row_no):
                if not batch.deleted[index]:
                    yield (
                        int(row_no),
                        {
                            name: _iso_day(column[index] or "") if name in days else column[index] or ""
                            for name, column in columns.items()
                        },
                    )
    except DbfError as error:
        raise Refusal(str(error)) from error


def _iso_day(text: str) -> str:
    """20260331 as 2026-03-31; what is no day stays as it is, for a sentence to name it."""
    digits = text.strip()
    return f"{digits[:4]}-{digits[4:6]}-{digits[6:]}" if len(digits) == len("20260331") else digits
