"""How is an inspection told? Sections of sentences and tables, for a terminal and for a page alike.

Belongs here: what is said in which order. Does not belong here: drawing (`orchestration.answers`, `page`).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from legacy_migration.inspection.findings import ColumnFinding, Description, Inspection


@dataclass(frozen=True)
class Section:
    """A title, sentences below it, and a table."""

    title: str
    sentences: tuple[str, ...] = ()
    heads: tuple[str, ...] = ()
    rows: tuple[tuple[object, ...], ...] = ()


def sections_of(inspection: Inspection) -> Iterator[Section]:
    """The whole report: the files, each description, relations, what looks wrong."""
    files = sum(len(described.files) for described in inspection.descriptions)
    rows = sum(described.row_count for described in inspection.descriptions)
    yield Section(
        f"Files of {inspection.directory}",
        (f"{files} files of {len(inspection.descriptions)} shapes with {rows:,} rows, {inspection.seconds} s.",),
        ("described as", "path", "files", "format", "rows", "deleted", "encoding", "probably"),
        tuple(_line(described) for described in inspection.descriptions),
    )
    for described in inspection.descriptions:
        if described.format != "none":
            yield _described(described)
    if inspection.relations:
        yield Section(
            "Relations: values of one file that are found in a key of another",
            (),
            ("column", "found in", "distinct", "found", "share", "rows without", "how", "such as"),
            tuple(
                (
                    f"{r.of_file}.{'/'.join(r.columns)}", f"{r.in_file}.{'/'.join(r.key)}", r.distinct_count,
                    r.matched_count, f"{r.matched_share:.1%}", r.orphan_rows, r.how, ", ".join(r.orphans),
                )
                for r in inspection.relations
            ),
        )  # fmt: skip
    lists = [
        (described, column)
        for described in inspection.descriptions
        for column in described.columns
        if column.kind in ("code", "flag")
    ]
    if lists:
        yield Section(
            "Code lists",
            (),
            ("column", "codes", "with the number of their rows"),
            tuple(
                (f"{d.name}.{c.name}", len(c.codes), ", ".join(f"{code}: {count}" for code, count in c.codes[:20]))
                for d, c in lists
            ),
        )
    wrong = [(d.name, doubt) for d in inspection.descriptions for doubt in d.doubts]
    wrong += [("the dump", doubt) for doubt in inspection.doubts]
    if wrong:
        rows_wrong = tuple((name, doubt.code, doubt.count, doubt.sentence) for name, doubt in wrong)
        yield Section("What looks wrong", (), ("where", "what", "count", "told"), rows_wrong)


def _line(described: Description) -> tuple[object, ...]:
    encodings = dict.fromkeys(file.encoding.encoding for file in described.files)
    facts = ", ".join(fact.entity for fact in described.facts) or (
        described.files[0].recognised.how if described.format == "none" else ""
    )
    return (
        described.name, described.path, len(described.files), described.format, described.row_count,
        described.deleted_count, ", ".join(filter(None, encodings)), facts,
    )  # fmt: skip


def _described(described: Description) -> Section:
    first = described.files[0]
    sentences = [f"{described.path}: {first.recognised.how}."]
    certain = "" if first.encoding.is_certain else " (a guess)"
    sentences.append(f"Encoding {first.encoding.encoding}{certain}: {first.encoding.evidence}.")
    if described.decimal == ",":
        sentences.append("The decimal mark is a comma.")
    if described.placeholder:
        units = ", ".join(dict.fromkeys(file.unit for file in described.files))
        sentences.append(f"{{{described.placeholder}}} is {units}.")
    live = described.row_count - described.deleted_count
    if described.sampled_count < described.row_count:
        sentences.append(
            f"Looked at the first {described.sampled_count:,} of {live:,} rows; all of them were counted, but keys, "
            "relations and doubts are those of the rows looked at."
        )
    for key in described.keys:
        within = f" within one {described.placeholder}" if key.within_unit else ""
        only = f" in {', '.join(key.only_in)}" if key.only_in else ""
        broken = key.breaking_count + key.blank_count
        told = f"but for {broken} rows ({key.blank_count} of them blank)" if broken else "without exception"
        sentences.append(f"Rows are told apart by {' + '.join(key.columns)}{within}{only}, {told}.")
    if not described.keys and described.columns:
        sentences.append("No column and no pair of columns tells the rows apart.")
    return Section(
        described.name,
        tuple(sentences),
        ("column", "declared", "type", "filled", "distinct", "from", "to", "such as", "probably"),
        tuple(_column(column) for column in described.columns),
    )


def _column(column: ColumnFinding) -> tuple[object, ...]:
    kind = f"{column.kind} {column.date_format}".strip()
    if column.missing_in:
        kind += f", not in {', '.join(column.missing_in[:3])}"
    return (
        column.name, column.declared, kind, f"{column.filled_share:.0%}", column.distinct_count,
        column.smallest[:20], column.largest[:20], ", ".join(column.examples)[:44], column.concept,
    )  # fmt: skip
