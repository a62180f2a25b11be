"""Does a form agree with itself? The control rules of a matrix.

Belongs here: the rules that totals, formulas and `controls` of a specification state, and the sentence of a broken one.
Does not belong here: computing figures (`matrix`).

A blank formula is not checked, since nothing is stated; elsewhere a blank counts as nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from dashboards.forms.matrix import Matrix, MatrixRow, plain

ZERO = Decimal(0)


@dataclass(frozen=True)
class Broken:
    """A control rule that does not hold: the cell, what it is made of on paper, and both figures."""

    line: str
    column: str
    made_of: str
    figure: Decimal
    should_be: Decimal

    @property
    def sentence(self) -> str:
        return (
            f"line {self.line}, column {self.column} is {plain(self.figure)} and should be {self.made_of} = "
            f"{plain(self.should_be)}, off by {plain(self.figure - self.should_be)}"
        )


def broken_rules(matrix: Matrix) -> list[Broken]:
    """Every control rule that the figures break, in the order of the form."""
    return [*_totals(matrix), *_formulas(matrix), *_controls(matrix)]


def _totals(matrix: Matrix) -> Iterator[Broken]:
    for row in matrix.rows:
        if row.parts:
            yield from _lines_agree(matrix, row, list(row.parts), [])


def _controls(matrix: Matrix) -> Iterator[Broken]:
    for control in matrix.form.controls:
        yield from _lines_agree(matrix, matrix.row(control.line), control.adds, control.subtracts)


def _lines_agree(matrix: Matrix, row: MatrixRow, adds: list[str], subtracts: list[str]) -> Iterator[Broken]:
    made_of = _made_of("lines", adds, subtracts)
    for column in matrix.form.summed_columns:
        added = [matrix.row(line).figures[column.code] for line in adds]
        taken = [matrix.row(line).figures[column.code] for line in subtracts]
        yield from _agree(row, column.code, made_of, added, taken)


def _formulas(matrix: Matrix) -> Iterator[Broken]:
    for column in matrix.form.summed_columns:
        if column.equals is None:
            continue
        made_of = _made_of("columns", column.equals.adds, column.equals.subtracts)
        for row in matrix.rows:
            added = [row.figures[code] for code in column.equals.adds]
            taken = [row.figures[code] for code in column.equals.subtracts]
            if row.figures[column.code] is not None:
                yield from _agree(row, column.code, made_of, added, taken)


def _agree(
    row: MatrixRow, column: str, made_of: str, added: list[Decimal | None], taken: list[Decimal | None]
) -> Iterator[Broken]:
    figure = row.figures[column]
    if figure is None and all(part is None for part in [*added, *taken]):
        return
    should_be = sum((part for part in added if part is not None), ZERO)
    should_be -= sum((part for part in taken if part is not None), ZERO)
    if (figure or ZERO) != should_be:
        yield Broken(row.line, column, made_of, figure or ZERO, should_be)


def _made_of(what: str, adds: list[str], subtracts: list[str]) -> str:
    return f"{what} " + " + ".join(adds) + "".join(f" - {taken}" for taken in subtracts)
