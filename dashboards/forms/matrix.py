"""What are the figures of a form? The matrix of rows and columns, computed once, that every writer prints.

Belongs here: one read of the marts in one snapshot, and the order of rows. Does not belong here: the SQL itself
(`matrix_query`), control rules (`control`), paper (`workbook`).

A figure is None where it is not known, which prints blank; zero is zero. Figures stay exact: a column's `decimals` says
how many are shown, which is the one presentation rounding, so that what children show adds up to what the parent holds.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import psycopg
from psycopg import sql

from dashboards.forms.matrix_query import Scope, child_levels, facts_query, figures_query, reasons_query
from dashboards.forms.specification import Row, Specification, Words
from dashboards.forms.words import both
from operational_db.refusal import Refusal

Figure = Decimal | str | None
CellKey = tuple[str, int | None, bool]
"""Line, child unit, whether it is the unit as a whole: how the statements name a row."""


@dataclass(frozen=True)
class FormUnit:
    """The unit a form is about, as the marts know it."""

    unit_id: int
    code: str
    level: str
    name: Words


@dataclass(frozen=True)
class MatrixRow:
    """A row as printed. `parts` are the lines that add up to it."""

    line: str
    code: str | None
    name: Words
    depth: int
    is_verified: bool
    parts: tuple[str, ...]
    figures: dict[str, Figure]


@dataclass(frozen=True)
class Matrix:
    """A form for a unit and month."""

    form: Specification
    unit: FormUnit
    month: date
    currency: str
    is_provisional: bool
    rows: tuple[MatrixRow, ...]

    def row(self, line: str) -> MatrixRow:
        return next(row for row in self.rows if row.line == line)

    @property
    def content_hash(self) -> str:
        """SHA-256 over everything that the form states, in one canonical text."""
        head = [self.form.code, self.form.version, self.unit.code, self.month, self.currency, self.is_provisional]
        lines = ["|".join(str(part) for part in head)]
        for row in self.rows:
            figures = [_canonical(row.figures[column.code]) for column in self.form.columns]
            lines.append("|".join([row.line, row.code or "", *row.name.values(), *figures]))
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    @property
    def issue_number(self) -> str:
        """Equal figures have an equal number, whenever they are issued."""
        return f"{self.form.code}.{self.form.version}-{self.unit.code}-{self.month:%Y-%m}-{self.content_hash[:12]}"


@contextmanager
def fitting_marts(form: Specification) -> Iterator[None]:
    """Marts that are not there, or are not as the specification takes them, become a sentence."""
    try:
        yield
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName) as error:
        raise Refusal(
            f"Form {form.code} needs marts that are not there ({error.diag.message_primary}); run `wattbook build` "
            "first."
        ) from error
    except (psycopg.errors.UndefinedColumn, psycopg.errors.DatatypeMismatch, psycopg.errors.UndefinedFunction) as error:
        raise Refusal(
            f"Version {form.version} of form {form.code} does not fit the marts ({error.diag.message_primary}); "
            f"correct the specification {form.code}.v{form.version}.yaml or run `wattbook build`."
        ) from error


def scope_of(connection: psycopg.Connection, form: Specification, unit_id: int, month: date) -> Scope:
    """What the form is about; refused for a unit of a level for which it is not made."""
    found = connection.execute(
        "SELECT u.code, u.level, p.value FROM marts.dim_unit AS u CROSS JOIN ops.parameter AS p "
        "WHERE u.unit_id = %s AND p.parameter_code = 'minor_per_major'",
        [unit_id],
    ).fetchone()
    if found is None:
        raise Refusal("The marts do not know this unit yet; run `wattbook build` first.")
    code, level, minor_per_major = found
    if level not in form.levels:
        raise Refusal(
            f"Form {form.code} is not made for {code}, which is a {level.replace('_', ' ')}; choose a unit of these "
            f"levels: {', '.join(form.levels).replace('_', ' ')}."
        )
    return Scope(unit_id, level, month, int(minor_per_major))


def count_facts(connection: psycopg.Connection, form: Specification, scope: Scope) -> int:
    """How many rows of the marts the form is made of, of those that the session sees."""
    return connection.execute(facts_query(form, scope)).fetchone()[0]


def compute_matrix(connection: psycopg.Connection, form: Specification, scope: Scope) -> Matrix:
    """The form's figures as the session's user may see them; the caller holds one snapshot open."""
    unit = _unit(connection, form, scope)
    if count_facts(connection, form, scope) == 0:
        raise Refusal(
            f"Form {form.code} has nothing to state for {unit.code} in {scope.month:%Y-%m} ({form.month_means['en']}): "
            "the marts have no rows there; bill the month and run `wattbook build`, or choose another."
        )
    figures = _figures(connection, form, scope)
    children = _children(connection, form, scope)
    rows: list[MatrixRow] = []
    for row in form.rows:
        below = []
        if form.children is not None and row.line == form.children.under:
            below = _child_rows(form, row, children, figures)
        rows.append(_fixed_row(form, row, below, figures))
        rows.extend(below)
    currency = connection.execute("SELECT value FROM ops.parameter WHERE parameter_code = 'currency'").fetchone()[0]
    return Matrix(form, unit, scope.month, currency, _is_provisional(connection, scope), tuple(rows))


def _unit(connection: psycopg.Connection, form: Specification, scope: Scope) -> FormUnit:
    code, name, name_en = connection.execute(
        sql.SQL("SELECT u.code, u.{}, u.name_en FROM marts.dim_unit AS u WHERE u.unit_id = %s").format(
            sql.Identifier(f"name_{form.language}")
        ),
        [scope.unit_id],
    ).fetchone()
    return FormUnit(scope.unit_id, code, scope.level, _names(form, code, name, name_en))


def _figures(connection: psycopg.Connection, form: Specification, scope: Scope) -> dict[CellKey, dict[str, Figure]]:
    figures: dict[CellKey, dict[str, Figure]] = defaultdict(lambda: dict.fromkeys(c.code for c in form.columns))
    for line, child_id, is_total, column_code, figure in connection.execute(figures_query(form, scope)):
        figures[line, child_id, is_total][column_code] = figure
    lines = [row.line for row in form.rows] if form.children is None else [form.children.under]
    for column in form.columns:
        if column.reasons is None:
            continue
        texts: dict[tuple[int | None, bool], list[tuple[str, int]]] = defaultdict(list)
        for child_id, is_total, reason, facts in connection.execute(reasons_query(form, column, scope)):
            told = both(form, column.texts[reason]) if reason in column.texts else reason
            texts[child_id, is_total].append((told, facts))
        for (child_id, is_total), reasons in texts.items():
            for line in lines:
                figures[line, child_id, is_total][column.code] = _told(reasons)
    return figures


def _told(reasons: list[tuple[str, int]]) -> str:
    """One reason stands for itself; more are counted."""
    if len(reasons) == 1 and reasons[0][1] == 1:
        return reasons[0][0]
    return "; ".join(f"{reason} ({facts})" for reason, facts in reasons)


def _children(connection: psycopg.Connection, form: Specification, scope: Scope) -> list[tuple[int, Words]]:
    """The units right below, by code, whether they have facts or not."""
    levels = child_levels(form, scope.level)
    if not levels:
        return []
    found = connection.execute(
        sql.SQL(
            "SELECT u.unit_id, u.code, u.{}, u.name_en FROM marts.dim_unit AS u "
            'WHERE u.parent_unit_id = %s AND u.level = ANY (%s) ORDER BY u.code COLLATE "C"'
        ).format(sql.Identifier(f"name_{form.language}")),
        [scope.unit_id, levels],
    ).fetchall()
    return [(unit_id, _names(form, code, name, name_en)) for unit_id, code, name, name_en in found]


def _names(form: Specification, code: str, name: str | None, name_en: str | None) -> Words:
    """A unit without a name in a language goes by its code."""
    return {form.language: name or code, "en": name_en or code}


def _fixed_row(
    form: Specification, row: Row, below: list[MatrixRow], figures: dict[CellKey, dict[str, Figure]]
) -> MatrixRow:
    return MatrixRow(
        line=row.line,
        code=row.code,
        name=row.name,
        depth=row.depth,
        is_verified=row.code is not None or form.row_codes_from is None,
        parts=tuple(row.parts) or tuple(child.line for child in below),
        figures=figures[row.line, None, True],
    )


def _child_rows(
    form: Specification,
    under: Row,
    children: list[tuple[int, Words]],
    figures: dict[CellKey, dict[str, Figure]],
) -> list[MatrixRow]:
    """One row a child; and one for what hangs on the unit itself, where there is such."""
    found: list[tuple[int | None, Words]] = list(children)
    if children and (under.line, None, False) in figures:
        found.append((None, form.children.directly))
    return [
        MatrixRow(
            line=f"{under.line}.{number}",
            code=None,
            name=name,
            depth=under.depth + 1,
            is_verified=True,
            parts=(),
            figures=figures[under.line, child_id, False],
        )
        for number, (child_id, name) in enumerate(found, start=1)
    ]


def _is_provisional(connection: psycopg.Connection, scope: Scope) -> bool:
    """A month is final when every RES of the unit that opened it has closed it, and one has."""
    opened, still_open = connection.execute(
        sql.SQL(
            "SELECT count(*), count(o.res_id) FROM ops.billing_period AS p "
            "LEFT JOIN ops.open_period AS o ON o.res_id = p.res_id AND o.booked_month = p.booked_month "
            "WHERE p.booked_month = %s AND p.res_id IN (SELECT u.res_id FROM marts.dim_unit AS u WHERE u.{} = %s)"
        ).format(sql.Identifier(f"{scope.level}_id")),
        [scope.month, scope.unit_id],
    ).fetchone()
    return opened == 0 or still_open > 0


def plain(figure: Decimal) -> str:
    """The figure without trailing zeros, so that equal figures are equal texts."""
    return f"{figure.normalize():f}" if figure else "0"


def _canonical(figure: Figure) -> str:
    if figure is None:
        return ""
    if isinstance(figure, str):
        return figure
    return plain(figure)
