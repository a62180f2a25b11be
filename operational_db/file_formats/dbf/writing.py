"""How is a table written? dBase III files, whole columns at once.

Belongs here: laying columns of values out as fixed-width records.
Does not belong here: which columns an exchange file has; memo files, which nothing we send uses.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .header import DELETION_FLAG, DESCRIPTOR, FIXED_LENGTH, FIXED_PART, TERMINATOR, DbfError, DbfField
from .reading import DELETED, END_OF_FILE, LIVE

BLANK = 0x20
DBASE_III = 0x03
WIDTH_MAX = {"C": 254, "N": 20, "F": 20, "D": 8, "L": 1}


@dataclass(frozen=True)
class ScaledIntegers:
    """Exact decimals without a float: each value is its integer divided by 10 to the power `decimals`."""

    values: np.ndarray
    decimals: int


Column = Sequence[object] | np.ndarray | pa.Array | ScaledIntegers


def write_dbf(
    path: Path | str,
    fields: Sequence[DbfField],
    batches: Iterable[Mapping[str, Column]],
    *,
    encoding: str,
    language_byte: int = 0x00,
    last_update: date,
    errors: str = "strict",
    letters: Mapping[int, str] | None = None,
) -> int:
    """Write a dBase III table and return its number of records; the same input gives the same bytes.

    A column of strings is written as it stands whatever its type (so that a faulty file can be made on purpose); numbers are
    integers, Decimals or ScaledIntegers; None is blank. `letters` replaces letters one for one before encoding.
    A batch may carry DELETION_FLAG, a column of booleans. The file appears under its name only when it is whole.
    """
    path = Path(path)
    _check_fields(path, fields)
    part = path.with_name(path.name + ".part")
    count = 0
    try:
        with part.open("wb") as file:
            _write_header(file, fields, 0, last_update, language_byte)
            for batch in batches:
                records = _records(path, fields, batch, count, encoding, errors, letters)
                file.write(records)
                count += len(records)
            file.write(bytes([END_OF_FILE]))
            file.seek(0)
            _write_header(file, fields, count, last_update, language_byte)
        os.replace(part, path)
    except OSError as error:
        raise DbfError(f"{path} cannot be written: {error.strerror}; check the folder and the free space.") from error
    finally:
        part.unlink(missing_ok=True)
    return count


def _check_fields(path: Path, fields: Sequence[DbfField]) -> None:
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
    year = last_update.year - 1900
    file.write(
        FIXED_PART.pack(
            DBASE_III, year, last_update.month, last_update.day, count, header_length, record_length, 0, language_byte, 0
        )
    )
    file.writelines(
        DESCRIPTOR.pack(field.name.encode("ascii"), field.type.encode("ascii"), field.length, field.decimals)
        for field in fields
    )
    file.write(bytes([TERMINATOR]))


def _records(
    path: Path,
    fields: Sequence[DbfField],
    batch: Mapping[str, Column],
    rows_before: int,
    encoding: str,
    errors: str,
    letters: Mapping[int, str] | None,
) -> np.ndarray:
    missing = [field.name for field in fields if field.name not in batch]
    extra = [name for name in batch if name != DELETION_FLAG and name not in {field.name for field in fields}]
    if missing or extra:
        raise DbfError(f"{path} cannot be written: columns missing {missing}, columns unknown {extra}; give the same columns.")
    arrays = {field.name: _arrow(path, field, batch[field.name], rows_before) for field in fields}
    lengths = {len(array) for array in arrays.values()}
    if len(lengths) != 1:
        raise DbfError(f"{path} cannot be written: columns of one batch have different lengths {sorted(lengths)}; align them.")
    rows = lengths.pop()
    records = np.full((rows, 1 + sum(field.length for field in fields)), BLANK, dtype=np.uint8)
    if DELETION_FLAG in batch:
        records[:, 0] = np.where(np.asarray(batch[DELETION_FLAG], dtype=bool), DELETED, LIVE)
    start = 1
    for field in fields:
        place = _Place(path, field, rows_before)
        target = records[:, start : start + field.length]
        array = arrays[field.name]
        if pa.types.is_string(array.type):
            _put_text(target, place, array, encoding, errors, letters)
        else:
            _put_integers(target, place, array)
        start += field.length
    return records


@dataclass(frozen=True)
class _Place:
    """Where a value stands, for the sentence about it."""

    path: Path
    field: DbfField
    rows_before: int

    def error(self, row: int, value: object, rule: str) -> DbfError:
        return DbfError(
            f"{self.path}: record {self.rows_before + row + 1}, column {self.field.name}, value {value!r}: {rule};"
            " correct the value or widen the column."
        )


def _arrow(path: Path, field: DbfField, column: Column, rows_before: int) -> pa.Array:
    """The column as Arrow strings to be written as they stand, or as int64 scaled to the decimals of the field."""
    place = _Place(path, field, rows_before)
    if isinstance(column, ScaledIntegers):
        integers = pa.array(column.values, pa.int64())
        return _rescaled(place, integers, column.decimals)
    try:
        array = column if isinstance(column, pa.Array) else pa.array(column)
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise DbfError(f"{path} cannot be written: column {field.name} mixes kinds of values ({error}); give one kind.") from error
    kind = array.type
    if pa.types.is_null(kind):
        return array.cast(pa.string())
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return array.cast(pa.string())
    if pa.types.is_boolean(kind) and field.type == "L":
        return pc.if_else(array, "T", "F")
    if pa.types.is_temporal(kind) and field.type == "D":
        return pc.strftime(array.cast(pa.timestamp("s")), format="%Y%m%d")
    if field.type in "NF" and pa.types.is_integer(kind):
        return _rescaled(place, array.cast(pa.int64()), 0)
    if field.type in "NF" and pa.types.is_decimal(kind):
        return _scaled_decimals(place, array)
    raise DbfError(
        f"{path} cannot be written: column {field.name} of type {field.type} was given values of type {kind};"
        " give integers, Decimals, dates, booleans or text."
    )


def _rescaled(place: _Place, integers: pa.Array, decimals: int) -> pa.Array:
    shift = place.field.decimals - decimals
    if shift == 0:
        return integers
    if shift < 0:
        raise DbfError(
            f"{place.path} cannot be written: column {place.field.name} has {place.field.decimals} decimals, its values"
            f" {decimals}; round them first."
        )
    try:
        return pc.multiply_checked(integers, pa.scalar(10**shift, pa.int64()))
    except pa.ArrowInvalid as error:
        raise DbfError(f"{place.path} cannot be written: column {place.field.name} has a number above 18 digits.") from error


def _scaled_decimals(place: _Place, array: pa.Array) -> pa.Array:
    """The unscaled integers that Arrow keeps inside its decimals, once the scale is that of the field."""
    try:
        wide = array.cast(pa.decimal128(38, place.field.decimals))
    except pa.ArrowInvalid as error:
        raise DbfError(
            f"{place.path} cannot be written: column {place.field.name} has {place.field.decimals} decimals, one of its values"
            f" has more ({error}); round it first."
        ) from error
    halves = np.frombuffer(wide.buffers()[1], np.int64, 2 * len(wide), 16 * wide.offset).reshape(-1, 2)
    present = np.asarray(wide.is_valid())
    values = np.where(present, halves[:, 0], 0)
    too_large = np.flatnonzero(present & ((halves[:, 1] != values >> 63) | (np.abs(values) >= 10**18)))
    if too_large.size:
        row = int(too_large[0])
        raise place.error(row, str(wide[row]), "it has more than 18 digits")
    return pa.array(values, mask=~present)


def _put_text(
    target: np.ndarray,
    place: _Place,
    array: pa.Array,
    encoding: str,
    errors: str,
    letters: Mapping[int, str] | None,
) -> None:
    texts = array.fill_null("")
    try:
        encoded = pa.array([text.translate(letters or {}).encode(encoding, errors) for text in texts.to_pylist()], pa.binary())
    except UnicodeEncodeError as error:
        raise DbfError(f"{place.path}: column {place.field.name}: {error}") from error
    lengths = np.diff(np.frombuffer(encoded.buffers()[1], np.int32, len(encoded) + 1))
    too_long = np.flatnonzero(lengths > place.field.length)
    if too_long.size:
        row = int(too_long[0])
        raise place.error(row, texts[row].as_py(), f"it takes {lengths[row]} bytes, the column has {place.field.length}")
    columns = np.arange(place.field.length)
    if place.field.type in "NF":
        mask = columns >= place.field.length - lengths[:, None]
    else:
        mask = columns < lengths[:, None]
    target[mask] = np.frombuffer(encoded.buffers()[2] or b"", np.uint8, int(lengths.sum()))


def _put_integers(target: np.ndarray, place: _Place, array: pa.Array) -> None:
    """Digits from the right, vectorised over the records: quotient and remainder, one column of the file at a time."""
    field = place.field
    present = np.asarray(array.is_valid())
    values = np.asarray(array.fill_null(0))
    magnitude = np.abs(values).astype(np.uint64)
    position = field.length - 1
    for digit in range(field.length):
        if field.decimals and digit == field.decimals:
            target[:, position] = np.where(present, ord("."), BLANK)
            position -= 1
        if position < 0:
            break
        show = present & ((magnitude > 0) | (digit <= field.decimals))
        magnitude, remainder = np.divmod(magnitude, np.uint64(10))
        target[:, position] = np.where(show, remainder.astype(np.uint8) + ord("0"), BLANK)
        position -= 1
    too_wide = magnitude > 0
    negative = np.flatnonzero(values < 0)
    if negative.size:
        free = target[negative] == BLANK
        too_wide[negative] |= ~free[:, 0]
        sign_at = free.shape[1] - 1 - free[:, ::-1].argmax(axis=1)
        target[negative, sign_at] = ord("-")
    if too_wide.any():
        row = int(too_wide.argmax())
        raise place.error(row, int(values[row]), f"it does not fit into {field.length} characters")
