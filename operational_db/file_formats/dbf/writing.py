"""How is a table written? dBase III files, whole columns at once; a table with memos as FoxPro 2 writes it.

Belongs here: the file, its header and the order of cells in a record.
Does not belong here: how a value looks (`cells`), the blocks of a memo file (`memo_writing`), the columns of an
exchange file. What we send has no memos; the synthetic utility has.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa

from operational_db.file_formats.code_pages import MissingLetter, OneByteLetters, one_byte_letters, require_encoding
from operational_db.file_formats.dbf.cells import BLANK, Column, Place, arrow_column, put_integers, put_text
from operational_db.file_formats.dbf.header import (
    DELETION_FLAG,
    DESCRIPTOR,
    FIXED_LENGTH,
    FIXED_PART,
    TERMINATOR,
    DbfError,
    DbfField,
)
from operational_db.file_formats.dbf.memo_writing import MemoWriter
from operational_db.file_formats.dbf.reading import DELETED, END_OF_FILE, LIVE
from operational_db.file_formats.opening import open_to_write

DBASE_III, FOXPRO_2_WITH_MEMO = 0x03, 0xF5
WIDTH_MAX = {"C": 254, "N": 20, "F": 20, "D": 8, "L": 1, "M": 10}
MEMO_REFERENCE = 10  # digits of the block number


def write_dbf(
    path: Path | str,
    fields: Sequence[DbfField],
    batches: Iterable[Mapping[str, Column]],
    *,
    encoding: str,
    language_byte: int = 0x00,
    last_update: date,
    errors: str = "strict",
    letters: Mapping[str, str] | None = None,
) -> int:
    """Write a dBase III table and return its number of records; the same input gives the same bytes.

    A column of strings is written as it stands whatever its type, so that a faulty file can be made on
    purpose; numbers are integers, Decimals or ScaledIntegers; None is blank. `letters` (such as
    UKRAINIAN_FOR_CP866) replaces letters before encoding; with `errors="replace"` a letter that the encoding
    lacks becomes a question mark, else it is refused. A batch may carry DELETION_FLAG, a column of booleans.
    The texts of memo columns (type M) go into a file of the same name with FPT.
    """
    path = Path(path)
    require_encoding(path, encoding, DbfError)
    _check_fields(path, fields)
    encoder = one_byte_letters(encoding, errors, letters or {})
    if encoder is None:
        raise DbfError(f"{path} cannot be written in {encoding}: a letter must take one byte; choose cp866 or cp1251.")
    count = 0
    with ExitStack() as files:
        file = files.enter_context(open_to_write(path, DbfError))
        memos = None
        if any(field.type == "M" for field in fields):
            memos = MemoWriter(files.enter_context(open_to_write(path.with_suffix(".FPT"), DbfError)))
            files.callback(memos.finish)
        _write_header(file, fields, 0, last_update, language_byte)
        for batch in batches:
            records = _records(path, fields, _with_blocks(fields, batch, encoder, memos), count, encoder)
            file.write(records)
            count += len(records)
        file.write(bytes([END_OF_FILE]))
        file.seek(0)
        _write_header(file, fields, count, last_update, language_byte)
    return count


def _with_blocks(
    fields: Sequence[DbfField], batch: Mapping[str, Column], letters: OneByteLetters, memos: MemoWriter | None
) -> Mapping[str, Column]:
    """The batch with the number of a block in place of each memo."""
    if memos is None:
        return batch
    blocks: dict[str, Column] = {}
    for field in fields:
        if field.type == "M" and field.name in batch:
            encoded = [_memo_bytes(text or "", letters) for text in batch[field.name]]
            blocks[field.name] = [f"{block:{MEMO_REFERENCE}d}" if block else "" for block in memos.put(encoded)]
    return {**batch, **blocks}


def _memo_bytes(text: str, letters: OneByteLetters) -> bytes:
    encoded = letters.encode(text.encode("utf-8"))
    if isinstance(encoded, MissingLetter):
        raise DbfError(f"A memo cannot be written: the letter {encoded.letter!r} is not in {letters.encoding}.")
    return encoded.tobytes()


def _check_fields(path: Path, fields: Sequence[DbfField]) -> None:
    if not fields:
        raise DbfError(f"{path} cannot be written: it has no columns; describe at least one.")
    names: set[str] = set()
    for field in fields:
        reason = None
        if not field.name.isascii() or not 0 < len(field.name) <= 10:
            reason = "its name must have 1 to 10 ASCII characters"
        elif field.name in names:
            reason = "its name is there twice"
        elif field.type not in WIDTH_MAX:
            reason = f"type {field.type} is not one of {', '.join(WIDTH_MAX)}"
        elif not 0 < field.length <= WIDTH_MAX[field.type]:
            reason = f"its length {field.length} is not between 1 and {WIDTH_MAX[field.type]}"
        elif field.decimals and (field.type not in "NF" or field.decimals > field.length - 2):
            reason = f"{field.decimals} decimals do not fit into {field.length} characters of type {field.type}"
        if reason:
            raise DbfError(f"{path} cannot be written: column {field.name!r}: {reason}; correct its description.")
        names.add(field.name)


def _write_header(
    file: BinaryIO, fields: Sequence[DbfField], count: int, last_update: date, language_byte: int
) -> None:
    header_length = FIXED_LENGTH + DESCRIPTOR.size * len(fields) + 1
    record_length = 1 + sum(field.length for field in fields)
    day = (last_update.year - 1900, last_update.month, last_update.day)
    version = FOXPRO_2_WITH_MEMO if any(field.type == "M" for field in fields) else DBASE_III
    file.write(FIXED_PART.pack(version, *day, count, header_length, record_length, language_byte))
    file.writelines(
        DESCRIPTOR.pack(field.name.encode("ascii"), field.type.encode("ascii"), field.length, field.decimals, 0)
        for field in fields
    )
    file.write(TERMINATOR)


def _records(
    path: Path,
    fields: Sequence[DbfField],
    batch: Mapping[str, Column],
    rows_before: int,
    letters: OneByteLetters,
) -> np.ndarray:
    missing = [field.name for field in fields if field.name not in batch]
    extra = [name for name in batch if name != DELETION_FLAG and name not in {field.name for field in fields}]
    if missing or extra:
        raise DbfError(f"{path} cannot be written: columns missing {missing}, unknown {extra}; give the declared ones.")
    places = {field.name: Place(path, field, rows_before) for field in fields}
    arrays = {name: arrow_column(place, batch[name]) for name, place in places.items()}
    lengths = {len(array) for array in arrays.values()}
    if len(lengths) != 1:
        raise DbfError(f"{path} cannot be written: columns of one batch have lengths {sorted(lengths)}; align them.")
    records = np.full((lengths.pop(), 1 + sum(field.length for field in fields)), BLANK, dtype=np.uint8)
    if DELETION_FLAG in batch:
        records[:, 0] = np.where(np.asarray(batch[DELETION_FLAG], dtype=bool), DELETED, LIVE)
    start = 1
    for field in fields:
        target = records[:, start : start + field.length]
        array = arrays[field.name]
        if pa.types.is_string(array.type):
            put_text(target, places[field.name], array, letters)
        else:
            put_integers(target, places[field.name], array)
        start += field.length
    return records
