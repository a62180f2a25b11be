"""Which letter does a byte mean? Code pages of old files, for whole columns at once.

Belongs here: decoding and encoding of text columns, marks for bytes that mean nothing, letters that a code page lacks.
Does not belong here: where a cell begins and ends in a file.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
import pyarrow as pa

# Windows and DOS Cyrillic pages lack these letters; legacy programs wrote the look-alike instead.
APOSTROPHES = "’ʼʻ‘"
UKRAINIAN_FOR_CP866: Mapping[str, str] = dict(zip("іІґҐ" + APOSTROPHES, "iIгГ''''", strict=True))
UZBEK_FOR_CP866: Mapping[str, str] = dict(zip("қҚғҒҳҲ" + APOSTROPHES, "кКгГхХ''''", strict=True))


def ukrainian_for_cp866(text: str) -> str:
    """Replace the Ukrainian letters that cp866 lacks the way old exporters did: Cyrillic і becomes Latin i."""
    return text.translate(str.maketrans(UKRAINIAN_FOR_CP866))


def uzbek_for_cp866(text: str) -> str:
    """Replace the Uzbek Cyrillic letters that cp866 lacks (қ ғ ҳ) by the letter without its tail."""
    return text.translate(str.maketrans(UZBEK_FOR_CP866))


@dataclass(frozen=True)
class SingleByteCodePage:
    """Per byte: how long its letter is in UTF-8, and whether it means nothing that a database can keep."""

    utf8_length: np.ndarray
    is_meaningless: np.ndarray


@lru_cache(maxsize=64)
def single_byte_code_page(encoding: str) -> SingleByteCodePage | None:
    """Tables of an ASCII-compatible one-byte encoding, None for any other (UTF-8, Shift-JIS)."""
    lengths = np.empty(256, dtype=np.int32)
    meaningless = np.zeros(256, dtype=bool)
    for byte in range(256):
        try:
            letter = bytes([byte]).decode(encoding)
        except UnicodeDecodeError:
            letter, meaningless[byte] = f"\\x{byte:02x}", True
        if byte < 0x80 and letter != chr(byte):
            return None
        lengths[byte] = len(letter.encode("utf-8"))
    if meaningless[0x80:].all() and encoding_is_multi_byte(encoding):
        return None
    # PostgreSQL text cannot hold a zero byte, so it is marked like a byte without a letter.
    meaningless[0], lengths[0] = True, len(r"\x00")
    return SingleByteCodePage(lengths, meaningless)


def encoding_is_multi_byte(encoding: str) -> bool:
    """Whether some letter takes more than one byte."""
    return len("ж".encode(encoding, "replace")) > 1


def decode_marking(raw: bytes, encoding: str) -> str:
    r"""Decode, writing a byte that has no letter (and a zero byte) as \xNN, so that nothing is lost or invented."""
    return raw.decode(encoding, "backslashreplace").replace("\0", r"\x00")


@dataclass(frozen=True)
class MissingLetter:
    """A letter that the encoding does not have, and where it stands in the whole text."""

    letter: str
    position: int


@dataclass(frozen=True)
class OneByteLetters:
    """How letters become bytes: a table from code point to byte, 30 times faster than the codec."""

    encoding: str
    errors: str
    byte_of: np.ndarray  # by code point of the basic plane, -1 where there is none

    def encode(self, utf8: bytes) -> np.ndarray | MissingLetter:
        if utf8.isascii():
            return np.frombuffer(utf8, np.uint8)
        text = utf8.decode("utf-8")
        code_points = np.frombuffer(text.encode("utf-32-le"), np.uint32)
        found = self.byte_of[np.minimum(code_points, len(self.byte_of) - 1)]
        missing = found < 0
        if missing.any():
            if self.errors == "strict":
                position = int(missing.argmax())
                return MissingLetter(text[position], position)
            found[missing] = ord("?")
        return found.astype(np.uint8)


def one_byte_letters(encoding: str, errors: str, replacements: Mapping[str, str]) -> OneByteLetters | None:
    """The table of a one-byte encoding with `replacements` (letter for letter) built in; None for another encoding."""
    if errors not in {"strict", "replace"}:
        raise ValueError(f"errors must be 'strict' or 'replace', not {errors!r}")
    if single_byte_code_page(encoding) is None:
        return None
    byte_of = np.full(0x10000, -1, dtype=np.int16)
    for byte in range(256):
        letter = bytes([byte]).decode(encoding, "ignore")
        if letter:
            byte_of[ord(letter)] = byte
    for letter, replacement in replacements.items():
        byte_of[ord(letter)] = byte_of[ord(replacement)]
    return OneByteLetters(encoding, errors, byte_of)


def flat_utf8(texts: pa.Array) -> bytes:
    """All the texts of an Arrow string array, one behind the other."""
    first, last = _offsets(texts)[[0, -1]].tolist()
    data = texts.buffers()[2]
    return data[first:last].to_pybytes() if data else b""


def _offsets(texts: pa.Array) -> np.ndarray:
    return np.frombuffer(texts.buffers()[1], dtype=np.int32, count=len(texts) + 1, offset=4 * texts.offset)


def decode_column(cells: pa.Array, encoding: str) -> tuple[pa.Array, np.ndarray]:
    """Decode an Arrow string array that holds undecoded bytes; returns the text and the indexes of undecodable cells."""
    count = len(cells)
    offsets = _offsets(cells)
    flat = np.frombuffer(cells.buffers()[2] or b"", dtype=np.uint8)[offsets[0] : offsets[-1]]
    offsets = offsets - offsets[0]
    page = single_byte_code_page(encoding)
    if page is None:
        return _decode_cell_by_cell(flat.tobytes(), offsets, encoding)
    bad_bytes = np.flatnonzero(page.is_meaningless[flat])
    if not bad_bytes.size and (not flat.size or flat.max() < 0x80):
        return cells, np.empty(0, dtype=np.int64)
    text = decode_marking(flat.tobytes(), encoding).encode("utf-8")
    ends = np.zeros(flat.size + 1, dtype=np.int32)
    np.cumsum(page.utf8_length[flat], out=ends[1:])
    decoded = pa.Array.from_buffers(pa.string(), count, [None, pa.py_buffer(ends[offsets]), pa.py_buffer(text)])
    return decoded, np.unique(np.searchsorted(offsets, bad_bytes, side="right") - 1)


def _decode_cell_by_cell(flat: bytes, offsets: np.ndarray, encoding: str) -> tuple[pa.Array, np.ndarray]:
    texts: list[str] = []
    bad: list[int] = []
    bounds = offsets.tolist()
    for index, (start, end) in enumerate(pairwise(bounds)):
        raw = flat[start:end]
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            text = ""
        if (raw and not text) or "\0" in text:
            text = decode_marking(raw, encoding)
            bad.append(index)
        texts.append(text)
    return pa.array(texts, pa.string()), np.array(bad, dtype=np.int64)
