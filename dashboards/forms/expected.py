"""Does a form look as forms do? What is expected of its cells on their way out, beyond its own control rules.

Belongs here: handing the cells of a matrix to the expectations, and the refusal. Does not belong here: the rules
(`legacy_migration/expectations/rules/forms_out.yaml`) and their evaluation, which costs seconds the first time; an
equal form, by its issue number, is judged once.
"""

from dashboards.forms.matrix import Matrix
from legacy_migration.expectations.commands import FormCells, check_form
from legacy_migration.expectations.results import Outcome
from operational_db.refusal import Refusal
from operational_db.settings import Settings


class UnexpectedForm(Refusal):
    """The form is not issued because what is expected of it is not met."""


def require_expected(settings: Settings, matrix: Matrix) -> list[Outcome]:
    """What was expected and became of it; refused where an unmet expectation stops the form."""
    lines = [(row.line, row.figures) for row in matrix.rows]
    found = check_form(settings, FormCells(matrix.form.code, matrix.issue_number, lines))
    stopping = [outcome for outcome in found if outcome.stops]
    if stopping:
        more = f"; {len(stopping) - 1} more expectations stop it" if len(stopping) > 1 else ""
        raise UnexpectedForm(
            f"Form {matrix.form.code} for {matrix.unit.code} in {matrix.month:%Y-%m} is not issued. "
            f"{stopping[0].said}{more}; look at these lines, correct what they are made of, and run `wattbook build`."
        )
    return found
