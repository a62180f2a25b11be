"""Which encoding are these bytes in? Evidence from the letters themselves, for Ukrainian, Russian and Uzbek Cyrillic.

Belongs here: the frequencies of letters, the comparison of encodings, the language byte of a DBF and whether it lies.
Does not belong here: where the bytes come from, what is done about a doubt, single odd letters (`odd_letters`).

Every byte above 0x7F is a letter in each of the old code pages, so nothing but sense tells them apart: read in the
right one, letters come as often as they do in the language, and no capital stands inside a word.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

CANDIDATES: Final = ("cp866", "cp1251", "koi8-u", "cp1125", "utf-8")
"""cp1125 is the Ukrainian DOS page; it differs from cp866 in the letters і ї є ґ alone. The first of two that read
the same wins."""

LETTERS_MIN: Final = 24
"""With fewer letters outside ASCII, in different words, no encoding is told."""
MARGIN_MIN: Final = 12.0
"""How much more likely (natural logarithm) the best reading must be than any that reads most letters otherwise."""
SENSE_MIN: Final = -4.6
"""Mean logarithm of the frequency of a letter, below which the text makes no sense at all; real text has about -3."""

# Letters in a thousand. Names and addresses differ from books, by far less than a wrong code page does.
RUSSIAN: Final = (
    "о110 е85 а80 и74 н67 т63 с55 р47 в45 л44 к35 м32 д30 п28 у26 я20 ы19 ь17 г17 з17 б16 ч14 й12 х10 ж9 ш7 ю6 ц5 "
    "щ4 э3 ф3 ё2 ъ1"
)
UKRAINIAN: Final = (
    "о94 а72 н65 и61 і57 в53 т52 е49 р46 с42 к40 л37 у34 д33 м30 п29 я23 з21 ь18 б17 г16 й14 ч12 х11 ц10 ї7 ш7 ж7 "
    "ю7 є6 щ5 ф4 ґ1"
)
UZBEK: Final = (
    "а130 и110 о65 н65 р60 л60 т50 д45 м45 к45 б35 с35 у35 ш25 г25 е25 й20 з20 ў15 х15 в15 ч14 я14 п12 қ12 ж8 ю8 ф7 "
    "э7 ё6 ғ6 ҳ6 ц3 ъ3 ь3 ы1"
)
COMMON_LETTERS: Final = frozenset("оаеинтрс")
"""About half of the letters of any of the three languages."""
SURE_SENSE: Final = -3.5
COMPARED: Final = 2_000
OF_NO_TEXT: Final = math.log(1 / 20_000)
CAPITAL_INSIDE_WORD: Final = math.log(1 / 100)
PUNCTUATION: Final = frozenset("«»„“”‘’–—…№°·•\xa0\xad§©")


def _logarithms(frequencies: str) -> dict[str, float]:
    counts = {entry[0]: int(entry[1:]) for entry in frequencies.split()}
    return {letter: math.log(count / sum(counts.values())) for letter, count in counts.items()}


_WORD = re.compile(rb"[A-Za-z\x80-\xff]+")

LANGUAGES: Final = tuple(_logarithms(frequencies) for frequencies in (RUSSIAN, UKRAINIAN, UZBEK))
CYRILLIC: Final = frozenset().union(*LANGUAGES)
_LATIN_LETTER = re.compile(rb"[A-Za-z]")
_SMALL = "".join(sorted(CYRILLIC))
_CAPITAL_INSIDE = re.compile(f"[{_SMALL}][{_SMALL.upper()}]")
# Latin i is what exporters put for the Ukrainian letter that cp866 has not.
_BESIDE_LATIN = re.compile(f"[A-HJ-Za-hj-z][{_SMALL}{_SMALL.upper()}]|[{_SMALL}{_SMALL.upper()}][A-HJ-Za-hj-z]")

LANGUAGE_BYTES: Final[Mapping[int, str]] = {
    0x01: "cp437", 0x02: "cp850", 0x03: "cp1252", 0x26: "cp866", 0x57: "cp1252", 0x58: "cp1252", 0x59: "cp1252",
    0x64: "cp852", 0x65: "cp866", 0x7D: "cp1255", 0xC8: "cp1250", 0xC9: "cp1251", 0xCA: "cp1254", 0xCB: "cp1253",
}  # fmt: skip
"""What byte 29 of a DBF claims; many exporters write any, or zero."""


@dataclass(frozen=True)
class Reading:
    """How much sense the bytes make in one encoding."""

    encoding: str
    text: str
    letters: int  # outside ASCII, punctuation left out
    likelihood: float  # natural logarithm, over all of them
    common_share: float
    impossible: int  # letters of no language here, bytes without one, capitals inside a word, letters beside Latin ones

    @property
    def makes_sense(self) -> bool:
        """Whether it reads as text of one of the languages; a tenth of odd letters is too much."""
        return (
            bool(self.letters) and self.likelihood / self.letters >= SENSE_MIN and self.impossible <= self.letters / 10
        )


@dataclass(frozen=True)
class Evidence:
    """What the letters say: the encoding, or None with the reason why none is told."""

    encoding: str | None
    letters: int
    common_share: float
    impossible: int
    others: Mapping[str, float]  # encoding to the share of common letters if read so
    reason: str
    same_text: tuple[str, ...] = ()  # encodings that read the same


def confirm(cells: Iterable[bytes], encoding: str) -> Evidence | None:
    """Evidence that the letters make good words in the encoding, without a look at the others; None where not so."""
    reading = read_as(words_of(cells), encoding)
    if reading.letters < LETTERS_MIN or reading.likelihood / reading.letters < SURE_SENSE:
        return None
    if reading.impossible * 50 > reading.letters:
        return None
    return Evidence(encoding, reading.letters, reading.common_share, reading.impossible, {}, _share_in_words(reading))


def _share_in_words(reading: Reading) -> str:
    return f"{reading.letters} letters, {reading.common_share:.0%} of them the commonest eight"


def words_of(cells: Iterable[bytes]) -> bytes:
    """The different words with letters outside ASCII, a line each.

    A thousand rows of `ТП-1` to `ТП-1000` have one such word: read as koi8-u it is `ро`, the commonest letters there
    are, and repeating it would prove nothing a thousand times.
    """
    words = dict.fromkeys(word for cell in cells if not cell.isascii() for word in _WORD.findall(cell))
    return b"\n".join(word for word in words if not word.isascii())


def detect(cells: Iterable[bytes], *, letters_min: int = LETTERS_MIN) -> Evidence:
    """Evidence from raw cells, each word counted once; those of ASCII alone say nothing."""
    raw = words_of(cells)
    if not raw:
        return Evidence(None, 0, 0.0, 0, {}, "only ASCII: every encoding reads it the same")
    readings = [read_as(raw, encoding) for encoding in CANDIDATES]
    best = max(readings, key=lambda reading: reading.likelihood)  # the first of equal ones
    others = {reading.encoding: reading.common_share for reading in readings if reading is not best}
    same = tuple(other.encoding for other in readings if other is not best and other.text == best.text)

    def answer(encoding: str | None, reason: str) -> Evidence:
        return Evidence(encoding, best.letters, best.common_share, best.impossible, others, reason, same)

    if best.letters < letters_min:
        return answer(None, f"not enough letters: {best.letters} outside ASCII, {letters_min} are needed")
    if not any(reading.makes_sense for reading in readings):
        return answer(None, f"the letters make no words in any of {', '.join(CANDIDATES)}")
    rivals = [other for other in readings if _reads_otherwise(other, best)]
    if not best.makes_sense or (rivals and best.likelihood - max(rival.likelihood for rival in rivals) < MARGIN_MIN):
        return answer(None, f"not enough letters: {best.letters} outside ASCII fit several encodings")
    return answer(best.encoding, _share_in_words(best))


@lru_cache(maxsize=256)
def read_as(raw: bytes, encoding: str) -> Reading:
    """How much sense the bytes make in the encoding; the files of many units have the same words."""
    text = raw.decode(encoding, "backslashreplace" if encoding == "utf-8" else "replace")
    broken = text.count("\\x") if encoding == "utf-8" else 0
    counts = Counter(text)
    if encoding == "utf-8":
        counts["\ufffd"] = broken
    small: dict[str, int] = {}
    for letter, count in counts.items():
        as_small = _small_letter(letter)
        if as_small:
            small[as_small] = small.get(as_small, 0) + count
    capitals_inside = len(_CAPITAL_INSIDE.findall(text))
    likelihood = max(
        sum(count * logarithms.get(letter, OF_NO_TEXT) for letter, count in small.items()) for logarithms in LANGUAGES
    )
    letters = sum(small.values())
    common = sum(count for letter, count in small.items() if letter in COMMON_LETTERS)
    strange = sum(count for letter, count in small.items() if letter not in CYRILLIC)
    return Reading(
        encoding,
        text,
        letters,
        likelihood + capitals_inside * CAPITAL_INSIDE_WORD,
        common / letters if letters else 0.0,
        strange + capitals_inside + _beside_latin(raw, text, broken),
    )


@lru_cache(maxsize=4096)
def _small_letter(letter: str) -> str:
    """The small form of a letter outside ASCII; nothing for what is none."""
    return "" if letter.isascii() or letter in PUNCTUATION else letter.lower()


def _beside_latin(raw: bytes, text: str, broken: int) -> int:
    """How often a letter stands beside a Latin one; bytes that are no letters are written with Latin ones."""
    return len(_BESIDE_LATIN.findall(text)) if broken or _LATIN_LETTER.search(raw) else 0


def _reads_otherwise(other: Reading, best: Reading) -> bool:
    """Whether it reads at least half of the letters as others; cp866 and cp1125 are no rivals."""
    if len(other.text) != len(best.text):
        return True
    here, there = (np.frombuffer(text[:COMPARED].encode("utf-32-le"), np.uint32) for text in (best.text, other.text))
    return bool((here != there).sum() * 2 >= (here >= 0x80).sum())


def language_byte_says(language_byte: int, found: str | None) -> str:
    """One clause on the language byte of a DBF: what it claims and whether that is believed."""
    claimed = LANGUAGE_BYTES.get(language_byte)
    if claimed is None:
        what = "is zero and says nothing" if language_byte == 0 else f"0x{language_byte:02X} is that of no code page"
        return f"the language byte {what}"
    if found is None:
        return f"the language byte 0x{language_byte:02X} says {claimed}, which no letters confirm"
    if claimed == found:
        return f"the language byte 0x{language_byte:02X} says {claimed} too"
    return (
        f"the language byte 0x{language_byte:02X} says {claimed} and is not believed: the letters do not make words so"
    )
