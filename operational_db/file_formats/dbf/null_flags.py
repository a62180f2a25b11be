"""Which cells of a Visual FoxPro table hold nothing, and which texts are shorter than their column?

Belongs here: the bits of the hidden column of type 0, and the columns of varying length (V, Q) that need them.
Does not belong here: all other cells (`reading`, `binary`, `memo`).
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from operational_db.file_formats.code_pages import decode_column
from operational_db.file_formats.dbf.header import (
    FLAGS_COLUMN,
    VARIABLE_LENGTH,
    VISUAL_FOXPRO,
    DbfField,
    DbfHeader,
)


@dataclass(frozen=True)
class CellMarks:
    """Of one column: which rows are null, and in which the last byte is a length; None where no bit says it."""

    is_null: np.ndarray | None
    is_short: np.ndarray | None


UNMARKED = CellMarks(None, None)


def cell_marks(header: DbfHeader, records: np.ndarray) -> dict[str, CellMarks]:
    """The marks of the columns that have any. Bits are given out in the order of columns, that of length first."""
    if header.version not in VISUAL_FOXPRO:
        return {}
    start, bits = 1, None
    for field in header.fields:
        if field.type == FLAGS_COLUMN:
            raw = np.ascontiguousarray(records[:, start : start + field.length])
            bits = np.unpackbits(raw, axis=1, bitorder="little").astype(bool)
        start += field.length
    if bits is None:
        return {}
    marks: dict[str, CellMarks] = {}
    position = 0
    for field in header.fields:
        is_short = is_null = None
        if field.type in VARIABLE_LENGTH and position < bits.shape[1]:
            is_short, position = bits[:, position], position + 1
        if field.is_nullable and position < bits.shape[1]:
            is_null, position = bits[:, position], position + 1
        if is_short is not None or is_null is not None:
            marks[field.name] = CellMarks(is_null, is_short)
    return marks


def varying_as_text(
    cells: np.ndarray, field: DbfField, encoding: str, is_short: np.ndarray | None
) -> tuple[pa.Array, np.ndarray]:
    """Varchar as text, varbinary as hex, each as long as its last byte says; the indexes of undecodable cells."""
    lengths = np.full(len(cells), field.length, dtype=np.int64)
    if is_short is not None:
        lengths = np.where(is_short, np.minimum(cells[:, -1], field.length), lengths)
    if field.type == "Q":
        texts = [row[:length].tobytes().hex() for row, length in zip(cells, lengths.tolist(), strict=True)]
        return pa.array(texts, pa.string()), np.empty(0, dtype=np.int64)
    ends = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    flat = cells[np.arange(field.length) < lengths[:, None]]
    raw = pa.Array.from_buffers(pa.string(), len(cells), [None, pa.py_buffer(ends), pa.py_buffer(flat)])
    return decode_column(raw, encoding)
