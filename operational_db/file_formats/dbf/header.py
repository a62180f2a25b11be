"""What does the table promise? The header of a DBF file: version, columns, number of records.

Belongs here: the fixed part, the field descriptors, and what header and size together say of a file.
Does not belong here: the records.
"""

import struct
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from operational_db.file_formats.code_pages import decode_or_mark, require_encoding
from operational_db.file_formats.column_names import unique_names
from operational_db.file_formats.opening import FileFormatError, open_to_read

# Stands for the mark in front of a record wherever a column is named; no column has brackets in its name.
DELETION_FLAG = "(deletion flag)"

FIXED_PART = struct.Struct("<BBBBLHH17xBxx")
DESCRIPTOR = struct.Struct("<11sc4xBBB13x")
FIXED_LENGTH = 32
TERMINATOR = b"\r"
NULLABLE = 0x02  # of a column's flags in Visual FoxPro
VARIABLE_LENGTH = "VQ"
FLAGS_COLUMN = "0"

VERSIONS = {
    0x03: "dBase III",
    0x04: "dBase IV",
    0x05: "dBase V",
    0x30: "Visual FoxPro",
    0x31: "Visual FoxPro with autoincrement",
    0x32: "Visual FoxPro with varchar",
    0x43: "dBase IV SQL table",
    0x63: "dBase IV SQL system file",
    0x83: "dBase III with memo",
    0x8B: "dBase IV with memo",
    0x8E: "dBase IV SQL table with memo",
    0xCB: "dBase IV SQL table with memo",
    0xF5: "FoxPro 2 with memo",
    0xFB: "FoxBASE",
}

VISUAL_FOXPRO = {0x30, 0x31, 0x32}


class DbfError(FileFormatError):
    """A DBF file that cannot be read or written; the message is one sentence for the user."""


@dataclass(frozen=True)
class DbfField:
    """One column: type as the one-letter code of the file, length in bytes, flags as Visual FoxPro sets them."""

    name: str
    type: str
    length: int
    decimals: int = 0
    flags: int = 0

    @property
    def is_nullable(self) -> bool:
        """Whether a bit of the hidden column of type 0 says that the cell holds nothing."""
        return bool(self.flags & NULLABLE)


@dataclass(frozen=True)
class DbfHeader:
    """The promise of the header, and what the size of the file allows."""

    path: Path
    version: int
    last_update: date | None
    declared_records: int
    whole_records: int
    header_length: int
    record_length: int
    language_byte: int
    fields: tuple[DbfField, ...]

    @property
    def is_truncated(self) -> bool:
        """Whether the file ends before the last declared record does."""
        return self.whole_records < self.declared_records

    @property
    def truncation(self) -> str | None:
        """The sentence to show when records are missing at the end, else None."""
        if not self.is_truncated:
            return None
        return (
            f"{self.path} is cut off: its header declares {self.declared_records} records, the file holds"
            f" {self.whole_records} whole ones; ask for the file again."
        )


def read_header(path: Path | str, encoding: str | None = None) -> DbfHeader:
    """Read the header; `encoding` is that of column names, ASCII in nearly all files."""
    path = Path(path)
    if encoding:
        require_encoding(path, encoding, DbfError)
    with open_to_read(path, DbfError) as file:
        size = file.seek(0, 2)
        file.seek(0)
        fixed = file.read(FIXED_LENGTH)
        _check_beginning(path, size, fixed)
        version, year, month, day, count, header_length, record_length, language = FIXED_PART.unpack(fixed)
        descriptors = file.read(max(header_length - FIXED_LENGTH, 0))
    if header_length <= FIXED_LENGTH or record_length == 0:
        raise DbfError(
            f"{path} is not a DBF table: its header claims a header of {header_length} and records"
            f" of {record_length} bytes; ask for the file again."
        )
    if len(descriptors) < header_length - FIXED_LENGTH:
        raise DbfError(
            f"{path} is cut off inside its header: {header_length} bytes are declared, {size} are there;"
            " ask for the file again."
        )
    fields = _fields(path, descriptors, encoding or "utf-8", is_foxpro=version in VISUAL_FOXPRO)
    width = 1 + sum(field.length for field in fields)
    if width > record_length:
        raise DbfError(
            f"{path} is damaged: its columns take {width} bytes, a record has {record_length}; ask for the file again."
        )
    return DbfHeader(
        path=path,
        version=version,
        last_update=_date(year, month, day),
        declared_records=count,
        whole_records=(size - header_length) // record_length,
        header_length=header_length,
        record_length=record_length,
        language_byte=language,
        fields=fields,
    )


def _check_beginning(path: Path, size: int, fixed: bytes) -> None:
    if size == 0:
        raise DbfError(f"{path} is empty (0 bytes), so it is not a DBF table; ask for the file again.")
    if fixed[0] not in VERSIONS:
        raise DbfError(
            f"{path} is not a DBF table this program reads: its first byte is 0x{fixed[0]:02X}, that of"
            " dBase III is 0x03; export it as dBase III or name its right format."
        )
    if size < FIXED_LENGTH:
        raise DbfError(f"{path} is cut off inside its header ({size} bytes); ask for the file again.")


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year + (1900 if year >= 80 else 2000), month, day)
    except ValueError:
        return None


def _fields(path: Path, descriptors: bytes, encoding: str, *, is_foxpro: bool) -> tuple[DbfField, ...]:
    found: list[DbfField] = []
    position = 0
    while descriptors[position : position + 1] != TERMINATOR:
        if position + DESCRIPTOR.size > len(descriptors):
            raise DbfError(f"{path} is damaged: its list of columns has no end; ask for the file again.")
        raw_name, raw_type, length, decimals, flags = DESCRIPTOR.unpack_from(descriptors, position)
        position += DESCRIPTOR.size
        kind = raw_type.decode("latin-1")
        if kind == "C":
            # Clipper and FoxPro keep the high byte of a long text column where numbers keep their decimals.
            length, decimals = length + 256 * decimals, 0
        name, _ = decode_or_mark(raw_name.split(b"\0", 1)[0], encoding)
        found.append(DbfField(name.strip(), kind, length, decimals, flags if is_foxpro else 0))
    names = unique_names([field.name for field in found])
    return tuple(replace(field, name=name) for field, name in zip(found, names, strict=True))
