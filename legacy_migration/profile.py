"""What does a legacy system look like? A profile read from YAML and checked, with line numbers in every refusal.

Belongs here: files, columns, rules and code lists as the profile states them, and what is wrong with a profile beyond
its single keys. Does not belong here: which keys there are and what stands behind each (`profile_language.keys`), how a
rule computes (`canonical_rules`), which entities there are (`entities`).
"""

import csv
import difflib
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from legacy_migration.entities import ENTITIES, Entity
from legacy_migration.marked_yaml import MarkedList, MarkedMapping, read_marked_yaml
from legacy_migration.profile_language.keys import (
    FILE_KEYS,
    FIRST_DAY_KEYS,
    LIST_KEYS,
    ONE_OF,
    PROFILE_KEYS,
    ROW_KEYS,
    RULES_BY_NAME,
    TOTALS_KEYS,
    Key,
    options_of,
)
from legacy_migration.profile_language.kinds import NAME, Mistake
from operational_db.refusal import Refusal

READING_KEYS: Final = (
    "quote", "columns", "places", "measured_in", "line_length", "trimmed", "sheet", "head_rows", "first_row",
    "missing_memo",
)  # fmt: skip
PROFILES_DIR: Final = Path(__file__).parent / "profiles"
MAPPINGS_DIR: Final = Path(__file__).parent / "mappings"
NO_COLUMNS: Final = frozenset({"constant", "folder", "file_name", "first_day", "each_month"})
"""Rules that read no column."""


@dataclass(frozen=True)
class FieldRule:
    """How one canonical field comes from the columns of a row."""

    name: str
    alternatives: tuple[MarkedMapping, ...]  # the first whose columns the file has
    line: int


@dataclass(frozen=True)
class RowRule:
    """Rows of a file told as one kind of fact."""

    entity: str
    fields: tuple[FieldRule, ...]
    months: int  # 0, or how many columns of months each row has
    only_first: str | None
    joins_repeats: bool
    line: int


@dataclass(frozen=True)
class TotalsRule:
    """How rows that are totals are known; those in `groups` sum the rows since the total before."""

    column: str
    starts_with: tuple[str, ...]
    groups: tuple[str, ...]


@dataclass(frozen=True)
class FileRule:
    """One kind of file of the dump."""

    name: str
    path: str
    format: str
    encoding: str
    delimiter: str
    is_required: bool
    out_of_scope: str | None
    sums: tuple[str, ...]
    decimal: str
    rows: tuple[RowRule, ...]
    line: int
    unused: Mapping[str, str] = field(default_factory=dict)  # column and why no rule reads it
    encodings: Mapping[str, str] = field(default_factory=dict)  # of single columns
    totals: TotalsRule | None = None
    instead_of: str | None = None  # the kind of file in whose place it may stand
    reading: Mapping[str, Any] = field(default_factory=dict)  # keys that only the reader of the format knows

    @property
    def pattern(self) -> re.Pattern[str]:
        """The path as a pattern: `{name}` and `*` stand for a part without a slash."""
        parts = re.split(r"(\{\w+\}|\*)", self.path)
        text = "".join(
            f"(?P<{part[1:-1]}>[^/]+?)" if part.startswith("{") else "[^/]*" if part == "*" else re.escape(part)
            for part in parts
        )
        return re.compile(text, re.IGNORECASE)


@dataclass(frozen=True)
class Profile:
    """A legacy system, as data."""

    name: str
    path: Path
    title: str
    sha256: str
    files: tuple[FileRule, ...]
    lists: dict[str, "CodeList"]
    first_day: tuple[str, str, str] | None = field(default=None)  # file, column, date format
    of_dump: "FiguresOfDump | None" = None  # where rows that came back are read without the rest of their dump

    def file(self, name: str) -> FileRule:
        return next(file for file in self.files if file.name == name)


@dataclass(frozen=True)
class FiguresOfDump:
    """What rows need to know of the whole dump they belong to: its first day, the smallest cells of `only_first`."""

    first_day: str | None
    smallest: dict[tuple[str, str], str | None]  # file, column


@dataclass(frozen=True)
class CodeList:
    """Old codes with what they mean here, and the reason when a code is not in the list."""

    name: str
    unknown: str
    codes: dict[str, str]


def is_known(name: str) -> bool:
    """Whether a profile of this name comes with Wattbook."""
    return (PROFILES_DIR / f"{name}.yaml").is_file()


def read_profile(name_or_path: str) -> Profile:
    """A profile by its name in `profiles/` or by the path of a YAML file."""
    path = Path(name_or_path)
    if path.suffix not in (".yaml", ".yml"):
        path = PROFILES_DIR / f"{name_or_path}.yaml"
        if not path.is_file():
            known = ", ".join(sorted(file.stem for file in PROFILES_DIR.glob("*.yaml")))
            raise Refusal(f'There is no profile "{name_or_path}"; known are {known}, or give the path of a YAML file.')
    return _Reader(path).profile()


class _Reader:
    """Reads one profile: each mapping first against its declared keys, then against what else the profile says."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.hashed = hashlib.sha256()
        self.lists: dict[str, CodeList] = {}
        self.tells_first_day = False
        self.unused_anywhere: dict[str, str] = {}
        self.tells_in: dict[str, dict[str, str]] = {}

    def refuse(self, line: int, what: str) -> Refusal:
        return Refusal(f"{self.path}, line {line}: {what}")

    def profile(self) -> Profile:
        content = read_marked_yaml(self.path)
        self.hashed.update(self.path.read_bytes())
        self.check(content, "the profile", PROFILE_KEYS)
        self.tells_first_day = "first_day" in content
        lists = content.get("lists", {})
        self.lists = {name: self.code_list(name, self.mapping(lists, name)) for name in lists}
        files = content["files"]
        self.unused_anywhere = dict(content.get("unused", {}))
        if self.tells_first_day and isinstance(content["first_day"], MarkedMapping):
            told = content["first_day"]
            self.tells_in = {told.get("file", ""): {told.get("column", ""): "it tells the first day of the dump"}}
        rules = tuple(self.file(name, self.mapping(files, name), files) for name in files)
        first_day = self.first_day(content["first_day"], files) if self.tells_first_day else None
        return Profile(
            content["profile"], self.path, content["title"], self.hashed.hexdigest(), rules, self.lists, first_day
        )

    def mapping(self, parent: MarkedMapping, key: str) -> MarkedMapping:
        if not isinstance(parent[key], MarkedMapping):
            raise self.refuse(parent.lines[key], f'"{key}" must be a mapping; see docs/migration.md.')
        return parent[key]

    def check(self, body: MarkedMapping, where: str, keys: tuple[Key, ...]) -> None:
        """Refuse a key that is not declared, one that is missing, and a value of another kind."""
        declared = {key.name: key for key in keys}
        for name in body:
            if name not in declared:
                near = difflib.get_close_matches(name, declared, n=1)
                meant = f'did you mean "{near[0]}"? It' if near else "it"
                raise self.refuse(body.lines[name], f'{where} has no "{name}"; {meant} may have {", ".join(declared)}.')
        for key in keys:
            belongs = not key.formats or body.get("format") in key.formats
            if key.name in body:
                wrong = key.kind.mistake(body[key.name])
                if wrong:
                    line = _line(body, key.name, wrong)
                    raise self.refuse(line, f"{where}: {key.name} {wrong.what}.")
                if not belongs:
                    raise self.refuse(
                        body.lines[key.name],
                        f'{where} is {body["format"]}, which has no "{key.name}"; that is for '
                        f"{', '.join(key.formats)}.",
                    )
            elif key.is_needed and belongs:
                of_format = f"is {body['format']} and " if key.formats else ""
                raise self.refuse(body.line, f'{where} {of_format}lacks "{key.name}" ({key.meaning}); add it.')

    def first_day(self, body: MarkedMapping, files: MarkedMapping) -> tuple[str, str, str]:
        self.check(body, "first_day", FIRST_DAY_KEYS)
        if body["file"] not in files:
            raise self.refuse(body.lines["file"], f'first_day names the file "{body["file"]}", which is not described.')
        return body["file"], body["column"], body["format"]

    def code_list(self, name: str, body: MarkedMapping) -> CodeList:
        self.check(body, f'the list "{name}"', LIST_KEYS)
        if ("codes" in body) == ("mapping" in body):
            raise self.refuse(
                body.line, f'the list "{name}" needs either `mapping` (a CSV file) or `codes`; keep one of them.'
            )
        if "codes" in body:
            decided = {old: code for old, code in body["codes"].items() if code is not None}
            return CodeList(name, body["unknown"], decided)
        mapping_path = next(
            (
                folder / body["mapping"]
                for folder in (self.path.parent, MAPPINGS_DIR)
                if (folder / body["mapping"]).is_file()
            ),
            None,
        )
        if mapping_path is None:
            raise self.refuse(
                body.lines["mapping"], f'there is no file "{body["mapping"]}" beside the profile or in mappings/.'
            )
        self.hashed.update(mapping_path.read_bytes())
        with mapping_path.open(encoding="utf-8", newline="") as file:
            rows = csv.DictReader(file)
            if not {"legacy_code", "code"} <= set(rows.fieldnames or ()):
                raise self.refuse(
                    body.lines["mapping"],
                    f"{mapping_path} must begin with the line legacy_code,code,meaning (separated by commas).",
                )
            return CodeList(name, body["unknown"], {row["legacy_code"]: row["code"] for row in rows})

    def file(self, name: str, body: MarkedMapping, files: MarkedMapping) -> FileRule:
        where = f'the file "{name}"'
        wrong = NAME.mistake(name)
        if wrong:
            raise self.refuse(files.lines[name], f"the name of a file {wrong.what}.")
        self.check(body, where, FILE_KEYS)
        if ("rows" in body) == ("out_of_scope" in body):
            raise self.refuse(body.line, f"{where} needs either `rows` or `out_of_scope` with the reason.")
        rows = tuple(self.rows(rule, body) for rule in body.get("rows", ()))
        for column in body.get("unused", {}):
            used_by = next((rule for rule in body.get("rows", ()) if column in _columns_of(rule["fields"])), None)
            if used_by is not None:
                raise self.refuse(
                    body["unused"].lines[column],
                    f'{where} calls the column "{column}" unused, but {used_by["to"]} reads it; take it out of one.',
                )
        return FileRule(
            name=name,
            path=body["path"],
            format=body["format"],
            encoding=body.get("encoding", "utf-8"),
            delimiter=body.get("delimiter", ""),
            is_required=body.get("required", True),
            out_of_scope=body.get("out_of_scope"),
            sums=tuple(body.get("sums", ())),
            decimal=body.get("decimal", "."),
            rows=rows,
            line=body.line,
            unused=self.unused_anywhere | self.tells_in.get(name, {}) | dict(body.get("unused", {})),
            encodings=dict(body.get("encodings", {})),
            totals=self.totals(body, where),
            instead_of=self.instead_of(body, where, files),
            reading={key: body[key] for key in READING_KEYS if key in body},
        )

    def instead_of(self, body: MarkedMapping, where: str, files: MarkedMapping) -> str | None:
        other = body.get("instead_of")
        if other is not None and other not in files:
            raise self.refuse(
                body.lines["instead_of"],
                f'{where} stands in place of "{other}", which is not described; known are {", ".join(files)}.',
            )
        return other

    def totals(self, body: MarkedMapping, where: str) -> TotalsRule | None:
        if "totals" not in body:
            return None
        totals = body["totals"]
        self.check(totals, f"`totals` of {where}", TOTALS_KEYS)
        for word in totals.get("groups", ()):
            if word not in totals["starts_with"]:
                raise self.refuse(
                    totals.lines["groups"], f'"{word}" of `groups` is not in `starts_with`; add it there.'
                )
        return TotalsRule(totals["column"], tuple(totals["starts_with"]), tuple(totals.get("groups", ())))

    def rows(self, body: MarkedMapping, file: MarkedMapping) -> RowRule:
        self.check(body, "an entry of `rows`", ROW_KEYS)
        entity = ENTITIES.get(body["to"])
        if entity is None:
            raise self.refuse(body.lines["to"], f'"{body["to"]}" is no kind of fact; known are {", ".join(ENTITIES)}.')
        fields = body["fields"]
        self.fields_of(entity, fields, body)
        return RowRule(
            entity=entity.name,
            fields=tuple(self.field(name, fields, body, file) for name in fields),
            months=int(body.get("months", "0")),
            only_first=body.get("only_first"),
            joins_repeats=body.get("repeats") == "join",
            line=body.line,
        )

    def fields_of(self, entity: Entity, fields: MarkedMapping, body: MarkedMapping) -> None:
        for name in fields:
            if name not in entity.fields:
                raise self.refuse(
                    fields.lines[name], f'{entity.name} has no field "{name}"; it has {", ".join(entity.fields)}.'
                )
        for name in entity.required:
            if name not in fields:
                raise self.refuse(body.lines["fields"], f'{entity.name} needs the field "{name}"; map it.')

    def field(self, name: str, fields: MarkedMapping, rows: MarkedMapping, file: MarkedMapping) -> FieldRule:
        body = self.mapping(fields, name)
        alternatives = [body]
        if ONE_OF.name in body:
            self.check(body, f'the field "{name}"', (ONE_OF,))
            alternatives = body[ONE_OF.name]
        for alternative in alternatives:
            self.rule(name, alternative, rows, file)
        return FieldRule(name, tuple(alternatives), fields.lines[name])

    def rule(self, name: str, body: MarkedMapping, rows: MarkedMapping, file: MarkedMapping) -> None:
        """One rule with its options, and what it takes for granted elsewhere in the profile."""
        found = [key for key in body if key in RULES_BY_NAME]
        if len(found) != 1:
            raise self.refuse(
                body.line,
                f'the field "{name}" needs exactly one rule of {", ".join(RULES_BY_NAME)}; it has {len(found)}.',
            )
        rule = RULES_BY_NAME[found[0]]
        argument = Key(rule.name, rule.argument, rule.meaning, is_needed=True)
        for key in body:
            if key != rule.name and all(key != option.name for option in options_of(rule)):
                raise self.refuse(
                    body.lines[key],
                    f'a field has no "{key}" beside {rule.name}; options there are '
                    f"{', '.join(option.name for option in options_of(rule))}.",
                )
        self.check(body, f'the field "{name}"', (argument, *options_of(rule)))
        line = body.lines[rule.name]
        words = _words_of(body[rule.name])
        if "list" in body and body["list"] not in self.lists:
            known = f"known are {', '.join(self.lists)}" if self.lists else "the profile has no lists"
            raise self.refuse(
                body.lines["list"], f'the field "{name}" names the list "{body["list"]}", which is not there; {known}.'
            )
        if rule.name in ("first_day", "each_month") and not self.tells_first_day:
            raise self.refuse(line, f'the field "{name}" counts from `first_day`, which the profile does not have.')
        if (rule.name == "folder" or "{folder}" in words) and not re.search(r"\{\w+\}", file["path"]):
            raise self.refuse(
                line, f'the field "{name}" is taken from the folder, but the path {file["path"]} has no {{name}} in it.'
            )
        if any("{mm}" in word for word in words) and "months" not in rows:
            raise self.refuse(line, f'the field "{name}" has {{mm}} in a column, which needs `months` beside `to`.')


def _line(body: MarkedMapping, name: str, wrong: Mistake) -> int:
    """The line where a wrong value stands: that of the item, if it is one of several."""
    value = body[name]
    if isinstance(value, MarkedList) and isinstance(wrong.at, int):
        return value.lines[wrong.at]
    if isinstance(value, MarkedMapping) and isinstance(wrong.at, str):
        return value.lines[wrong.at]
    return body.lines[name]


def _columns_of(fields: MarkedMapping) -> set[str]:
    """Columns that the rules of some fields read: what they are given, without options and constants."""
    alternatives = [body for field in fields.values() for body in field.get(ONE_OF.name, [field])]
    given = [body[name] for body in alternatives for name in body if name in RULES_BY_NAME and name not in NO_COLUMNS]
    return _words_of(given)


def _words_of(value: object) -> set[str]:
    """Every text below a value, columns among them."""
    if isinstance(value, Mapping):
        return set().union(*(_words_of(below) for below in value.values())) if value else set()
    if isinstance(value, list):
        return set().union(*(_words_of(below) for below in value)) if value else set()
    return {value} if isinstance(value, str) else set()
