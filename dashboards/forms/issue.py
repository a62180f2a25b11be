"""Who may issue which form, and when? The one way by which a form leaves the book.

Belongs here: the right, the refusals before paper, the file. Does not belong here: figures (`matrix`), rules between
them (`control`), drawing (`workbook`).
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import psycopg
from psycopg import sql

from dashboards.forms.control import Broken, broken_rules
from dashboards.forms.matrix import Matrix, compute_matrix, count_facts, fitting_marts, scope_of
from dashboards.forms.matrix_query import Scope
from dashboards.forms.specification import SPECIFICATIONS_DIR, Specification, Words
from dashboards.forms.specification_files import all_specifications, specification_for
from dashboards.forms.workbook import workbook_bytes
from operational_db.connections import Role, connect
from operational_db.file_formats.opening import FileFormatError, open_to_write
from operational_db.refusal import Refusal
from operational_db.refused import refusals
from operational_db.settings import Settings

ISSUE_RIGHT = "issue_form"

Expected = Callable[[Settings, Matrix], object]
"""Asked before paper; it raises a Refusal where the form must not leave (`dashboards.forms.expected`)."""


@dataclass(frozen=True)
class KnownForm:
    """A form that can be issued, and its versions."""

    code: str
    title: Words
    versions: tuple[int, ...]


def list_forms() -> list[KnownForm]:
    """Every form, by code, under the title of its newest version."""
    by_code: dict[str, list[Specification]] = {}
    for form in all_specifications():
        by_code.setdefault(form.code, []).append(form)
    return [
        KnownForm(code, versions[-1].title, tuple(form.version for form in versions))
        for code, versions in by_code.items()
    ]


def issue_form(
    settings: Settings,
    form_code: str,
    month: date,
    unit_code: str,
    *,
    by: str,
    out_dir: Path,
    expected: Expected | None = None,
) -> Path:
    """Write the form for a unit and month as XLSX and return the file; equal figures give equal bytes.

    Refused without the right issue_form for the unit, without figures, when a control rule fails, or when what is
    `expected` of it is not met.
    """
    matrix = form_matrix(settings, form_code, month, unit_code, by=by)
    broken = broken_rules(matrix)
    if broken:
        raise _refusal_of(matrix, broken)
    if expected is not None:
        expected(settings, matrix)
    path = out_dir / f"{form_code}_{_file_name(matrix.unit.code)}_{matrix.month:%Y-%m}.xlsx"
    with _refusing_unwritable(out_dir), open_to_write(path, FileFormatError) as file:
        file.write(workbook_bytes(matrix))
    return path


def form_matrix(
    settings: Settings,
    form_code: str,
    month: date,
    unit_code: str,
    *,
    by: str,
    specifications: Path = SPECIFICATIONS_DIR,
) -> Matrix:
    """The figures of a form as they stand, for one who may issue it; control rules are not applied yet."""
    month = month.replace(day=1)
    form = specification_for(form_code, month, specifications)
    with refusals(), connect(settings, Role.APP, user=by) as session:
        unit_id = session.execute("SELECT ops.find_unit(%s)", [unit_code]).fetchone()[0]
        session.execute("SELECT ops.require_right(%s, %s, %s)", [by, ISSUE_RIGHT, unit_id])
    with refusals(), fitting_marts(form), connect(settings, Role.READER, user=by) as session:
        session.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        scope = scope_of(session, form, unit_id, month)
        _refuse_a_partial_view(settings, session, form, scope, unit_code)
        return compute_matrix(session, form, scope)


def _refuse_a_partial_view(
    settings: Settings, session: psycopg.Connection, form: Specification, scope: Scope, unit_code: str
) -> None:
    """Row-level security would leave hidden rows out of the sums without a word.

    They may be of another RES even under the user's own unit, which once belonged there; so the rows are counted by one
    who sees all, in the same snapshot.
    """
    snapshot = session.execute("SELECT pg_export_snapshot()").fetchone()[0]
    with connect(settings, Role.DBT) as unhindered:
        unhindered.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        unhindered.execute(sql.SQL("SET TRANSACTION SNAPSHOT {}").format(sql.Literal(snapshot)))
        hidden = count_facts(unhindered, form, scope) - count_facts(session, form, scope)
    if hidden:
        raise Refusal(
            f"Form {form.code} for {unit_code} in {scope.month:%Y-%m} is made of {hidden} rows that this user does not "
            'see; ask an administrator for the right "see" on the RES they belong to, or issue the form for a smaller '
            "unit."
        )


def _refusal_of(matrix: Matrix, broken: list[Broken]) -> Refusal:
    more = f"; {len(broken) - 1} more rules fail" if len(broken) > 1 else ""
    return Refusal(
        f"Form {matrix.form.code} for {matrix.unit.code} in {matrix.month:%Y-%m} is not issued: {broken[0].sentence}"
        f"{more}; find the rows that the parts leave out, or run `wattbook build` if the marts are old."
    )


@contextmanager
def _refusing_unwritable(out_dir: Path) -> Iterator[None]:
    try:
        out_dir.mkdir(parents=True, exist_ok=True)
        yield
    except FileFormatError as error:
        raise Refusal(str(error)) from error
    except OSError as error:
        raise Refusal(
            f"The folder {out_dir} cannot be made: {error.strerror or error}; name another with --out."
        ) from error


def _file_name(unit_code: str) -> str:
    """Unit codes of other systems hold slashes and the like, which file names may not."""
    return re.sub(r"[^\w.-]", "_", unit_code)
