"""What does a column's name mean in the trade? Names matched with the words of trade_words.csv.

The file is data: a word in capitals without blanks and marks, the concept it stands for, its language, and where it is
from (`legacy_layouts` and `glossary` are pages of docs/, with the usual short forms of their words; `payment registers`
and `benefit exchange` are columns of files that banks and social security send; `usage` is common in such programs).

Belongs here: matching. Does not belong here: which concepts make a fact (`facts`).
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from rapidfuzz import fuzz, process

WORDS: Final = Path(__file__).parent / "trade_words.csv"
PART_MIN: Final = 3
BEGINNING_MIN: Final = 4
NEARLY_MIN, NEARLY_LENGTH_MIN = 88, 6
LATIN: Final = str.maketrans(
    {
        "А": "A", "Б": "B", "В": "V", "Г": "G", "Д": "D", "Е": "E", "Ё": "E", "Ж": "ZH", "З": "Z", "И": "I", "Й": "Y",
        "К": "K", "Л": "L", "М": "M", "Н": "N", "О": "O", "П": "P", "Р": "R", "С": "S", "Т": "T", "У": "U", "Ф": "F",
        "Х": "H", "Ц": "C", "Ч": "CH", "Ш": "SH", "Щ": "SCH", "Ъ": "", "Ы": "Y", "Ь": "", "Э": "E", "Ю": "YU",
        "Я": "YA", "І": "I", "Ї": "I", "Є": "E", "Ґ": "G", "Ў": "O", "Қ": "Q", "Ғ": "G", "Ҳ": "H",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Meaning:
    """What a name probably means, how sure that is (1 is the very word), and by which word."""

    concept: str
    sureness: float
    word: str


@lru_cache(maxsize=1)
def trade_words() -> dict[str, str]:
    """Words by themselves, as written and in Latin letters, with their concept."""
    words: dict[str, str] = {}
    with WORDS.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            words[row["word"]] = row["concept"]
            words.setdefault(row["word"].translate(LATIN), row["concept"])
    return words


@lru_cache(maxsize=1)
def totals_words() -> tuple[str, ...]:
    """Words that a row of totals begins with."""
    return tuple(word for word, concept in trade_words().items() if concept == "totals" and len(word) > PART_MIN)


def meanings_of(name: str) -> list[Meaning]:
    """What a column may mean, the surest first."""
    found: dict[str, Meaning] = {}

    def add(concept: str, sureness: float, word: str) -> None:
        if concept != "totals" and (concept not in found or found[concept].sureness < sureness):
            found[concept] = Meaning(concept, sureness, word)

    words = trade_words()
    parts = [part for part in re.split(r"[^\w]+|_", name.upper()) if part]
    whole = "".join(parts)
    for spelled, sureness in ((whole, 1.0), (re.sub(r"\d+$", "", whole), 0.9)):
        for written in dict.fromkeys((spelled, spelled.translate(LATIN))):
            if written in words:
                add(words[written], sureness, written)
    for part in dict.fromkeys((*parts, *(part.translate(LATIN) for part in parts))):
        if len(part) >= PART_MIN and part in words and part != whole:
            add(words[part], 0.8, part)
    if not found:
        for meaning in _nearly(whole.translate(LATIN)):
            add(meaning.concept, meaning.sureness, meaning.word)
    return sorted(found.values(), key=lambda meaning: -meaning.sureness)


def _nearly(name: str) -> Iterator[Meaning]:
    """Words that the name begins with or is the beginning of, else the one that resembles it most."""
    words = trade_words()
    is_found = False
    if len(name) >= BEGINNING_MIN:
        for word, concept in words.items():
            if len(word) >= BEGINNING_MIN and (name.startswith(word) or word.startswith(name)):
                is_found = True
                yield Meaning(concept, 0.6 + 0.01 * min(len(word), len(name)), word)
    if not is_found and len(name) >= NEARLY_LENGTH_MIN:
        near = process.extractOne(name, words.keys(), scorer=fuzz.ratio, score_cutoff=NEARLY_MIN)
        if near:
            yield Meaning(words[near[0]], 0.5, near[0])


def words_of_file(path: str) -> set[str]:
    """Words in the name of a file, in Latin capitals."""
    stem = re.sub(r"\{\w+\}", " ", path.rsplit("/", 1)[-1].rsplit(".", 1)[0])
    return {part.upper().translate(LATIN) for part in re.split(r"[\W\d_]+", stem) if part}
