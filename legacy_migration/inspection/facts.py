"""Which facts do the rows of a file tell? Guessed from what its columns probably mean, by facts.yaml.

Belongs here: choosing the meaning of a column by its name, shape and relations, and the fact by its columns.
Does not belong here: how a guess is written down (`draft`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import yaml

from legacy_migration.entities import ENTITIES
from legacy_migration.inspection.findings import (
    ColumnFinding,
    Description,
    GuessedFact,
    GuessedField,
    RelationFinding,
)
from legacy_migration.inspection.trade_words import meanings_of, words_of_file

FACTS: Final = Path(__file__).parent / "facts.yaml"
FILE_WORD: Final = 3
SURE_ENOUGH: Final = 0.5
REFERRED: Final = frozenset({"account", "contract_no", "serial_no", "street_code", "feeder", "transformer_point"})
"""Concepts that a column has when its values are found in such a column of another file."""
REFERRED_SHARE_MIN: Final = 0.8


@dataclass(frozen=True)
class FactWords:
    """What tells a kind of fact."""

    needs: Sequence[Sequence[str]]
    fields: Mapping[str, Sequence[str]]
    telling: Mapping[str, int]
    files: Sequence[str]
    constants: Mapping[str, str]
    along: Sequence[str]
    along_only: bool


@lru_cache(maxsize=1)
def fact_data() -> Mapping[str, Any]:
    """facts.yaml as it stands."""
    return yaml.safe_load(FACTS.read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def fact_words() -> tuple[Mapping[str, Sequence[str]], Mapping[str, FactWords]]:
    """Shapes of concepts, and the words of every fact."""
    content = fact_data()
    facts = {
        name: FactWords(
            body["needs"], body["fields"], body.get("telling", {}), body.get("files", ()), body.get("constants", {}),
            body.get("along", ()), body.get("along_only", False),
        )
        for name, body in content["facts"].items()
    }  # fmt: skip
    return content["shapes"], facts


def with_concepts(columns: Sequence[ColumnFinding]) -> tuple[ColumnFinding, ...]:
    """Each column with what it probably means; of two that mean the same, the surer one."""
    shapes, _ = fact_words()
    wanted = []
    for column in columns:
        for meaning in meanings_of(column.name):
            allowed = shapes.get(meaning.concept)
            if meaning.sureness >= SURE_ENOUGH and (allowed is None or column.kind in (*allowed, "empty")):
                wanted.append((meaning.sureness, column.name, meaning))
    wanted.sort(key=lambda item: -item[0])
    given: dict[str, tuple[str, str]] = {}
    taken: set[str] = set()
    for _, name, meaning in wanted:
        if name not in given and meaning.concept not in taken:
            given[name] = (meaning.concept, f'"{meaning.word}" is a word for it')
            taken.add(meaning.concept)
    named = tuple(
        replace(c, concept=given.get(c.name, ("", ""))[0], concept_why=given.get(c.name, ("", ""))[1]) for c in columns
    )
    return _by_shape(named)


def _by_shape(columns: tuple[ColumnFinding, ...]) -> tuple[ColumnFinding, ...]:
    """A single date, amount, or column of names needs no telling name."""
    known = {column.concept for column in columns}

    def only(kind: str, concept: str, others: set[str], why: str) -> None:
        nonlocal columns
        unnamed = [c for c in columns if c.kind == kind]
        if len(unnamed) == 1 and not unnamed[0].concept and not known & others:
            columns = tuple(replace(c, concept=concept, concept_why=why) if c is unnamed[0] else c for c in columns)

    only("date", "date", {"date", "read_on", "paid_on"}, "the only column of dates")
    only("month", "month", {"month"}, "the only column of months")
    only("money", "amount", {"amount", "charge", "paid", "balance", "debit"}, "the only column of amounts")
    only("account-like", "account", {"account"}, "the only column that looks like account numbers")
    return columns


def with_referred_concepts(
    descriptions: Sequence[Description], relations: Sequence[RelationFinding]
) -> list[Description]:
    """Columns whose name says nothing mean what the column means that their values are found in."""
    by_name = {description.name: description for description in descriptions}
    changed = []
    for description in descriptions:
        columns = list(description.columns)
        for relation in relations:
            if relation.of_file != description.name or len(relation.columns) > 1 or len(relation.key) > 1:
                continue
            concept = by_name[relation.in_file].column(relation.key[0]).concept
            place = next(i for i, column in enumerate(columns) if column.name == relation.columns[0])
            is_free = not columns[place].concept and all(column.concept != concept for column in columns)
            if concept in REFERRED and is_free and relation.matched_share >= REFERRED_SHARE_MIN:
                why = f"its values are found in {relation.in_file}.{relation.key[0]}"
                columns[place] = replace(columns[place], concept=concept, concept_why=why)
        changed.append(replace(description, columns=tuple(columns)))
    return changed


def facts_of(description: Description) -> tuple[GuessedFact, ...]:
    """The fact that fits best, and those that the same rows tell along with it."""
    _, facts = fact_words()
    by_concept = {column.concept: column for column in description.columns if column.concept}
    words = words_of_file(description.path)
    best: tuple[int, str] = (2, "")
    for name, fact in facts.items():
        if fact.along_only or not _has_what_it_needs(fact, by_concept):
            continue
        score = sum(points for concept, points in fact.telling.items() if concept in by_concept)
        score += FILE_WORD * any(word.startswith(known) for word in words for known in fact.files if len(known) > 2)
        score += FILE_WORD * any(word == known for word in words for known in fact.files)
        if score > best[0]:
            best = (score, name)
    if not best[1]:
        return ()
    # What another fact of the same rows brings along is not the whole of them.
    whole = next((n for n, f in facts.items() if best[1] in f.along and _has_what_it_needs(f, by_concept)), best[1])
    best = (best[0], whole)
    along = [name for name in facts[best[1]].along if _has_what_it_needs(facts[name], by_concept)]
    return tuple(_guessed(name, facts[name], by_concept, description) for name in (best[1], *along))


def _has_what_it_needs(fact: FactWords, by_concept: Mapping[str, ColumnFinding]) -> bool:
    glued = {"account"} if {"book", "code_in_book"} <= by_concept.keys() else set()
    return all(any(concept in by_concept or concept in glued for concept in some) for some in fact.needs)


def _guessed(
    name: str, fact: FactWords, by_concept: Mapping[str, ColumnFinding], description: Description
) -> GuessedFact:
    fields = []
    for field, concepts in fact.fields.items():
        found = _field(field, concepts, by_concept)
        if found is None and field == "res_code" and description.placeholder == "res":
            found = GuessedField(field, "res", why="the folder")
        if found is not None:
            fields.append(found)
    there = {field.name for field in fields}
    fields += [
        GuessedField(field, "", constant=_constant(field, value, description), why=_why(field))
        for field, value in fact.constants.items()
        if field not in there
    ]
    there = {field.name for field in fields}
    missing = tuple(field for field in ENTITIES[name].required if field not in there)
    told = ", ".join(f"{c.name} ({concept})" for concept, c in by_concept.items())
    return GuessedFact(name, tuple(fields), missing, f"it has {told}")


def _constant(field: str, value: str, description: Description) -> str:
    """What nothing in the rows says: whose accounts they are, the path may tell."""
    if field != "kind" or value != "household":
        return value
    words = set().union(*(words_of_file(part) for part in description.path.split("/")))
    is_legal = any(word.startswith(known) for word in words for known in fact_data()["legal_files"])
    return "legal" if is_legal else value


def _why(field: str) -> str:
    return fact_data()["constant_remarks"].get(field, "nothing in the file says so")


def _field(field: str, concepts: Sequence[str], by_concept: Mapping[str, ColumnFinding]) -> GuessedField | None:
    for concept in concepts:
        if concept in by_concept:
            column = by_concept[concept]
            return GuessedField(field, concept, (column.name,), why=column.concept_why)
        if concept == "account" and {"book", "code_in_book"} <= by_concept.keys():
            columns = (by_concept["book"].name, by_concept["code_in_book"].name)
            return GuessedField(field, concept, columns, why="book and code")
    return None
