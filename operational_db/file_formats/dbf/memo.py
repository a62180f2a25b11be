"""Which text does a memo cell point at? Memo files beside a table: FoxPro's FPT, DBT of dBase III and of dBase IV.

Belongs here: finding the memo file, following the block number of a cell, noticing a memo that is cut off.
Does not belong here: cells of the table itself (`reading`), writing memos (`memo_writing`).
"""

import mmap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from operational_db.file_formats.code_pages import decode_or_mark
from operational_db.file_formats.dbf.header import VISUAL_FOXPRO, DbfError, DbfField, DbfHeader
from operational_db.file_formats.opening import open_to_read

FOXPRO = VISUAL_FOXPRO | {0xF5}
DBASE_IV = {0x04, 0x05, 0x43, 0x63, 0x8B, 0x8E, 0xCB}
BLOCK_BYTES = 512
HEAD_BYTES = 8  # of one memo in FPT and in the DBT of dBase IV
FPT_TEXT = 1
DBASE_IV_MARK = b"\xff\xff\x08\x00"
DBASE_III_END, DBASE_IV_END = b"\x1a", b"\x1f"


def is_memo(header: DbfHeader, field: DbfField) -> bool:
    """Type B is a double in Visual FoxPro and a memo in dBase."""
    return field.type in "MGPW" or (field.type == "B" and header.version not in VISUAL_FOXPRO)


class MemoCutOff(Exception):
    """The memo ends before its length does; `part` is what there is of it."""

    def __init__(self, part: bytes) -> None:
        super().__init__(part)
        self.part = part


@dataclass(frozen=True)
class MemoFile:
    """The bytes of a memo file, and how long a block is."""

    raw: mmap.mmap | bytes
    is_fpt: bool
    block_bytes: int

    def memo(self, block: int) -> tuple[bytes, bool]:
        """The memo that begins at the block, and whether it is text."""
        start = block * self.block_bytes
        if start >= len(self.raw):
            raise MemoCutOff(b"")
        if self.is_fpt:
            head = self.raw[start : start + HEAD_BYTES]
            kind = int.from_bytes(head[:4], "big")
            return self._counted(start + HEAD_BYTES, int.from_bytes(head[4:], "big")), kind == FPT_TEXT
        if self.raw[start : start + 4] == DBASE_IV_MARK:
            return self._dbase_iv(
                start + HEAD_BYTES, int.from_bytes(self.raw[start + 4 : start + HEAD_BYTES], "little")
            )
        end = self.raw.find(DBASE_III_END, start)
        if end < 0:
            raise MemoCutOff(self.raw[start:])
        return self.raw[start:end], True

    def _dbase_iv(self, start: int, length: int) -> tuple[bytes, bool]:
        """The length counts the head of 8 bytes; writers that forget it put an end mark, which then decides."""
        end = self.raw.find(DBASE_IV_END, start, start + length)
        if end >= 0:
            return self.raw[start:end], True
        return self._counted(start, max(length - HEAD_BYTES, 0)), True

    def _counted(self, start: int, length: int) -> bytes:
        memo = self.raw[start : start + length]
        if len(memo) < length or start > len(self.raw):
            raise MemoCutOff(memo)
        return memo


@dataclass(frozen=True)
class Memos:
    """The open memo file of a table, or none where the caller allows it to be missing."""

    file: MemoFile | None

    def texts(self, cells: np.ndarray, encoding: str, *, is_text: bool) -> tuple[pa.Array, np.ndarray]:
        """The memo texts, pictures and objects as hex, and the indexes of cells whose memo cannot be had whole.

        Of a memo that is cut off the part that is there is kept; without the memo file every cell that points at
        a memo is one that cannot be had.
        """
        texts: list[str] = []
        bad: list[int] = []
        for index, row in enumerate(cells):
            text, is_bad = self._text(row.tobytes(), encoding, is_text=is_text)
            texts.append(text)
            if is_bad:
                bad.append(index)
        return pa.array(texts, pa.string()), np.array(bad, dtype=np.int64)

    def _text(self, cell: bytes, encoding: str, *, is_text: bool) -> tuple[str, bool]:
        try:
            block = _block_number(cell)
        except ValueError:
            return "", True
        if block <= 0:
            return "", block < 0
        if self.file is None:
            return "", True
        is_cut = False
        try:
            memo, memo_is_text = self.file.memo(block)
        except MemoCutOff as cut:
            memo, memo_is_text, is_cut = cut.part, is_text, True
        if not (is_text and memo_is_text):
            return memo.hex(), is_cut
        text, has_bad_byte = decode_or_mark(memo, encoding)
        return text, is_cut or has_bad_byte


def _block_number(raw: bytes) -> int:
    """Four bytes are a binary number, ten are digits."""
    if len(raw) == 4 and not raw.strip(b" ").isdigit():
        return 0 if not raw.strip(b" ") else int.from_bytes(raw, "little")
    digits = raw.strip(b" \0")
    return int(digits) if digits else 0


def find_memo_file(header: DbfHeader) -> Path | None:
    """The file of the same name with .fpt or .dbt, in any case of letters; that of the program's kind first."""
    wanted = (".fpt", ".dbt") if header.version in FOXPRO else (".dbt", ".fpt")
    stem = header.path.stem.lower()
    beside = sorted(path for path in header.path.parent.iterdir() if path.stem.lower() == stem)
    found = {path.suffix.lower(): path for path in reversed(beside)}
    return next((found[suffix] for suffix in wanted if suffix in found), None)


@contextmanager
def open_memos(header: DbfHeader, *, allow_missing: bool) -> Iterator[Memos]:
    """Open the memo file beside the table; a table without memo columns needs none."""
    if not any(is_memo(header, field) for field in header.fields):
        yield Memos(None)
        return
    path = find_memo_file(header)
    if path is None:
        if not allow_missing:
            raise DbfError(
                f"{header.path} has memo columns, its memo file ({header.path.stem}.dbt or .fpt) is not"
                " beside it; ask for both files."
            )
        yield Memos(None)
        return
    with open_to_read(path, DbfError) as file:
        size = file.seek(0, 2)
        if size < HEAD_BYTES:
            raise DbfError(
                f"{path} cannot be the memo file of {header.path.name}, it has {size} bytes; ask for both files."
            )
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as raw:
            is_fpt = path.suffix.lower() == ".fpt"
            yield Memos(MemoFile(raw, is_fpt, _block_bytes(header, raw, is_fpt=is_fpt)))


def _block_bytes(header: DbfHeader, raw: mmap.mmap, *, is_fpt: bool) -> int:
    """FPT says it in its header (zero means one byte), dBase IV too; dBase III has 512 always."""
    if is_fpt:
        return int.from_bytes(raw[6:8], "big") or 1
    if header.version in DBASE_IV:
        return int.from_bytes(raw[20:22], "little") or BLOCK_BYTES
    return BLOCK_BYTES
