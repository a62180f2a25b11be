"""A file of rejected rows in the layout that it came in, with columns that say why; and the same file read again.

Belongs here: which formats are written as they came, the columns that are added, taking them off again.
Does not belong here: which rows go out (`export`), what becomes of what returns (`returning`).

A format that we do not write (XML, sheets, FoxPro's own types) goes out as a table of its rows: semicolon text in
UTF-8, `.csv` behind its name.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Final

from legacy_migration.encodings import encoding_of
from legacy_migration.profile import FileRule
from legacy_migration.source_rows import read_rows
from operational_db.file_formats.dbf import DbfField, read_header, write_dbf
from operational_db.file_formats.delimited import write_delimited
from operational_db.file_formats.opening import FileFormatError
from operational_db.refusal import Refusal

LOAD, ROW, REASON, SAYS = "WB_LOAD", "WB_ROW", "WB_REASON", "WB_SAYS"
SAYS_MORE: Final = ("WB_SAYS2", "WB_SAYS3")
ADDED: Final = (LOAD, ROW, REASON, SAYS, *SAYS_MORE)
_DBF_TEXT_MAX: Final = 254
_DBF_TYPES: Final = "CNFDL"
TABLE_SUFFIX: Final = ".csv"


@dataclass(frozen=True)
class OutRow:
    """A rejected row as it goes out."""

    row_no: int
    cells: Mapping[str, str]
    reasons: str
    sentences: str


@dataclass(frozen=True)
class BackRow:
    """A row as it returns: where it stands in the returned file, which row it says it is, its cells."""

    place: int
    protocol: str
    row_no: str
    cells: Mapping[str, str]


def goes_out_as(rule: FileRule, copy: Path) -> FileRule:
    """The rule by which the file of rejects is read: that of the dump where we write its format."""
    if rule.format == "delimited":
        return replace(rule, encoding=encoding_of(copy, rule).encoding)
    if rule.format == "dbf":
        known = replace(rule, encoding=encoding_of(copy, rule).encoding)
        header = read_header(copy, known.encoding)
        if all(field.type in _DBF_TYPES for field in header.fields):
            return known
    return replace(rule, format="delimited", encoding="utf-8", delimiter=";")


def out_name(path: str, rule: FileRule, written_by: FileRule) -> str:
    """The name of the file of rejects: that of the dump's file, which a table of rows is told by its end."""
    return path if written_by.format == rule.format else path + TABLE_SUFFIX


def write_out(
    target: Path, copy: Path, rule: FileRule, columns: Sequence[str], rows: list[OutRow], protocol_id: int
) -> None:
    """Write the file of rejects: the dump's columns as they came, then why each row was rejected."""
    taken = [name for name in ADDED if name in columns]
    if taken:
        raise Refusal(
            f"The file {copy.name} has columns named {', '.join(taken)}, which rejects need for themselves; ask for it "
            "with other names."
        )
    batch = {name: [row.cells[name] for row in rows] for name in columns}
    told = {
        LOAD: [str(protocol_id)] * len(rows),
        ROW: [str(row.row_no) for row in rows],
        REASON: [row.reasons for row in rows],
        SAYS: [row.sentences for row in rows],
    }
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        if rule.format == "dbf":
            header = read_header(copy, rule.encoding)
            says = {
                name: [text[start : start + _DBF_TEXT_MAX] for text in told[SAYS]]
                for name, start in zip((SAYS, *SAYS_MORE), range(0, 10**6, _DBF_TEXT_MAX), strict=False)
            }
            added = (
                DbfField(LOAD, "N", 9, 0),
                DbfField(ROW, "N", 9, 0),
                *(DbfField(name, "C", _DBF_TEXT_MAX, 0) for name in (REASON, *says)),
            )
            told[REASON] = [text[:_DBF_TEXT_MAX] for text in told[REASON]]
            write_dbf(
                target,
                (*header.fields, *added),
                [{**batch, **told, **says}],
                encoding=rule.encoding,
                language_byte=header.language_byte,
                last_update=header.last_update or date(2000, 1, 1),
                errors="replace",
            )
        else:
            write_delimited(
                target,
                [*columns, *told],
                [{**batch, **told}],
                encoding=rule.encoding,
                delimiter=rule.delimiter,
                errors="replace",
            )
    except FileFormatError as error:
        raise Refusal(str(error)) from error


def read_back(path: Path, rule: FileRule, columns: Sequence[str]) -> Iterator[BackRow]:
    """The rows of a returned file; those flagged deleted there did not return."""
    for batch in read_rows(path, rule):
        missing = [name for name in (*columns, LOAD, ROW) if name not in batch.text]
        if missing:
            raise Refusal(
                f"The returned file {path} lacks the columns {', '.join(missing)}; return the exported file with its "
                "columns, only cells corrected."
            )
        texts = {name: batch.text[name].to_pylist() for name in (*columns, LOAD, ROW)}
        for index, (place, is_deleted) in enumerate(zip(batch.row_no.tolist(), batch.deleted.tolist(), strict=True)):
            if not is_deleted:
                yield BackRow(
                    place,
                    texts[LOAD][index].strip(),
                    texts[ROW][index].strip(),
                    {name: texts[name][index] for name in columns},
                )


def write_stripped(
    target: Path, copy: Path, rule: FileRule, columns: Sequence[str], rows: list[Mapping[str, str]]
) -> list[int]:
    """Write the returned rows as a file of the old layout, to be landed; returns the number of each row in it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    batch = {name: [row[name] for row in rows] for name in columns}
    try:
        if rule.format == "dbf":
            header = read_header(copy, rule.encoding)
            write_dbf(
                target,
                header.fields,
                [batch],
                encoding=rule.encoding,
                language_byte=header.language_byte,
                last_update=header.last_update or date(2000, 1, 1),
            )
            return list(range(1, len(rows) + 1))
        write_delimited(target, columns, [batch], encoding=rule.encoding, delimiter=rule.delimiter)
    except FileFormatError as error:
        raise Refusal(str(error).replace(str(target), f"The returned file {target.name}")) from error
    return list(range(2, len(rows) + 2))


def as_written(cell: str, encoding: str) -> str:
    """The cell as it went out: letters that the encoding lacks became question marks."""
    return cell.encode(encoding, "replace").decode(encoding)
