"""Which statement turns raw rows into typed rows? One INSERT per kind of fact and set of columns.

Belongs here: choosing the alternative that a file has, putting rules together, naming the first bad cell.
Does not belong here: single rules (`canonical_rules`), verdicts (`verdicts`).
"""

# ruff: noqa: S608 - names come from `entities` and checked profiles, values are quoted by `literal` or are our own nu

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from legacy_migration.canonical_rules import RULES, RowContext, Rule, literal, sql_type
from legacy_migration.entities import ENTITIES, Entity
from legacy_migration.profile import FieldRule, FileRule, Profile, RowRule
from legacy_migration.source_rows import FAULT
from operational_db.refusal import Refusal


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
    def is_optional(self) -> bool:
        return bool(self.body.get("optional"))

    @property
    def leaves_empty(self) -> bool:
        return self.body.get("if_bad") == "leave_empty"


@dataclass(frozen=True)
class TypedInsert:
    """One statement, and what else is to be said about its rows."""

    described_as: str
    entity: str
    part_no: int
    statement: str
    remarks: tuple[str, ...]


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


def typed_inserts(
    session: psycopg.Connection, load_id: int, profile: Profile, minor_digits: int, first_day: str | None
) -> Iterator[TypedInsert]:
    """The statements for a load, in the order of the profile."""
    signatures = session.execute(
        "SELECT described_as, columns, min(path) FROM landing.file WHERE load_id = %s AND described_as IS NOT NULL "
        "GROUP BY described_as, columns ORDER BY min(file_id)",
        [load_id],
    ).fetchall()
    for described_as, columns, path in signatures:
        rule = profile.file(described_as)
        used_parts: dict[str, int] = {}
        for row_rule in rule.rows:
            for month in range(1, row_rule.months + 1) if row_rule.months else (0,):
                part_no = used_parts.get(row_rule.entity, -1) + 1
                used_parts[row_rule.entity] = part_no
                context = RowContext(
                    {name: index for index, name in enumerate(columns, start=1)},
                    {name: codes.codes for name, codes in profile.lists.items()},
                    rule.decimal,
                    minor_digits,
                    first_day,
                    month,
                )
                fields = chosen_alternatives(path, rule, row_rule, tuple(columns))
                yield _insert(load_id, profile, rule, row_rule, fields, context, tuple(columns), part_no)


def _insert(
    load_id: int,
    profile: Profile,
    rule: FileRule,
    row_rule: RowRule,
    fields: list[ChosenField],
    context: RowContext,
    columns: tuple[str, ...],
    part_no: int,
) -> TypedInsert:
    entity = ENTITIES[row_rule.entity]
    types = entity.fields
    names = [field.name for field in fields]
    values = ",\n        ".join(
        f"CAST({field.rule.sql(field.body, context, types[field.name])} AS {sql_type(types[field.name])}) AS "
        f"{field.name}"
        for field in fields
    )
    source = (
        "landing.row AS r\n    INNER JOIN landing.file AS f ON f.file_id = r.file_id\n"
        f"    WHERE f.load_id = {load_id} AND f.described_as = {literal(rule.name)} "
        f"AND f.columns = {_signature(columns)}"
    )
    if row_rule.only_first:
        cell = context.cell(row_rule.only_first)
        source += f"\n    AND {cell} = (SELECT min({cell}) FROM {source})"
    reasons, bad_fields = _bad_cells(profile, rule, fields, context)
    statement = (
        f"INSERT INTO migration.{entity.name} (load_id, file_id, row_no, part_no, {', '.join(names)}, is_deleted, "
        f"bad_reason, bad_field)\nSELECT {load_id}, v.file_id, v.row_no, {part_no}, "
        f"{', '.join('v.' + name for name in names)}, v.is_deleted,\n    {reasons},\n    {bad_fields}\n"
        f"FROM (\n    SELECT\n        r.file_id, r.row_no, r.cells, r.is_deleted, r.undecodable, r.ragged_cells,\n"
        f"        {values}\n    FROM {source}\n    OFFSET 0\n) AS v"
    )
    remarks = tuple(
        text for field in fields for text in _remarks(load_id, profile, rule, entity, field, context, columns, part_no)
    )
    return TypedInsert(rule.name, entity.name, part_no, statement, remarks)


def _signature(columns: tuple[str, ...]) -> str:
    """The columns of a file as an array of SQL: files of one kind may differ in them."""
    return "ARRAY[" + ", ".join(literal(column) for column in columns) + "]::text[]"


def _reason(profile: Profile, field: ChosenField) -> str:
    return profile.lists[field.body["list"]].unknown if "code" in field.body else field.rule.reason


def _is_filled(cell: str) -> str:
    """A blank cell, or a date of zeros, holds nothing."""
    return f"coalesce({cell}, '00000000') <> '00000000'"


def _bad_cells(profile: Profile, rule: FileRule, fields: list[ChosenField], context: RowContext) -> tuple[str, str]:
    """Two CASE expressions: the reason of the first cell that rejects the row, and its column."""
    branches: list[tuple[str, str, str]] = [("v.ragged_cells IS NOT NULL", "RAGGED_ROW", "''")]
    if rule.format == "layout_80020":
        branches.append((f"v.cells[{context.position[FAULT]}] <> ''", "BAD_LAYOUT", literal(FAULT)))
    used = sorted({context.column(column) for field in fields for column in field.columns})
    if used:
        names = "ARRAY[" + ", ".join(literal(name) for name in used) + "]"
        first_bad = f"(SELECT min(n) FROM unnest(v.undecodable) AS n WHERE n = ANY ({names}))"
        branches.append((f"v.undecodable IS NOT NULL AND v.undecodable && {names}", "BAD_ENCODING", first_bad))
    for field in fields:
        if field.leaves_empty:
            continue
        if field.is_optional and field.rule.reason == "EMPTY_CELL":
            continue
        column = context.column(field.columns[0]) if field.columns else ""
        condition = f"v.{field.name} IS NULL"
        if field.is_optional:
            filled = _is_filled(f"nullif(btrim(v.cells[{context.position[column]}]), '')")
            condition += f" AND {filled}"
        branches.append((condition, _reason(profile, field), literal(column)))
    reasons = "CASE " + " ".join(f"WHEN {when} THEN {literal(reason)}" for when, reason, _ in branches) + " END"
    columns = "CASE " + " ".join(f"WHEN {when} THEN {column}" for when, _, column in branches) + " END"
    return reasons, columns


def _remarks(
    load_id: int,
    profile: Profile,
    rule: FileRule,
    entity: Entity,
    field: ChosenField,
    context: RowContext,
    columns: tuple[str, ...],
    part_no: int,
) -> Iterator[str]:
    """Statements that name cells left empty, and cells whose letters were lost."""
    if not field.columns:
        return
    column = context.column(field.columns[0])
    cell = f"btrim(r.cells[{context.position[column]}])"

    def statement(reason: str, condition: str) -> str:
        return (
            "INSERT INTO migration.remark (load_id, entity, file_id, row_no, reason_code, field, value, legacy_key)\n"
            f"SELECT {load_id}, {literal(entity.name)}, t.file_id, t.row_no, {literal(reason)}, "
            f"{literal(column)}, {cell}, "
            f"{entity.shown_key_sql}\nFROM migration.{entity.name} AS t\n"
            "INNER JOIN landing.file AS f ON f.file_id = t.file_id\n"
            "INNER JOIN landing.row AS r ON r.file_id = t.file_id AND r.row_no = t.row_no\n"
            f"WHERE t.load_id = {load_id} AND t.part_no = {part_no} AND NOT t.is_deleted AND t.bad_reason IS NULL\n"
            f"    AND f.described_as = {literal(rule.name)} AND f.columns = {_signature(columns)} AND {condition}"
        )

    if field.leaves_empty:
        filled_cell = f"nullif({cell}, '')"
        filled = f" AND {_is_filled(filled_cell)}" if field.is_optional else ""
        yield statement(_reason(profile, field), f"t.{field.name} IS NULL{filled}")
    if "lost_letters" in field.body:
        yield statement("LOST_LETTERS", f"strpos(t.{field.name}, {literal(field.body['lost_letters'])}) > 0")
