"""Delimited text: rows of a CSV or semicolon file as columns of raw text, and back.

Belongs here: quotes, encodings, row numbers, rows with too many or too few cells.
Does not belong here: numbers, dates, the meaning of a column, formulas of spreadsheets.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
import pyarrow as pa

from operational_db.file_formats.code_pages import UndecodableCell, decode_or_mark, require_encoding
from operational_db.file_formats.column_names import unique_names
from operational_db.file_formats.opening import FileFormatError, open_to_read, open_to_write

# Geometries in public network files can exceed Python's limit of 128 KiB a cell; the limit is the process's.
csv.field_size_limit(16 * 1024 * 1024)

# What surrogateescape makes of a byte without a letter, and the zero byte that PostgreSQL text cannot hold.
UNDECODED = re.compile("[\udc80-\udcff\0]")


class DelimitedError(FileFormatError):
    """A text file that cannot be read or written as rows; the message is one sentence for the user."""


@dataclass(frozen=True)
class RaggedRow:
    """A row whose cells do not match the columns; `cells` is all of it, the text columns hold what fits.

    A row whose quotation marks make no sense is one cell: the line as it stands.
    """

    row_no: int
    cells: tuple[str, ...]
    expected: int


@dataclass(frozen=True)
class DelimitedBatch:
    """Rows as columns; `row_no` counts rows from 1 behind the heading, blank ones included."""

    row_no: np.ndarray
    text: dict[str, pa.Array]
    undecodable: tuple[UndecodableCell, ...]
    ragged: tuple[RaggedRow, ...]

    def __len__(self) -> int:
        return len(self.row_no)


def read_heading(path: Path | str, encoding: str, delimiter: str, *, quote: str | None = '"') -> tuple[str, ...]:
    """The column names in the first row."""
    path = Path(path)
    require_encoding(path, encoding, DelimitedError)
    with open_to_read(path, DelimitedError, "r", **_how_to_read(encoding)) as file:
        return _heading(path, _rows(path, file, delimiter, quote), encoding)


def read_delimited(
    path: Path | str,
    encoding: str,
    delimiter: str,
    *,
    columns: Sequence[str] | None = None,
    batch_rows: int = 100_000,
    quote: str | None = '"',
    encodings: Mapping[str, str] | None = None,
) -> Iterator[DelimitedBatch]:
    """Read a text file in batches; without `columns` the first row names them. Blank rows are left out.

    A separator may have several letters, and `quote` may be None: then quotation marks are letters like others,
    and a line is a row. `encodings` overrules the encoding of single columns.
    """
    path = Path(path)
    encodings = dict(encodings or {})
    for name in (encoding, *encodings.values()):
        require_encoding(path, name, DelimitedError)
    with open_to_read(path, DelimitedError, "r", **_how_to_read(encoding)) as file:
        rows = _rows(path, file, delimiter, quote)
        names = tuple(columns) if columns else _heading(path, rows, encoding)
        numbers: list[int] = []
        cells: list[list[str]] = []
        for row_no, row in enumerate(rows, start=1):
            if not row:
                continue
            numbers.append(row_no)
            cells.append(row)
            if len(cells) == batch_rows:
                yield _batch(names, numbers, cells, encoding, encodings)
                numbers, cells = [], []
        if cells:
            yield _batch(names, numbers, cells, encoding, encodings)


def _how_to_read(encoding: str) -> dict[str, str]:
    """A byte without a letter must not stop reading; it travels as a surrogate until its cell is known."""
    return {"encoding": encoding, "errors": "surrogateescape", "newline": ""}


class _Lines:
    """The lines of a file, remembering those that the current row took."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self.of_row: list[str] = []

    def __iter__(self) -> Iterator[str]:
        for line_no, line in enumerate(self._file):
            plain = line if line_no else line.removeprefix("\ufeff")
            self.of_row.append(plain)
            yield plain


def _rows(path: Path, file: IO[str], delimiter: str, quote: str | None) -> Iterator[list[str]]:
    lines = _Lines(file)
    if quote is None or len(delimiter) != 1:
        for line in lines:
            lines.of_row.clear()
            plain = line.rstrip("\r\n")
            yield plain.split(delimiter) if plain else []
        return
    reader = csv.reader(lines, delimiter=delimiter, quotechar=quote, strict=True)
    line_no = 1
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if len(lines.of_row) != 1:
                raise DelimitedError(
                    f"{path}: line {line_no} has a quotation mark that is not closed as it should be"
                    f" ({error}), so the rows behind it cannot be told apart; correct it or ask again."
                ) from error
            row = [lines.of_row[0].rstrip("\r\n")]
        line_no += len(lines.of_row)
        lines.of_row.clear()
        yield row


def _heading(path: Path, rows: Iterator[list[str]], encoding: str) -> tuple[str, ...]:
    heading = next(rows, None)
    if not heading:
        raise DelimitedError(
            f"{path} is empty or begins with an empty row, the first row must name columns; ask for it again."
        )
    return unique_names([_marked(name, encoding).strip() for name in heading])


def _batch(
    names: tuple[str, ...],
    numbers: list[int],
    cells: list[list[str]],
    encoding: str,
    encodings: Mapping[str, str],
) -> DelimitedBatch:
    width = len(names)
    ragged = []
    for index, row in enumerate(cells):
        if len(row) != width:
            ragged.append(RaggedRow(numbers[index], tuple(_marked(cell, encoding) for cell in row), width))
            cells[index] = (row + [""] * width)[:width]
    text: dict[str, pa.Array] = {}
    undecodable: list[UndecodableCell] = []
    for name, column in zip(names, zip(*cells, strict=True), strict=True):
        values: Sequence[str] = column
        if name in encodings:
            raw = [value.encode(encoding, "surrogateescape") for value in column]
            decoded = [decode_or_mark(cell, encodings[name]) for cell in raw]
            undecodable += [UndecodableCell(numbers[i], name) for i, (_, is_bad) in enumerate(decoded) if is_bad]
            values = [value for value, _ in decoded]
        elif UNDECODED.search("".join(column)):
            bad = [index for index, value in enumerate(column) if UNDECODED.search(value)]
            undecodable += [UndecodableCell(numbers[index], name) for index in bad]
            values = [_marked(value, encoding) for value in column]
        text[name] = pa.array(values, pa.string())
    return DelimitedBatch(np.array(numbers, np.int64), text, tuple(undecodable), tuple(ragged))


def _marked(cell: str, encoding: str) -> str:
    if not UNDECODED.search(cell):
        return cell
    return decode_or_mark(cell.encode(encoding, "surrogateescape"), encoding)[0]


def write_delimited(
    path: Path | str,
    columns: Sequence[str],
    batches: Iterable[Mapping[str, Sequence[object]]],
    *,
    encoding: str,
    delimiter: str,
    errors: str = "strict",
    heading: bool = True,
) -> int:
    """Write rows given as columns, None as an empty cell, lines ending in CRLF; returns the row count."""
    path = Path(path)
    require_encoding(path, encoding, DelimitedError)
    count = 0
    how = {"encoding": encoding, "errors": errors, "newline": ""}
    with open_to_write(path, DelimitedError, "w", **how) as file:
        writer = csv.writer(file, delimiter=delimiter, lineterminator="\r\n")
        try:
            if heading:
                writer.writerow(columns)
            for batch in batches:
                rows = list(zip(*(_plain(batch[name]) for name in columns), strict=True))
                writer.writerows(rows)
                count += len(rows)
        except UnicodeEncodeError as error:
            letter = error.object[error.start]
            raise DelimitedError(
                f"{path} cannot be written: the letter {letter!r} is not in {encoding}; replace it or choose"
                " another encoding."
            ) from error
    return count


def _plain(column: Sequence[object]) -> Sequence[object]:
    return column.tolist() if isinstance(column, np.ndarray | pa.Array) else column
