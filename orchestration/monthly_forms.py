"""Which forms a month has, from which marts, and for which units they are written.

How a form is made is in `dashboards.forms`.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from dashboards.forms.expected import UnexpectedForm, require_expected
from dashboards.forms.issue import issue_form
from dashboards.forms.specification_files import all_specifications
from operational_db.connections import Role, connect
from operational_db.refusal import Refusal
from operational_db.settings import Settings
from orchestration.book import root_unit_code
from orchestration.workplace import Workplace


@dataclass(frozen=True)
class IssuedForms:
    """Workbooks of one form and month, and the sentences about those that were not written.

    `refused` broke a rule of their own, of the `unexpected` something else was expected.
    """

    paths: list[Path]
    refused: list[str]
    unexpected: list[str]


def marts_by_form() -> dict[str, list[str]]:
    """The marts that each form reads, by the form's code; every version of the form counts."""
    read: dict[str, set[str]] = {}
    for form in all_specifications():
        read.setdefault(form.code, {"dim_unit"}).update(source.mart for source in form.sources.values())
    return {code: sorted(marts) for code, marts in sorted(read.items())}


def units_with_forms(settings: Settings, month: date) -> list[str]:
    """The supplier itself and the regions that kept books that month, top first."""
    with connect(settings, Role.DBT) as session:
        regions = session.execute(
            "SELECT DISTINCT r.code FROM ops.billing_period AS p"
            " INNER JOIN marts.dim_unit AS u ON u.unit_id = p.res_id"
            " INNER JOIN marts.dim_unit AS r ON r.unit_id = u.region_id"
            " WHERE p.booked_month = %s ORDER BY r.code",
            [month],
        ).fetchall()
    return [root_unit_code(settings), *(row[0] for row in regions)]


def issue_for_units(workplace: Workplace, form_code: str, month: date) -> IssuedForms:
    """Write the form for each unit; one that is refused does not keep the others back."""
    units = units_with_forms(workplace.settings, month)
    paths, refused, unexpected = [], [], []
    for number, unit_code in enumerate(units, start=1):
        try:
            path = issue_form(
                workplace.settings,
                form_code,
                month,
                unit_code,
                by=workplace.by,
                out_dir=workplace.forms_dir,
                expected=require_expected,
            )
            paths.append(path)
        except UnexpectedForm as refusal:
            unexpected.append(refusal.sentence)
        except Refusal as refusal:
            refused.append(refusal.sentence)
        workplace.on_progress(f"writing form {form_code}", number, len(units))
    return IssuedForms(paths, refused, unexpected)
