"""How are the lines of a text file divided? By a separator, by places, or not at all.

Belongs here: separators, the ruler of fixed places, whether the first line names columns.
Does not belong here: encodings (`encoding_of_bytes`), the meaning of columns.
"""

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

DELIMITERS: Final = (";", "\t", "|", ",", "^", "~", "#")
LINES_MAX: Final = 400
AGREEING_MIN: Final = 0.9
EVEN_LENGTH_MIN: Final = 0.75
NUMBER_OR_DATE: Final = re.compile(r"[-+]?[0-9][0-9 .,:/\-]*")
BLANK_SHARE_MIN: Final = 0.995
LAST_COLUMN_ROOM: Final = 40
FILLED_COLUMNS_MIN: Final = 3


@dataclass(frozen=True)
class Delimited:
    """A separator, how many cells most lines have, and how many lines agree."""

    delimiter: str
    cell_count: int
    agreeing_share: float


def delimiter_of(lines: Sequence[str]) -> Delimited | None:
    """The separator that cuts nearly all lines into the same number of cells."""
    best: Delimited | None = None
    for delimiter in DELIMITERS:
        try:
            counts = Counter(len(row) for row in csv.reader(lines[:LINES_MAX], delimiter=delimiter) if row)
        except csv.Error:
            continue
        if not counts:
            continue
        cells, agreeing = counts.most_common(1)[0]
        share = agreeing / counts.total()
        if cells < 2 or share < AGREEING_MIN:
            continue
        # Of two that agree, the one with more cells: a comma within amounts cuts fewer.
        if best is None or (cells, share) > (best.cell_count, best.agreeing_share):
            best = Delimited(delimiter, cells, share)
    return best


def names_columns(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row names columns: distinct words, none a number or a date, above other rows."""
    if not rows or not rows[0]:
        return False
    head = [cell.strip() for cell in rows[0]]
    filled = [cell for cell in head if cell]
    if len(filled) < 0.7 * len(head) or len(set(filled)) < len(filled):
        return False
    if any(NUMBER_OR_DATE.fullmatch(cell) for cell in filled):
        return False
    # A row of words above rows of words: names are short, and do not come again below.
    below = {cell.strip() for row in rows[1:] for cell in row}
    return not any(cell in below for cell in filled)


def ruler_of(lines: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """First place (from 1) and width of each column of fixed places; empty when the lines show none.

    A place belongs to no column when it is blank in (nearly) all lines; a column goes on to the beginning of the next,
    since a longer value may come, and the last one has room behind it.
    """
    sample = [line.rstrip("\r\n") for line in lines[:LINES_MAX] if line.strip()]
    if len(sample) < 3:
        return ()
    width = max(len(line) for line in sample)
    if width < 8 or width > 4000:
        return ()
    padded = [line.ljust(width) for line in sample]
    blanks = [sum(line[place] == " " for line in padded) / len(padded) for place in range(width)]
    columns: list[tuple[int, int]] = []
    start: int | None = None
    for place in range(width):
        is_gap = blanks[place] >= BLANK_SHARE_MIN
        if not is_gap and start is None:
            start = place
        elif is_gap and start is not None:
            columns.append((start + 1, place - start))
            start = None
    if start is not None:
        columns.append((start + 1, width - start))
    # The blanks at the end of a line may be gone.
    is_even = sum(len(line) >= EVEN_LENGTH_MIN * width for line in sample) / len(sample) >= AGREEING_MIN
    # Prose has gaps nowhere, or lines of all lengths; three columns that hold in every line are no chance.
    if len(columns) < 2 or (not is_even and len(columns) < 4):
        return ()
    filled = [sum(bool(line[start - 1 : start - 1 + room].strip()) for line in padded) for start, room in columns]
    if sum(count >= len(padded) / 2 for count in filled) < FILLED_COLUMNS_MIN:
        return ()
    starts = [start for start, _ in columns]
    ends = [*starts[1:], width + 1 + LAST_COLUMN_ROOM]
    return tuple((start, end - start) for start, end in zip(starts, ends, strict=True))
