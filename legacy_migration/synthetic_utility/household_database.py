"""How does one RES keep its household database? Account numbers, folder, language byte, and a book of what
was spoiled.

Belongs here: what all its files share. Does not belong here: the rows of any of them (`account_file`,
`meter_files`, `money_files`, `dictionary_files`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from operational_db.file_formats.dbf import DELETION_FLAG, DbfField, write_dbf

from . import layouts
from .broken_cells import CellBreaker
from .households import Households, account_text
from .months import Months
from .opening_workbook import Opening, write_opening_workbook
from .truth import FileTotals, Truth

Columns = Mapping[str, Any]


@dataclass(frozen=True)
class AccountNumbers:
    """How this RES writes account numbers: one text field, or two that are numbers in most files and text in one."""

    in_two_fields: bool

    def fields(self, *, as_text: bool = False) -> tuple[DbfField, ...]:
        """The leading columns of a file."""
        if not self.in_two_fields:
            return layouts.ACCOUNT_IN_ONE_FIELD
        return layouts.ACCOUNT_IN_TWO_TEXTS if as_text else layouts.ACCOUNT_IN_TWO_NUMBERS

    def columns(self, book: np.ndarray, code: np.ndarray, *, as_text: bool = False) -> Columns:
        """Their values."""
        if not self.in_two_fields:
            return {"RAH": account_text(book, code)}
        if not as_text:
            return {"BOOK": book, "CODE": code}
        return {"BOOK": _padded(book, 4), "CODE": _padded(code, 5)}


def _padded(numbers: np.ndarray, width: int) -> pa.Array:
    return pc.utf8_lpad(pa.array(numbers).cast(pa.string()), width, "0")


class HouseholdDatabase:
    """The files of one RES while they are written."""

    def __init__(self, root: Path, households: Households, months: Months, truth: Truth) -> None:
        self.households = households
        self.months = months
        self.numbers = AccountNumbers(households.district.account_in_two_fields)
        self._truth = truth
        self._folder = f"household/{households.district.code}"
        self._path = root / self._folder
        self._path.mkdir(parents=True, exist_ok=True)

    def write(
        self,
        name: str,
        fields: Sequence[DbfField],
        batches: Iterable[Columns],
        sums: Mapping[str, int] | None = None,
    ) -> CellBreaker:
        """Write one file and put down its totals; the answer can spoil single cells of it."""
        deleted = 0

        def counted() -> Iterator[Columns]:
            nonlocal deleted
            for batch in batches:
                deleted += int(np.count_nonzero(batch.get(DELETION_FLAG, 0)))
                yield batch

        rows = write_dbf(
            self._path / name,
            fields,
            counted(),
            encoding=layouts.HOUSEHOLD_ENCODING,
            language_byte=self.households.district.language_byte,
            last_update=self.months.starts[-1],
        )
        self._truth.files.append(FileTotals(f"{self._folder}/{name}", rows, deleted, dict(sums or {})))
        return CellBreaker(self._path / name, fields)

    def write_openings_by_hand(
        self, name: str, openings: Sequence[Opening], lost: int | None, sums: Mapping[str, int]
    ) -> int:
        """Write a workbook instead of a table; returns the row of its total."""
        total_row = write_opening_workbook(self._path / name, openings, lost)
        rows = len(openings) - (lost is not None)
        self._truth.files.append(FileTotals(f"{self._folder}/{name}", rows, 0, dict(sums)))
        return total_row

    @property
    def has_faults(self) -> bool:
        """Whether anything is wrong with its files on purpose."""
        return self._truth.faults.are_planted

    def fault(
        self,
        kind: str,
        name: str,
        row: int,
        key: str,
        field: str = "",
        written: object = "",
        truth: object = "",
    ) -> None:
        """Put down one fault of a file."""
        self._truth.faults.add(kind, f"{self._folder}/{name}", row, key, field, written, truth)
