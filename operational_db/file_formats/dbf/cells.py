"""How does a value look in a record? One column of values laid out as fixed-width cells.

Belongs here: text, numbers, dates and flags as bytes, vectorised over the records; values that do not fit.
Does not belong here: the order of columns and the file around them (`writing`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from operational_db.file_formats.code_pages import MissingLetter, OneByteLetters, flat_utf8
from operational_db.file_formats.dbf.header import DbfError, DbfField

BLANK = 0x20
DIGITS_MAX = 18  # of an integer of 64 bits


@dataclass(frozen=True)
class ScaledIntegers:
    """Exact decimals without a float: each value is its integer divided by 10 to the power `decimals`."""

    values: np.ndarray
    decimals: int


Column = Sequence[object] | np.ndarray | pa.Array | ScaledIntegers


@dataclass(frozen=True)
class Place:
    """Where a value stands, for the sentence about it."""

    path: Path
    field: DbfField
    rows_before: int

    def error(self, row: int, value: object, rule: str) -> DbfError:
        return DbfError(
            f"{self.path} cannot be written: record {self.rows_before + row + 1}, column {self.field.name},"
            f" value {value!r}: {rule}; correct the value or widen the column."
        )

    def column_error(self, rule: str) -> DbfError:
        return DbfError(f"{self.path} cannot be written: column {self.field.name}: {rule}.")


def arrow_column(place: Place, column: Column) -> pa.Array:
    """The column as Arrow strings, to be written as they stand, or as int64 scaled as the field is."""
    field = place.field
    if isinstance(column, ScaledIntegers):
        return _rescaled(place, pa.array(column.values, pa.int64()), column.decimals)
    try:
        array = column if isinstance(column, pa.Array) else pa.array(column)
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise place.column_error(f"its values are of several kinds ({error}); give one kind") from error
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    kind = array.type
    if pa.types.is_null(kind) or pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return array.cast(pa.string())
    if pa.types.is_boolean(kind) and field.type == "L":
        return pc.if_else(array, "T", "F")
    if pa.types.is_temporal(kind) and field.type == "D":
        return _year_month_day(place, array)
    if field.type in "NF" and pa.types.is_integer(kind):
        return _rescaled(place, array.cast(pa.int64()), 0)
    if field.type in "NF" and pa.types.is_decimal(kind):
        return _scaled_decimals(place, array)
    raise place.column_error(
        f"its type {field.type} cannot take values of type {kind}; give integers, Decimals, dates or text"
    )


def _rescaled(place: Place, integers: pa.Array, decimals: int) -> pa.Array:
    shift = place.field.decimals - decimals
    if shift == 0:
        return integers
    if shift < 0:
        raise place.column_error(f"it has {place.field.decimals} decimals and its values {decimals}; round them first")
    try:
        return pc.multiply_checked(integers, pa.scalar(10**shift, pa.int64()))
    except pa.ArrowInvalid as error:
        raise place.column_error(f"a number has more than {DIGITS_MAX} digits; correct it") from error


def _scaled_decimals(place: Place, array: pa.Array) -> pa.Array:
    """The unscaled integers that Arrow keeps inside its decimals, once the scale is that of the field."""
    try:
        wide = array.cast(pa.decimal128(38, place.field.decimals))
    except pa.ArrowInvalid as error:
        raise place.column_error(f"a value has more than {place.field.decimals} decimals; round it first") from error
    halves = np.frombuffer(wide.buffers()[1], np.int64, 2 * len(wide), 16 * wide.offset).reshape(-1, 2)
    present = np.asarray(wide.is_valid())
    values = np.where(present, halves[:, 0], 0)
    is_too_large = (halves[:, 1] != values >> 63) | (np.abs(values) >= 10**DIGITS_MAX)
    too_large = np.flatnonzero(present & is_too_large)
    if too_large.size:
        row = int(too_large[0])
        raise place.error(row, str(wide[row]), f"it has more than {DIGITS_MAX} digits")
    return pa.array(values, mask=~present)


def _year_month_day(place: Place, array: pa.Array) -> pa.Array:
    """Dates as integers of eight digits, which are then written as any number is."""
    year = pc.year(array)
    if (early := np.flatnonzero(np.asarray(pc.less(year, 1000).fill_null(False)))).size:
        raise place.error(int(early[0]), str(array[int(early[0])]), "a year has four digits")
    return pc.add(pc.add(pc.multiply(year, 10_000), pc.multiply(pc.month(array), 100)), pc.day(array))


def put_text(target: np.ndarray, place: Place, array: pa.Array, letters: OneByteLetters) -> None:
    texts = array.fill_null("")
    lengths = np.asarray(pc.utf8_length(texts), dtype=np.int64)
    too_long = np.flatnonzero(lengths > place.field.length)
    if too_long.size:
        row = int(too_long[0])
        rule = f"it has {lengths[row]} letters, the column {place.field.length}"
        raise place.error(row, texts[row].as_py(), rule)
    encoded = letters.encode(flat_utf8(texts))
    if isinstance(encoded, MissingLetter):
        row = int(np.searchsorted(np.cumsum(lengths), encoded.position, side="right"))
        rule = f"the letter {encoded.letter!r} is not in {letters.encoding}"
        raise place.error(row, texts[row].as_py(), rule)
    columns = np.arange(place.field.length)
    used = lengths[:, None]
    is_right_aligned = place.field.type in "NF"
    target[columns >= place.field.length - used if is_right_aligned else columns < used] = encoded


def put_integers(target: np.ndarray, place: Place, array: pa.Array) -> None:
    """Digits from the right for all records at once: quotient and remainder by ten."""
    field = place.field
    present = np.asarray(array.is_valid())
    values = np.asarray(array.fill_null(0))
    magnitude = np.abs(values).astype(np.uint64)
    position = field.length - 1
    for digit in range(field.length):
        if field.decimals and digit == field.decimals:
            target[:, position] = np.where(present, ord("."), BLANK)
            position -= 1
        if position < 0 or (digit > field.decimals and not magnitude.any()):
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
