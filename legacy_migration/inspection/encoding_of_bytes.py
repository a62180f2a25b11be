"""In which encoding are these bytes? The one place where an inspection asks that, per file and column.

Belongs here: what an inspection makes of the answer. Does not belong here: how letters tell
(`operational_db.file_formats.encoding_detection`).
"""

import codecs
from collections.abc import Mapping, Sequence
from typing import Final

from legacy_migration.inspection.findings import EncodingFinding
from operational_db.file_formats.encoding_detection import CANDIDATES, detect, read_as, words_of

WESTERN: Final = "cp1252"
TWIN, TWIN_LETTERS_MIN = "cp1125", 2_000
FOREIGN_MIN: Final = 200
"""So many letters that make no Cyrillic words are of another script."""


def _possible(cells: Sequence[bytes], otherwise: str) -> str:
    """What is used where the letters are too few to tell: not an encoding in which they are no letters at all."""
    try:
        for cell in cells:
            cell.decode(otherwise)
    except UnicodeDecodeError:
        words = words_of(cells)
        readings = [read_as(words, name) for name in CANDIDATES]
        return max(readings, key=lambda read: (-read.impossible, read.likelihood / max(read.letters, 1))).encoding
    return otherwise


def encoding_of(samples: Mapping[str, Sequence[bytes]], *, otherwise: str) -> EncodingFinding:
    """The encoding in which the cells of the columns make words; `otherwise` where no letter tells."""
    cells = [cell for some in samples.values() for cell in some]
    if any(cell.startswith(codecs.BOM_UTF8) for cell in cells):
        return EncodingFinding("utf-8", "begins with the mark of UTF-8")
    told = detect(cells)
    if told.encoding is None:
        if told.letters >= FOREIGN_MIN and "no words" in told.reason:
            return EncodingFinding(WESTERN, f"{told.reason}; perhaps Western letters", is_certain=False)
        return EncodingFinding(_possible(cells, otherwise), told.reason, is_certain=False)
    if told.encoding == TWIN and told.letters < TWIN_LETTERS_MIN:
        # кўчаси of cp866 is кічаси of its Ukrainian twin: a few letters cannot tell them apart.
        return EncodingFinding(TWIN, f"{told.reason}; cp866 differs in few letters", is_certain=False)
    by_column = {}
    for column, some in samples.items():
        own = detect(some)
        is_twin = {own.encoding, told.encoding} == {TWIN, "cp866"} and own.letters < TWIN_LETTERS_MIN
        if column and own.encoding not in (None, told.encoding, *told.same_text) and not is_twin:
            by_column[column] = own.encoding
    others = ", ".join(f"{name} {share:.0%}" for name, share in told.others.items() if name not in told.same_text)
    return EncodingFinding(told.encoding, f"{told.reason} (read as {others})", by_column=by_column)
