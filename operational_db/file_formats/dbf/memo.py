"""Which text does a memo cell point at? Memo files (DBT, FPT) beside a table.

Belongs here: finding the memo file, following the block number of a cell.
Does not belong here: the memo layouts themselves, which dbfread knows.
"""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from dbfread.memo import BinaryMemo, MemoFile, find_memofile, open_memofile

from operational_db.file_formats.code_pages import decode_or_mark
from operational_db.file_formats.dbf.header import DbfError, DbfField, DbfHeader

VISUAL_FOXPRO = {0x30, 0x31, 0x32}


def is_memo(header: DbfHeader, field: DbfField) -> bool:
    """Type B is a double in Visual FoxPro and a memo in dBase."""
    return field.type in "MGP" or (field.type == "B" and header.version not in VISUAL_FOXPRO)


@dataclass(frozen=True)
class Memos:
    """The open memo file of a table, or none where the caller allows it to be missing."""

    file: MemoFile | None

    def texts(self, cells: np.ndarray, encoding: str, *, is_text: bool) -> tuple[pa.Array, np.ndarray]:
        """The memo texts, pictures and objects as hex, and the indexes of cells whose memo cannot be had."""
        texts: list[str] = []
        bad: list[int] = []
        for index, row in enumerate(cells):
            try:
                block = _block_number(row.tobytes())
                memo = self.file[block] if self.file and block > 0 else None
            except (OSError, ValueError, struct.error):
                texts.append("")
                bad.append(index)
                continue
            if memo is None:
                texts.append("")
            elif is_text and not isinstance(memo, BinaryMemo):
                text, is_bad = decode_or_mark(memo, encoding)
                texts.append(text)
                if is_bad:
                    bad.append(index)
            else:
                texts.append(memo.hex())
        return pa.array(texts, pa.string()), np.array(bad, dtype=np.int64)


def _block_number(raw: bytes) -> int:
    """Four bytes are a binary number, ten are digits."""
    if len(raw) == 4:
        return int.from_bytes(raw, "little")
    digits = raw.strip(b" \0")
    return int(digits) if digits else 0


@contextmanager
def open_memos(header: DbfHeader, *, allow_missing: bool) -> Iterator[Memos]:
    """Open the memo file beside the table; a table without memo columns needs none."""
    if not any(is_memo(header, field) for field in header.fields):
        yield Memos(None)
        return
    path = find_memofile(str(header.path))
    if path is None:
        if not allow_missing:
            raise DbfError(
                f"{header.path} has memo columns, its memo file ({header.path.stem}.dbt or .fpt) is not"
                " beside it; ask for both files."
            )
        yield Memos(None)
        return
    try:
        file = open_memofile(path, header.version)
    except (OSError, struct.error) as error:
        raise DbfError(
            f"{path} cannot be read as the memo file of {header.path.name} ({error}); ask for both files."
        ) from error
    with file:
        yield Memos(file)
