"""How is a file of a dump changed row by row? Read by the project's readers, changed in memory, written by its writers.

Belongs here: rows as texts, where a row stands in the end. Does not belong here: what is wrong with it (`kinds`).
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Final

import pyarrow as pa

from operational_db.file_formats.dbf import DELETION_FLAG, read_columns, read_header, write_dbf
from operational_db.file_formats.delimited import read_delimited, read_heading, write_delimited

_SEPARATOR: Final = ";"
_NO_DAY: Final = date(2026, 1, 1)


class Row(dict[str, str]):
    """One row: column and text. Rows are told apart by themselves, not by their texts."""

    is_deleted: bool = False

    def copy(self) -> "Row":
        """Another row with the same texts."""
        return Row(self)


class DumpTable:
    """One DBF or text file of a dump."""

    def __init__(self, root: Path, name: str, encoding: str) -> None:
        self.name, self._path, self._encoding = name, root / name, encoding
        self.is_dbf = name.upper().endswith(".DBF")
        self.is_changed = False
        self.rows: list[Row] = list(self._read())

    def _read(self) -> Iterator[Row]:
        if not self.is_dbf:
            for batch in read_delimited(self._path, self._encoding, _SEPARATOR):
                for cells in zip(*(column.to_pylist() for column in batch.text.values()), strict=True):
                    yield Row(zip(batch.text, cells, strict=True))
            return
        for batch in read_columns(self._path, self._encoding):
            columns = [column.to_pylist() for column in batch.text.values()]
            for is_deleted, *cells in zip(batch.deleted.tolist(), *columns, strict=True):
                row = Row(zip(batch.text, cells, strict=True))
                row.is_deleted = is_deleted
                yield row

    def row_no(self, row: Row) -> int:
        """Where the row stands now: the record of a DBF, the line of a text with a heading."""
        place = next(place for place, other in enumerate(self.rows) if other is row)
        return place + (1 if self.is_dbf else 2)

    def remove(self, row: Row) -> None:
        """Take the row out."""
        self.rows = [other for other in self.rows if other is not row]
        self.is_changed = True

    def put(self, row: Row, **cells: str) -> None:
        """Write other texts into cells."""
        row.update(cells)
        self.is_changed = True

    def insert_behind(self, row: Row, new: Row) -> None:
        """Put a new row behind another one."""
        place = next(place for place, other in enumerate(self.rows) if other is row)
        self.rows.insert(place + 1, new)
        self.is_changed = True

    def flag_deleted(self, row: Row) -> None:
        """Flag the row as deleted."""
        row.is_deleted = True
        self.is_changed = True

    def save(self) -> None:
        """Write the file if anything was changed; a table keeps its columns, day and language byte."""
        if not self.is_changed:
            return
        if not self.is_dbf:
            names = read_heading(self._path, self._encoding, _SEPARATOR)
            columns = {name: [row[name] for row in self.rows] for name in names}
            write_delimited(self._path, names, [columns], encoding=self._encoding, delimiter=_SEPARATOR)
            return
        header = read_header(self._path)
        texts = {field.name: pa.array([row[field.name] for row in self.rows], pa.string()) for field in header.fields}
        write_dbf(
            self._path,
            header.fields,
            [{**texts, DELETION_FLAG: [row.is_deleted for row in self.rows]}],
            encoding=self._encoding,
            language_byte=header.language_byte,
            last_update=header.last_update or _NO_DAY,
        )
