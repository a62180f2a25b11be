"""What kind of file is this? By its first bytes and lines, never by its name alone.

Belongs here: formats and the evidence for them. Does not belong here: the rows (`samples`), the columns (`columns`).
"""

import csv
import re
from pathlib import Path
from typing import Final

import python_calamine

from legacy_migration.inspection.encoding_of_bytes import encoding_of
from legacy_migration.inspection.findings import Doubt, Recognised
from legacy_migration.inspection.sheets import read_sheet, sheet_names
from legacy_migration.inspection.text_shape import LINES_MAX, delimiter_of, names_columns, ruler_of
from operational_db.file_formats.dbf import DbfError, read_header
from operational_db.file_formats.dbf.header import VERSIONS
from operational_db.file_formats.opening import FileFormatError

HEAD_BYTES: Final = 262_144
FIXED_COLUMNS_MIN: Final = 3
"""Two parts of a line may be chance; a letter has such gaps, too."""
TABLE_SUFFIXES: Final = (".dbf",)
MAGIC: Final = (
    (b"%PDF", "a PDF"),
    (b"Rar!", "a RAR archive; unpack it beside the other files"),
    (b"7z\xbc\xaf", "a 7z archive; unpack it beside the other files"),
    (b"\x1f\x8b", "a gzip archive; unpack it beside the other files"),
    (b"\x00\x01\x00\x00Standard", "an Access database; export its tables as CSV or DBF"),
    (b"PGDMP", "a dump of PostgreSQL; restore it and export its tables as CSV"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
)
COMPANIONS: Final = {
    ".fpt": "memo texts", ".dbt": "memo texts", ".cdx": "an index", ".ndx": "an index", ".mdx": "an index",
    ".idx": "an index", ".ntx": "an index",
}  # fmt: skip


def recognise(path: Path) -> Recognised:
    """The format of the file, with how it was recognised."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if not head:
        return Recognised("none", "empty", doubts=(Doubt("EMPTY_FILE", f"{path.name} is empty; ask for it again."),))
    companion = COMPANIONS.get(path.suffix.lower())
    if companion:
        table = next((other.name for other in path.parent.glob(path.stem + ".*") if _is_table(other)), "")
        if table:
            return Recognised("none", f"{companion} of {table}", belongs_to=table)
    if head[0] in VERSIONS:
        try:
            return _dbf(path)
        except DbfError as error:
            if path.suffix.lower() in TABLE_SUFFIXES:
                return Recognised("none", f"a damaged table: {error}", doubts=(Doubt("DAMAGED", str(error)),))
    for magic, what in MAGIC:
        if head.startswith(magic):
            return Recognised("none", what)
    if head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        return _workbook(path)
    if head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<?xml") or head.lstrip().startswith(b"<message"):
        if re.search(rb"<message[^>]*class\s*=\s*[\"']80020", head[:4096]):
            return Recognised("layout_80020", "XML whose message has the class 80020")
        return Recognised("none", "XML of another kind than 80020")
    return _text(path, head)


def _is_table(path: Path) -> bool:
    return path.suffix.lower() in TABLE_SUFFIXES


def _dbf(path: Path) -> Recognised:
    header = read_header(path)
    declared = {
        field.name: f"{field.type}{field.length}" + (f".{field.decimals}" if field.type in "NF" else "")
        for field in header.fields
    }
    doubts = (Doubt("CUT_OFF", header.truncation),) if header.truncation else ()
    how = f"first byte 0x{header.version:02X} ({VERSIONS[header.version]}), language byte 0x{header.language_byte:02X}"
    return Recognised("dbf", how, declared=declared, language_byte=header.language_byte, doubts=doubts)


def _workbook(path: Path) -> Recognised:
    try:
        names = sheet_names(path)
        tables = [table for table in (read_sheet(path, name) for name in names) if table and table.rows]
    except (python_calamine.CalamineError, OSError) as error:
        return Recognised("none", f"neither a workbook nor a known archive ({error})")
    if not tables:
        return Recognised("none", f"a workbook without a table (sheets {', '.join(names)})")
    table = max(tables, key=lambda found: len(found.rows))
    same = [found for found in tables if found.columns == table.columns]
    doubts = []
    if len(same) > 1:
        doubts.append(
            Doubt("MORE_SHEETS", f"{len(same)} sheets have the same columns: {', '.join(s.sheet for s in same)}.")
        )
    others = [found.sheet for found in tables if found.columns != table.columns]
    if others:
        doubts.append(Doubt("OTHER_SHEETS", f"The sheets {', '.join(others)} have other columns; describe them too."))
    first, last = table.head_rows
    how = f"a workbook; sheet {table.sheet}, head in row {first}" + (f" to {last}" if last > first else "")
    return Recognised(
        "spreadsheet", how + (", merged" if table.has_merged_head else ""), sheet=table.sheet,
        head_rows=table.head_rows, first_row=table.first_row, doubts=tuple(doubts),
    )  # fmt: skip


def _text(path: Path, head: bytes) -> Recognised:
    if b"\0" in head[:4096] or sum(byte < 9 for byte in head[:4096]) > len(head[:4096]) // 100:
        return Recognised("none", f"bytes of no known format (first 0x{head[:4].hex().upper()})")
    encoding = encoding_of({"": head.splitlines()}, otherwise="cp866").encoding
    text = head.decode(encoding, "replace").removeprefix("\ufeff")
    lines = text.splitlines()
    if len(head) == HEAD_BYTES:
        lines = lines[:-1]
    lines = [line for line in lines if line.strip("\x1a ")][:LINES_MAX]
    found = delimiter_of(lines)
    if found:
        rows = list(csv.reader(lines, delimiter=found.delimiter))
        has_heading = names_columns(rows)
        doubts = []
        if not has_heading:
            doubts.append(
                Doubt(
                    "NO_HEADING",
                    f'{path.name} seems to have no row with names of columns; it begins with "{lines[0][:60]}".',
                )
            )
        columns = () if has_heading else tuple(f"C{number}" for number in range(1, found.cell_count + 1))
        name = {"\t": "tabulator"}.get(found.delimiter, f'"{found.delimiter}"')
        how = f"text cut by {name} into {found.cell_count} cells in {found.agreeing_share:.0%} of its lines"
        return Recognised(
            "delimited", how, delimiter=found.delimiter, has_heading=has_heading, columns=columns, doubts=tuple(doubts)
        )
    widths = ruler_of(lines)
    if widths:
        fixed = _fixed(lines, widths)
        if len(fixed.columns) >= FIXED_COLUMNS_MIN:
            return fixed
    return Recognised("none", "text that no separator and no places cut into columns")


def _fixed(lines: list[str], widths: tuple[tuple[int, int], ...]) -> Recognised:
    head = [lines[0][start - 1 : start - 1 + width].strip() for start, width in widths]
    if names_columns([[cell for cell in head if cell]]):
        # A column without a name goes on with the one before: first and last name under one head.
        ends = [start + width for start, width in widths]
        named = [place for place, cell in enumerate(head) if cell]
        last = [*(place - 1 for place in named[1:]), len(head) - 1]
        widths = tuple((widths[a][0], ends[b] - widths[a][0]) for a, b in zip(named, last, strict=True))
        head = [head[place] for place in named]
    rest = [[line[start - 1 : start - 1 + width].strip() for start, width in widths] for line in lines[1:]]
    has_heading = names_columns([head, *rest])
    columns = tuple(head) if has_heading else tuple(f"C{number}" for number in range(1, len(widths) + 1))
    doubts = [
        Doubt(
            "PLACES_GUESSED",
            "The places of the columns were read off the blanks between them; two columns without a blank between "
            "count as one: compare with the layout on paper.",
        )
    ]
    how = f"text with {len(widths)} columns at fixed places"
    return Recognised(
        "fixed_width", how, has_heading=has_heading, first_row=2 if has_heading else 1, columns=columns,
        widths=widths, doubts=tuple(doubts),
    )  # fmt: skip


def broken(error: FileFormatError | OSError) -> Recognised:
    """A file that its reader gave up on."""
    return Recognised("none", f"cannot be read: {error}", doubts=(Doubt("DAMAGED", str(error)),))
