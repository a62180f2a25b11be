"""What is expected? Expectations read from YAML and checked, with line numbers in every refusal.

Belongs here: what a file of rules may say. Does not belong here: how an expectation is evaluated (`evaluation`).
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final

from legacy_migration.entities import ENTITIES
from legacy_migration.marked_yaml import MarkedMapping, read_marked_yaml
from operational_db.refusal import Refusal

RULES_DIR: Final = Path(__file__).parent / "rules"
LEGACY_IN: Final = RULES_DIR / "legacy_in.yaml"
FORMS_OUT: Final = RULES_DIR / "forms_out.yaml"

KINDS: Final = frozenset(
    {"between", "one_of", "matches", "not_matches", "filled", "blank", "not_below", "not_above", "equals"}
)
"""What can be asked of a column; each rule asks one."""
_KEYS: Final = KINDS | {
    "of", "column", "where", "allowed_share", "per", "severity", "stake", "at_least_rows", "sentence",
}  # fmt: skip
NAMED: Final = frozenset({"day_of_load", "year_of_load"})
"""Bounds that a load knows: the day on which it was begun, and its year."""
ACCOUNT_CHARGES: Final = "charges_of_account"
"""What is at stake in a row without energy or money of its own: all that the dump charged its account."""


@dataclass(frozen=True)
class Where:
    """Only rows whose column holds one of the values, is above a bound, or equals another column."""

    column: str
    one_of: tuple[str, ...] = ()
    above: Decimal | None = None
    same_as: str | None = None


@dataclass(frozen=True)
class Expectation:
    """One thing that is expected of a column of typed rows, of a summary of them, or of a form."""

    code: str
    of: str  # an entity, a summary or a form
    column: str
    kind: str
    wanted: Any  # what the kind is compared with
    severity: str
    allowed_share: Decimal
    per: str
    stake: str | None
    at_least_rows: int
    where: Where | None
    sentence: Mapping[str, str]  # by language

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that it needs."""
        named = [self.column]
        if self.kind in ("not_below", "not_above", "equals"):
            named.append(self.wanted)
        if self.where is not None:
            named += [column for column in (self.where.column, self.where.same_as) if column]
        return tuple(dict.fromkeys(named))


@dataclass(frozen=True)
class Summary:
    """Rows of an entity added up by groups while they pass: sums beside those of the month before, or a mix."""

    name: str
    of: str
    per: tuple[str, ...]  # columns, `folder`, or `month of COLUMN`
    sums: tuple[str, ...] = ()
    beside: str | None = None  # the month among `per`: sums get _before, _ratio and _change
    mix: str | None = None  # the column whose shares in a group are compared with those of the whole load

    @property
    def source_columns(self) -> tuple[str, ...]:
        plain = [column.removeprefix("month of ") for column in self.per if column != "folder"]
        return tuple(dict.fromkeys([*plain, *self.sums, *([self.mix] if self.mix else [])]))

    @property
    def columns(self) -> tuple[str, ...]:
        beside = [f"{name}_{part}" for name in self.sums for part in ("before", "ratio", "change")]
        return (*self.per, *self.sums, *(beside if self.beside else ()), *(("mix_distance",) if self.mix else ()))


@dataclass(frozen=True)
class Rules:
    """A file of expectations."""

    expectations: tuple[Expectation, ...]
    summaries: Mapping[str, Summary]
    sums_of_arrays: Mapping[tuple[str, str], str]  # entity and new column: the column of numbers that it adds up
    sha256: str

    def about(self, subject: str) -> list[Expectation]:
        return [expectation for expectation in self.expectations if expectation.of == subject]


def read_rules(path: Path) -> Rules:
    """The rules of a file; a wrong one is refused with its line."""
    content = read_marked_yaml(path)
    added = {
        tuple(name.split(".", 1)): array for name, array in (content.get("sums_of_arrays") or MarkedMapping()).items()
    }
    told = content.get("summaries") or MarkedMapping()
    summaries = {name: _summary(path, name, body, told.lines[name]) for name, body in told.items()}
    listed = content.get("expectations")
    if not isinstance(listed, MarkedMapping):
        raise Refusal(f"{path}, line 1: there are no `expectations:`; list at least one, or remove the file.")
    expectations = tuple(_expectation(path, code, body, listed.lines[code]) for code, body in listed.items())
    if path == LEGACY_IN or not content.get("forms"):
        for expectation in expectations:
            _require_columns(path, expectation, summaries, added, listed.lines[expectation.code])
    return Rules(expectations, summaries, added, hashlib.sha256(path.read_bytes()).hexdigest())


def _summary(path: Path, name: str, body: object, line: int) -> Summary:
    if not isinstance(body, MarkedMapping) or body.get("of") not in ENTITIES or not body.get("per"):
        raise Refusal(f'{path}, line {line}: the summary "{name}" needs `of` a kind of fact and `per` some columns.')
    return Summary(
        name=name,
        of=body["of"],
        per=tuple(body["per"]),
        sums=tuple(body.get("sums", ())),
        beside=body.get("beside"),
        mix=body.get("mix"),
    )


def _expectation(path: Path, code: str, body: object, line: int) -> Expectation:
    def wrong(what: str) -> Refusal:
        return Refusal(f'{path}, line {line}: the expectation "{code}" {what}; see docs/data_quality.md.')

    if not isinstance(body, MarkedMapping):
        raise wrong("is not a mapping")
    unknown = sorted(set(body) - _KEYS)
    if unknown:
        raise wrong(f'says "{unknown[0]}", which is none of {", ".join(sorted(_KEYS))}')
    kinds = [kind for kind in sorted(KINDS) if kind in body]
    if len(kinds) != 1:
        raise wrong(f"must ask exactly one of {', '.join(sorted(KINDS))}")
    for needed in ("of", "column"):
        if not body.get(needed):
            raise wrong(f"does not say `{needed}`")
    if body.get("severity") not in ("stop", "note"):
        raise wrong("must have the severity stop or note")
    sentence = body.get("sentence")
    if not isinstance(sentence, MarkedMapping) or not {"en", "ru"} <= set(sentence):
        raise wrong("needs a sentence in en and ru")
    try:
        wanted, where = _wanted(kinds[0], body[kinds[0]]), _where(body.get("where"))
        allowed, least = Decimal(body.get("allowed_share", "0")), int(body.get("at_least_rows", "1"))
    except (ValueError, InvalidOperation, re.error, KeyError, TypeError) as error:
        raise wrong(f"has a value that cannot be read ({error})") from error
    if body.get("per", "load") not in ("load", "file"):
        raise wrong("must be judged per load or per file")
    return Expectation(
        code=code,
        of=body["of"],
        column=body["column"],
        kind=kinds[0],
        wanted=wanted,
        severity=body["severity"],
        allowed_share=allowed,
        per=body.get("per", "load"),
        stake=body.get("stake"),
        at_least_rows=least,
        where=where,
        sentence=dict(sentence),
    )


def _wanted(kind: str, told: Any) -> Any:  # noqa: ANN401 - each kind has its own
    if kind == "between":
        return {side: bound(told[side]) for side in ("at_least", "at_most") if side in told}
    if kind == "one_of":
        return tuple(told)
    if kind in ("matches", "not_matches"):
        re.compile(told)
    return told


def bound(text: str) -> Decimal | date | str:
    """A number, a day, or the name of one that the load knows."""
    if text in NAMED:
        return text
    return date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else Decimal(text)


def _where(told: MarkedMapping | None) -> Where | None:
    if told is None:
        return None
    above = Decimal(told["above"]) if "above" in told else None
    return Where(told["column"], tuple(told.get("one_of", ())), above, told.get("same_as"))


def _require_columns(
    path: Path, expectation: Expectation, summaries: Mapping[str, Summary], added: Mapping[tuple, str], line: int
) -> None:
    if expectation.of in summaries:
        known = {*summaries[expectation.of].columns, "row_count"}
    elif expectation.of in ENTITIES:
        known = {*ENTITIES[expectation.of].fields, *(column for entity, column in added if entity == expectation.of)}
    else:
        raise Refusal(
            f'{path}, line {line}: "{expectation.of}" is no kind of fact and no summary; write one of '
            f"{', '.join(sorted([*ENTITIES, *summaries]))}."
        )
    missing = [column for column in expectation.columns if column not in known]
    if missing:
        raise Refusal(
            f'{path}, line {line}: "{expectation.of}" has no column "{missing[0]}"; it has {", ".join(sorted(known))}.'
        )
