"""The protocol as a workbook: every row of every table, text never as a formula.

Belongs here: sheets and cells. Does not belong here: which figures (`figures`).
"""

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Final

import xlsxwriter

from legacy_migration.loads import Protocol
from legacy_migration.protocol_pages.figures import Figures
from legacy_migration.protocol_pages.page import message

SHEETS: Final = {
    "entities": "Rows", "checks": "Control sums", "reasons": "Reasons", "rejects": "Rejects",
    "differences": "Differences", "remarks": "Remarks", "duplicates": "May be "
        "one", "files": "Files", "events": "Events",
}  # fmt: skip
SHEET_ROWS_MAX: Final = 1_000_000
CREATED: Final = datetime(2000, 1, 1)  # noqa: DTZ001 - the same figures give the same bytes


def write_workbook(path: Path, protocol: Protocol, figures: dict[str, Figures]) -> None:
    """Write the workbook; a list longer than a sheet goes on in the next."""
    with xlsxwriter.Workbook(str(path), {"constant_memory": True, "strings_to_formulas": False}) as book:
        book.set_properties({"title": f"Protocol {protocol.protocol_id}", "created": CREATED})
        bold, number = book.add_format({"bold": True, "bottom": 1}), book.add_format({"num_format": "#,##0.######"})
        cover = book.add_worksheet("Protocol")
        cover.set_column(0, 0, 22)
        for row, (label, text) in enumerate(
            (
                ("Protocol", str(protocol.protocol_id)),
                ("Profile", protocol.profile),
                ("Directory", protocol.directory),
                ("State", protocol.state),
                ("Content hash (SHA-256)", protocol.content_sha256),
                ("Result", message(protocol)),
            )
        ):
            cover.write_string(row, 0, label, bold)
            cover.write_string(row, 1, text)
        for name, title in SHEETS.items():
            _write_sheets(book, title, figures[name], bold, number)


def _write_sheets(
    book: xlsxwriter.Workbook,
    title: str,
    table: Figures,
    bold: xlsxwriter.format.Format,
    number: xlsxwriter.format.Format,
) -> None:
    for start in range(0, max(len(table.rows), 1), SHEET_ROWS_MAX):
        sheet = book.add_worksheet(title if not start else f"{title} {start // SHEET_ROWS_MAX + 1}")
        sheet.freeze_panes(1, 0)
        for column, heading in enumerate(table.headings):
            sheet.set_column(column, column, max(12, len(heading) + 2))
            sheet.write_string(0, column, heading, bold)
        for row, cells in enumerate(table.rows[start : start + SHEET_ROWS_MAX], start=1):
            for column, value in enumerate(cells):
                if isinstance(value, int | Decimal):
                    sheet.write_number(row, column, value, number)
                elif value is not None:
                    sheet.write_string(row, column, str(value))
