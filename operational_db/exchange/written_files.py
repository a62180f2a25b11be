"""Lists that a clerk takes away as a file: a table as CSV, or as a workbook by the file's ending.

Belongs here: cells as text, the look of the sheet. Does not belong here: what stands in a list.
"""

from collections.abc import Collection, Sequence
from pathlib import Path

import xlsxwriter

from operational_db.exchange.entered_files import ENCODING
from operational_db.file_formats.delimited import DelimitedError, write_delimited
from operational_db.refusal import Refusal


def write_table(
    path: Path,
    columns: Sequence[str],
    table: Sequence[Sequence[str]],
    *,
    sheet: str,
    to_fill: Collection[str] = (),
) -> None:
    """Write rows of text under the names of columns: XLSX by its ending, else CSV.

    Args:
        sheet: the name of the sheet of a workbook.
        to_fill: columns whose empty cells are marked there, for a person to fill in.

    Raises:
        Refusal: the file cannot be written.
    """
    if path.suffix.lower() == ".xlsx":
        try:
            _write_workbook(path, columns, table, sheet, to_fill)
        except OSError as error:
            reason = error.strerror or error
            raise Refusal(f"{path} cannot be written: {reason}; check the folder and the free space.") from error
        return
    batch = {name: [row[index] for row in table] for index, name in enumerate(columns)}
    try:
        write_delimited(path, columns, [batch], encoding=f"{ENCODING}-sig", delimiter=",")
    except DelimitedError as error:
        raise Refusal(str(error)) from error


def _write_workbook(
    path: Path, columns: Sequence[str], table: Sequence[Sequence[str]], sheet_name: str, to_fill: Collection[str]
) -> None:
    path.parent.stat()
    with xlsxwriter.Workbook(path) as workbook:
        sheet = workbook.add_worksheet(sheet_name)
        head = workbook.add_format({"bold": True, "bottom": 1})
        empty = workbook.add_format({"bg_color": "#FFF7D6", "border": 1, "border_color": "#C9B458"})
        sheet.write_row(0, 0, columns, head)
        for row_no, row in enumerate(table, start=1):
            for column, cell in enumerate(row):
                sheet.write_string(row_no, column, cell, empty if not cell and columns[column] in to_fill else None)
        for column, name in enumerate(columns):
            longest = max([len(name), *(len(row[column]) for row in table)])
            sheet.set_column(column, column, min(longest + 2, 40))
        sheet.freeze_panes(1, 0)
        sheet.repeat_rows(0)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
