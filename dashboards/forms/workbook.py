"""How does a form look as a workbook? Draws a matrix as XLSX, for the screen and for A4 in black and white.

Belongs here: cells, heads, page set-up. Does not belong here: any figure or total (`matrix` has them all; the formulas
printed here only repeat how a figure is made of others, and carry it as their value).

Every cell is written by its type, so that no text becomes a formula, a link or a number. Equal matrices give equal
bytes.
"""

import io
import math
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from decimal import Decimal
from itertools import groupby

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from dashboards.forms.matrix import Figure, Matrix, MatrixRow
from dashboards.forms.specification import Column
from dashboards.forms.words import both, word

A4 = 9
LINE_HEIGHT = 15
NARROW = 8
UNVERIFIED = "*"
Address = Callable[[str, str], str]
"""The cell of a line and column, as formulas name it."""


def workbook_bytes(matrix: Matrix) -> bytes:
    """The form as a file."""
    file = io.BytesIO()
    workbook = Workbook(
        file,
        {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False},
    )
    workbook.set_properties(
        {
            "title": both(matrix.form, matrix.form.title),
            "subject": matrix.issue_number,
            "author": "Wattbook",
            # The file's own clock would make two issues of equal figures differ.
            "created": datetime(matrix.month.year, matrix.month.month, 1, tzinfo=UTC).replace(tzinfo=None),
        }
    )
    _Sheet(workbook, matrix).draw()
    workbook.close()
    return file.getvalue()


class _Sheet:
    """One form on one sheet, drawn from the top."""

    def __init__(self, workbook: Workbook, matrix: Matrix) -> None:
        self.workbook = workbook
        self.matrix = matrix
        self.form = matrix.form
        self.sheet: Worksheet = workbook.add_worksheet(matrix.form.code)
        self.columns = [column for column in self.form.columns if column.is_printed]
        self.has_codes = self.form.row_codes_from is not None
        self.name_at = 2 if self.has_codes else 1
        self.first_figure_at = self.name_at + 2
        self.last_at = self.first_figure_at + len(self.columns) - 1
        self.next_row = 0
        self._formats: dict[tuple[tuple[str, object], ...], Format] = {}

    def draw(self) -> None:
        self._widths()
        self._head()
        first_head_row = self.next_row
        self._column_heads()
        self.sheet.repeat_rows(first_head_row, self.next_row - 1)
        self.sheet.freeze_panes(self.next_row, self.first_figure_at)
        self._rows()
        self._foot()
        self._page()

    def _style(self, **properties: object) -> Format:
        key = tuple(sorted(properties.items()))
        if key not in self._formats:
            self._formats[key] = self.workbook.add_format({"font_name": "Arial", "font_size": 9, **properties})
        return self._formats[key]

    def _cell(self, **properties: object) -> Format:
        return self._style(border=1, valign="vcenter", text_wrap=True, **properties)

    def _widths(self) -> None:
        self.sheet.set_column(0, self.name_at - 1, NARROW)
        self.sheet.set_column(self.name_at, self.name_at + 1, self.form.layout.name_width)
        for at, column in enumerate(self.columns, start=self.first_figure_at):
            self.sheet.set_column(at, at, column.width)

    def _head(self) -> None:
        matrix, form = self.matrix, self.form
        name = f"{both(form, matrix.unit.name)} ({matrix.unit.code})"
        period = f"{matrix.month:%Y-%m} ({both(form, form.month_means)})"
        codes = f" ({form.row_codes_from})" if form.row_codes_from else ""
        self._line(f"{word(form, 'form')} {form.code}, {word(form, 'version')} {form.version}{codes}")
        self._line(form.title[form.language], bold=True, font_size=13)
        if form.title["en"] != form.title[form.language]:
            self._line(form.title["en"], italic=True, font_size=11)
        if matrix.is_provisional:
            self._line(word(form, "provisional"), bold=True, border=2)
        self._line(f"{word(form, 'unit')}: {name}")
        self._line(f"{word(form, 'period')}: {period}")
        self._line(f"{word(form, 'issue')}: {matrix.issue_number}")
        self.next_row += 1

    def _line(self, text: str, **properties: object) -> None:
        style = self._style(valign="vcenter", text_wrap=True, **properties)
        width = sum(column.width for column in self.columns) + 2 * self.form.layout.name_width + NARROW * self.name_at
        lines = math.ceil(len(text) / width)
        if lines > 1 or "font_size" in properties:
            self.sheet.set_row(self.next_row, lines * LINE_HEIGHT + 4)
        self._merged(self.next_row, 0, self.next_row, self.last_at, text, style)
        self.next_row += 1

    def _merged(self, top: int, left: int, bottom: int, right: int, text: str, style: Format) -> None:
        if (top, left) != (bottom, right):
            self.sheet.merge_range(top, left, bottom, right, "", style)
        self.sheet.write_string(top, left, text, style)

    def _column_heads(self) -> None:
        """Four rows: merged heads, names, units, and the numbers by which columns are named."""
        form, top = self.form, self.next_row
        style = self._cell(bold=True, align="center")
        words = [word(form, "line"), *([word(form, "row_code")] if self.has_codes else [])]
        names = [form.language, "en"] if form.language != "en" else ["en", "en"]
        for at, text in enumerate(words):
            self._merged(top, at, top + 2, at, text, style)
        self._merged(top, self.name_at, top + 2, self.name_at + 1, word(form, "row_name"), style)
        at = self.first_figure_at
        for _, neighbours in groupby(self.columns, key=lambda c: (c.group and tuple(c.group.items())) or c.code):
            at = self._group_of_heads(list(neighbours), top, at, style)
        for at in range(self.name_at):
            self.sheet.write_string(top + 3, at, "", style)
        for at, language in enumerate(names, start=self.name_at):
            self.sheet.write_string(top + 3, at, language, style)
        for at, column in enumerate(self.columns, start=self.first_figure_at):
            self.sheet.write_string(top + 2, at, self._unit_of(column), style)
            self.sheet.write_string(top + 3, at, column.code, style)
        self.sheet.set_row(top, 2 * LINE_HEIGHT)
        self.sheet.set_row(top + 1, 4 * LINE_HEIGHT)
        self.sheet.set_row(top + 2, 2 * LINE_HEIGHT)
        self.next_row = top + 4

    def _group_of_heads(self, columns: list[Column], top: int, at: int, style: Format) -> int:
        if columns[0].group is None:
            self._merged(top, at, top + 1, at, both(self.form, columns[0].name), style)
            return at + 1
        self._merged(top, at, top, at + len(columns) - 1, both(self.form, columns[0].group), style)
        for number, column in enumerate(columns):
            self.sheet.write_string(top + 1, at + number, both(self.form, column.name), style)
        return at + len(columns)

    def _unit_of(self, column: Column) -> str:
        return both(self.form, column.unit).replace("{currency}", self.matrix.currency) if column.unit else ""

    def _rows(self) -> None:
        at_row = {row.line: self.next_row + number for number, row in enumerate(self.matrix.rows)}
        at_column = {column.code: at for at, column in enumerate(self.columns, start=self.first_figure_at)}

        def address(line: str, column_code: str) -> str:
            return xl_rowcol_to_cell(at_row[line], at_column[column_code])

        for row in self.matrix.rows:
            self._row(row, address)
            self.next_row += 1

    def _row(self, row: MatrixRow, address: Address) -> None:
        bold = {"bold": True} if row.parts else {}
        self.sheet.write_string(self.next_row, 0, row.line, self._cell(align="center", **bold))
        if self.has_codes:
            code = row.code if row.is_verified else UNVERIFIED
            self.sheet.write_string(self.next_row, 1, code or "", self._cell(align="center", **bold))
        names = [row.name[self.form.language], row.name["en"]]
        for at, name in enumerate(names, start=self.name_at):
            self.sheet.write_string(self.next_row, at, name, self._cell(indent=row.depth, **bold))
        for at, column in enumerate(self.columns, start=self.first_figure_at):
            self._figure(row, column, at, address, bold)
        lines = [math.ceil((len(name) + 2 * row.depth) / self.form.layout.name_width) for name in names]
        lines += [
            math.ceil(len(figure) / column.width)
            for column in self.columns
            if isinstance(figure := row.figures[column.code], str)
        ]
        if max(lines) > 1:
            self.sheet.set_row(self.next_row, max(lines) * LINE_HEIGHT)

    def _figure(self, row: MatrixRow, column: Column, at: int, address: Address, bold: dict[str, object]) -> None:
        figure: Figure = row.figures[column.code]
        if isinstance(figure, str):
            self.sheet.write_string(self.next_row, at, figure, self._cell(align="left", **bold))
            return
        shown = "#,##0" + ("." + "0" * column.decimals if column.decimals else "")
        style = self._cell(align="right", num_format=shown, **bold)
        if figure is None:
            self.sheet.write_blank(self.next_row, at, None, style)
            return
        formula = self._formula(row, column, address)
        if formula is None:
            self.sheet.write_number(self.next_row, at, _cell_number(figure), style)
        else:
            self.sheet.write_formula(self.next_row, at, formula, style, _cell_number(figure))

    def _formula(self, row: MatrixRow, column: Column, address: Address) -> str | None:
        """How the figure is made of others on this sheet; None where it is not."""
        printed = {column.code for column in self.columns}
        if row.parts and column.sum:
            return f"=SUM({','.join(_ranges(address(line, column.code) for line in row.parts))})"
        if column.equals and printed.issuperset([*column.equals.adds, *column.equals.subtracts]):
            added = "+".join(address(row.line, code) for code in column.equals.adds)
            return f"={added}" + "".join(f"-{address(row.line, code)}" for code in column.equals.subtracts)
        if column.quotient and {column.quotient.of, column.quotient.by} <= printed:
            times = f"*{column.quotient.times}" if column.quotient.times != 1 else ""
            return f"={address(row.line, column.quotient.of)}/{address(row.line, column.quotient.by)}{times}"
        return None

    def _foot(self) -> None:
        form = self.form
        self.next_row += 1
        if any(not row.is_verified for row in self.matrix.rows):
            self._line(word(form, "unverified"))
        for note in form.notes:
            self._line(both(form, note))
        self.next_row += 1
        for signature in form.signatures:
            self.sheet.set_row(self.next_row, 2 * LINE_HEIGHT)
            who = self._style(valign="bottom", text_wrap=True)
            self._merged(self.next_row, 0, self.next_row, self.first_figure_at - 1, both(form, signature), who)
            for number, hint in enumerate(("signature", "full_name")):
                left = self.first_figure_at + 2 * number
                right = min(left + 1, self.last_at)
                if left <= self.last_at:
                    self._merged(self.next_row, left, self.next_row, right, "", self._style(bottom=1))
                    below = self._style(align="center", valign="top", font_size=7)
                    self._merged(self.next_row + 1, left, self.next_row + 1, right, word(form, hint), below)
            self.next_row += 2
        self.next_row += 1
        self._line(f"{word(form, 'hash')}: {self.matrix.content_hash}", font_size=8)

    def _page(self) -> None:
        matrix, form = self.matrix, self.form
        if form.layout.orientation == "landscape":
            self.sheet.set_landscape()
        else:
            self.sheet.set_portrait()
        self.sheet.set_paper(A4)
        self.sheet.set_margins(left=0.4, right=0.4, top=0.7, bottom=0.7)
        self.sheet.fit_to_pages(1, 0)
        self.sheet.print_area(0, 0, self.next_row - 1, self.last_at)
        self.sheet.hide_gridlines(2)
        head = _printable(f"{form.code} · {matrix.unit.code} · {matrix.month:%Y-%m}")
        self.sheet.set_header(f"&L&8{head}&R&8{word(form, 'page')} &P {word(form, 'of')} &N")
        self.sheet.set_footer(f"&L&8 {_printable(matrix.issue_number)}")


def _cell_number(figure: Decimal) -> float:
    """A spreadsheet holds binary numbers only; the nearest one shows the same 15 digits."""
    return float(figure)


def _ranges(cells: Iterable[str]) -> list[str]:
    """Neighbours in a column as one range, since SUM takes at most 255 arguments."""
    ranges: list[list[str]] = []
    for cell in cells:
        letters, row = _split(cell)
        if ranges and _split(ranges[-1][-1]) == (letters, row - 1):
            ranges[-1].append(cell)
        else:
            ranges.append([cell])
    return [run[0] if len(run) == 1 else f"{run[0]}:{run[-1]}" for run in ranges]


def _split(cell: str) -> tuple[str, int]:
    letters = cell.rstrip("0123456789")
    return letters, int(cell[len(letters) :])


def _printable(text: str) -> str:
    """An ampersand commands the printer in heads and feet; two print one."""
    return text.replace("&", "&&")
