"""Is the text in the encoding that the profile says? A guess by how often the commonest Cyrillic letters stand.

Belongs here: noticing that a whole file is in another encoding. Does not belong here: single bad bytes (`source_rows`).
"""

import codecs
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from operational_db.refusal import Refusal

CANDIDATES: Final = ("cp866", "cp1251", "koi8-u", "utf-8")
COMMON_LETTERS: Final = frozenset("оаеинтрс")
"""About half of the letters of Russian, Ukrainian and Uzbek text; read in a wrong code page, a tenth at most."""
LETTERS_MIN: Final = 200
SHARE_OF_RIGHT_MIN, SHARE_OF_WRONG_MAX = 0.35, 0.2
SAMPLE_ROWS: Final = 2000
SAMPLE_LETTERS: Final = 4_000
"""More than enough to tell an encoding by, and little work for each of thousands of files."""


def require_encoding(path: Path, encoding: str, columns: Iterable[pa.Array]) -> None:
    """Refuse a file whose letters make words in another encoding and none in that of the profile."""
    samples = (column.slice(0, SAMPLE_ROWS) for column in columns)
    foreign = (sample.filter(pc.invert(pc.string_is_ascii(sample))) for sample in samples)
    text = "".join(cell for sample in foreign for cell in sample.to_pylist())[:SAMPLE_LETTERS]
    letters = [letter for letter in text if not letter.isascii()]
    if len(letters) < LETTERS_MIN:
        return
    raw = text.encode(encoding, "ignore")
    shares = {name: _share([c for c in raw.decode(name, "replace") if not c.isascii()]) for name in CANDIDATES}
    likely = max(shares, key=lambda name: shares[name])
    # UTF-8 read in a code page is full of Р and С, which are common letters: there only its own decoding tells.
    is_other = likely == "utf-8" or _share(letters) < SHARE_OF_WRONG_MAX
    if is_other and shares[likely] >= SHARE_OF_RIGHT_MIN and not _same(likely, encoding):
        raise Refusal(
            f"The file {path} is in {likely}, not in {encoding} as the profile says: its letters make words only so; "
            "correct the encoding in the profile."
        )


def _same(name: str, other: str) -> bool:
    return codecs.lookup(name).name == codecs.lookup(other).name


def _share(letters: list[str]) -> float:
    return sum(letter.lower() in COMMON_LETTERS for letter in letters) / len(letters) if letters else 0.0
