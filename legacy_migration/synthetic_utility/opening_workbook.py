"""How does a RES without its SALDO.DBF tell the debts? A workbook kept by hand, with a merged head and a total row.

Belongs here: the sheet, numbers typed as text, the row lost above the total. Does not belong here: who owes what
(`settlement`), the same rows as a table (`money_files`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import xlsxwriter

from . import layouts
from .text_files import soums

# Rows as the program shows them: a title, a blank row, a head of two rows.
FIRST_ROW: Final = 5
_TYPED_AS_TEXT_EVERY: Final = 7


@dataclass(frozen=True)
class Opening:
    """One account and year."""

    account: str
    year: int
    debit_minor: int
    credit_minor: int


def write_opening_workbook(path: Path, openings: Sequence[Opening], lost: int | None) -> int:
    """Write the sheet without the row `lost`, which its total still counts; returns the row of the total."""
    with xlsxwriter.Workbook(path, {"constant_memory": False}) as book:
        # Its own clock would make other bytes each time.
        book.set_properties({"created": datetime(2026, 1, 1)})  # noqa: DTZ001 - a workbook knows no zone
        sheet = book.add_worksheet(layouts.OPENING_SHEET)
        sheet.write(0, 0, "Сальдо потребителей на начало года")
        sheet.merge_range(2, 0, 3, 0, layouts.OPENING_ACCOUNT)
        sheet.merge_range(2, 1, 3, 1, layouts.OPENING_YEAR)
        sheet.merge_range(2, 2, 2, 3, layouts.OPENING_HEAD)
        sheet.write(3, 2, "Дебет")
        sheet.write(3, 3, "Кредит")
        row = FIRST_ROW - 1
        for index, opening in enumerate(openings):
            if index == lost:
                continue
            sheet.write_string(row, 0, opening.account)
            sheet.write_number(row, 1, opening.year)
            for column, minor in ((2, opening.debit_minor), (3, opening.credit_minor)):
                if row % _TYPED_AS_TEXT_EVERY:
                    sheet.write_number(row, column, minor / 100)
                else:
                    sheet.write_string(row, column, _typed(minor))
            row += 1
        sheet.write(row, 0, "Итого")
        sheet.write_number(row, 2, sum(opening.debit_minor for opening in openings) / 100)
        sheet.write_number(row, 3, sum(opening.credit_minor for opening in openings) / 100)
    return row + 1


def _typed(minor: int) -> str:
    """As a person types it: blanks between thousands."""
    return f"{minor // 100:,}".replace(",", " ") + soums(minor)[-3:]
