"""Which text stands for a cell that holds no text? FoxPro's binary numbers, times and flags.

Belongs here: the byte layouts of types I + T @ Y B O 0, written out as text, so that all cells are text.
Does not belong here: cells that are text already (`reading`), memo references (`memo`).
"""

from decimal import Decimal

import numpy as np
import pyarrow as pa

from operational_db.file_formats.dbf.header import DbfField

# Length in bytes that each type must have; the flags of nullable columns (type 0) have any.
WIDTHS = {"I": 4, "+": 4, "T": 8, "@": 8, "Y": 8, "B": 8, "O": 8}
CURRENCY_DECIMALS = 4
EPOCH_JULIAN_DAY = 2_440_588  # 1970-01-01
DAY_MS = 86_400_000


def binary_as_text(cells: np.ndarray, field: DbfField) -> pa.Array:
    """Integers as digits, currency with four decimals, ISO times, doubles in full, flags as hex."""
    raw = np.ascontiguousarray(cells)
    if field.type in "I+":
        return pa.array(raw.view("<i4").ravel()).cast(pa.string())
    if field.type in "T@":
        return _times(raw)
    if field.type == "Y":
        amounts = raw.view("<i8").ravel().tolist()
        texts = [f"{Decimal(amount).scaleb(-CURRENCY_DECIMALS):f}" for amount in amounts]
        return pa.array(texts, pa.string())
    if field.type in "BO":
        return pa.array([repr(number) for number in raw.view("<f8").ravel().tolist()], pa.string())
    return pa.array([row.tobytes().hex() for row in raw], pa.string())


def _times(raw: np.ndarray) -> pa.Array:
    """Julian day and milliseconds of the day; no day means no time, whatever the milliseconds say."""
    parts = raw.view("<u4").astype(np.int64)
    is_empty = (parts[:, 0] == 0) | (raw == ord(" ")).all(axis=1)
    milliseconds = (parts[:, 0] - EPOCH_JULIAN_DAY) * DAY_MS + parts[:, 1]
    texts = np.datetime_as_string(np.where(is_empty, 0, milliseconds).astype("datetime64[ms]"), unit="ms")
    return pa.array(np.where(is_empty, "", texts).tolist(), pa.string())
