"""The statement of an account as a workbook whose balance recalculates: change a sum and all that follows changes.

Belongs here: cells and the formulas between them. Does not belong here: any figure; each formula carries the proven
figure as its value, and beside it stands the ledger's.
"""

import io
from datetime import datetime
from decimal import Decimal

from xlsxwriter import Workbook
from xlsxwriter.format import Format

from dashboards.bills.page import Money
from dashboards.bills.statement import facts, notes, period_in_words, what_happened
from dashboards.bills.words import BillWords
from operational_db.accounting.reconciliation import AccountStatement, StatementLine

HEADS = (
    ("st_day", 11), ("st_what", 62), ("article", 14), ("units_of_energy", 12), ("st_charged", 16), ("st_paid", 16),
    ("st_balance", 16), ("st_ledger", 18), ("st_difference", 12),
)  # fmt: skip


def statement_workbook_bytes(statement: AccountStatement, words: BillWords) -> bytes:
    """The statement as a file of one sheet; equal statements give equal bytes."""
    file = io.BytesIO()
    workbook = Workbook(
        file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    # The file's own clock would make two copies of one statement differ.
    workbook.set_properties({"title": words.text("statement"), "created": datetime(2026, 1, 1)})  # noqa: DTZ001
    _StatementSheet(workbook, statement, words).draw()
    workbook.close()
    return file.getvalue()


class _StatementSheet:
    """The sheet, drawn from its top; `at` is the row being written."""

    def __init__(self, workbook: Workbook, statement: AccountStatement, words: BillWords) -> None:
        self.workbook, self.statement, self.words = workbook, statement, words
        self.money = Money(words, statement.minor_per_major)
        self.decimals = self.money.decimals
        coins = "#,##0" + ("." + "0" * self.decimals if self.decimals else "")
        self.plain, self.bold, self.wrapped = self._format(), self._format(bold=True), self._format(text_wrap=True)
        self.head = self._format(bold=True, bottom=1, text_wrap=True, valign="bottom")
        self.sums, self.total = self._format(num_format=coins), self._format(num_format=coins, bold=True, top=1)
        self.energy = self._format(num_format="#,##0.######")
        self.on_day = self._format(num_format="dd.mm.yyyy", align="left")
        self.sheet = workbook.add_worksheet("statement")
        self.at = 0

    def draw(self) -> None:
        self.sheet.set_paper(9)
        self.sheet.set_landscape()
        self.sheet.fit_to_pages(1, 0)
        self._whose()
        self._heads()
        self._opening()
        first = self.at + 1
        for line in self.statement.lines:
            self.at += 1
            self._line(line)
        if not self.statement.lines:
            self.at += 1
            self.sheet.write_string(self.at, 1, self.words.text("st_nothing"), self.plain)
            minor = self.statement.opening_minor
            self._balance(f"=G{self.at}", minor, minor)
        self._closing(first)

    def _format(self, **properties: object) -> Format:
        return self.workbook.add_format({"font_name": "Arial", "font_size": 9, "valign": "top", **properties})

    def _major(self, minor: int) -> Decimal:
        return Decimal(minor) / self.statement.minor_per_major

    def _whose(self) -> None:
        told = (
            *facts(self.statement, self.words),
            (self.words.text("st_period"), period_in_words(self.statement, self.words)),
            (self.words.text("article"), self.words.named("article", self.statement.article_code or "all")),
        )
        for name, fact in told:
            self.sheet.write_string(self.at, 0, name, self.bold)
            self.sheet.write_string(self.at, 1, fact, self.plain)
            self.at += 1

    def _heads(self) -> None:
        self.at += 1
        for column, (word, width) in enumerate(HEADS):
            currency = f", {self.statement.currency}" if word in ("st_charged", "st_paid", "st_balance") else ""
            self.sheet.set_column(column, column, width)
            self.sheet.write_string(self.at, column, self.words.text(word) + currency, self.head)
        self.sheet.repeat_rows(self.at)
        self.sheet.freeze_panes(self.at + 1, 0)

    def _opening(self) -> None:
        self.at += 1
        if self.statement.from_day is not None:
            self.sheet.write_datetime(self.at, 0, self.statement.from_day, self.on_day)
        self.sheet.write_string(self.at, 1, self.words.text("st_opening"), self.bold)
        self._balance(None, self.statement.opening_minor, self.statement.opening_minor)

    def _line(self, line: StatementLine) -> None:
        self.sheet.write_datetime(self.at, 0, line.stands_on, self.on_day)
        told = "\n".join([what_happened(line, self.words, self.money), *notes(line, self.words, self.money)])
        self.sheet.write_string(self.at, 1, told, self.wrapped)
        if line.line_kind == "document":
            self.sheet.write_string(self.at, 2, self.words.named("article", line.article_code), self.plain)
        if line.energy_kwh is not None:
            self.sheet.write_number(self.at, 3, line.energy_kwh, self.energy)
        if line.amount_minor is not None:
            column, sign = (4, 1) if line.is_debt else (5, -1)
            self.sheet.write_number(self.at, column, self._major(sign * line.amount_minor), self.sums)
        follows = f"=ROUND(G{self.at}+E{self.at + 1}-F{self.at + 1},{self.decimals})"
        self._balance(follows, line.balance_minor, line.ledger_minor)

    def _balance(self, formula: str | None, minor: int, ledger_minor: int) -> None:
        """The balance, the ledger's, and their difference, which is zero."""
        if formula is None:
            self.sheet.write_number(self.at, 6, self._major(minor), self.sums)
        else:
            self.sheet.write_formula(self.at, 6, formula, self.sums, float(self._major(minor)))
        self.sheet.write_number(self.at, 7, self._major(ledger_minor), self.sums)
        n = self.at + 1
        self.sheet.write_formula(self.at, 8, f"=ROUND(G{n}-H{n},{self.decimals})", self.sums, 0)

    def _closing(self, first: int) -> None:
        last = self.at + 1
        self.at += 1
        self.sheet.write_string(self.at, 1, self.words.text("st_closing"), self.bold)
        sums = ((4, "E", self.statement.charged_minor), (5, "F", self.statement.paid_minor))
        for column, letter, minor in sums:
            formula = f"=ROUND(SUM({letter}{first}:{letter}{last}),{self.decimals})"
            self.sheet.write_formula(self.at, column, formula, self.total, float(self._major(minor)))
        formula = f"=ROUND(G{first}+E{self.at + 1}-F{self.at + 1},{self.decimals})"
        self.sheet.write_formula(self.at, 6, formula, self.total, float(self._major(self.statement.closing_minor)))
