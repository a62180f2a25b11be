"""Which letters of a cell cannot be meant? Look-alikes of the other script, letters lost, cells in another encoding.

Belongs here: finding such cells and what each should probably be, column by column.
Does not belong here: the encoding of a whole column (`encoding_detection`), what becomes of the row.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from operational_db.file_formats.encoding_detection import CANDIDATES, CYRILLIC, read_as

LATIN_IN_CYRILLIC: Final = "latin_in_cyrillic"
CYRILLIC_IN_LATIN: Final = "cyrillic_in_latin"
LOST_LETTER: Final = "lost_letter"
OTHER_ENCODING: Final = "other_encoding"

# Latin letters and the Cyrillic ones that look the same in print.
TO_CYRILLIC: Final = str.maketrans("ABCEHIKMOPTXYaceikopxy", "АВСЕНІКМОРТХУасеікорху")
TO_LATIN: Final = str.maketrans("АВСЕНІКМОРТХУасеікорху", "ABCEHIKMOPTXYaceikopxy")
LATIN_LOOKALIKES: Final = frozenset("ABCEHIKMOPTXYaceikopxy")
CYRILLIC_LOOKALIKES: Final = frozenset("АВСЕНІКМОРТХУасеікорху")
_WORD: Final = re.compile(r"[^\W_]+")
_LATIN: Final = re.compile("[A-Za-z]")
_CYRILLIC: Final = re.compile("[Ѐ-ӿ]")
_LOST: Final = re.compile(r"(?<=[Ѐ-ӿ])\?|\?(?=[Ѐ-ӿ])")
# RE2 of Arrow: cells worth a look, which are few.
_MIXED_WORD: Final = r"[A-Za-z][0-9]*[\x{400}-\x{4ff}]|[\x{400}-\x{4ff}][0-9]*[A-Za-z]"
_QUESTION_MARK: Final = r"[\x{400}-\x{4ff}]\?|\?[\x{400}-\x{4ff}]"
_MISREAD: Final = (
    r"[\x{2500}-\x{25ff}\x{80}-\x{9f}]|[\x{430}-\x{44f}][\x{410}-\x{42f}]|[ЂЃѓЌќЏџЉљЊњЋћЂђЈј‚ƒ†‡‰‹›€¤¦¬¶¨ЎўҐґ©®±µ]{2}"
)
_SUSPECT: Final = f"{_MIXED_WORD}|{_QUESTION_MARK}|{_MISREAD}"
_ONE_CELL_LETTERS_MIN: Final = 6
_ONE_CELL_BETTER_BY: Final = 1.5  # natural logarithm a letter
_FEW: Final = 0.05
_CELLS_MIN: Final = 20


@dataclass(frozen=True)
class OddCell:
    """A cell with letters that cannot be meant, and what it probably should be (empty where nothing tells)."""

    row_no: int
    column: str
    kind: str
    text: str
    probably: str


def odd_cells(row_no: object, text: dict[str, pa.Array], encodings: dict[str, str]) -> Iterator[OddCell]:
    """The odd cells of one batch, column after column. `encodings` says how each column was read."""
    for column, cells in text.items():
        suspects = pc.indices_nonzero(pc.match_substring_regex(cells, _SUSPECT))
        if not len(suspects):
            continue
        for index, cell in zip(suspects.to_pylist(), cells.take(suspects).to_pylist(), strict=True):
            found = judge(cell, encodings.get(column, ""))
            if found:
                yield OddCell(int(row_no[index]), column, found[0], cell, found[1])  # type: ignore[index]


def judge(cell: str, encoding: str) -> tuple[str, str] | None:
    """What is odd about one cell, the gravest first, and what it probably should be."""
    misread = _other_encoding(cell, encoding) if encoding else None
    if misread:
        return OTHER_ENCODING, misread
    if _LOST.search(cell):
        return LOST_LETTER, ""
    kinds = {kind for word in _WORD.findall(cell) if (kind := _mixture(word))}
    if not kinds:
        return None
    kind = LATIN_IN_CYRILLIC if LATIN_IN_CYRILLIC in kinds else CYRILLIC_IN_LATIN
    return kind, _WORD.sub(lambda word: _in_one_script(word[0]), cell)


def _mixture(word: str) -> str | None:
    """Which script's letters stand in a word of the other: those that all look alike are the strangers."""
    latin, cyrillic = set(_LATIN.findall(word)), set(_CYRILLIC.findall(word))
    if not latin or not cyrillic:
        return None
    latin_may_be_cyrillic, cyrillic_may_be_latin = latin <= LATIN_LOOKALIKES, cyrillic <= CYRILLIC_LOOKALIKES
    if latin_may_be_cyrillic and cyrillic_may_be_latin:
        # All letters of the word look alike: the script of most of them is meant.
        is_cyrillic = len(_CYRILLIC.findall(word)) >= len(_LATIN.findall(word))
        return LATIN_IN_CYRILLIC if is_cyrillic else CYRILLIC_IN_LATIN
    if latin_may_be_cyrillic:
        return LATIN_IN_CYRILLIC
    return CYRILLIC_IN_LATIN if cyrillic_may_be_latin else None


def _in_one_script(word: str) -> str:
    kind = _mixture(word)
    if kind == LATIN_IN_CYRILLIC:
        return word.translate(TO_CYRILLIC)
    return word.translate(TO_LATIN) if kind == CYRILLIC_IN_LATIN else word


def _other_encoding(cell: str, encoding: str) -> str | None:
    """The cell as it reads in another encoding, where it makes sense only there."""
    try:
        raw = cell.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return None
    here = read_as(raw, encoding)
    if here.letters and here.likelihood / here.letters > -3.6 and not here.impossible:
        return None
    better = [
        there
        for there in (read_as(raw, other) for other in CANDIDATES if other != encoding)
        if there.letters >= _ONE_CELL_LETTERS_MIN and not there.impossible
    ]
    best = max(better, key=lambda there: there.likelihood, default=None)
    if best is None:
        return None
    gain = best.likelihood / best.letters - here.likelihood / max(here.letters, 1)
    return best.text if gain > _ONE_CELL_BETTER_BY else None


class CodeScript:
    """Codes of one column (serial numbers, accounts) in one script, among which a few are in look-alikes of the other.

    Whole codes in look-alikes have no mixture to be seen by; only the other cells of the column tell. Cells are
    shown batch by batch and named at the end.
    """

    def __init__(self, column: str) -> None:
        self._column = column
        self._latin = self._cyrillic = 0
        self._lookalikes: list[tuple[int, str]] = []

    def look(self, row_no: object, cells: pa.Array) -> None:
        """Count the scripts of one batch; hold its cells whose Cyrillic letters all look Latin."""
        is_latin = pc.match_substring_regex(cells, "[A-Za-z]")
        is_cyrillic = pc.match_substring_regex(cells, r"[\x{400}-\x{4ff}]")
        self._latin += pc.sum(pc.and_not(is_latin, is_cyrillic)).as_py() or 0
        count = pc.sum(is_cyrillic).as_py() or 0
        self._cyrillic += count
        if count and self._cyrillic <= max(self._latin * _FEW, _CELLS_MIN) * 2:
            for index in pc.indices_nonzero(is_cyrillic).to_pylist():
                cell = cells[index].as_py()
                if set(_CYRILLIC.findall(cell)) <= CYRILLIC_LOOKALIKES and not _LATIN.search(cell):
                    self._lookalikes.append((int(row_no[index]), cell))  # type: ignore[index]

    def look_at_ascii(self, cells: pa.Array) -> None:
        """Count the Latin codes of cells that hold no other letter."""
        self._latin += pc.sum(pc.match_substring_regex(cells, "[A-Za-z]")).as_py() or 0

    def odd_cells(self) -> Iterator[OddCell]:
        """The look-alikes, if the column is one of Latin codes."""
        if self._latin >= _CELLS_MIN and self._cyrillic <= self._latin * _FEW:
            for row_no, cell in self._lookalikes:
                yield OddCell(row_no, self._column, CYRILLIC_IN_LATIN, cell, cell.translate(TO_LATIN))


__all__ = [
    "CYRILLIC", "CYRILLIC_IN_LATIN", "LATIN_IN_CYRILLIC", "LOST_LETTER", "OTHER_ENCODING", "CodeScript", "OddCell",
    "judge", "odd_cells",
]  # fmt: skip
