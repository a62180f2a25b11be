"""What a bill's workbook comes to when a spreadsheet program calculates it."""

import io
from pathlib import Path

import formulas
import openpyxl

from dashboards.bills.words import BillWords
from dashboards.bills.workbook import workbook_bytes
from operational_db.billing.explanation import BillExplanation


def recalculated(
    bill: BillExplanation, folder: Path, changed: dict[tuple[str, str], float] | None = None
) -> dict[str, float]:
    """Cells of the first sheet after a spreadsheet program has calculated the file, perhaps with changed cells."""
    file = folder / "bill.xlsx"
    file.write_bytes(workbook_bytes(bill, BillWords("en")))
    if changed:
        workbook = openpyxl.load_workbook(file)
        for (sheet, cell), value in changed.items():
            workbook[sheet][cell] = value
        workbook.save(file)
    model = formulas.ExcelModel().loads(str(file)).finish()
    solution = model.calculate()
    return {
        cell: float(solution[f"'[bill.xlsx]BILL'!{cell}"].value[0, 0])
        for cell in ("B9", "C9", "D9", "B10", "C10", "D10", "B11", "C11", "D11")
    }


def assert_adds_up(bill: BillExplanation, folder: Path, charge: str, vat: str) -> None:
    """Recalculated, as billed and as shown without recalculating: all three the same, to the coin."""
    cells = recalculated(bill, folder)
    assert (cells["B10"], cells["C10"], cells["D10"]) == (float(charge), float(charge), 0)
    assert (cells["B11"], cells["C11"], cells["D11"]) == (float(vat), float(vat), 0)
    assert cells["D9"] == 0
    shown = openpyxl.load_workbook(io.BytesIO(workbook_bytes(bill, BillWords("en"))), data_only=True)["bill"]
    assert (shown["B10"].value, shown["B11"].value) == (float(charge), float(vat))
