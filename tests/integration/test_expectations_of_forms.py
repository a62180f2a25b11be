"""What is expected of a form on its way out, judged on matrices made by hand; the results are kept by issue number."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from dashboards.forms.control import broken_rules
from dashboards.forms.expected import UnexpectedForm, require_expected
from dashboards.forms.matrix import Figure, FormUnit, Matrix, MatrixRow
from dashboards.forms.specification_files import specification_for
from legacy_migration.expectations import evaluation
from operational_db.connections import Role, connect
from operational_db.settings import Settings

MARCH = date(2026, 3, 1)
WHY = "no meter at the feeder head"
pytestmark = pytest.mark.db


def balance(loss: Figure = Decimal(100), share: Figure = Decimal(10), unknown: Figure = None, why: str | None = WHY):  # noqa: ANN201
    """R3 of a RES with a metered feeder (1,000 in, 900 out, 100 lost = 10 %) and one without a meter."""
    heads = [str(number) for number in range(1, 11)]
    rows = []
    for line, figures in {
        "1.1": (1000, 0, 900, None, loss, share, None, 1, 0, None),
        "1.2": (None, None, 200, 200, unknown, None, None, 1, 1, why),
    }.items():
        cells = dict(zip(heads, [Decimal(cell) if isinstance(cell, int) else cell for cell in figures], strict=True))
        cells["12"] = Decimal(1000) if line == "1.1" else None
        rows.append(MatrixRow(line, None, {"ru": line, "en": line}, 1, True, (), cells))
    unit = FormUnit(7, "TK01", "res", {"ru": "РЭС", "en": "RES"})
    return Matrix(specification_for("R3", MARCH), unit, MARCH, "UZS", is_provisional=False, rows=tuple(rows))


@pytest.mark.requirement("A54", "B51")
def test_a_form_as_forms_are_meets_what_is_expected(settings: Settings) -> None:
    found = require_expected(settings, balance())
    assert len(found) == 5
    assert all(outcome.is_met for outcome in found)


@pytest.mark.requirement("A54", "B51")
@pytest.mark.parametrize(
    ("made", "sentence", "cell"),
    [
        # Zero where nothing is known would say that nothing is lost.
        (lambda: balance(unknown=Decimal(0)), "the loss is blank, not zero: not so for 1 of 1", ("1.2", "5", "0")),
        (lambda: balance(why=None), "the form says why: not so for 1 of 1", ("1.2", "10", None)),
        (lambda: balance(share=Decimal(101)), "No more is lost than was received: not so for 1 of 1",
         ("1.1", "6", "101")),
    ],
)  # fmt: skip
def test_a_form_that_cannot_be_right_is_not_issued(
    settings: Settings, made: Callable[[], Matrix], sentence: str, cell: tuple[str, str, str | None]
) -> None:
    matrix = made()
    with pytest.raises(UnexpectedForm, match=sentence) as refused:
        require_expected(settings, matrix)
    assert "Form R3 for TK01 in 2026-03 is not issued." in refused.value.sentence
    with connect(settings, Role.LOADER) as session:
        rows = session.execute(
            "SELECT legacy_key, field, value FROM migration.expectation_failure WHERE issue_number = %s",
            [matrix.issue_number],
        ).fetchall()
    assert rows == [cell]


def test_a_negative_loss_is_noted_and_issued(settings: Settings) -> None:
    # 1,000 in and 1,050 out is 50 lost below zero: a question for the network, not a reason to keep the form back.
    matrix = balance(loss=Decimal(-50), share=Decimal(-5))
    (noted,) = [outcome for outcome in require_expected(settings, matrix) if not outcome.is_met]
    assert (noted.code, noted.failed_count) == ("losses_are_not_negative", 1)


def test_an_equal_form_is_judged_once(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    first = require_expected(settings, balance())

    def not_again(*_: object) -> None:
        raise AssertionError("Great Expectations is imported for a form that was judged")

    monkeypatch.setattr("legacy_migration.expectations.commands.Judge", not_again)
    assert require_expected(settings, balance()) == first
    assert evaluation.Judge is not not_again


def test_forms_without_rules_cost_nothing(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    matrix = balance()
    other = replace(matrix, form=matrix.form.model_copy(update={"code": "R9"}))
    monkeypatch.setattr("legacy_migration.expectations.commands.connect", None)
    assert require_expected(settings, other) == []


def test_what_the_form_states_of_itself_is_left_to_its_control_rules() -> None:
    """An amount that breaks `5 = 1 + 2 + 4 - 3` is found there and asked nowhere else."""
    assert [broken.column for broken in broken_rules(balance(loss=Decimal(99)))] == ["5"]
