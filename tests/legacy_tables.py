"""Editing a DBF of a legacy dump as its owner would between two dumps: cells, new rows, rows that vanish.

For tests of later dumps; knows the bytes of dBase III by itself, so that no reader or writer of ours is trusted here.
"""

from pathlib import Path


class LegacyTable:
    """One file, changed in memory and written back by `save`; rows count from 1."""

    def __init__(self, path: Path, encoding: str = "cp866") -> None:
        self._path, self._encoding = path, encoding
        content = path.read_bytes()
        count, self._start, self._length = (
            int.from_bytes(content[a:b], "little") for a, b in ((4, 8), (8, 10), (10, 12))
        )
        self._head = bytearray(content[: self._start])
        self.rows = [
            bytearray(content[self._start + n * self._length : self._start + (n + 1) * self._length])
            for n in range(count)
        ]
        self._places: dict[str, tuple[int, int]] = {}
        place = 1
        for at in range(32, self._start - 1, 32):
            name = content[at : at + 11].split(b"\0")[0].decode("ascii")
            self._places[name] = (place, content[at + 16])
            place += content[at + 16]

    def text(self, row: int, field: str) -> str:
        place, length = self._places[field]
        return self.rows[row - 1][place : place + length].decode(self._encoding).strip()

    def put(self, row: int, **cells: str) -> None:
        for field, text in cells.items():
            place, length = self._places[field]
            self.rows[row - 1][place : place + length] = text.encode(self._encoding).ljust(length)

    def copy(self, row: int, **cells: str) -> None:
        """A new last row like another one but for these cells."""
        self.rows.append(bytearray(self.rows[row - 1]))
        self.put(len(self.rows), **cells)

    def find(self, **cells: str) -> int:
        """The row with these cells."""
        return next(
            row
            for row in range(1, len(self.rows) + 1)
            if all(self.text(row, field) == text for field, text in cells.items())
        )

    def save(self) -> None:
        self._head[4:8] = len(self.rows).to_bytes(4, "little")
        self._path.write_bytes(bytes(self._head) + b"".join(map(bytes, self.rows)) + b"\x1a")
