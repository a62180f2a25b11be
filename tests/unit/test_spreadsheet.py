"""Spreadsheets: merged heads, numbers kept as text and days kept as numbers, in XLS and XLSX alike."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
import xlwt

from operational_db.file_formats.spreadsheet import (
    SHEET,
    CellKinds,
    SheetBatch,
    SheetLayout,
    SpreadsheetError,
    read_sheet_head,
    read_sheets,
    sheet_names,
)

# Rows 4 and 5 are the head, columns B to F: an account over both rows, "Сальдо" over debit and credit.
HEAD = {(4, 2): "Лицевой\nсчет", (4, 3): "Сальдо", (5, 3): "Дебет", (5, 4): "Кредит", (4, 5): "Дата", (4, 6): "Сумма"}
MERGED = [(4, 2, 5, 2), (4, 3, 4, 4), (4, 5, 5, 5), (4, 6, 5, 6)]
# 46023 is 2026-01-01: 2026-01-01 is day 20,454 since 1970, and 1970-01-01 is number 25,569 of the sheet.
ROWS = {
    6: ["0012/1", 0.1 + 0.2, "1 234,50", dt.date(2026, 1, 1), 100.0],
    7: ["12/2", 1_000_000, "0", 46_023, "\u00a05\u00a0000"],
    9: ["12/3", -5, "", "01.01.2026", 1.5],
    10: ["Итого", 999_995.3, 1234.5, "", 5101.5],
}
LAYOUT = SheetLayout(sheet="Сальдо", head_rows=(4, 5))
KINDS = CellKinds(
    numbers=frozenset({"Сальдо / Дебет", "Сальдо / Кредит", "Сумма"}), days={"Дата": "%d.%m.%Y"}, decimal=","
)


def cells() -> dict[tuple[int, int], object]:
    filled: dict[tuple[int, int], object] = {(1, 1): "Сальдо на 01.01.2026"} | HEAD
    for row, values in ROWS.items():
        filled |= {(row, column): value for column, value in enumerate(values, start=2) if value != ""}
    return filled


def write_xlsx(path: Path) -> None:
    workbook = openpyxl.Workbook()
    workbook.active.title = "Обложка"
    sheet = workbook.create_sheet("Сальдо")
    for (row, column), value in cells().items():
        sheet.cell(row, column, value)
    for top, left, bottom, right in MERGED:
        sheet.merge_cells(start_row=top, start_column=left, end_row=bottom, end_column=right)
    workbook.save(path)


def write_xls(path: Path) -> None:
    workbook = xlwt.Workbook()
    workbook.add_sheet("Обложка")
    sheet = workbook.add_sheet("Сальдо")
    merged = {(top, left): (bottom, right) for top, left, bottom, right in MERGED}
    for (row, column), value in cells().items():
        style = xlwt.easyxf(num_format_str="DD.MM.YYYY") if isinstance(value, dt.date) else xlwt.XFStyle()
        if (row, column) in merged:
            bottom, right = merged[row, column]
            sheet.write_merge(row - 1, bottom - 1, column - 1, right - 1, value)
        else:
            sheet.write(row - 1, column - 1, value, style)
    workbook.save(path)


@pytest.fixture(params=[("saldo.xlsx", write_xlsx), ("saldo.xls", write_xls)], ids=["xlsx", "xls"])
def workbook(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    name, write = request.param
    path = tmp_path / name
    write(path)
    return path


def one(path: Path, layout: SheetLayout = LAYOUT, kinds: CellKinds = KINDS) -> SheetBatch:
    (batch,) = read_sheets(path, layout, kinds)
    return batch


def test_a_head_of_two_rows_gives_each_column_one_name(workbook: Path) -> None:
    # The sheet begins in column B; column A is blank and gets its number for a name.
    assert read_sheet_head(workbook, LAYOUT) == (
        "column_1", "Лицевой счет", "Сальдо / Дебет", "Сальдо / Кредит", "Дата", "Сумма", SHEET,
    )  # fmt: skip


def test_rows_have_the_numbers_that_the_program_shows_and_blank_ones_are_left_out(workbook: Path) -> None:
    batch = one(workbook)
    assert batch.row_no.tolist() == [6, 7, 9, 10]
    assert batch.text["Лицевой счет"].to_pylist() == ["0012/1", "12/2", "12/3", "Итого"]
    assert batch.text[SHEET].to_pylist() == ["Сальдо"] * 4
    assert batch.ragged == {}


def test_numbers_are_written_alike_whether_stored_as_numbers_or_as_text(workbook: Path) -> None:
    batch = one(workbook)
    # 0.1 + 0.2 is 0.30000000000000004 in binary; the program itself keeps and shows fifteen digits.
    assert batch.text["Сальдо / Дебет"].to_pylist() == ["0,3", "1000000", "-5", "999995,3"]
    assert batch.text["Сальдо / Кредит"].to_pylist() == ["1234,50", "0", "", "1234,5"]
    assert batch.text["Сумма"].to_pylist() == ["100", "5000", "1,5", "5101,5"]


def test_days_are_written_alike_whether_stored_as_days_numbers_or_text(workbook: Path) -> None:
    assert one(workbook).text["Дата"].to_pylist() == ["01.01.2026", "01.01.2026", "01.01.2026", ""]
    # In a column that holds no days a day is written as ISO, and a number stays one.
    assert one(workbook, kinds=CellKinds()).text["Дата"].to_pylist() == ["2026-01-01", "46023", "01.01.2026", ""]


def test_an_account_number_kept_as_text_keeps_its_zeros(workbook: Path) -> None:
    assert one(workbook).text["Лицевой счет"][0].as_py() == "0012/1"


def test_columns_can_be_given_where_there_is_no_head(workbook: Path) -> None:
    layout = SheetLayout(sheet="Сальдо", head_rows=None, first_row=6, columns=("-", "RAH", "DEB", "KRD", "D", "S"))
    assert one(workbook, layout).text["RAH"].to_pylist() == ["0012/1", "12/2", "12/3", "Итого"]
    # A row with more cells than columns is named.
    layout = SheetLayout(sheet="Сальдо", head_rows=None, first_row=6, columns=("-", "RAH", "DEB"))
    assert one(workbook, layout).ragged == {6: 6, 7: 6, 9: 6, 10: 6}


def two_sheets(path: Path, second_head: str) -> None:
    book = openpyxl.Workbook()
    first = book.active
    first.title = "РЭС Чиланзар"
    second = book.create_sheet("РЭС Бектемир")
    for sheet, head, value in ((first, "RAH", "1/1"), (second, second_head, "2/1")):
        sheet.append([head])
        sheet.append([value])
    book.save(path)


def test_sheets_of_a_pattern_are_read_one_behind_the_other(tmp_path: Path) -> None:
    path = tmp_path / "res.xlsx"
    two_sheets(path, "RAH")
    assert sheet_names(path) == ["РЭС Чиланзар", "РЭС Бектемир"]
    batches = list(read_sheets(path, SheetLayout(sheet="РЭС *")))
    # Row 2 of the second sheet is row 10,000,002.
    assert [(batch.row_no.tolist(), batch.text["RAH"].to_pylist()) for batch in batches] == [
        ([2], ["1/1"]),
        ([10_000_002], ["2/1"]),
    ]
    two_sheets(path, "SCHET")
    with pytest.raises(
        SpreadsheetError, match="the sheet РЭС Бектемир has the columns SCHET, the sheets before it RAH"
    ):
        list(read_sheets(path, SheetLayout(sheet="РЭС *")))


def no_file(path: Path) -> None:
    path.unlink(missing_ok=True)


def not_a_workbook(path: Path) -> None:
    path.write_text("RAH;SUMMA\n")


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [(no_file, r"cannot be read as a workbook \(No such file"), (not_a_workbook, "cannot be read as a workbook")],
)
def test_what_is_no_workbook_is_refused(tmp_path: Path, spoil: Callable[[Path], None], sentence: str) -> None:
    path = tmp_path / "saldo.xlsx"
    spoil(path)
    with pytest.raises(SpreadsheetError, match=sentence):
        list(read_sheets(path, LAYOUT))


def test_a_missing_sheet_and_an_empty_head_are_refused(workbook: Path) -> None:
    with pytest.raises(SpreadsheetError, match="has no sheet 'Август'; it has Обложка, Сальдо"):
        read_sheet_head(workbook, SheetLayout(sheet="Август"))
    with pytest.raises(SpreadsheetError, match="row 2 of the sheet Сальдо names no columns"):
        read_sheet_head(workbook, SheetLayout(sheet="Сальдо", head_rows=(2, 3)))
