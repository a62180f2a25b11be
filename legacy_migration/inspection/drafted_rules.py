"""Which rule of a profile reads a guessed field? The field's type says which, the column's shape how.

Belongs here: one rule for one field, as text of YAML, and which columns it reads.
Does not belong here: which columns a field comes from (`facts`), the profile around it (`draft`).
"""

import json
import re
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Boolean, Date, Integer, Numeric, SmallInteger

from legacy_migration.canonical_rules import DATE_FORMATS, MONTH_FORMATS
from legacy_migration.entities import ENTITIES
from legacy_migration.inspection.facts import fact_data
from legacy_migration.inspection.findings import ColumnFinding, Description, GuessedFact, GuessedField
from legacy_migration.inspection.trade_words import LATIN

ACCOUNT_FIELDS: Final = frozenset({"account_no", "point_code", "contract_no"})
UNDECIDED: Final = "UNDECIDED"
PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")


@dataclass(frozen=True)
class DraftedRule:
    """A rule as YAML, the columns it reads, the list it needs, and what is to be said of it."""

    text: str
    columns: tuple[str, ...]
    remark: str
    list_field: str = ""


def quoted(value: str) -> str:
    """A scalar of YAML that reads back as this text."""
    is_word = value.lower() in ("true", "false", "null", "yes", "no", "on", "off", "y", "n")
    return value if PLAIN.fullmatch(value) and not is_word else json.dumps(value, ensure_ascii=False)


def drafted_rule(field: GuessedField, fact: GuessedFact, described: Description) -> DraftedRule | None:
    """The rule for the field, None where no rule can read what stands in the column."""
    entity = ENTITIES[fact.entity]
    kind = entity.fields[field.name]
    is_needed = field.name in entity.required
    options = "" if is_needed else ", optional: true"
    if field.constant is not None:
        return DraftedRule(f"{{constant: {quoted(field.constant)}}}", (), _of_constant(field))
    if field.name == "file_name" and not field.columns:
        return DraftedRule("{file_name: true}", (), "")
    if not field.columns:
        return DraftedRule(f"{{folder: {described.placeholder}}}", (), f"GUESS: {field.why}")
    column = described.column(field.columns[0])
    why = f"GUESS: {field.why}" if field.why else "GUESS"
    if field.name in ACCOUNT_FIELDS and field.concept in ("account", "contract_no"):
        return _account(field, described, why, is_needed=is_needed)
    name = quoted(column.name)
    if isinstance(kind, Date):
        return _day(column, name, why, is_needed=is_needed)
    if isinstance(kind, Boolean):
        known = fact_data()["means_yes"]
        yes = [value for value, _ in column.codes if value in known]
        if not yes:
            yes, why = known[:4], f"{why}; no row says yes"
        return DraftedRule(f'{{flag: {name}, "true": [{", ".join(map(json.dumps, yes))}]}}', (column.name,), why)
    if field.name in fact_data()["lists"]:
        list_name = name_of_list(field.name, column.name)
        return DraftedRule(f"{{code: {name}, list: {list_name}{options}}}", (column.name,), why, field.name)
    if field.name.endswith("_minor"):
        return DraftedRule(f"{{money: {name}{options}}}", (column.name,), why)
    if isinstance(kind, Integer | SmallInteger | Numeric):
        return DraftedRule(f"{{number: {name}{options}}}", (column.name,), why)
    lost = any(d.code == "LOST_LETTERS" and d.sentence.startswith(column.name + ":") for d in described.doubts)
    lost_letters = ', lost_letters: "?"' if lost else ""
    return DraftedRule(f"{{text: {name}{lost_letters}{options}}}", (column.name,), why)


def name_of_list(field: str, column: str) -> str:
    """One list for each column's name: the 1 of a household's tariff is not the 1 of a legal consumer's group."""
    word = re.sub(r"\W+", "_", column.upper().translate(LATIN)).strip("_").lower()
    return f"{fact_data()['lists'][field]['list']}_{word}"


def _of_constant(field: GuessedField) -> str:
    if field.constant == UNDECIDED:
        return f"UNDECIDED: {field.why}"
    return field.why if field.why.startswith(UNDECIDED) else f"GUESS: {field.why}"


def _account(field: GuessedField, described: Description, why: str, *, is_needed: bool) -> DraftedRule:
    """An account number with the RES before it, and both ways where files of one shape differ in it."""
    before = _before_account(field, described)
    options = "" if is_needed else ", optional: true"
    ways = [field.columns]
    by_concept = {column.concept: column.name for column in described.columns if column.concept}
    if described.column(field.columns[0]).missing_in and {"book", "code_in_book"} <= by_concept.keys():
        ways.append((by_concept["book"], by_concept["code_in_book"]))
    rules = ["{account_number: [" + ", ".join([*before, *map(quoted, columns)]) + f"]{options}}}" for columns in ways]
    of_res = [column.name for column in described.columns if column.concept == "res" and quoted(column.name) in before]
    used = tuple(column for columns in ways for column in (*of_res, *columns))
    return DraftedRule(rules[0] if len(rules) == 1 else f"{{one_of: [{', '.join(rules)}]}}", used, why)


def _before_account(field: GuessedField, described: Description) -> list[str]:
    """Household numbers repeat from RES to RES; contract numbers do not."""
    if field.concept != "account":
        return []
    if described.placeholder == "res":
        return ['"{folder}"']
    return [quoted(column.name) for column in described.columns if column.concept == "res"]


def _day(column: ColumnFinding, name: str, why: str, *, is_needed: bool) -> DraftedRule | None:
    blanks = column.row_count - column.filled_count
    options = ", if_bad: leave_empty" if not is_needed else ""
    if not is_needed and blanks:
        options += ", optional: true"
    remark = f"{why}; {blanks} blank" if blanks else why
    if column.date_format in DATE_FORMATS:
        return DraftedRule(f"{{date: {name}, format: {column.date_format}{options}}}", (column.name,), remark)
    if column.date_format in MONTH_FORMATS:
        return DraftedRule(f"{{month: {name}, format: {column.date_format}{options}}}", (column.name,), remark)
    return None
