"""Which rows does a recognised file hold? All of them counted, enough of them kept to look at.

Belongs here: reading any format as text for an inspection, the bytes that an encoding is judged by, counting.
Does not belong here: reading for a load (`legacy_migration.source_rows`), what the text means.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

from legacy_migration.inspection.encoding_of_bytes import encoding_of
from legacy_migration.inspection.findings import Doubt, EncodingFinding, Recognised
from operational_db.file_formats.dbf import read_columns, read_header
from operational_db.file_formats.dbf.reading import DELETED
from operational_db.file_formats.delimited import read_delimited, read_heading
from operational_db.file_formats.fixed_width import FixedColumn, FixedLayout, read_fixed_width
from operational_db.file_formats.layout_80020 import read_80020
from operational_db.file_formats.spreadsheet import SheetLayout, read_sheet_head, read_sheets

JUDGED_ROWS: Final = 20_000
BATCH_ROWS: Final = 20_000
LETTERS_OF_A_COLUMN: Final = 6_000
BYTE_FOR_BYTE: Final = "latin-1"
"""Every byte is a letter of it, so the bytes can be had back from the text."""
BY_LANGUAGE_BYTE: Final = {0x26: "cp866", 0x65: "cp866", 0x57: "cp1251", 0xC9: "cp1251", 0x03: "cp1252"}
OF_80020: Final = ("POINT", "POINT_NAME", "CHANNEL", "DAY", "TOTAL")


@dataclass(frozen=True)
class Sample:
    """Rows of one file as columns of text, and how many there are in all."""

    columns: tuple[str, ...]
    rows: pa.Table  # row_no, is_deleted, and the columns by their names
    row_count: int
    deleted_count: int
    doubts: tuple[Doubt, ...] = ()


Batch = tuple[np.ndarray, np.ndarray, dict[str, pa.Array], int]
"""Row numbers, deletion flags, columns, and how many of the rows have a wrong number of cells."""


def judged_encoding(path: Path, recognised: Recognised) -> EncodingFinding:
    """The encoding of the file, judged by the bytes of its text columns."""
    if recognised.format == "spreadsheet":
        return EncodingFinding("utf-8", "a workbook says itself what its letters are")
    if recognised.format == "layout_80020":
        return EncodingFinding("windows-1251", "as layout 80020 has it; XML says itself what its letters are")
    if recognised.format == "none":
        return EncodingFinding("", "")
    otherwise = "utf-8"
    if recognised.format == "dbf":
        otherwise = BY_LANGUAGE_BYTE.get(recognised.language_byte or 0, "cp866")
    samples: dict[str, list[bytes]] = {}
    left = JUDGED_ROWS
    for _, _, text, _ in batches(path, recognised, BYTE_FOR_BYTE):
        for name, cells in text.items():
            kind = recognised.declared.get(name, "C")[0]
            if kind in "CMV":
                samples.setdefault(name, []).extend(_telling(cells.slice(0, left)))
        left -= BATCH_ROWS
        if left <= 0:
            break
    if recognised.format == "delimited" and recognised.has_heading:
        heading = read_heading(path, BYTE_FOR_BYTE, recognised.delimiter)
        samples[""] = [name.encode(BYTE_FOR_BYTE, "replace") for name in heading]
    return encoding_of(samples, otherwise=otherwise)


def _telling(cells: pa.Array) -> list[bytes]:
    """Cells with letters outside ASCII, a few thousand letters of them: more make nothing surer."""
    kept: list[bytes] = []
    left = LETTERS_OF_A_COLUMN
    for cell in cells.to_pylist():
        if not cell.isascii():
            kept.append(cell.encode(BYTE_FOR_BYTE, "replace"))
            left -= len(cell)
            if left <= 0:
                break
    return kept


def read_sample(path: Path, recognised: Recognised, encoding: str, rows_max: int) -> Sample:
    """At most `rows_max` rows, from the beginning on; every row is counted."""
    kept: list[pa.Table] = []
    row_count = deleted_count = ragged_count = 0
    is_whole = True
    columns: tuple[str, ...] = ()
    for row_no, deleted, text, ragged in batches(path, recognised, encoding):
        columns = tuple(text)
        if row_count >= rows_max:
            is_whole = False
            break
        kept.append(
            pa.table(
                {"row_no": pa.array(row_no, pa.int64()), "is_deleted": pa.array(deleted)}
                | {f"c{number}": cells for number, cells in enumerate(text.values())}
            )
        )
        row_count += len(row_no)
        deleted_count += int(deleted.sum())
        ragged_count += ragged
    if not is_whole:
        row_count, deleted_count = _counted(path, recognised)
    doubts = ()
    if ragged_count:
        sentence = f"{ragged_count} rows of {path.name} have more or fewer cells than columns."
        doubts = (Doubt("RAGGED_ROWS", sentence, ragged_count),)
    rows = pa.concat_tables(kept) if kept else pa.table({"row_no": pa.array([], pa.int64())})
    return Sample(columns or columns_of(path, recognised, encoding), rows, row_count, deleted_count, doubts)


def batches(path: Path, recognised: Recognised, encoding: str) -> Iterator[Batch]:
    """The rows of the file in any of the formats."""
    if recognised.format == "dbf":
        for batch in read_columns(path, encoding, batch_rows=BATCH_ROWS, allow_truncated=True, allow_missing_memo=True):
            yield batch.row_no, batch.deleted, batch.text, 0
    elif recognised.format == "delimited":
        for batch in read_delimited(
            path, encoding, recognised.delimiter, columns=recognised.columns or None, batch_rows=BATCH_ROWS
        ):
            first = 1 if recognised.has_heading else 0
            yield batch.row_no + first, np.zeros(len(batch), bool), batch.text, len(batch.ragged)
    elif recognised.format == "fixed_width":
        for batch in read_fixed_width(path, encoding, fixed_layout(recognised), batch_rows=BATCH_ROWS):
            yield batch.row_no, np.zeros(len(batch), bool), batch.text, 0
    elif recognised.format == "spreadsheet":
        for batch in read_sheets(path, sheet_layout(recognised), batch_rows=BATCH_ROWS):
            yield batch.row_no, np.zeros(len(batch), bool), batch.text, len(batch.ragged)
    elif recognised.format == "layout_80020":
        days = list(read_80020(path, faults=[]))
        told = [(d.point_code, d.point_name, d.channel, f"{d.day:%Y%m%d}", f"{sum(d.values):f}") for d in days]
        columns = list(zip(*told, strict=True)) or [()] * len(OF_80020)
        text = {name: pa.array(cells, pa.string()) for name, cells in zip(OF_80020, columns, strict=True)}
        yield np.arange(1, len(days) + 1), np.zeros(len(days), bool), text, 0


def fixed_layout(recognised: Recognised) -> FixedLayout:
    """The places that the ruler found; lines may lack the blanks at their end."""
    columns = [
        FixedColumn(name, start, width)
        for name, (start, width) in zip(recognised.columns, recognised.widths, strict=True)
    ]
    return FixedLayout(columns, in_bytes=False, first_line=recognised.first_row, is_trimmed=True)


def sheet_layout(recognised: Recognised) -> SheetLayout:
    return SheetLayout(recognised.sheet, recognised.head_rows, recognised.first_row)


def columns_of(path: Path, recognised: Recognised, encoding: str) -> tuple[str, ...]:
    """The names of the columns, without reading rows."""
    if recognised.format == "dbf":
        return tuple(field.name for field in read_header(path, encoding).fields)
    if recognised.format == "delimited" and recognised.has_heading:
        return read_heading(path, encoding, recognised.delimiter)
    if recognised.format == "spreadsheet":
        return read_sheet_head(path, sheet_layout(recognised))
    return OF_80020 if recognised.format == "layout_80020" else recognised.columns


def _counted(path: Path, recognised: Recognised) -> tuple[int, int]:
    """Rows and deleted rows of a whole file that is too large to be kept."""
    if recognised.format == "dbf":
        header = read_header(path)
        count = min(header.declared_records, header.whole_records)
        raw = np.memmap(path, np.uint8, "r", header.header_length, (count, header.record_length))
        return count, int((raw[:, 0] == DELETED).sum())
    if recognised.format == "delimited":
        with path.open(encoding=BYTE_FOR_BYTE, newline="") as file:
            rows = sum(1 for row in csv.reader(file, delimiter=recognised.delimiter) if row)
        return rows - recognised.has_heading, 0
    with path.open("rb") as file:
        return sum(1 for line in file if line.strip(b" \r\n\x1a")) - (recognised.first_row - 1), 0


def counted_80020(path: Path) -> int:
    """Channels of a message, without taking it apart."""
    return path.read_bytes().count(b"<measuringchannel")
