"""How is a table written? dBase III files, whole columns at once.

Belongs here: the file, its header and the order of cells in a record.
Does not belong here: how a value looks (`cells`), the columns of an exchange file, memo files: we send none.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa

from operational_db.file_formats.code_pages import OneByteLetters, one_byte_letters, require_encoding
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
from operational_db.file_formats.dbf.reading import DELETED, END_OF_FILE, LIVE
from operational_db.file_formats.opening import open_to_write

DBASE_III = 0x03
WIDTH_MAX = {"C": 254, "N": 20, "F": 20, "D": 8, "L": 1}


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
    """
    path = Path(path)
    require_encoding(path, encoding, DbfError)
    _check_fields(path, fields)
    encoder = one_byte_letters(encoding, errors, letters or {})
    if encoder is None:
        raise DbfError(f"{path} cannot be written in {encoding}: a letter must take one byte; choose cp866 or cp1251.")
    count = 0
    with open_to_write(path, DbfError) as file:
        _write_header(file, fields, 0, last_update, language_byte)
        for batch in batches:
            records = _records(path, fields, batch, count, encoder)
            file.write(records)
            count += len(records)
        file.write(bytes([END_OF_FILE]))
        file.seek(0)
        _write_header(file, fields, count, last_update, language_byte)
    return count


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
    file.write(FIXED_PART.pack(DBASE_III, *day, count, header_length, record_length, language_byte))
    file.writelines(
        DESCRIPTOR.pack(field.name.encode("ascii"), field.type.encode("ascii"), field.length, field.decimals)
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
