"""What does a legacy system look like? A profile read from YAML and checked, with line numbers in every refusal.

Belongs here: files, columns, rules and code lists as the profile states them, and what is wrong with a profile.
Does not belong here: how a rule computes (`canonical_rules`), which entities there are (`entities`).
"""

import codecs
import csv
import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from legacy_migration.canonical_rules import OPTIONS, RULES
from legacy_migration.entities import ENTITIES
from legacy_migration.marked_yaml import MarkedMapping, read_marked_yaml
from operational_db.refusal import Refusal

PROFILES_DIR: Final = Path(__file__).parent / "profiles"
MAPPINGS_DIR: Final = Path(__file__).parent / "mappings"
FORMATS: Final = ("dbf", "delimited", "layout_80020", "none")


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
    unused: dict[str, str]  # column to the reason why no rule reads it
    line: int

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
    def __init__(self, path: Path) -> None:
        self.path = path
        self.hashed = hashlib.sha256()
        self.unused_anywhere: dict[str, str] = {}

    def refuse(self, line: int, what: str) -> Refusal:
        return Refusal(f"{self.path}, line {line}: {what}")

    def profile(self) -> Profile:
        content = read_marked_yaml(self.path)
        self.hashed.update(self.path.read_bytes())
        self.keys(
            content, "the profile", needed=("profile", "title", "files"), allowed=("lists", "first_day", "unused")
        )
        lists = {name: self.code_list(name, body, content) for name, body in content.get("lists", {}).items()}
        files = self.mapping(content, "files")
        self.unused_anywhere = self.unused(content) if "unused" in content else {}
        rules = tuple(self.file(name, self.mapping(files, name), lists) for name in files)
        first_day = None
        if "first_day" in content:
            body = self.mapping(content, "first_day")
            self.keys(body, "first_day", needed=("file", "column", "format"))
            if body["file"] not in files:
                raise self.refuse(
                    body.lines["file"], f'first_day names the file "{body["file"]}", which is not described.'
                )
            first_day = (body["file"], body["column"], body["format"])
        return Profile(
            content["profile"], self.path, content["title"], self.hashed.hexdigest(), rules, lists, first_day
        )

    def mapping(self, parent: MarkedMapping, key: str) -> MarkedMapping:
        if not isinstance(parent[key], MarkedMapping):
            raise self.refuse(parent.lines[key], f'"{key}" must be a mapping; see docs/migration.md.')
        return parent[key]

    def keys(
        self, body: MarkedMapping, where: str, *, needed: tuple[str, ...] = (), allowed: tuple[str, ...] = ()
    ) -> None:
        for key in body:
            if key not in needed and key not in allowed:
                raise self.refuse(
                    body.lines[key], f'{where} has no "{key}"; it may have {", ".join(sorted((*needed, *allowed)))}.'
                )
        for key in needed:
            if key not in body:
                raise self.refuse(body.line, f'{where} lacks "{key}"; add it.')

    def code_list(self, name: str, body: object, content: MarkedMapping) -> CodeList:
        if not isinstance(body, MarkedMapping):
            raise self.refuse(content.lines["lists"], f'the list "{name}" must be a mapping with `mapping` or `codes`.')
        self.keys(body, f'the list "{name}"', needed=("unknown",), allowed=("mapping", "codes"))
        if "codes" in body:
            return CodeList(name, body["unknown"], dict(self.mapping(body, "codes")))
        if "mapping" not in body:
            raise self.refuse(body.line, f'the list "{name}" has neither `mapping` (a CSV file) nor `codes`; add one.')
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
            return CodeList(name, body["unknown"], {row["legacy_code"]: row["code"] for row in csv.DictReader(file)})

    def file(self, name: str, body: MarkedMapping, lists: dict[str, CodeList]) -> FileRule:
        where = f'the file "{name}"'
        self.keys(
            body,
            where,
            needed=("path", "format"),
            allowed=("encoding", "delimiter", "required", "out_of_scope", "sums", "decimal", "rows", "unused"),
        )
        if not re.fullmatch(r"\w+", name):
            raise self.refuse(body.line, f'the name "{name}" of a file may have letters, digits and _ only.')
        if body["format"] not in FORMATS:
            raise self.refuse(body.lines["format"], f'format "{body["format"]}" is not one of {", ".join(FORMATS)}.')
        encoding = body.get("encoding", "utf-8")
        try:
            codecs.lookup(encoding)
        except LookupError as error:
            raise self.refuse(
                body.lines["encoding"], f'encoding "{encoding}" is not known; write cp866, cp1251, utf-8.'
            ) from error
        if ("rows" in body) == ("out_of_scope" in body):
            raise self.refuse(body.line, f"{where} needs either `rows` or `out_of_scope` with the reason.")
        if body["format"] == "delimited" and "delimiter" not in body:
            raise self.refuse(body.line, f'{where} is delimited text and lacks "delimiter"; add it.')
        return FileRule(
            name=name,
            path=body["path"],
            format=body["format"],
            encoding=encoding,
            delimiter=body.get("delimiter", ""),
            is_required=bool(body.get("required", True)),
            out_of_scope=body.get("out_of_scope"),
            sums=tuple(body.get("sums", ())),
            decimal=body.get("decimal", "."),
            rows=tuple(self.rows(rule, body, lists) for rule in body.get("rows", ())),
            unused=self.unused_anywhere | (self.unused(body) if "unused" in body else {}),
            line=body.line,
        )

    def unused(self, body: MarkedMapping) -> dict[str, str]:
        declared = self.mapping(body, "unused")
        for column, why in declared.items():
            if not isinstance(why, str) or not why.strip():
                raise self.refuse(declared.lines[column], f'the unused column "{column}" needs the reason why.')
        return dict(declared)

    def rows(self, body: object, file: MarkedMapping, lists: dict[str, CodeList]) -> RowRule:
        if not isinstance(body, MarkedMapping):
            raise self.refuse(file.lines["rows"], "each entry of `rows` must be a mapping with `to` and `fields`.")
        self.keys(body, "an entry of `rows`", needed=("to", "fields"), allowed=("months", "only_first", "repeats"))
        entity = ENTITIES.get(body["to"])
        if entity is None:
            raise self.refuse(body.lines["to"], f'"{body["to"]}" is no kind of fact; known are {", ".join(ENTITIES)}.')
        if body.get("repeats", "judge") not in ("judge", "join"):
            raise self.refuse(body.lines["repeats"], f'repeats "{body["repeats"]}" is neither judge nor join.')
        fields = self.mapping(body, "fields")
        for name in fields:
            if name not in entity.fields:
                raise self.refuse(
                    fields.lines[name], f'{entity.name} has no field "{name}"; it has {", ".join(entity.fields)}.'
                )
        for name in entity.required:
            if name not in fields:
                raise self.refuse(body.lines["fields"], f'{entity.name} needs the field "{name}"; map it.')
        months = body.get("months", "0")
        if not re.fullmatch(r"\d{1,2}", months):
            raise self.refuse(body.lines["months"], f'months "{months}" is not a count of columns.')
        return RowRule(
            entity=entity.name,
            fields=tuple(self.field(name, fields, lists) for name in fields),
            months=int(months),
            only_first=body.get("only_first"),
            joins_repeats=body.get("repeats") == "join",
            line=body.line,
        )

    def field(self, name: str, fields: MarkedMapping, lists: dict[str, CodeList]) -> FieldRule:
        body = self.mapping(fields, name)
        alternatives = body.get("one_of", [body])
        for alternative in alternatives:
            rules = [key for key in alternative if key in RULES]
            if len(rules) != 1:
                raise self.refuse(
                    alternative.line,
                    f'the field "{name}" needs exactly one rule of {", ".join(RULES)}; it has {len(rules)}.',
                )
            for key in alternative:
                if key not in RULES and key not in OPTIONS:
                    raise self.refuse(
                        alternative.lines[key], f'a field has no "{key}"; options are {", ".join(OPTIONS)}.'
                    )
            wrong = RULES[rules[0]].mistake(alternative)
            if wrong:
                raise self.refuse(alternative.line, f'the field "{name}": {wrong}')
            if rules[0] == "code" and alternative.get("list") not in lists:
                raise self.refuse(
                    alternative.line,
                    f'the field "{name}" names the list "{alternative.get("list")}", which is not there.',
                )
        return FieldRule(name, tuple(alternatives), fields.lines[name])
