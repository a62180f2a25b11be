"""Was a Cyrillic file read in the wrong code page? Every byte of cp866 is a letter of cp1251, so no error says so.

Belongs here: the comparison of how much sense the same bytes make in the other encodings.
Does not belong here: what is done about it; the sentence is the caller's, who knows where the encoding was named.
"""

import re
from collections.abc import Iterable
from itertools import islice

import pyarrow as pa

ONE_BYTE_ENCODINGS = ("cp866", "cp1251")
OTHER_ENCODINGS = (*ONE_BYTE_ENCODINGS, "utf-8")
CYRILLIC = "абвгдеёжзийклмнопрстуфхцчшщъыьэюяўіїєґ"
CAPITAL_INSIDE_WORD = re.compile(f"[{CYRILLIC}][{CYRILLIC.upper()}]")
BOTH_CASES = frozenset(CYRILLIC + CYRILLIC.upper())
PUNCTUATION = frozenset("«»„“”‘’–—…№°·\xa0\xad")
LETTERS_MIN = 30
CELLS_PER_COLUMN = 2_000
# Text that makes sense is above the first; misread text of small letters alone can come within a sixth of it.
RIGHT_SHARE_MIN, BETTER_BY_MIN = 0.95, 0.1


def better_encoding(columns: Iterable[pa.Array], encoding: str) -> str | None:
    """The encoding in which the text makes sense when it makes none in `encoding`, else None.

    Only cp866 and cp1251 can be in doubt, and only with enough letters outside ASCII to judge by.
    """
    if encoding not in ONE_BYTE_ENCODINGS:
        return None
    cells = (cell for column in columns for cell in islice(column, CELLS_PER_COLUMN))
    text = "\n".join(str(cell) for cell in cells if not str(cell).isascii())
    share = _cyrillic_share(text, otherwise=1.0)
    if share > RIGHT_SHARE_MIN:
        return None
    raw = text.encode(encoding, "ignore")
    shares = {
        other: _cyrillic_share(raw.decode(other, "replace"), otherwise=0.0)
        for other in OTHER_ENCODINGS
        if other != encoding
    }
    best = max(shares, key=lambda other: shares[other])
    return best if shares[best] >= max(RIGHT_SHARE_MIN, share + BETTER_BY_MIN) else None


def _cyrillic_share(text: str, *, otherwise: float) -> float:
    """Of the letters outside ASCII, less those that are capitals inside a word, which only misread text has."""
    foreign = [letter for letter in text if not letter.isascii() and letter not in PUNCTUATION]
    if len(foreign) < LETTERS_MIN:
        return otherwise
    odd_capitals = len(CAPITAL_INSIDE_WORD.findall(text))
    return (sum(letter in BOTH_CASES for letter in foreign) - odd_capitals) / len(foreign)
