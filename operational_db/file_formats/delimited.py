"""Delimited text: rows of a CSV or semicolon file as columns of raw text, and back.

Belongs here: quotes, encodings, row numbers, rows with too many or too few cells.
Does not belong here: numbers, dates, the meaning of a column.
"""

import csv
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from .code_pages import decode_marking


class DelimitedError(Exception):
    """A text file that cannot be read or written as rows; the message is one sentence for the user."""


@dataclass(frozen=True)
class UndecodableCell:
    r"""A cell with a byte that means nothing in the encoding; the text column shows the byte as \xNN."""

    row_no: int
    field: str


@dataclass(frozen=True)
class RaggedRow:
    """A row whose cells do not match the columns; `cells` is all of it, the text columns hold what fits."""

    row_no: int
    cells: tuple[str, ...]
    expected: int


@dataclass(frozen=True)
class DelimitedBatch:
    """Rows as columns; `row_no` counts from 1 behind the heading, blank rows included."""

    row_no: np.ndarray
    text: dict[str, pa.Array]
    undecodable: tuple[UndecodableCell, ...]
    ragged: tuple[RaggedRow, ...]

    def __len__(self) -> int:
        return len(self.row_no)


def read_delimited(
    path: Path | str,
    encoding: str,
    delimiter: str,
    *,
    columns: Sequence[str] | None = None,
    batch_rows: int = 100_000,
) -> Iterator[DelimitedBatch]:
    """Read a text file in batches; without `columns` the first row names them. Blank rows are skipped."""
    path = Path(path)
    try:
        file = path.open(encoding=encoding, errors="surrogateescape", newline="")
    except OSError as error:
        raise DelimitedError(f"{path} cannot be opened: {error.strerror}; check the name and the permissions.") from error
    with file:
        rows = csv.reader(file, delimiter=delimiter)
        row_no = 0
        names = tuple(columns or ())
        if not names:
            names = _heading(path, rows)
        numbers: list[int] = []
        cells: list[list[str]] = []
        for row in _guarded(path, rows):
            row_no += 1
            if not row:
                continue
            numbers.append(row_no)
            cells.append(row)
            if len(cells) == batch_rows:
                yield _batch(names, numbers, cells, encoding)
                numbers, cells = [], []
        if cells:
            yield _batch(names, numbers, cells, encoding)


def _heading(path: Path, rows: Iterator[list[str]]) -> tuple[str, ...]:
    heading = next(_guarded(path, rows), None)
    if not heading:
        raise DelimitedError(f"{path} has no heading row; name its columns in the profile or ask for the file again.")
    names = tuple(name.strip().removeprefix("\ufeff") for name in heading)
    doubled = {name for name in names if names.count(name) > 1 or not name}
    if doubled:
        raise DelimitedError(f"{path}: row 1 has empty or repeated column names {sorted(doubled)}; correct the heading.")
    return names


def _guarded(path: Path, rows: Iterator[list[str]]) -> Iterator[list[str]]:
    try:
        yield from rows
    except csv.Error as error:
        raise DelimitedError(f"{path}: {error}; a quotation mark is probably never closed.") from error


def _batch(names: tuple[str, ...], numbers: list[int], cells: list[list[str]], encoding: str) -> DelimitedBatch:
    width = len(names)
    ragged = []
    for index, row in enumerate(cells):
        if len(row) != width:
            ragged.append(RaggedRow(numbers[index], tuple(row), width))
            cells[index] = (row + [""] * width)[:width]
    text: dict[str, pa.Array] = {}
    undecodable: list[UndecodableCell] = []
    for name, column in zip(names, zip(*cells, strict=True), strict=True):
        values = list(column)
        for index, value in enumerate(values):
            if not value.isascii() or "\0" in value:
                marked = decode_marking(value.encode(encoding, "surrogateescape"), encoding)
                if marked != value:
                    values[index] = marked
                    undecodable.append(UndecodableCell(numbers[index], name))
        text[name] = pa.array(values, pa.string())
    return DelimitedBatch(np.array(numbers, np.int64), text, tuple(undecodable), tuple(ragged))


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
    """Write rows given as columns; None is an empty cell. Returns the number of rows.

    The file appears under its name only when it is whole.
    """
    path = Path(path)
    part = path.with_name(path.name + ".part")
    count = 0
    try:
        with part.open("w", encoding=encoding, errors=errors, newline="") as file:
            writer = csv.writer(file, delimiter=delimiter, lineterminator="\r\n")
            if heading:
                writer.writerow(columns)
            for batch in batches:
                rows = list(zip(*(_plain(batch[name]) for name in columns), strict=True))
                writer.writerows(rows)
                count += len(rows)
        os.replace(part, path)
    except UnicodeEncodeError as error:
        letter = error.object[error.start : error.end]
        raise DelimitedError(
            f"{path} cannot be written: the letter {letter!r} is not in {encoding}; replace it or choose another encoding."
        ) from error
    except OSError as error:
        raise DelimitedError(f"{path} cannot be written: {error.strerror}; check the folder and the free space.") from error
    finally:
        part.unlink(missing_ok=True)
    return count


def _plain(column: Sequence[object]) -> Sequence[object]:
    return column.tolist() if isinstance(column, np.ndarray | pa.Array) else column
