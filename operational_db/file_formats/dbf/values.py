"""Which value does the text of a cell mean? The types of DBF columns.

Belongs here: the reading of text that the file itself prescribes by the type of its column.
Does not belong here: what a migration makes of a wrong value; landing keeps the text.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import pyarrow as pa

from operational_db.file_formats.dbf.header import DbfField

NUMBER = re.compile(r"[+-]?([0-9]+([.,][0-9]*)?|[.,][0-9]+)([eE][+-]?[0-9]+)?")
DOUBLE_BYTES = 8
DATE = re.compile(r"[0-9]{8}")


@dataclass(frozen=True)
class TypedColumn:
    """One value per row, None where the cell is blank or bad; `bad` holds the indexes of the bad ones."""

    values: list[object]
    bad: tuple[int, ...]


def typed_column(texts: pa.Array, field: DbfField) -> TypedColumn:
    """Read the texts of one column by its type: int, Decimal, date, datetime, bool, bytes or str."""
    # Type B is a double of 8 bytes in Visual FoxPro, a memo reference of 10 in dBase.
    convert = _double if field.type == "B" and field.length == DOUBLE_BYTES else CONVERSIONS.get(field.type, str)
    values: list[object] = []
    bad: list[int] = []
    for index, text in enumerate(texts.to_pylist()):
        try:
            values.append(convert(text))
        except ValueError:
            values.append(None)
            bad.append(index)
    return TypedColumn(values, tuple(bad))


def _number(text: str) -> int | Decimal | None:
    """Asterisks are what old programs print when a number does not fit."""
    text = text.strip().strip("*").strip()
    if not text:
        return None
    if not NUMBER.fullmatch(text):
        raise ValueError(text)
    number = Decimal(text.replace(",", "."))
    return number if set(text) & set(".,eE") else int(number)


def _float(text: str) -> Decimal | None:
    number = _number(text)
    return None if number is None else Decimal(number)


def _integer(text: str) -> int | None:
    """Blank where Visual FoxPro flags the cell as null."""
    return int(text) if text else None


def _currency(text: str) -> Decimal | None:
    return Decimal(text) if text else None


def _double(text: str) -> float | None:
    return float(text) if text else None


def _date(text: str) -> date | None:
    if not text.strip(" 0"):
        return None
    if not DATE.fullmatch(text):
        raise ValueError(text)
    return date(int(text[:4]), int(text[4:6]), int(text[6:]))


def _logical(text: str) -> bool | None:
    known = {"T": True, "Y": True, "F": False, "N": False, "?": None, "": None}
    letter = text.upper()
    if letter not in known:
        raise ValueError(text)
    return known[letter]


def _time(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _memo(text: str) -> str | None:
    """A cell that points at no memo has no text."""
    return text or None


def _memo_bytes(text: str) -> bytes | None:
    return bytes.fromhex(text) if text else None


CONVERSIONS: dict[str, Callable[[str], object]] = {
    "M": _memo,
    "N": _number,
    "F": _float,
    "D": _date,
    "L": _logical,
    "I": _integer,
    "+": _integer,
    "Y": _currency,
    "T": _time,
    "@": _time,
    "O": _double,
    "0": bytes.fromhex,
    "Q": _memo_bytes,
    "W": _memo_bytes,
    "G": _memo_bytes,
    "P": _memo_bytes,
}
