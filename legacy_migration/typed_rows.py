"""Which expressions turn the cells of a file into typed rows? One SELECT per kind of fact and part of the row.

Belongs here: choosing the alternative that a file has, putting rules together, naming the first bad cell, remarks.
Does not belong here: single rules (`canonical_rules`), running the statements and sending rows (`typed_copy`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from legacy_migration.canonical_rules import RULES, RowContext, Rule, duckdb_type, literal, typed_value
from legacy_migration.entities import ENTITIES, Entity
from legacy_migration.profile import FieldRule, FileRule, Profile, RowRule
from legacy_migration.source_rows import FAULT
from operational_db.refusal import Refusal

BATCH = "source_batch"
"""The name under which DuckDB sees the rows in hand: row_no, deleted, ragged, undecodable_0 ..., file_id, folder,
file_name, r1, r2 ..."""


@dataclass(frozen=True)
class ChosenField:
    """A field with the alternative that fits the file."""

    name: str
    rule: Rule
    body: Mapping[str, Any]

    @property
    def columns(self) -> list[str]:
        """Real columns of the file that it reads."""
        return [name for name in self.rule.columns(self.body) if not name.startswith(("=", "{folder}"))]

    @property
    def rule_name(self) -> str:
        return next(name for name in RULES if name in self.body)

    @property
    def is_optional(self) -> bool:
        return bool(self.body.get("optional"))

    @property
    def leaves_empty(self) -> bool:
        return self.body.get("if_bad") == "leave_empty"


@dataclass(frozen=True)
class Remark:
    """A cell that is left empty, or doubtful, in a row that is loaded all the same."""

    reason: str
    column: str
    condition: str
    value: str


@dataclass(frozen=True)
class Fact:
    """One kind of fact that each row of a file tells, and how."""

    entity: Entity
    part_no: int
    fields: tuple[ChosenField, ...]
    context: RowContext
    values: Mapping[str, str]  # field to expression
    bad_reason: str
    bad_field: str
    bad_value: str
    remarks: tuple[Remark, ...]
    only_where: str | None  # only rows with the smallest value of a column
    only_column: str | None

    @property
    def positions(self) -> dict[int, list[ChosenField]]:
        """The columns that it reads, each with the fields that it becomes."""
        found: dict[int, list[ChosenField]] = {}
        for field in self.fields:
            for column in dict.fromkeys(field.columns):
                found.setdefault(self.context.position[self.context.column(column)], []).append(field)
        return dict(sorted(found.items()))


def chosen_alternatives(
    path: Path | str, rule: FileRule, row_rule: RowRule, columns: tuple[str, ...]
) -> list[ChosenField]:
    """For every field the alternative whose columns the file has; refuses a file that lacks a column."""
    position = {name: index for index, name in enumerate(columns, start=1)}
    parts = range(1, row_rule.months + 1) if row_rule.months else range(1)
    chosen = []
    for field in row_rule.fields:
        for alternative in field.alternatives:
            name = next(key for key in alternative if key in RULES)
            candidate = ChosenField(field.name, RULES[name], alternative)
            contexts = [RowContext(position, {}, "", 0, None, part) for part in parts]
            if all(context.has(column) for context in contexts for column in RULES[name].columns(alternative)):
                chosen.append(candidate)
                break
        else:
            raise Refusal(_missing(path, rule, field, columns))
    return chosen


def _missing(path: Path | str, rule: FileRule, field: FieldRule, columns: tuple[str, ...]) -> str:
    wanted = " or ".join(
        ", ".join(RULES[next(key for key in body if key in RULES)].columns(body)) for body in field.alternatives
    )
    return (
        f'The file {path} lacks a column for "{field.name}": the profile ({rule.name}, line {field.line}) '
        f"wants {wanted}, "
        f"the file has {', '.join(columns)}; ask for the right file or correct the profile."
    )


@dataclass(frozen=True)
class DumpFigures:
    """What must be known of the whole dump before its first row is read."""

    minor_digits: int
    first_day: str | None
    smallest: Mapping[tuple[str, tuple[str, ...], str], str | None]  # file, its columns, column of `only_first`


def facts_of_file(
    path: Path | str, profile: Profile, rule: FileRule, columns: tuple[str, ...], known: DumpFigures
) -> list[Fact]:
    """What each row of a file with these columns tells, in the order of the profile; `path` is for refusals alone."""
    position = {name: index for index, name in enumerate(columns, start=1)}
    lists = {name: codes.codes for name, codes in profile.lists.items()}
    used_parts: dict[str, int] = {}
    facts = []
    for row_rule in rule.rows:
        fields = chosen_alternatives(path, rule, row_rule, columns)
        for month in range(1, row_rule.months + 1) if row_rule.months else (0,):
            part_no = used_parts.get(row_rule.entity, -1) + 1
            used_parts[row_rule.entity] = part_no
            context = RowContext(position, lists, rule.decimal, known.minor_digits, known.first_day, month)
            only_where = None
            if row_rule.only_first:
                smallest = known.smallest[rule.name, columns, row_rule.only_first]
                only_where = (
                    "false" if smallest is None else f"{context.cell(row_rule.only_first)} = {literal(smallest)}"
                )
            facts.append(
                _fact(profile, rule, row_rule, fields, context, part_no, only_where, undecodable_no=len(facts))
            )
    return facts


def _fact(
    profile: Profile,
    rule: FileRule,
    row_rule: RowRule,
    fields: list[ChosenField],
    context: RowContext,
    part_no: int,
    only_where: str | None,
    *,
    undecodable_no: int,
) -> Fact:
    entity = ENTITIES[row_rule.entity]
    mapped = {field.name: typed_value(field.rule, field.body, context, entity.fields[field.name]) for field in fields}
    values = {
        name: mapped.get(name, f"CAST(NULL AS {duckdb_type(column_type)})")
        for name, column_type in entity.fields.items()
    }
    reason, field_name, value = _bad_cells(profile, rule, fields, context, f"undecodable_{undecodable_no}")
    return Fact(
        entity,
        part_no,
        tuple(fields),
        context,
        values,
        reason,
        field_name,
        value,
        tuple(remark for field in fields for remark in _remarks(profile, field, context)),
        only_where,
        row_rule.only_first,
    )


def _reason(profile: Profile, field: ChosenField) -> str:
    return profile.lists[field.body["list"]].unknown if "code" in field.body else field.rule.reason


def is_filled(cell: str) -> str:
    """A blank cell, or a date of zeros, holds nothing."""
    return f"coalesce({cell}, '00000000') <> '00000000'"


def _bad_cells(
    profile: Profile, rule: FileRule, fields: list[ChosenField], context: RowContext, undecodable: str
) -> tuple[str, str, str]:
    """Three CASE expressions: the reason of the first cell that rejects the row, its column, its text."""
    branches: list[tuple[str, str, str, str]] = [("ragged", "RAGGED_ROW", "''", "NULL")]
    if rule.format == "layout_80020":
        place = context.position[FAULT]
        branches.append((f"r{place} <> ''", "BAD_LAYOUT", literal(FAULT), f"r{place}"))
    used = sorted({context.column(column) for field in fields for column in field.columns})
    if used:
        texts = " ".join(f"WHEN {literal(name)} THEN r{context.position[name]}" for name in used)
        branches.append((f"{undecodable} IS NOT NULL", "BAD_ENCODING", undecodable, f"CASE {undecodable} {texts} END"))
    for field in fields:
        if field.leaves_empty:
            continue
        if field.is_optional and field.rule.reason == "EMPTY_CELL":
            continue
        column = context.column(field.columns[0]) if field.columns else ""
        condition = f"v_{field.name} IS NULL"
        if field.is_optional:
            condition += f" AND {is_filled(context.cell(column))}"
        text = f"r{context.position[column]}" if column else "NULL"
        branches.append((condition, _reason(profile, field), literal(column), text))
    return (
        "CASE " + " ".join(f"WHEN {when} THEN {literal(reason)}" for when, reason, _, _ in branches) + " END",
        "CASE " + " ".join(f"WHEN {when} THEN {column}" for when, _, column, _ in branches) + " END",
        "CASE " + " ".join(f"WHEN {when} THEN {text}" for when, _, _, text in branches) + " END",
    )


def _remarks(profile: Profile, field: ChosenField, context: RowContext) -> list[Remark]:
    """Cells left empty, and cells whose letters were lost."""
    if not field.columns:
        return []
    column = context.column(field.columns[0])
    value = f"coalesce({context.cell(column)}, '')"
    found = []
    if field.leaves_empty:
        filled = f" AND {is_filled(context.cell(column))}" if field.is_optional else ""
        found.append(Remark(_reason(profile, field), column, f"v_{field.name} IS NULL{filled}", value))
    if "lost_letters" in field.body:
        lost = literal(field.body["lost_letters"])
        found.append(Remark("LOST_LETTERS", column, f"coalesce(contains(v_{field.name}, {lost}), false)", value))
    return found
