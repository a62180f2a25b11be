"""Fixed width: lines whose cells stand at fixed places, as columns of raw text.

Belongs here: cutting lines by position and width, in bytes or in characters, lines that are too short or too long.
Does not belong here: numbers and dates, which lines are totals.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from pathlib import Path
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from operational_db.file_formats.code_pages import (
    UndecodableCell,
    decode_column,
    decode_or_mark,
    require_encoding,
    single_byte_code_page,
)
from operational_db.file_formats.opening import FileFormatError, open_to_read

END_OF_FILE = b"\x1a"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
LINE_BYTES_MAX = 1 << 20


class FixedWidthError(FileFormatError):
    """A file of fixed widths that cannot be read; the message is one sentence for the user."""


@dataclass(frozen=True)
class FixedColumn:
    """Where a column stands: `start` counts from 1, as layouts on paper do."""

    name: str
    start: int
    width: int

    @property
    def end(self) -> int:
        """The place behind its last byte or character, counted from 0."""
        return self.start - 1 + self.width


@dataclass(frozen=True)
class FixedWidthBatch:
    """Lines as columns; `row_no` counts lines from 1. `ragged` holds lines of a wrong length and how many cells
    of each are whole."""

    row_no: np.ndarray
    text: dict[str, pa.Array]
    undecodable: tuple[UndecodableCell, ...]
    ragged: Mapping[int, int]

    def __len__(self) -> int:
        return len(self.row_no)


@dataclass(frozen=True)
class FixedLayout:
    """How the lines are cut. With `length` every line has exactly so many places; with `is_trimmed` it may lack
    the blanks at its end, as editors leave them out."""

    columns: Sequence[FixedColumn]
    in_bytes: bool = True
    first_line: int = 1
    length: int | None = None
    is_trimmed: bool = False

    @property
    def needed(self) -> int:
        """Places that a whole line has at least."""
        return self.length or max(column.end for column in self.columns)


def read_fixed_width(
    path: Path | str, encoding: str, layout: FixedLayout, *, encodings: Mapping[str, str] | None = None,
    batch_rows: int = 100_000,
) -> Iterator[FixedWidthBatch]:  # fmt: skip
    """Read the lines in batches of bounded memory; blank lines and the old mark of the end are left out.

    `encodings` overrules the encoding of single columns.
    """
    path = Path(path)
    encodings = dict(encodings or {})
    for name in (encoding, *encodings.values()):
        require_encoding(path, name, FixedWidthError)
    _check_layout(path, layout)
    with open_to_read(path, FixedWidthError) as file:
        lines = _lines(path, file, layout.first_line)
        while numbered := list(islice(lines, batch_rows)):
            numbers = np.array([number for number, _ in numbered], np.int64)
            raw = [line for _, line in numbered]
            if layout.in_bytes or single_byte_code_page(encoding):
                yield _cut_bytes(numbers, raw, encoding, layout, encodings)
            else:
                yield _cut_characters(numbers, raw, encoding, layout, encodings)


def _check_layout(path: Path, layout: FixedLayout) -> None:
    if not layout.columns:
        raise FixedWidthError(f"{path} cannot be read: no columns are described; give each its place and width.")
    for column in layout.columns:
        if column.start < 1 or column.width < 1:
            raise FixedWidthError(
                f"{path} cannot be read: column {column.name} stands at {column.start} with width {column.width};"
                " places count from 1 and a width is at least 1."
            )
    for before, after in pairwise(sorted(layout.columns, key=lambda column: column.start)):
        if before.end > after.start - 1:
            raise FixedWidthError(
                f"{path} cannot be read: columns {before.name} and {after.name} overlap at place {after.start};"
                " correct their places."
            )


def _lines(path: Path, file: IO[bytes], first_line: int) -> Iterator[tuple[int, bytes]]:
    line_no = 0
    while raw := file.readline(LINE_BYTES_MAX):
        line_no += 1
        if len(raw) == LINE_BYTES_MAX and not raw.endswith(b"\n"):
            raise FixedWidthError(
                f"{path}: line {line_no} has no end; this is no file of lines, name its right format."
            )
        line = raw.rstrip(b"\r\n")
        if line_no == 1:
            line = line.removeprefix(BYTE_ORDER_MARK)
        line = line.removesuffix(END_OF_FILE)
        if line_no >= first_line and line.strip():
            yield line_no, line


def _wrong_lengths(numbers: np.ndarray, lengths: Sequence[int], layout: FixedLayout) -> dict[int, int]:
    """Lines that are too short or too long, with the number of their whole cells."""
    wrong = {}
    for number, length in zip(numbers.tolist(), lengths, strict=True):
        is_short = length < layout.needed and not layout.is_trimmed
        if is_short or (layout.length is not None and length > layout.length):
            whole = sum(column.end <= length for column in layout.columns)
            # A line that is too long has all its cells and something more.
            wrong[number] = whole + (length > layout.needed)
    return wrong


def _cut_bytes(
    numbers: np.ndarray, lines: list[bytes], encoding: str, layout: FixedLayout, encodings: Mapping[str, str]
) -> FixedWidthBatch:
    whole = pa.array(lines, pa.large_binary()).cast(pa.binary())
    text: dict[str, pa.Array] = {}
    undecodable: list[UndecodableCell] = []
    for column in layout.columns:
        cut = pc.binary_slice(whole, column.start - 1, column.end)
        # The bytes are no text yet, but trimming ASCII blanks needs no more.
        raw = pa.Array.from_buffers(pa.string(), len(cut), cut.buffers(), offset=cut.offset)
        decoded, bad_rows = decode_column(pc.ascii_rtrim(raw, " \0"), encodings.get(column.name, encoding))
        text[column.name] = decoded
        undecodable += [UndecodableCell(int(numbers[row]), column.name) for row in bad_rows]
    return FixedWidthBatch(numbers, text, tuple(undecodable), _wrong_lengths(numbers, list(map(len, lines)), layout))


def _cut_characters(
    numbers: np.ndarray, lines: list[bytes], encoding: str, layout: FixedLayout, encodings: Mapping[str, str]
) -> FixedWidthBatch:
    """A byte without a letter takes one place, so that it does not move the cells behind it."""
    decoded = [line.decode(encoding, "surrogateescape") for line in lines]
    text: dict[str, pa.Array] = {}
    undecodable: list[UndecodableCell] = []
    for column in layout.columns:
        cells = []
        for number, line in zip(numbers.tolist(), decoded, strict=True):
            raw = line[column.start - 1 : column.end].encode(encoding, "surrogateescape").rstrip(b" \0")
            cell, is_bad = decode_or_mark(raw, encodings.get(column.name, encoding))
            cells.append(cell)
            if is_bad:
                undecodable.append(UndecodableCell(number, column.name))
        text[column.name] = pa.array(cells, pa.string())
    return FixedWidthBatch(numbers, text, tuple(undecodable), _wrong_lengths(numbers, list(map(len, decoded)), layout))
