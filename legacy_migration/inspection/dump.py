"""From a folder of unknown files to findings: the order of an inspection.

Belongs here: which step follows which, how many rows are looked at. Does not belong here: the steps.
"""

import csv
import re
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import duckdb

from legacy_migration.inspection.columns import look_at
from legacy_migration.inspection.facts import facts_of, with_concepts, with_referred_concepts
from legacy_migration.inspection.findings import (
    ColumnFinding,
    Description,
    Doubt,
    EncodingFinding,
    FileFinding,
    Inspection,
    Recognised,
)
from legacy_migration.inspection.keys import keys_of, repeated_rows
from legacy_migration.inspection.masking import without_persons
from legacy_migration.inspection.recognition import broken, recognise
from legacy_migration.inspection.relations import relations_of
from legacy_migration.inspection.rows_in_duckdb import Rows, put_rows, scratch_database
from legacy_migration.inspection.samples import Sample, columns_of, counted_80020, judged_encoding, read_sample
from legacy_migration.inspection.sibling_files import Candidate, Siblings, siblings_of
from legacy_migration.inspection.trade_words import totals_words
from operational_db.file_formats.opening import FileFormatError
from operational_db.reference.loading import REFERENCE_DIR
from operational_db.refusal import Refusal

Progress = Callable[[str, int, int], None]
ROWS_OF_A_DESCRIPTION: Final = 400_000
ROWS_OF_A_FILE_MIN: Final = 5_000
MESSAGES_READ_MAX: Final = 2
"""Messages of layout 80020 that are taken apart; of the others the channels are counted."""


@dataclass(frozen=True)
class _File:
    """A file as it was recognised, before it is known what it belongs to."""

    path: Path
    relative: str
    recognised: Recognised
    encoding: EncodingFinding
    columns: tuple[str, ...]


def inspect_dump(directory: Path | str, on_progress: Progress) -> Inspection:
    """Look at every file below the directory; nothing is written but to a scratch folder."""
    started = time.monotonic()
    directory = Path(directory)
    if not directory.is_dir():
        raise Refusal(f"There is no directory {directory}; give the folder that holds the legacy files.")
    paths = sorted(path for path in directory.rglob("*") if path.is_file())
    if not paths:
        raise Refusal(f"The directory {directory} holds no files; give the folder that holds the legacy files.")
    files = []
    for done, path in enumerate(paths):
        on_progress("recognising", done, len(paths))
        files.append(_recognised(path, path.relative_to(directory).as_posix()))
    on_progress("recognising", len(paths), len(paths))
    files = _with_likely_encodings(files)
    candidates = [Candidate(file.relative, file.recognised.format, file.columns) for file in files]
    groups = siblings_of(candidates, known_res_codes())
    names = _names(groups, [files[group.members[0]].recognised.format != "none" for group in groups])
    with scratch_database() as session:
        descriptions: list[Description] = []
        tables: list[Rows] = []
        for number, group in enumerate(groups):
            on_progress("looking at rows", number, len(groups))
            described, rows = _described(session, number, names[number], group, [files[m] for m in group.members])
            descriptions.append(described)
            tables.append(rows)
        on_progress("looking at rows", len(groups), len(groups))
        relations = relations_of(session, descriptions, tables)
    descriptions = with_referred_concepts(descriptions, relations)
    descriptions = [
        replace(
            described,
            facts=facts_of(described),
            columns=tuple(without_persons(column) for column in described.columns),
        )
        for described in descriptions
    ]
    return Inspection(
        str(directory), tuple(descriptions), relations, tuple(_of_the_dump(descriptions)),
        round(time.monotonic() - started, 1),
    )  # fmt: skip


def known_res_codes() -> frozenset[str]:
    """Codes of RES in the reference data."""
    with (REFERENCE_DIR / "unit.csv").open(encoding="utf-8", newline="") as file:
        return frozenset(row["code"] for row in csv.DictReader(file) if row["level"] == "res")


def _recognised(path: Path, relative: str) -> _File:
    """The format, encoding and columns of a file; a broken one is shown as such and stops nothing."""
    try:
        recognised = recognise(path)
        encoding = judged_encoding(path, recognised)
        columns = columns_of(path, recognised, encoding.encoding)
    except (FileFormatError, OSError) as error:
        return _File(path, relative, broken(error), EncodingFinding("", ""), ())
    return _File(path, relative, recognised, encoding, columns)


def _with_likely_encodings(files: list[_File]) -> list[_File]:
    """A file without letters to judge by is probably in the encoding of its neighbours of the same format."""
    likely = []
    for file in files:
        if file.encoding.is_certain or file.recognised.format == "none":
            likely.append(file)
            continue
        same = [f for f in files if f.recognised.format == file.recognised.format and f.encoding.is_certain]
        near = [f for f in same if f.path.parent == file.path.parent] or same
        told = Counter(f.encoding.encoding for f in near)
        if told:
            encoding = told.most_common(1)[0][0]
            evidence = f"{file.encoding.evidence}; files like it are in {encoding}"
            likely.append(replace(file, encoding=replace(file.encoding, encoding=encoding, evidence=evidence)))
        else:
            likely.append(file)
    return likely


def _names(groups: Sequence[Siblings], are_tables: Sequence[bool]) -> list[str]:
    """A name for each description, from the file's, with its folder where two would be called the same."""
    plain = []
    for group, is_table in zip(groups, are_tables, strict=True):
        stem, _, suffix = group.path.rsplit("/", 1)[-1].rpartition(".")
        plain.append(_word((stem or suffix) if is_table else f"{stem} {suffix}", group.path))
    counts = Counter(plain)
    names: list[str] = []
    for group, name in zip(groups, plain, strict=True):
        folders = [part for part in group.path.split("/")[:-1] if not part.startswith("{")]
        candidate = f"{_word(folders[-1])}_{name}" if counts[name] > 1 and folders else name
        number = 2
        while candidate in names:
            candidate, number = f"{name}_{number}", number + 1
        names.append(candidate)
    return names


def _word(text: str, path: str = "") -> str:
    """Letters and digits of a file's name; a changing part says nothing, and then the folder does."""
    letters = "".join(letter if letter.isalnum() else "_" for letter in re.sub(r"\{\w+\}|\*", "_", text))
    word = "_".join(part for part in letters.lower().split("_") if part and not part.isdigit())
    folders = [part for part in path.split("/")[:-1] if "{" not in part]
    return word or (_word(folders[-1]) if folders else "file")


def _described(
    session: duckdb.DuckDBPyConnection, number: int, name: str, group: Siblings, members: list[_File]
) -> tuple[Description, Rows]:
    rows_max = max(ROWS_OF_A_FILE_MIN, ROWS_OF_A_DESCRIPTION // len(members))
    findings: list[FileFinding] = []
    samples: list[tuple[str, str, Sample]] = []
    doubts: list[Doubt] = []
    for place, (member, unit) in enumerate(zip(members, group.units, strict=True)):
        doubts += member.recognised.doubts
        sample = None
        if member.recognised.format == "layout_80020" and place >= MESSAGES_READ_MAX:
            counts = (counted_80020(member.path), 0, 0)
        elif member.recognised.format == "none":
            counts = (0, 0, 0)
        else:
            sample = read_sample(member.path, member.recognised, member.encoding.encoding, rows_max)
            samples.append((member.relative, unit, sample))
            doubts += sample.doubts
            counts = (sample.row_count, sample.deleted_count, sample.rows.num_rows)
        row_count, deleted_count, sampled_count = counts
        findings.append(
            FileFinding(
                member.relative, member.path.stat().st_size, member.recognised, member.encoding,
                sample.columns if sample else member.columns, row_count, deleted_count, sampled_count, unit,
            )
        )  # fmt: skip
    rows = put_rows(session, f"d{number}", samples)
    types = [member.recognised.declared for member in members]
    columns, of_columns = _columns(rows, samples, types)
    doubts += [*_of_the_files(group, findings), *of_columns, *repeated_rows(rows), *_totals(rows, columns)]
    described = Description(
        name, group.path, group.placeholder, tuple(findings), columns, _decimal(columns),
        keys_of(rows, columns, has_units=len(set(group.units)) > 1), tuple(doubts),
    )  # fmt: skip
    return described, rows


def _columns(
    rows: Rows, samples: Sequence[tuple[str, str, Sample]], types: Sequence[Mapping[str, str]]
) -> tuple[tuple[ColumnFinding, ...], list[Doubt]]:
    """Every column that any of the files has; its share of filled cells is that of the files that have it."""
    counted = dict(rows.ask(f"SELECT file_no, count(*) FROM {rows.table} GROUP BY 1"))  # noqa: S608
    columns, doubts = [], []
    for name in rows.columns:
        having = [file_no for file_no, (_, _, sample) in enumerate(samples) if name in sample.columns]
        declared = next((types[file_no][name] for file_no in having if name in types[file_no]), "")
        finding, odd = look_at(rows, name, declared, sum(counted.get(file_no, 0) for file_no in having))
        lacking = [
            samples[file_no][1] or samples[file_no][0] for file_no in range(len(samples)) if file_no not in having
        ]
        columns.append(replace(finding, missing_in=tuple(dict.fromkeys(lacking))))
        doubts += odd
    return with_concepts(columns), doubts


def _decimal(columns: Sequence[ColumnFinding]) -> str:
    comma, point = sum(c.comma_count for c in columns), sum(c.point_count for c in columns)
    return "," if comma > point else "."


def _of_the_files(group: Siblings, files: Sequence[FileFinding]) -> list[Doubt]:
    """What siblings do not agree in."""
    doubts = []
    encodings = {file.encoding.encoding for file in files if file.encoding.is_certain and file.encoding.encoding}
    if len(encodings) > 1:
        told = "; ".join(
            f"{name}: " + ", ".join(f.unit or f.path for f in files if f.encoding.encoding == name)[:200]
            for name in sorted(encodings)
        )
        doubts.append(
            Doubt("ENCODINGS_DIFFER", f"Files of this shape have several encodings ({told}).", len(encodings))
        )
    for file in files:
        for column, encoding in file.encoding.by_column.items():
            sentence = (
                f"{file.path}: the column {column} looks like {encoding}, the rest like {file.encoding.encoding}."
            )
            doubts.append(Doubt("COLUMN_ENCODING", sentence, 1))
    everywhere = set.intersection(*(set(file.columns) for file in files))
    some = dict.fromkeys(column for file in files for column in file.columns if column not in everywhere)
    if some and group.placeholder:
        by_columns: dict[tuple[str, ...], list[str]] = {}
        for file in files:
            own = tuple(column for column in file.columns if column not in everywhere)
            by_columns.setdefault(own, []).append(file.unit)
        told = "; ".join(f"{', '.join(units)}: {', '.join(own) or 'none of them'}" for own, units in by_columns.items())
        doubts.append(Doubt("OTHER_NAMES", f"Columns that not every file of this shape has: {told}.", len(some)))
    unknown = sorted(set(group.units) - known_res_codes()) if group.placeholder == "res" else []
    if unknown:
        told = ", ".join(unknown[:8])
        doubts.append(Doubt("UNKNOWN_RES", f"The folders {told} are no codes of RES in the book.", len(unknown)))
    return doubts


def _totals(rows: Rows, columns: Sequence[ColumnFinding]) -> list[Doubt]:
    """Rows of totals: a cell that begins with a word for it."""
    words = "|".join(totals_words())
    doubts = []
    for column in columns:
        if column.kind in ("date", "month", "money", "decimal", "whole number", "flag", "empty"):
            continue
        cell = rows.name_of(column.name)
        condition = f"regexp_matches(upper({cell}), '^({words})($|[^\\p{{L}}])')"
        ((count,),) = rows.ask(f"SELECT count(*) FROM {rows.table} WHERE {condition}")  # noqa: S608
        if count:
            found = (
                f"SELECT DISTINCT regexp_extract({cell}, '^\\p{{L}}+') FROM {rows.table} WHERE {condition} ORDER BY 1"  # noqa: S608
            )
            told = tuple(word for (word,) in rows.ask(found))
            sentence = f"{column.name}: rows that look like totals: {count}; first {rows.place(condition)}."
            doubts.append(Doubt("TOTALS_ROW", sentence, count, column.name, told))
    return doubts


def _of_the_dump(descriptions: Sequence[Description]) -> list[Doubt]:
    """A column that is called otherwise in another file of the dump, though it means the same."""
    names: dict[str, Counter[str]] = {}
    for described in descriptions:
        for column in described.columns:
            if column.concept in ("account", "serial_no", "contract_no"):
                names.setdefault(column.concept, Counter())[column.name] += 1
    return [
        Doubt("CALLED_OTHERWISE", f"What is probably the {concept} is called {', '.join(sorted(found))}.", len(found))
        for concept, found in names.items()
        if len(found) > 1
    ]
