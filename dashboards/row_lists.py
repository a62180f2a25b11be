"""A list of legacy rows as a workbook: all pages of what the screen shows, with what it is and who asked in the head.

A list longer than a workbook is good for is cut behind the rows that are worth most, and its head says so.

The functions of the database ask for the right to read rows of loads before they answer.
"""

import io
from datetime import datetime
from zoneinfo import ZoneInfo

import xlsxwriter

from dashboards.pages.migration_rows import list_columns, list_name
from dashboards.queries.currency import currency
from dashboards.queries.migration import may_read_protocols
from dashboards.queries.migration_rows import row_list
from dashboards.reading import Reader
from dashboards.words.amounts import number
from dashboards.words.catalogue import Words
from dashboards.words.refusals import RefusedInWords

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_MOST_ROWS = 100_000
_TEXT_STAYS_TEXT = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


def rows_workbook(reader: Reader, words: Words, load_id: int, steps: tuple[str, ...]) -> tuple[str, io.BytesIO]:
    """The name of the file and its bytes; refused without the right, or where there is no such list."""
    if not may_read_protocols(reader):
        raise RefusedInWords(
            "Rows of old programs show names and debts, and you hold neither the right to migrate nor the right to "
            "accept loads; ask an administrator."
        )
    chosen = row_list(load_id, steps)
    whole = chosen[0].whole(reader) if chosen else None
    if chosen is None or whole is None:
        raise RefusedInWords("This load has no such rows; choose a reason on its page.")
    rows = chosen[0].rows(reader, limit=_MOST_ROWS)
    columns = list_columns(words, chosen[0], rows, currency(reader))
    asked_at = datetime.now(ZoneInfo(reader.settings.time_zone))
    heads = (
        list_name(words, chosen[0], whole),
        " / ".join((words.text("Load {load}", load=load_id), *chosen[0].names)),
        f"{words.text('User')}: {reader.login}, {asked_at:%d.%m.%Y %H:%M}",
        words.text(
            "{shown} of {count} rows, those worth most first",
            shown=number(words, len(rows)),
            count=number(words, whole["row_count"]),
        ),
    )
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, _TEXT_STAYS_TEXT) as book:
        sheet, bold = book.add_worksheet(), book.add_format({"bold": True, "bottom": 1, "text_wrap": True})
        for place, column in enumerate(columns):
            sheet.set_column(place, place, column.width / 7)
        for line, head in enumerate(heads):
            sheet.write_string(line, 0, head)
        for place, column in enumerate(columns):
            unit = f", {column.scale.unit}" if column.scale and column.scale.unit else ""
            sheet.write_string(len(heads) + 1, place, column.head + unit, bold)
        for line, row in enumerate(rows, start=len(heads) + 2):
            for place, column in enumerate(columns):
                value = row.get(column.field)
                if value is not None and column.scale is None:
                    sheet.write_string(line, place, str(value))
                elif value is not None:
                    sheet.write_number(line, place, value / column.scale.divisor)
    content.seek(0)
    return f"load_{load_id}_{'_'.join(chosen[0].names)}.xlsx", content
