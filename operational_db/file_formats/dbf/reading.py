"""Which text stands in each cell? Records of a DBF file, whole columns at once.

Belongs here: cutting fixed-width records into columns of raw text, naming cells the code page cannot read.
Does not belong here: what the text means (`values`), binary cells (`binary`), memo texts (`memo`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from operational_db.file_formats.code_pages import UndecodableCell, decode_column, require_encoding
from operational_db.file_formats.dbf.binary import WIDTHS, binary_as_text
from operational_db.file_formats.dbf.header import (
    DELETION_FLAG,
    VARIABLE_LENGTH,
    DbfError,
    DbfField,
    DbfHeader,
    read_header,
)
from operational_db.file_formats.dbf.memo import Memos, is_memo, open_memos
from operational_db.file_formats.dbf.null_flags import UNMARKED, cell_marks, varying_as_text
from operational_db.file_formats.opening import open_to_read

LIVE, DELETED, END_OF_FILE = 0x20, 0x2A, 0x1A
BINARY = frozenset(WIDTHS) | {"0"}
READABLE = BINARY | set("CVQNFDLMGPW")
NO_ROWS = np.empty(0, dtype=np.int64)
BATCH_BYTES_MAX = 64 * 1024 * 1024


@dataclass(frozen=True)
class CutRow:
    """The last record of a file that ends inside it: how many of its cells are whole."""

    row_no: int
    whole_cells: int


@dataclass(frozen=True)
class DbfBatch:
    """Consecutive records as columns; `first_row_no` counts records from 1, deleted ones included."""

    first_row_no: int
    deleted: np.ndarray
    text: dict[str, pa.Array]
    undecodable: tuple[UndecodableCell, ...]
    cut_row: CutRow | None = None

    def __len__(self) -> int:
        return len(self.deleted)

    @property
    def row_no(self) -> np.ndarray:
        """The physical record number of each row."""
        return np.arange(self.first_row_no, self.first_row_no + len(self), dtype=np.int64)


@dataclass(frozen=True)
class _Letters:
    """The encoding of the file, and of the columns that differ from it."""

    of_file: str
    of_columns: Mapping[str, str]

    def of(self, column: str) -> str:
        return self.of_columns.get(column, self.of_file)


def read_columns(
    path: Path | str,
    encoding: str,
    *,
    batch_rows: int = 200_000,
    allow_truncated: bool = False,
    allow_missing_memo: bool = False,
    keep_cut_record: bool = False,
    encodings: Mapping[str, str] | None = None,
) -> Iterator[DbfBatch]:
    """Read the records in batches of bounded memory.

    Text is decoded and freed of its padding (right blanks and zero bytes; left blanks of numbers too), never
    converted; a cell that Visual FoxPro flags as null is blank. Records behind the declared number are read as
    well: sum the batches and compare. With `keep_cut_record` a file that ends inside its last declared record
    gives that record too, its whole cells only, and says so; one that lacks more is refused as ever.
    `encodings` overrules the encoding of single columns.
    """
    header = read_header(path, encoding)
    letters = _Letters(encoding, dict(encodings or {}))
    for name in letters.of_columns.values():
        require_encoding(header.path, name, DbfError)
    _check_types(header)
    lacks_one = keep_cut_record and header.whole_records == header.declared_records - 1
    if header.truncation and not allow_truncated and not lacks_one:
        raise DbfError(header.truncation)
    rows_at_once = max(1, min(batch_rows, BATCH_BYTES_MAX // header.record_length))
    row_no = 1
    with (
        open_to_read(header.path, DbfError) as file,
        open_memos(header, allow_missing=allow_missing_memo) as memos,
    ):
        file.seek(header.header_length)
        while True:
            raw = file.read(rows_at_once * header.record_length)
            records = np.frombuffer(raw, np.uint8, len(raw) // header.record_length * header.record_length)
            records = records.reshape(-1, header.record_length)
            kept = _rows_before_end(records[:, 0], header.declared_records - row_no + 1)
            if kept:
                yield _batch(header, records[:kept], row_no, letters, memos)
                row_no += kept
            if kept < rows_at_once:
                break
        if lacks_one and row_no == header.declared_records:
            yield _cut_record(header, raw[len(records) * header.record_length :], row_no, letters, memos)
            row_no += 1
    if row_no <= header.declared_records and not allow_truncated:
        raise DbfError(
            f"{header.path} is cut off: its header declares {header.declared_records} records, the mark of"
            f" the end stands behind record {row_no - 1}; ask for the file again."
        )


def _check_types(header: DbfHeader) -> None:
    for field in header.fields:
        width = WIDTHS.get(field.type) if not is_memo(header, field) else None
        if field.type not in READABLE or (width and field.length != width):
            raise DbfError(
                f"{header.path}: column {field.name} has type {field.type!r} of {field.length} bytes, which"
                " this program cannot read; export the table as dBase III."
            )


def _rows_before_end(flags: np.ndarray, declared_left: int) -> int:
    """The end mark stops reading anywhere; behind the declared records so does what is no record."""
    ends = flags == END_OF_FILE
    beyond = max(declared_left, 0)
    ends[beyond:] |= (flags[beyond:] != LIVE) & (flags[beyond:] != DELETED)
    return int(ends.argmax()) if ends.any() else len(flags)


def _batch(header: DbfHeader, records: np.ndarray, first_row_no: int, letters: _Letters, memos: Memos) -> DbfBatch:
    flags = records[:, 0]
    bad_flags = np.flatnonzero((flags != LIVE) & (flags != DELETED))
    undecodable = [UndecodableCell(first_row_no + int(row), DELETION_FLAG) for row in bad_flags]
    text: dict[str, pa.Array] = {}
    start = 1
    marks = cell_marks(header, records)
    for field in header.fields:
        cells = records[:, start : start + field.length]
        start += field.length
        mark = marks.get(field.name, UNMARKED)
        encoding = letters.of(field.name)
        bad_rows: np.ndarray = NO_ROWS
        if is_memo(header, field):
            text[field.name], bad_rows = memos.texts(cells, encoding, is_text=field.type == "M")
        elif field.type in BINARY:
            text[field.name] = binary_as_text(cells, field)
        elif field.type in VARIABLE_LENGTH:
            text[field.name], bad_rows = varying_as_text(cells, field, encoding, mark.is_short)
        else:
            text[field.name], bad_rows = decode_column(_unpadded(cells, field), encoding)
        if mark.is_null is not None and mark.is_null.any():
            text[field.name] = pc.if_else(pa.array(mark.is_null), "", text[field.name])
            bad_rows = bad_rows[~mark.is_null[bad_rows]]
        undecodable += [UndecodableCell(first_row_no + int(row), field.name) for row in bad_rows]
    return DbfBatch(first_row_no, flags == DELETED, text, tuple(undecodable))


def _cut_record(header: DbfHeader, part: bytes, row_no: int, letters: _Letters, memos: Memos) -> DbfBatch:
    """The record that the file ends in; a cell that is not there whole is blank, so that no part is a value."""
    ends = np.cumsum([1, *(field.length for field in header.fields)])
    whole_cells = max(int((ends <= len(part)).sum()) - 1, 0)
    part = part if part[:1] != bytes([END_OF_FILE]) else b""
    padded = np.frombuffer((part or b" ").ljust(header.record_length)[: header.record_length], np.uint8)
    batch = _batch(header, padded.reshape(1, -1), row_no, letters, memos)
    lost = {field.name for field in header.fields[whole_cells:]}
    return replace(
        batch,
        text={name: pa.array([""]) if name in lost else column for name, column in batch.text.items()},
        undecodable=tuple(cell for cell in batch.undecodable if cell.field not in lost),
        cut_row=CutRow(row_no, whole_cells),
    )


def _unpadded(cells: np.ndarray, field: DbfField) -> pa.Array:
    """The cells without padding, as an Arrow array of still undecoded bytes."""
    rows, width = cells.shape
    offsets = np.arange(0, (rows + 1) * width, width, dtype=np.int32) if width else np.zeros(rows + 1, np.int32)
    array = pa.Array.from_buffers(
        pa.string(), rows, [None, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(cells))]
    )
    if field.type in "NF":
        return pc.ascii_trim(array, " \0")
    return pc.ascii_rtrim(array, " \0")
