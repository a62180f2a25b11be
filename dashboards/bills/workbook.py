"""A bill as a workbook that recalculates: change a reading or a price and the sum follows.

Belongs here: cells and the formulas between them. Does not belong here: any figure; each formula carries the posted
figure as its value, for programs that do not recalculate.

Three sheets: the bill, the readings (span by span), the lines (each step of each part). Binary numbers of a spreadsheet
have 15 digits, so a product is first rounded far behind the coin and then to the coin: a half coin stays a half.
"""

import io
from datetime import datetime
from decimal import Decimal

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from dashboards.bills.page import Money, address_line
from dashboards.bills.words import BillWords
from dashboards.words.amounts import month_name
from operational_db.billing.explanation import BillExplanation, ExplainedLine

GUARD_DECIMALS = 6
"""Decimals behind the coin that a product is rounded to first."""

NO_BOUND = "1E+12"
"""Stands for the missing upper bound of a last step."""


def workbook_bytes(bill: BillExplanation, words: BillWords) -> bytes:
    """The bill as a file; equal bills give equal bytes."""
    file = io.BytesIO()
    workbook = Workbook(
        file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    # The file's own clock would make two copies of one bill differ.
    workbook.set_properties({"title": words.text("bill"), "created": datetime(bill.month.year, bill.month.month, 1)})  # noqa: DTZ001
    _BillSheets(workbook, bill, words).draw()
    workbook.close()
    return file.getvalue()


class _BillSheets:
    """The sheets of one bill; the readings first, so that lines know their cells."""

    def __init__(self, workbook: Workbook, bill: BillExplanation, words: BillWords) -> None:
        self.workbook, self.bill, self.words = workbook, bill, words
        self.decimals = Money(words, bill.minor_per_major).decimals
        coins = "#,##0" + ("." + "0" * self.decimals if self.decimals else "")
        self.bold = self._format(bold=True)
        self.head = self._format(bold=True, bottom=1, text_wrap=True, valign="bottom")
        self.plain = self._format()
        self.number = self._format(num_format="#,##0.######")
        self.whole = self._format(num_format="#,##0")
        self.coins = self._format(num_format=coins)
        self.total = self._format(num_format=coins, bold=True, top=1)
        self.day = self._format(num_format="dd.mm.yyyy", align="left")
        self.on_bill, self.on_readings, self.on_lines = (
            workbook.add_worksheet(name) for name in ("bill", "readings", "lines")
        )

    def draw(self) -> None:
        self._readings()
        self._lines()
        self._benefits()
        self._bill()
        for sheet in self.workbook.worksheets():
            sheet.set_paper(9)
            sheet.set_landscape()
            sheet.fit_to_pages(1, 0)

    def _format(self, **properties: object) -> Format:
        return self.workbook.add_format({"font_name": "Arial", "font_size": 9, **properties})

    def _heads(self, sheet: Worksheet, heads: tuple[tuple[str, int], ...]) -> None:
        for column, (word, width) in enumerate(heads):
            sheet.set_column(column, column, width)
            sheet.write_string(0, column, self.words.text(word), self.head)
        sheet.freeze_panes(1, 0)

    def _readings(self) -> None:
        """One row a span: values of the register, what lies between them, the energy."""
        sheet = self.on_readings
        self._heads(
            sheet,
            (
                ("point", 18), ("meter", 18), ("zone", 10), ("from", 11), ("reading", 13), ("to", 11), ("reading", 13),
                ("digits", 9), ("difference", 13), ("ratio", 9), ("units_of_energy", 15), ("whole_days", 10),
            ),
        )  # fmt: skip
        for row, parts in enumerate(self.bill.spans, start=1):
            line, n = parts[0][0], row + 1
            is_metered = line.closing_reading_id is not None
            told = self.words.text("told_as_such", basis=self.words.named("basis", line.energy_basis))
            began = line.opening_on or line.told_from or min(part[0].span_from for part in parts)
            ended = line.closing_on or line.told_to or max(part[0].span_to for part in parts)
            sheet.write_string(row, 0, line.metering_point_code, self.plain)
            sheet.write_string(row, 1, line.meter_serial_no or told, self.plain)
            sheet.write_string(row, 2, self.words.named("zone", line.zone_code), self.plain)
            sheet.write_datetime(row, 3, began, self.day)
            sheet.write_datetime(row, 5, ended, self.day)
            if is_metered:
                sheet.write_number(row, 4, line.opening_kwh, self.number)
                sheet.write_number(row, 6, line.closing_kwh, self.number)
                sheet.write_number(row, 7, line.digits, self.whole)
                turned = f"IF(G{n}<E{n},10^H{n},0)"
                sheet.write_formula(
                    row, 8, f"=ROUND(G{n}-E{n}+{turned},6)", self.number, _value(line.register_difference_kwh)
                )
                sheet.write_number(row, 9, line.ratio, self.number)
                adjusted = f"+({line.adjusted_kwh.normalize():f})" if line.adjusted_kwh else ""
                sheet.write_formula(row, 10, f"=ROUND(I{n}*J{n},6){adjusted}", self.number, _value(line.used_kwh))
            elif line.component == "energy":
                told_kwh = sum((abs(part[0].part_kwh) for part in parts), Decimal(0))
                sheet.write_number(row, 10, told_kwh, self.number)
            sheet.write_formula(row, 11, f"=F{n}-D{n}", self.whole, (ended - began).days)

    def _lines(self) -> None:
        """One row a line: its energy from the readings, its charge from energy and price, its VAT from the charge."""
        sheet = self.on_lines
        self._heads(
            sheet,
            (
                ("line", 6), ("from", 11), ("to", 11), ("zone", 10), ("share_of_month", 14), ("volume_from", 13),
                ("over", 13), ("up_to", 13), ("units_of_energy", 14), ("power_kw", 10), ("price", 13),
                ("zone_factor", 10), ("vat_rate", 9), ("sum", 16), ("vat_within", 16),
            ),
        )  # fmt: skip
        row = 0
        self.row_of_line: dict[int, int] = {}
        for span_row, parts in enumerate(self.bill.spans, start=2):
            for part in parts:
                first_row = row + 2
                for line in part:
                    row += 1
                    self._line(sheet, row, line, part[0], f"readings!{{}}{span_row}", first_row)
        self.last_line = row + 1
        end = row + 1
        sheet.write_string(end, 0, self.words.text("total"), self.bold)
        head = self.bill.head
        for column, letter, value, shape in (
            (8, "I", head.energy_kwh, self.number),
            (13, "N", self._major(head.charge_minor), self.total),
            (14, "O", self._major(head.vat_minor), self.total),
        ):
            total = f"=ROUND(SUM({letter}2:{letter}{self.last_line}),6)"
            sheet.write_formula(end, column, total, shape, _value(value))

    def _benefits(self) -> None:
        """One row a line and benefit: the line's energy that has it, times price and share."""
        self.benefits_total = 0
        if not self.bill.benefits:
            return
        sheet = self.workbook.add_worksheet("benefits")
        self._heads(sheet, (("line", 6), ("benefit", 30), ("benefit_share", 9), ("units_of_energy", 14), ("sum", 16)))
        found = [(line, one) for line in self.bill.lines for one in self.bill.benefits_of(line)]
        for row, (line, one) in enumerate(found, start=1):
            n, at = row + 1, self.row_of_line[one.line_no]
            sheet.write_number(row, 0, one.line_no, self.whole)
            sheet.write_string(row, 1, one.category_name, self.plain)
            sheet.write_number(row, 2, one.share, self.number)
            sheet.write_number(row, 3, one.energy_kwh, self.number)
            product = f"D{n}*lines!K{at}*C{n}"
            if line.price_denominator is not None:
                product += f"*{line.price_numerator}/{line.price_denominator}"
            if not line.price_includes_vat:
                product += f"*(1+lines!M{at})"
            formula = f"={self._rounded(product)}"
            sheet.write_formula(row, 4, formula, self.coins, _value(self._major(one.benefit_minor)))
        end = len(found) + 1
        self.benefits_total = end + 1
        sheet.write_string(end, 0, self.words.text("total"), self.bold)
        sheet.write_formula(
            end, 4, f"=ROUND(SUM(E2:E{end}),6)", self.total, _value(self._major(self.bill.benefit_minor))
        )

    def _line(
        self,
        sheet: Worksheet,
        row: int,
        line: ExplainedLine,
        first: ExplainedLine,
        reading_cell: str,
        first_row: int,
    ) -> None:
        n = row + 1
        self.row_of_line[line.line_no] = n
        sheet.write_number(row, 0, line.line_no, self.whole)
        sheet.write_datetime(row, 1, line.span_from, self.day)
        sheet.write_datetime(row, 2, line.span_to, self.day)
        sheet.write_string(row, 3, self.words.named("zone", line.zone_code), self.plain)
        sheet.write_number(row, 10, line.price_minor / self.bill.minor_per_major, self.number)
        factor = "1" if line.price_denominator is None else f"{line.price_numerator}/{line.price_denominator}"
        quotient = _value(Decimal(line.price_numerator or 1) / (line.price_denominator or 1))
        sheet.write_formula(row, 11, f"={factor}", self.number, quotient)
        sheet.write_number(row, 12, line.vat_rate, self.number)
        if line.component == "power":
            sheet.write_number(row, 8, line.energy_kwh, self.number)
            sheet.write_number(row, 9, line.power_kw, self.number)
            month_days = line.priced.days_of_month
            # What is taken back is paid for with a minus.
            sign = "-" if line.reversed_month is not None else ""
            net = f"{sign}J{n}*K{n}*(C{n}-B{n})/{12 * month_days}"
        else:
            self._energy(sheet, row, line, first, reading_cell, first_row)
            # A fraction is divided last, so that no digit is lost before the rounding.
            net = f"I{n}*K{n}" if factor == "1" else f"I{n}*K{n}*{factor}"
        gross = net if line.price_includes_vat else f"{net}*(1+M{n})"
        vat = f"N{n}*M{n}/(1+M{n})" if line.price_includes_vat else net
        charge, vat = self._rounded(gross), self._rounded(vat)
        sheet.write_formula(row, 13, f"={charge}", self.coins, _value(self._major(line.charge_minor)))
        of_vat = f"={vat}" if line.price_includes_vat else f"=ROUND(N{n}-{vat},{self.decimals})"
        sheet.write_formula(row, 14, of_vat, self.coins, _value(self._major(line.vat_minor)))

    def _energy(
        self,
        sheet: Worksheet,
        row: int,
        line: ExplainedLine,
        first: ExplainedLine,
        reading_cell: str,
        first_row: int,
    ) -> None:
        """The days' energy (E) out of the span's, and the line's (I) out of that, by the bounds of its step."""
        n = row + 1
        kwh, began, days = reading_cell.format("K"), reading_cell.format("D"), reading_cell.format("L")
        if line.is_whole_span:
            part = kwh
        else:
            part = f"ROUND(ROUND({kwh}*(C{n}-{began})/{days},6)-ROUND({kwh}*(B{n}-{began})/{days},6),6)"
        if line.closing_reading_id is None and not line.is_whole_span:
            # What was told is spread by its whole span, which other bills may share.
            sheet.write_number(row, 4, abs(line.part_kwh), self.number)
        else:
            sheet.write_formula(row, 4, f"={part}", self.number, _value(abs(line.part_kwh)))
        sheet.write_number(row, 5, first.volume_from, self.number)
        sheet.write_number(row, 6, line.over_kwh or 0, self.number)
        if line.up_to_kwh is not None:
            sheet.write_number(row, 7, line.up_to_kwh, self.number)
        if line.step_mode == "whole":
            energy = f"E{n}"
        else:
            up_to = f"H{n}" if line.up_to_kwh is not None else NO_BOUND
            energy = f"ROUND(MAX(0,MIN(F{first_row}+E{first_row},{up_to})-MAX(F{first_row},G{n})),6)"
        sign = "-" if line.reversed_month is not None else ""
        sheet.write_formula(row, 8, f"={sign}{energy}", self.number, _value(line.energy_kwh))

    def _rounded(self, product: str) -> str:
        return f"ROUND(ROUND({product},{self.decimals + GUARD_DECIMALS}),{self.decimals})"

    def _major(self, minor: int) -> Decimal:
        return Decimal(minor) / self.bill.minor_per_major

    def _bill(self) -> None:
        """Who is billed, what was billed, what the sheets come to, and the difference, which is zero."""
        sheet, bill, words = self.on_bill, self.bill, self.words
        sheet.set_column(0, 0, 30)
        sheet.set_column(1, 3, 18)
        total = self.last_line + 1
        head = bill.head
        facts = (
            (words.text("bill"), words.text("bill_of", number=head.bill_no, month=month_name(words, bill.month))),
            (words.text("account"), head.account_no),
            (words.text("consumer"), head.holder_name or ""),
            (words.text("address"), address_line(head, words)),
            (words.text("kind"), words.named("kind", head.kind)),
            (words.text("tariff"), "; ".join(dict.fromkeys(_price_list(line) for line in bill.lines))),
        )
        for row, (name, fact) in enumerate(facts):
            sheet.write_string(row, 0, name, self.bold)
            sheet.write_string(row, 1, fact, self.plain)
        row = len(facts) + 1
        for column, name in enumerate((words.text("product"), words.text("billed"), words.text("control")), start=1):
            sheet.write_string(row, column, name, self.head)
        for name, letter, value, shape in (
            (words.text("units_of_energy"), "I", head.energy_kwh, self.number),
            (f"{words.text('charge')}, {bill.currency}", "N", self._major(head.charge_minor), self.coins),
            (f"{words.text('vat_within')}, {bill.currency}", "O", self._major(head.vat_minor), self.coins),
        ):
            row += 1
            sheet.write_string(row, 0, name, self.bold)
            sheet.write_formula(row, 1, f"=lines!{letter}{total}", shape, _value(value))
            sheet.write_number(row, 2, value, shape)
            sheet.write_formula(row, 3, f"=ROUND(B{row + 1}-C{row + 1},6)", shape, 0)
        if self.benefits_total:
            charge_row = row
            for name, formula, minor in (
                ("benefit", f"=benefits!E{self.benefits_total}", bill.benefit_minor),
                ("to_pay", f"=ROUND(B{charge_row}-B{charge_row + 2},6)", bill.to_pay_minor),
            ):
                row += 1
                sheet.write_string(row, 0, f"{words.text(name)}, {bill.currency}", self.bold)
                sheet.write_formula(row, 1, formula, self.coins, _value(self._major(minor)))
                sheet.write_number(row, 2, self._major(minor), self.coins)
                sheet.write_formula(row, 3, f"=ROUND(B{row + 1}-C{row + 1},6)", self.coins, 0)


def _price_list(line: ExplainedLine) -> str:
    return f"{line.tariff_code}, {line.version_from:%d.%m.%Y}, {line.version_source}"


def _value(exact: Decimal | int) -> float:
    """What a formula comes to, as a program that does not recalculate shows it; a spreadsheet knows only binary."""
    return float(exact)
