"""How does a cell of a DBF file come to hold what no writer would write?

Belongs here: overwriting single cells of a finished file. Does not belong here: which cells, and why.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from operational_db.file_formats.dbf import DbfField


class CellBreaker:
    """Overwrites cells of one finished DBF file, whose columns are known."""

    def __init__(self, path: Path, fields: Sequence[DbfField]) -> None:
        self._path = path
        self._header_length = 32 + 32 * len(fields) + 1
        self._record_length = 1 + sum(field.length for field in fields)
        self._types = {field.name: field.type for field in fields}
        self._places: dict[str, tuple[int, int]] = {}
        start = 1
        for field in fields:
            self._places[field.name] = (start, field.length)
            start += field.length

    def overwrite(self, row: int, field: str, text: str) -> str:
        """Put ASCII text into the cell, right-aligned as numbers are; returns what stood there, without padding."""
        return self._put(row, field, lambda length: text.rjust(length).encode("ascii"), "ascii")

    def overwrite_text(self, row: int, field: str, text: str, encoding: str) -> str:
        """The same for a cell of any letters; a number still stands at the right."""
        is_number = self._types[field] in "NF"

        def laid_out(length: int) -> bytes:
            raw = text.encode(encoding)
            if len(raw) > length:
                raise ValueError(f"{text!r} does not fit into {field}")
            return raw.rjust(length) if is_number else raw.ljust(length)

        return self._put(row, field, laid_out, encoding)

    def _put(self, row: int, field: str, laid_out: Callable[[int], bytes], encoding: str) -> str:
        start, length = self._places[field]
        with self._path.open("r+b") as file:
            position = self._header_length + (row - 1) * self._record_length + start
            file.seek(position)
            before = file.read(length).decode(encoding).strip()
            file.seek(position)
            file.write(laid_out(length))
        return before
