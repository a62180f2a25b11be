"""A profile drafted from an inspection: YAML that an analyst finishes, with what was guessed and what was not.

Belongs here: the text of the draft. Does not belong here: single rules (`drafted_rules`), the guesses (`facts`).

GUESS marks what was guessed, UNDECIDED what nobody knows yet. A kind of fact that lacks a needed field stands there as
a comment, and its file is out of scope until it is decided, so that the draft as a whole can be read and tried.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from legacy_migration.entities import ENTITIES
from legacy_migration.inspection.drafted_rules import UNDECIDED, DraftedRule, drafted_rule, name_of_list, quoted
from legacy_migration.inspection.facts import fact_data
from legacy_migration.inspection.findings import (
    ColumnFinding,
    Description,
    GuessedFact,
    GuessedField,
    Inspection,
)
from legacy_migration.inspection.trade_words import words_of_file
from legacy_migration.profile import read_profile
from legacy_migration.profile_language.kinds import DETECT
from legacy_migration.profile_language.schema import SCHEMA_FILE
from operational_db.refusal import Refusal

UNKNOWN_UNIT: Final = "no column and no folder names the RES; write its code, or rows are refused as NO_UNIT"
SUMMED: Final = re.compile(r"\w+_minor|\w+_kwh|declared_count")
"""Fields whose columns add up to something."""
EXAMPLES_LENGTH_MAX: Final = 60


def drafted_profile(inspection: Inspection, name: str) -> str:
    """The whole draft."""
    described = sorted(inspection.descriptions, key=_order)
    drafted = [(description, _facts(description)) for description in described]
    lines = [
        f"# yaml-language-server: $schema={SCHEMA_FILE}",
        f"# Drafted by `wattbook migrate inspect {inspection.directory}`. GUESS marks what was guessed, UNDECIDED what",
        "# could not be. Finish it by editing and try it with --dry-run: docs/migration.md.",
        f"profile: {quoted(name)}",
        f"title: {quoted(f'Draft of {inspection.directory}')}",
        "",
        *_lists(drafted),
        "files:",
    ]
    for description, facts in drafted:
        lines += _file(description, facts, inspection)
    return "\n".join(lines) + "\n"


def _order(description: Description) -> tuple[bool, str, bool, str]:
    """What is read first; within a folder whole names before patterns, since the first that fits a file counts."""
    folder, _, file = description.path.rpartition("/")
    return description.format == "none", folder, "*" in file or "{" in file, description.path


HALF_HOURS: Final = (
    "    sums: [TOTAL]",
    "    rows:",
    "      - to: half_hours",
    "        fields:",
    "          point_code: {text: POINT}",
    "          channel: {text: CHANNEL}",
    "          measured_on: {date: DAY, format: yyyymmdd}",
    "          half_hours: {half_hours: VALUES}",
    "          status: {statuses: STATUS}",
    "          energy_kwh: {number: TOTAL}",
    "    unused:",
    '      INN: "the RES is known by the points"',
    '      AREA: "the RES is known by the points"',
    '      POINT_NAME: "the code of the point counts"',
    '      FAULT: "says what is wrong with a message; such rows are rejected"',
    "",
)
"""Messages of the layout are all alike."""

Drafted = list[tuple[GuessedFact, list[tuple[GuessedField, DraftedRule]], list[str]]]
"""Facts with the rules of their fields, and the needed fields that no rule was found for."""


def _facts(description: Description) -> Drafted:
    drafted: Drafted = []
    for fact in description.facts:
        fields = list(fact.fields) + _known_by_the_house(fact, description)
        there = {field.name for field in fields}
        missing = [name for name in fact.missing if name not in there]
        rules = []
        for field in fields:
            rule = drafted_rule(field, fact, description)
            if rule is not None:
                rules.append((field, rule))
            elif field.name in fact.missing or _is_needed(fact, field.name):
                missing.append(field.name)
        drafted.append((fact, rules, missing))
    return drafted


def _is_needed(fact: GuessedFact, name: str) -> bool:
    return name in ENTITIES[fact.entity].required


def _known_by_the_house(fact: GuessedFact, description: Description) -> list[GuessedField]:
    """Needed fields that no column tells: from the path, or left to be decided where a wrong value is refused."""
    found = []
    for name in fact.missing:
        if name == "res_code":
            found.append(GuessedField(name, "", constant=UNDECIDED, why=UNKNOWN_UNIT))
        elif name == "file_name":
            found.append(GuessedField(name, ""))
        elif name == "channel_code" and description.placeholder == "sender":
            found.append(GuessedField(name, "", why="the beginning of the file's name"))
        elif name == "level":
            levels = fact_data()["levels"]
            level = next((levels[word] for word in words_of_file(description.path) if word in levels), None)
            if level:
                found.append(GuessedField(name, "", constant=level, why="the name of the file"))
        elif name == "list_code":
            found.append(GuessedField(name, "", constant=description.name, why="the name of the file"))
    return found


def _lists(drafted: Sequence[tuple[Description, Drafted]]) -> Iterator[str]:
    """Every list that a rule needs, with the codes that were found and nothing decided."""
    wanted: dict[tuple[str, str], dict[str, list[str]]] = {}
    more: Counter[tuple[str, str]] = Counter()
    for description, facts in drafted:
        for _, rules, missing in facts:
            for _, rule in rules if not missing else ():
                if rule.list_field:
                    column = description.column(rule.columns[0])
                    key = (rule.list_field, name_of_list(rule.list_field, column.name))
                    more[key] += max(column.distinct_count - len(column.codes), 0)
                    codes = wanted.setdefault(key, {})
                    for code, count in column.codes:
                        where = f"{description.name}.{column.name}"
                        told = f"{_count(count, 'row')} of {where}"
                        if told not in codes.setdefault(code, []):
                            codes[code].append(told)
    if not wanted:
        return
    yield "lists:"
    for (field, name), codes in wanted.items():
        known = fact_data()["lists"][field]
        yield f"  # UNDECIDED: write behind each code what it means here ({known['ours']});"
        yield "  # a row whose code has nothing behind it is rejected."
        yield f"  {name}:"
        yield f"    unknown: {known['unknown']}"
        yield "    codes:"
        for code, told in codes.items():
            yield f"      {quoted(code)}:  # {'; '.join(told)}"
        if more[field, name]:
            yield f"      # ... and {more[field, name]} codes more in the files"
    yield ""


def _file(description: Description, facts: Drafted, inspection: Inspection) -> Iterator[str]:
    yield f"  {description.name}:"
    yield from (f"    # {' '.join(line.split())}" for line in _remarks(description, inspection))
    yield f"    path: {quoted(description.path)}"
    yield from _format(description)
    if description.format == "layout_80020":
        yield from HALF_HOURS
        return
    complete = [(fact, rules) for fact, rules, missing in facts if not missing]
    incomplete = [(fact, rules, missing) for fact, rules, missing in facts if missing]
    used: set[str] = set()
    if complete and description.format != "none":
        used = {column for _, rules in complete for _, rule in rules for column in rule.columns}
        sums = [
            rule.columns[0]
            for _, rules in complete
            for field, rule in rules
            if rule.columns and SUMMED.fullmatch(field.name)
        ]
        if sums:
            yield f"    sums: [{', '.join(quoted(column) for column in dict.fromkeys(sums))}]"
        yield "    rows:"
        for fact, rules in complete:
            yield from _rows(fact, rules)
        unused = [column for column in description.columns if column.name not in used]
        if unused:
            yield "    unused:"
            yield from (f"      {quoted(column.name)}: {quoted(f'{UNDECIDED}: {_told(column)}')}" for column in unused)
    else:
        yield f"    out_of_scope: {quoted(_why_not(description, complete, incomplete))}"
        yield from (f"    #   {quoted(column.name)}: {_told(column)}" for column in description.columns)
        incomplete = [(fact, rules, []) for fact, rules in complete] + incomplete
    for fact, rules, missing in incomplete:
        lacking = f", which lacks {', '.join(missing)}" if missing else ""
        yield f"    # UNDECIDED: rows may tell of {fact.entity}{lacking}"
        yield from (f"    # {line[4:]}" for line in _rows(fact, rules, missing))
    yield ""


def _why_not(description: Description, complete: Sequence[object], incomplete: Sequence[object]) -> str:
    how = description.files[0].recognised.how
    if description.format == "none":
        return f"not read: {how}"
    if complete or incomplete:
        return f"{UNDECIDED}: see the proposal below"
    return f"{UNDECIDED}: no kind of fact was recognised"


def _rows(
    fact: GuessedFact, rules: Iterable[tuple[GuessedField, DraftedRule]], missing: Sequence[str] = ()
) -> Iterator[str]:
    yield f"      - to: {fact.entity}  # GUESS: {fact.why[:100]}"
    yield "        fields:"
    for field, rule in rules:
        remark = f"  # {rule.remark}" if rule.remark else ""
        yield f"          {field.name}: {rule.text}{remark}"
    for name in missing:
        yield f"          {name}: {{}}  # UNDECIDED: needed, and nothing was found for it"


def _format(description: Description) -> Iterator[str]:
    """What a reader needs to know of the format."""
    recognised = description.files[0].recognised
    yield f"    format: {description.format}  # {' '.join(recognised.how.split())}"
    if description.format == "none":
        return
    if description.format != "spreadsheet":
        yield from _encoding(description)
    if description.format == "delimited":
        yield f"    delimiter: {quoted(recognised.delimiter)}"
        if not recognised.has_heading:
            names = ", ".join(map(quoted, recognised.columns))
            yield f"    columns: [{names}]  # UNDECIDED: no row names them; name them here"
    if description.format == "spreadsheet":
        first, last = recognised.head_rows
        yield f"    sheet: {quoted(recognised.sheet)}"
        yield f"    head_rows: [{first if first == last else f'{first}, {last}'}]"
        yield f"    first_row: {recognised.first_row}"
    if description.format == "fixed_width":
        yield f"    first_row: {recognised.first_row}"
        yield "    trimmed: true"
        yield "    places:  # GUESS: read off the blanks between columns"
        for name, (start, width) in zip(recognised.columns, recognised.widths, strict=True):
            yield f"      {quoted(name)}: [{start}, {width}]"
    if description.decimal == ",":
        yield '    decimal: ","'
    yield from _totals(description)
    if description.format == "layout_80020":
        yield "    required: false  # GUESS: messages come by day"


def _encoding(description: Description) -> Iterator[str]:
    """The encoding of most of the files, or that each is to be judged by its letters where they surely differ."""
    encodings = [file.encoding for file in description.files]
    names = [encoding.encoding for encoding in encodings]
    certain = sorted({encoding.encoding for encoding in encodings if encoding.is_certain})
    if len(certain) > 1:
        yield f"    encoding: {DETECT}  # these files are in {' and '.join(certain)}"
        return
    likely = certain[0] if certain else max(dict.fromkeys(names), key=names.count)
    evidence = next(e for e in encodings if e.encoding == likely)
    yield f"    encoding: {likely}  # {'' if evidence.is_certain else 'GUESS: '}{evidence.evidence}"
    if evidence.by_column and description.format in ("dbf", "delimited", "fixed_width"):
        told = ", ".join(f"{quoted(column)}: {encoding}" for column, encoding in evidence.by_column.items())
        yield f"    encodings: {{{told}}}  # GUESS: by the letters of these columns"


def _totals(description: Description) -> Iterator[str]:
    """Rows of totals are left out by the column in which their word stands."""
    for doubt in description.doubts:
        if doubt.code == "TOTALS_ROW" and doubt.column:
            words = ", ".join(json.dumps(word, ensure_ascii=False) for word in doubt.words)
            yield f"    totals: {{column: {quoted(doubt.column)}, starts_with: [{words}]}}  # GUESS: {doubt.sentence}"
            return


def _remarks(description: Description, inspection: Inspection) -> Iterator[str]:
    deleted = f", {description.deleted_count} of them flagged deleted" if description.deleted_count else ""
    yield f"{_count(len(description.files), 'file')}, {_count(description.row_count, 'row')}{deleted}."
    for key in description.keys[:2]:
        where = f" within one {description.placeholder}" if key.within_unit else ""
        where += f" (in {', '.join(key.only_in)})" if key.only_in else ""
        breaking = key.breaking_count + key.blank_count
        yield f"Rows are told apart by {' + '.join(key.columns)}{where}" + (
            f" but for {breaking}." if breaking else "."
        )
    for relation in inspection.relations:
        if relation.of_file == description.name:
            yield (
                f"{'/'.join(relation.columns)} is found in {relation.in_file}.{'/'.join(relation.key)} "
                f"({relation.matched_share:.0%}, {relation.how}; {_count(relation.orphan_rows, 'row')} without)."
            )
    for doubt in description.doubts:
        yield f"LOOK: {doubt.sentence}"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _told(column: ColumnFinding) -> str:
    filled = f"{column.filled_count:,} of {column.row_count:,} filled"
    examples = " ".join(", ".join(column.examples[:2]).split())[:EXAMPLES_LENGTH_MAX]
    meant = f", perhaps {column.concept}" if column.concept else ""
    return f"{column.kind}{meant}, {filled}" + (f", such as {examples}" if examples else "")


def finished_draft(inspection: Inspection, path: Path) -> str:
    """Write the draft; the answer says whether it can be read as it is, and how much of it is undecided."""
    text = drafted_profile(inspection, path.stem)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    undecided, guessed = text.count(UNDECIDED) - 1, text.count("GUESS") - 1
    told = f"Drafted {path}: {guessed} guesses to confirm, {undecided} places undecided."
    try:
        read_profile(str(path))
    except Refusal as refusal:
        return f"{told} It cannot be read before this is corrected: {refusal.sentence}"
    return told
