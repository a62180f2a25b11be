"""How does a profile say where cells stand? Its words as the layouts that readers of single formats want.

Belongs here: fixed widths, sheets, marks of quotation. Does not belong here: which keys there are
(`profile_language.keys`), reading (`source_rows`).
"""

from legacy_migration.profile import FileRule
from operational_db.file_formats.fixed_width import FixedColumn, FixedLayout
from operational_db.file_formats.spreadsheet import SheetLayout

QUOTE = '"'


def fixed_layout(rule: FileRule) -> FixedLayout:
    """The places of a file of fixed widths."""
    words = rule.reading
    return FixedLayout(
        columns=tuple(FixedColumn(name, int(start), int(width)) for name, (start, width) in words["places"].items()),
        in_bytes=words.get("measured_in") == "bytes",
        first_line=int(words.get("first_row", 1)),
        length=int(words["line_length"]) if "line_length" in words else None,
        is_trimmed=bool(words.get("trimmed", False)),
    )


def sheet_layout(rule: FileRule) -> SheetLayout:
    """The sheets and rows of a workbook."""
    words = rule.reading
    columns = words.get("columns")
    head = [int(row) for row in words.get("head_rows", () if columns else ("1",))]
    return SheetLayout(
        sheet=words.get("sheet"),
        head_rows=(head[0], head[-1]) if head else None,
        first_row=int(words["first_row"]) if "first_row" in words else None,
        columns=tuple(columns) if columns else None,
    )


def quote_of(rule: FileRule) -> str | None:
    """What stands around a cell of delimited text, None where nothing does."""
    quote = rule.reading.get("quote", QUOTE)
    return None if quote == "none" else quote
