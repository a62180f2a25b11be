"""In which encoding are these bytes? The one place where an inspection asks that.

Belongs here: the question per file and column, with the evidence. Does not belong here: what follows from it.
"""

import codecs
from collections.abc import Mapping
from typing import Final

from legacy_migration.encodings import CANDIDATES, COMMON_LETTERS
from legacy_migration.inspection.findings import EncodingFinding

BYTES_MAX: Final = 400_000
LETTERS_MIN: Final = 20
COLUMN_LETTERS_MIN: Final = 40
CYRILLIC: Final = frozenset("абвгдеёжзийклмнопрстуфхцчшщъыьэюяўқғҳіїєґ")


def encoding_of(samples: Mapping[str, bytes], *, otherwise: str) -> EncodingFinding:
    """The encoding in which the bytes of the columns make words; `otherwise` where no letter tells."""
    raw = b"\n".join(samples.values())[:BYTES_MAX]
    if raw.startswith(codecs.BOM_UTF8):
        return EncodingFinding("utf-8", "begins with the mark of UTF-8")
    high = sum(byte > 0x7F for byte in raw)
    if not high:
        return EncodingFinding(otherwise, "no letter outside ASCII, so any of them will do", is_certain=False)
    if _is_utf8(raw):
        return EncodingFinding("utf-8", f"{high} bytes outside ASCII, all of them whole letters of UTF-8")
    scores = {name: _score(raw, name) for name in CANDIDATES if name != "utf-8"}
    order = sorted(scores, key=lambda name: -scores[name])
    best, second = order[0], order[1]
    shown = ", ".join(f"{name} {scores[name]:.0%}" for name in order)
    by_column = {}
    for column, cells in samples.items():
        own = {name: _score(cells[:BYTES_MAX], name) for name in scores}
        own_best = max(own, key=lambda name: own[name])
        if (
            sum(byte > 0x7F for byte in cells) >= COLUMN_LETTERS_MIN
            and own_best != best
            and own[own_best] > own[best] + 0.2
        ):
            by_column[column] = own_best
    return EncodingFinding(
        best,
        f"of {high} letters outside ASCII these shares make words: {shown}",
        is_certain=high >= LETTERS_MIN and scores[best] > scores[second] + 0.1,
        by_column=by_column,
    )


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start > len(raw) - 4 and error.start > 0
    return True


def _score(raw: bytes, encoding: str) -> float:
    """Share of letters outside ASCII that are Cyrillic, the commonest counting most, capitals inside words against."""
    text = raw.decode(encoding, "replace")
    letters = 0
    points = 0.0
    before = " "
    for letter in text:
        if letter > "\x7f":
            letters += 1
            small = letter.lower()
            if small in CYRILLIC:
                points += 1.0 if small in COMMON_LETTERS else 0.55
                if letter != small and before != before.upper():
                    points -= 1.0
        before = letter
    return max(points, 0.0) / letters if letters else 0.0
