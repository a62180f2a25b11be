"""Which rows of a file only sum the others? Taken out of the rows, and their sums proved against what they sum.

Belongs here: knowing a total row by the rule of the profile, running sums. Does not belong here: the database, which
keeps what each total states (`source_evidence`), the check that compares (`check_rules/verdict_total_rows.sql`).

A total row is neither loaded nor lost: every cell of it that is a number must be the sum of its column over the rows
above, or since the total before where the profile says that it sums a group.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from legacy_migration.profile import TotalsRule
from operational_db.refusal import Refusal

if TYPE_CHECKING:
    from legacy_migration.source_rows import SourceBatch

_NUMBER: Final = re.compile(r"[-+]?[0-9]{1,16}(\.[0-9]{0,18})?")
_BLANKS: Final = str.maketrans(dict.fromkeys(" \u00a0\u202f\u2009", ""))


@dataclass(frozen=True)
class TotalCell:
    """What a total row states of one column, and what its rows sum to."""

    column: str
    stated: Decimal
    summed: Decimal
    unreadable_count: int  # cells of the column that are no numbers, so that the sum proves nothing


@dataclass(frozen=True)
class TotalRow:
    """A row that sums others."""

    row_no: int
    label: str
    row_count: int  # how many rows it sums
    cells: tuple[TotalCell, ...]


def number_of(cell: str, decimal: str) -> Decimal | None:
    """The number that a cell states; blanks between its digits group thousands."""
    plain = cell.strip().translate(_BLANKS)
    if decimal != ".":
        if "." in plain:
            return None
        plain = plain.replace(decimal, ".")
    return Decimal(plain) if _NUMBER.fullmatch(plain) else None


class _Running:
    """Sums of all columns since some row."""

    def __init__(self) -> None:
        self.row_count = 0
        self.totals: dict[str, Decimal] = {}
        self.unreadable: dict[str, int] = {}

    def add(self, batch: "SourceBatch", decimal: str) -> None:
        # Imported here: source_rows reads through this module.
        from legacy_migration.source_rows import sum_of_column  # noqa: PLC0415

        self.row_count += len(batch.row_no)
        for column, cells in batch.text.items():
            found = sum_of_column(cells.filter(pa.array(~batch.deleted)), decimal)
            self.totals[column] = self.totals.get(column, Decimal(0)) + found.total
            self.unreadable[column] = self.unreadable.get(column, 0) + found.unreadable_count


def without_totals(
    path: Path, rule: TotalsRule, decimal: str, batches: Iterable["SourceBatch"]
) -> Iterator["SourceBatch"]:
    """The batches without their total rows, which they carry beside them with what was found."""
    starts = tuple(word.casefold() for word in rule.starts_with)
    groups = tuple(word.casefold() for word in rule.groups)
    everything, group = _Running(), _Running()
    for batch in batches:
        if rule.column not in batch.text:
            raise Refusal(
                f"The file {path} has no column {rule.column}, by which the profile knows total rows; it has "
                f"{', '.join(batch.text)}. Ask for the right file, or correct the profile."
            )
        labels = [label.strip() for label in batch.text[rule.column].to_pylist()]
        is_total = np.array([label.casefold().startswith(starts) for label in labels], dtype=bool)
        found: list[TotalRow] = []
        begin = 0
        for index in np.flatnonzero(is_total).tolist():
            part = _cut(batch, np.arange(begin, index))
            everything.add(part, decimal)
            group.add(part, decimal)
            begin = index + 1
            is_group = bool(groups) and labels[index].casefold().startswith(groups)
            found.append(_total(batch, index, labels[index], rule.column, decimal, group if is_group else everything))
            group = _Running()
        rest = _cut(batch, np.arange(begin, len(labels)))
        everything.add(rest, decimal)
        group.add(rest, decimal)
        yield replace(_cut(batch, np.flatnonzero(~is_total)), totals=tuple(found))


def _total(batch: "SourceBatch", index: int, label: str, column: str, decimal: str, over: _Running) -> TotalRow:
    cells = []
    for name, values in batch.text.items():
        stated = number_of(values[index].as_py(), decimal) if name != column else None
        if stated is not None:
            cells.append(TotalCell(name, stated, over.totals.get(name, Decimal(0)), over.unreadable.get(name, 0)))
    return TotalRow(int(batch.row_no[index]), label, over.row_count, tuple(cells))


def _cut(batch: "SourceBatch", places: np.ndarray) -> "SourceBatch":
    """Some of the rows of a batch."""
    numbers = batch.row_no[places]
    kept = set(numbers.tolist())
    return replace(
        batch,
        row_no=numbers,
        deleted=batch.deleted[places],
        text={name: cells.take(pa.array(places)) for name, cells in batch.text.items()},
        undecodable={row_no: names for row_no, names in batch.undecodable.items() if row_no in kept},
        ragged={row_no: count for row_no, count in batch.ragged.items() if row_no in kept},
    )
