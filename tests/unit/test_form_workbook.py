"""The workbook and control rules of a matrix made by hand: no text runs, nothing is lost, broken sums are told."""

import io
from dataclasses import replace
from datetime import date
from decimal import Decimal

import hypothesis
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from dashboards.forms.control import broken_rules
from dashboards.forms.matrix import Figure, FormUnit, Matrix, MatrixRow
from dashboards.forms.specification_files import specification_for
from dashboards.forms.workbook import workbook_bytes

MARCH = date(2026, 3, 1)
BALANCE = specification_for("R3", MARCH)
HOSTILE = ["=1+1", "=cmd|' /C calc'!A0", "+1", "-2+3", "@SUM(A1)", "http://example.org", "{=A1}", "\t=1", "007", "1e5"]


def _figures(*printed: Figure) -> dict[str, Figure]:
    """Figures of R3's columns 1 to 10, with the received total that its share needs."""
    figures = dict(zip([str(number) for number in range(1, 11)], printed, strict=True))
    received = [figure for figure in printed[:2] if figure is not None]
    return {**figures, "12": sum(received) if received else None}


def _row(line: str, name: str, figures: dict[str, Figure], parts: tuple[str, ...] = ()) -> MatrixRow:
    return MatrixRow(line, None, {"ru": name, "en": name}, 0 if parts else 1, True, parts, figures)


def _matrix(
    *, unit_name: str = "Бектемирский РЭС", child_name: str = "Ф-1", why: str = "no meter at the feeder head"
) -> Matrix:
    total = _figures(*map(Decimal, (1000, 0, 1100, 200, 100, 10)), None, Decimal(2), Decimal(1), why)
    metered = _figures(
        *map(Decimal, (1000, 0, 900)), None, Decimal(100), Decimal(10), None, Decimal(1), Decimal(0), None
    )
    unmetered = _figures(None, None, Decimal(200), Decimal(200), None, None, None, Decimal(1), Decimal(1), why)
    rows = (
        _row("1", "Всего", total, ("1.1", "1.2")),
        _row("1.1", child_name, metered),
        _row("1.2", "Ф-2", unmetered),
    )
    unit = FormUnit(7, "TK01", "res", {"ru": unit_name, "en": unit_name})
    return Matrix(BALANCE, unit, MARCH, "UZS", is_provisional=False, rows=rows)


def _cells(matrix: Matrix) -> list[openpyxl.cell.Cell]:
    sheet = openpyxl.load_workbook(io.BytesIO(workbook_bytes(matrix))).active
    return [cell for row in sheet.iter_rows() for cell in row]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_from_data_becomes_a_formula_a_link_or_a_number(text: str) -> None:
    matrix = _matrix(unit_name=text, child_name=text, why=text)
    assert [cell for cell in _cells(matrix) if cell.hyperlink is not None] == []
    kept = [cell for cell in _cells(matrix) if cell.value == text]
    assert len(kept) == 4  # the name in two languages, the reason in two rows
    assert {cell.data_type for cell in kept} == {"s"}
    assert all(cell.value.startswith("=SUM(") or "+" in cell.value for cell in _cells(matrix) if cell.data_type == "f")
    rows = CalamineWorkbook.from_filelike(io.BytesIO(workbook_bytes(matrix))).get_sheet_by_index(0).to_python()
    assert sum(cell == text for row in rows for cell in row) == 4


@hypothesis.settings(max_examples=30)
@given(st.text(st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1, max_size=90))
def test_any_name_comes_back_as_it_was(name: str) -> None:
    texts = [cell.value for cell in _cells(_matrix(child_name=name)) if cell.data_type == "s"]
    assert texts.count(name) >= 2


def test_blank_is_blank_and_zero_is_zero() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(workbook_bytes(_matrix())), data_only=True).active
    by_line = {row[0].value: row for row in sheet.iter_rows() if row[0].value in ("1", "1.1", "1.2")}
    assert by_line["1.1"][4].value == 0
    assert by_line["1.2"][4].value is None
    assert by_line["1.2"][7].value is None


def test_the_page_is_a4_with_head_and_print_area() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(workbook_bytes(_matrix()))).active
    assert (sheet.page_setup.paperSize, sheet.page_setup.orientation) == (9, "landscape")
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, 0)
    assert "&P" in sheet.oddHeader.right.text
    assert sheet.print_area
    assert sheet.print_title_rows


def test_an_ampersand_in_a_unit_code_does_not_command_the_printer() -> None:
    matrix = _matrix()
    odd = replace(matrix, unit=replace(matrix.unit, code="A&P"))
    with_header = openpyxl.load_workbook(io.BytesIO(workbook_bytes(odd))).active
    assert "A&&P" in with_header.oddHeader.left.text


def test_a_provisional_form_says_so_and_has_another_number() -> None:
    final = _matrix()
    provisional = replace(final, is_provisional=True)
    assert any("PROVISIONAL" in str(cell.value) for cell in _cells(provisional))
    assert not any("PROVISIONAL" in str(cell.value) for cell in _cells(final))
    assert final.issue_number != provisional.issue_number


def test_the_hash_is_of_figures_and_not_of_how_they_are_written() -> None:
    matrix = _matrix()
    first = matrix.rows[0]
    same = replace(first, figures={**first.figures, "1": Decimal("1000.000000")})
    other = replace(first, figures={**first.figures, "1": Decimal("1000.000001")})
    assert replace(matrix, rows=(same, *matrix.rows[1:])).content_hash == matrix.content_hash
    assert replace(matrix, rows=(other, *matrix.rows[1:])).content_hash != matrix.content_hash


def test_figures_that_agree_break_no_rule() -> None:
    # 1000 = 1000 + blank; 1100 = 900 + 200; 200 = blank + 200; loss 100 = 1000 + 0 + 200 - 1100, and 1000 + 0 - 900.
    assert broken_rules(_matrix()) == []


def test_a_total_that_is_not_its_parts_is_told_with_the_difference() -> None:
    matrix = _matrix()
    lost = replace(matrix.rows[2], figures={**matrix.rows[2].figures, "3": Decimal("199.5"), "4": Decimal("199.5")})
    broken = broken_rules(replace(matrix, rows=(*matrix.rows[:2], lost)))
    assert [rule.sentence for rule in broken] == [
        "line 1, column 3 is 1100 and should be lines 1.1 + 1.2 = 1099.5, off by 0.5",
        "line 1, column 4 is 200 and should be lines 1.1 + 1.2 = 199.5, off by 0.5",
    ]


def test_a_column_that_is_not_its_formula_is_told() -> None:
    # Loss 90 where 1000 + 0 + nothing - 900 = 100; the total, 100, then also differs from its parts.
    matrix = _matrix()
    wrong = replace(matrix.rows[1], figures={**matrix.rows[1].figures, "5": Decimal(90)})
    broken = broken_rules(replace(matrix, rows=(matrix.rows[0], wrong, matrix.rows[2])))
    assert [rule.sentence for rule in broken] == [
        "line 1, column 5 is 100 and should be lines 1.1 + 1.2 = 90, off by 10",
        "line 1.1, column 5 is 90 and should be columns 1 + 2 + 4 - 3 = 100, off by -10",
    ]
