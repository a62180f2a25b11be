"""No rule is said twice: an expectation restates no constraint, no verdict, no control rule of a form, no dbt test.

docs/data_quality.md says which boundary owns what; here it is held.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy
import yaml

from dashboards.forms.specification_files import all_specifications
from legacy_migration.entities import ENTITIES
from legacy_migration.expectations.rules import FORMS_OUT, LEGACY_IN, Expectation, read_rules
from operational_db.schema.catalogue import metadata

MARTS = Path(__file__).parents[2] / "dbt_project" / "models" / "marts"
IN, OUT = read_rules(LEGACY_IN), read_rules(FORMS_OUT)
BOOK = {
    "account": ("account", "subscriber", "contract", "family_size"),
    "meter": ("meter", "meter_type", "meter_register", "meter_installation"),
    "half_hours": ("interval_energy",),
}
"""Where the fields of a kind of fact stand in the book, under the same name of column."""


def tables_of(entity: str) -> list[sqlalchemy.Table]:
    typed = [metadata.tables[f"migration.{ENTITIES[entity].name}"]]
    names = BOOK.get(entity, (entity,))
    return typed + [metadata.tables[f"ops.{name}"] for name in names if f"ops.{name}" in metadata.tables]


def bounds_in(text: str, column: str) -> set[str]:
    """Which sides of a column a condition holds: `digits BETWEEN 3 AND 12` both, `amount >= 0` the lower."""
    sides = set()
    if re.search(rf"\b{column} (>=|>) ?\(?-?\d", text) or re.search(rf"\b{column} BETWEEN ", text, re.IGNORECASE):
        sides.add("at_least")
    if re.search(rf"\b{column} (<=|<) ?\(?-?\d", text) or re.search(rf"\b{column} BETWEEN ", text, re.IGNORECASE):
        sides.add("at_most")
    if re.search(rf"\b{column} (IN|= ANY) ?\(", text, re.IGNORECASE):
        sides.add("one_of")
    return sides


def restated(expectation: Expectation, table: sqlalchemy.Table) -> str | None:
    """How a table's constraint says the same, if one does."""
    column = table.columns.get(expectation.column)
    if column is None:
        return None
    if expectation.kind == "filled" and not column.nullable:
        return f"{table.fullname}.{column.name} is NOT NULL"
    for constraint in table.constraints:
        if isinstance(constraint, sqlalchemy.CheckConstraint):
            sides = bounds_in(str(constraint.sqltext), column.name)
            asked = set(expectation.wanted) if expectation.kind == "between" else {expectation.kind}
            if asked & sides:
                return f"{table.fullname}: {constraint.sqltext}"
        is_reference = isinstance(constraint, sqlalchemy.ForeignKeyConstraint)
        if is_reference and expectation.kind == "one_of" and column.name in constraint.column_keys:
            return f"{table.fullname}: a foreign key"
    return None


@pytest.mark.parametrize("expectation", IN.expectations, ids=lambda one: one.code)
def test_no_constraint_and_no_verdict_says_what_is_expected_of_legacy_rows(expectation: Expectation) -> None:
    if expectation.of in IN.summaries:
        return  # no constraint and no verdict looks at a group of rows
    found = [restated(expectation, table) for table in tables_of(expectation.of)]
    assert [said for said in found if said] == []
    # A blank cell of a required field has its verdict, EMPTY_CELL.
    assert not (expectation.kind == "filled" and expectation.column in ENTITIES[expectation.of].required)
    # An unknown parent has its verdict, NO_ACCOUNT and the like.
    parents = {parent.column for parent in ENTITIES[expectation.of].parents}
    assert not (expectation.kind == "one_of" and expectation.column in parents)


@pytest.mark.parametrize("expectation", OUT.expectations, ids=lambda one: one.code)
def test_no_dbt_test_and_no_control_rule_says_what_is_expected_of_a_form(expectation: Expectation) -> None:
    forms = [form for form in all_specifications() if form.code == expectation.of]
    assert forms, "an expectation is about a form that there is"
    for form in forms:
        columns = {column.code: column for column in form.columns}
        assert set(expectation.columns) <= set(columns)
        column = columns[expectation.column]
        # A formula of the form is `equals`; it and the totals are the control rules.
        assert not (expectation.kind == "equals" and column.equals is not None)
        for term in column.sum or []:
            if term.measure is None or expectation.kind != "between":
                continue
            mart = form.sources[term.source].mart
            for test in dbt_conditions(mart):
                assert not set(expectation.wanted) & bounds_in(test, term.measure), f"{mart}: {test}"


def dbt_conditions(mart: str) -> list[str]:
    """The conditions on single rows that dbt tests in a mart."""
    (model,) = yaml.safe_load((MARTS / f"{mart}.yml").read_text(encoding="utf-8"))["models"]
    tests = [next(iter(test.items())) for test in model.get("data_tests", []) if isinstance(test, dict)]
    return [body["arguments"]["condition"] for name, body in tests if name == "holds_for_every_row"]


def test_a_restated_rule_would_be_seen() -> None:
    digits = next(iter(IN.expectations)).__class__(
        "digits", "meter", "digits", "between", {"at_least": 3}, "note", 0, "load", None, 1, None, {}
    )
    assert any(restated(digits, table) for table in tables_of("meter"))
    assert bounds_in("energy_kwh >= 0", "energy_kwh") == {"at_least"}


def test_great_expectations_are_imported_in_one_place_and_only_to_judge() -> None:
    root = Path(__file__).parents[2]
    importing = {
        file.relative_to(root).as_posix()
        for package in ("operational_db", "legacy_migration", "dashboards", "orchestration")
        for file in (root / package).rglob("*.py")
        if "import great_expectations" in file.read_text(encoding="utf-8")
    }
    assert importing == {"legacy_migration/expectations/evaluation.py"}
    imports = (
        "import sys, legacy_migration.expectations.commands, dashboards.forms.expected, "
        "orchestration.command_line.migration, orchestration.command_line.expecting; "
        "print('great_expectations' in sys.modules or 'pandas' in sys.modules)"
    )
    loaded = subprocess.run([sys.executable, "-c", imports], capture_output=True, text=True, check=True, cwd=root)
    assert loaded.stdout.strip() == "False"


@pytest.mark.parametrize(
    "name",
    [
        "Каримова Раъно Шухратовна", "КАРИМОВА РАЪНО", "Oʻktam Toʻraqulov", "ООО «Темир йўл», филиал № 7",
        "Сергей Рыбников", "РОССОШЬ", "Ґалаґан Євген Їжакевич", "José Peña", "Қодиров Ҳасан", "ПАО Россия-СССР",
    ],
)  # fmt: skip
def test_names_as_people_write_them_are_in_one_encoding(name: str) -> None:
    assert not re.search(_pattern(), name)


@pytest.mark.parametrize(
    ("written", "read"),
    [("cp1251", "latin-1"), ("cp1251", "cp866"), ("koi8-r", "cp1251"), ("utf-8", "cp1251"), ("utf-8", "cp866")],
)
def test_names_read_in_a_wrong_encoding_are_seen(written: str, read: str) -> None:
    spoiled = "Каримова Раъно Шухратовна".encode(written).decode(read, errors="replace")
    assert re.search(_pattern(), spoiled), spoiled


def _pattern() -> str:
    return next(one.wanted for one in IN.expectations if one.code == "names_are_in_one_encoding")
