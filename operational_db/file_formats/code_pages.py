"""Which letter does a byte mean? Code pages of old files, for whole columns at once.

Belongs here: decoding and encoding of text columns, marks for bytes without a letter, letters a page lacks.
Does not belong here: where a cell begins and ends in a file.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa

from operational_db.file_formats.opening import FileFormatError

# cp866 lacks these letters; legacy programs wrote the look-alike instead, an apostrophe for every kind of it.
APOSTROPHES = "’ʼʻ‘"
UKRAINIAN_FOR_CP866: Mapping[str, str] = dict(zip("іІґҐ" + APOSTROPHES, "iIгГ''''", strict=True))
UZBEK_FOR_CP866: Mapping[str, str] = dict(zip("қҚғҒҳҲ" + APOSTROPHES, "кКгГхХ''''", strict=True))

BASIC_PLANE = 0x10000


def require_encoding(path: Path, encoding: str, refuse: type[FileFormatError]) -> None:
    """Refuse an encoding that does not exist, before a byte is read."""
    try:
        "".encode(encoding)
    except LookupError as error:
        raise refuse(f"{path}: encoding {encoding!r} is not known; name cp866, cp1251 or utf-8.") from error


def ukrainian_for_cp866(text: str) -> str:
    """Replace the Ukrainian letters that cp866 lacks as old exporters did: Cyrillic і becomes Latin i."""
    return text.translate(str.maketrans(UKRAINIAN_FOR_CP866))


def uzbek_for_cp866(text: str) -> str:
    """Replace the Uzbek Cyrillic letters that cp866 lacks (қ ғ ҳ) by the letter without its tail."""
    return text.translate(str.maketrans(UZBEK_FOR_CP866))


@dataclass(frozen=True)
class UndecodableCell:
    r"""A cell with a byte that means nothing in the encoding; the text column shows the byte as \xNN."""

    row_no: int
    field: str


@dataclass(frozen=True)
class SingleByteCodePage:
    """Per byte: how long its letter is in UTF-8, and whether it means nothing that a database can keep."""

    utf8_length: np.ndarray
    is_meaningless: np.ndarray


@lru_cache(maxsize=64)
def single_byte_code_page(encoding: str) -> SingleByteCodePage | None:
    """Tables of a one-byte encoding that contains ASCII, None for any other (UTF-8, Shift-JIS)."""
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
    if len("ж€中".encode(encoding, "replace")) != len("ж€中"):
        return None
    # PostgreSQL text cannot hold a zero byte, so it is marked like a byte without a letter.
    meaningless[0], lengths[0] = True, len(r"\x00")
    return SingleByteCodePage(lengths, meaningless)


def decode_or_mark(raw: bytes, encoding: str) -> tuple[str, bool]:
    r"""The text, and whether a byte without a letter (or a zero byte) had to be written into it as \xNN."""
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        return _decode_marking(raw, encoding), True
    return (_decode_marking(raw, encoding), True) if "\0" in text else (text, False)


def _decode_marking(raw: bytes, encoding: str) -> str:
    return raw.decode(encoding, "backslashreplace").replace("\0", r"\x00")


def decode_column(cells: pa.Array, encoding: str) -> tuple[pa.Array, np.ndarray]:
    """Decode an Arrow string array of raw bytes; returns the text and the indexes of undecodable cells."""
    offsets = _offsets(cells)
    flat = np.frombuffer(cells.buffers()[2] or b"", dtype=np.uint8)[offsets[0] : offsets[-1]]
    offsets = offsets - offsets[0]
    page = single_byte_code_page(encoding)
    if page is None:
        return _decode_cell_by_cell(flat.tobytes(), offsets, encoding)
    bad_bytes = np.flatnonzero(page.is_meaningless[flat])
    if not bad_bytes.size and (not flat.size or flat.max() < 0x80):
        return cells, np.empty(0, dtype=np.int64)
    text = _decode_marking(flat.tobytes(), encoding).encode("utf-8")
    ends = np.zeros(flat.size + 1, dtype=np.int32)
    np.cumsum(page.utf8_length[flat], out=ends[1:])
    buffers = [None, pa.py_buffer(ends[offsets]), pa.py_buffer(text)]
    bad_cells = np.unique(np.searchsorted(offsets, bad_bytes, side="right") - 1)
    return pa.Array.from_buffers(pa.string(), len(cells), buffers), bad_cells


def _decode_cell_by_cell(flat: bytes, offsets: np.ndarray, encoding: str) -> tuple[pa.Array, np.ndarray]:
    decoded = [decode_or_mark(flat[start:end], encoding) for start, end in pairwise(offsets.tolist())]
    bad = [index for index, (_, is_bad) in enumerate(decoded) if is_bad]
    return pa.array([text for text, _ in decoded], pa.string()), np.array(bad, dtype=np.int64)


def flat_utf8(texts: pa.Array) -> bytes:
    """All the texts of an Arrow string array, one behind the other."""
    first, last = _offsets(texts)[[0, -1]].tolist()
    data = texts.buffers()[2]
    return data[first:last].to_pybytes() if data else b""


def _offsets(texts: pa.Array) -> np.ndarray:
    if not len(texts):  # an empty array may come without offsets at all
        return np.zeros(1, dtype=np.int32)
    return np.frombuffer(texts.buffers()[1], dtype=np.int32, count=len(texts) + 1, offset=4 * texts.offset)


@dataclass(frozen=True)
class MissingLetter:
    """A letter that the encoding does not have, and where it stands in the whole text."""

    letter: str
    position: int


@dataclass(frozen=True)
class OneByteLetters:
    """How letters become bytes: a table from code point to byte, many times faster than the codec."""

    encoding: str
    errors: str
    byte_of: np.ndarray  # by code point of the basic plane, -1 where there is none

    def encode(self, utf8: bytes) -> np.ndarray | MissingLetter:
        """One byte per letter, or the first letter that has none when errors are strict."""
        if utf8.isascii():
            return np.frombuffer(utf8, np.uint8)
        text = utf8.decode("utf-8")
        code_points = np.frombuffer(text.encode("utf-32-le"), np.uint32)
        found = self.byte_of[np.minimum(code_points, BASIC_PLANE - 1)]
        missing = found < 0
        if missing.any():
            if self.errors == "strict":
                position = int(missing.argmax())
                return MissingLetter(text[position], position)
            found[missing] = ord("?")
        return found.astype(np.uint8)


def one_byte_letters(encoding: str, errors: str, replacements: Mapping[str, str]) -> OneByteLetters | None:
    """The table of a one-byte encoding with `replacements` (letter for letter) built in; None for another."""
    if errors not in {"strict", "replace"}:
        raise ValueError(f"errors must be 'strict' or 'replace', not {errors!r}")
    if single_byte_code_page(encoding) is None:
        return None
    byte_of = np.full(BASIC_PLANE, -1, dtype=np.int16)
    for byte in range(256):
        letter = bytes([byte]).decode(encoding, "ignore")
        if letter:
            byte_of[ord(letter)] = byte
    for letter, replacement in replacements.items():
        byte_of[ord(letter)] = byte_of[ord(replacement)]
    return OneByteLetters(encoding, errors, byte_of)
