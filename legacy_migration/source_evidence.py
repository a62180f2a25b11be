"""What do the files of a load show before their rows are judged? Encodings, odd letters, totals, kept with the load.

Belongs here: looking at the batches of one file while it is landed, and the rows that are kept of it.
Does not belong here: finding the encoding (`encodings`), telling odd letters (`file_formats.odd_letters`), taking
totals out (`total_rows`), remarks and differences that come of it (`check_rules/verdict_odd_cells.sql`,
`verdict_total_rows.sql`).
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from legacy_migration.encodings import FileEncoding, encoding_of
from legacy_migration.profile import FileRule
from legacy_migration.source_rows import SourceBatch
from legacy_migration.total_rows import TotalRow
from operational_db.file_formats.odd_letters import CodeScript, OddCell, odd_cells

ODD_CELLS_MAX: Final = 10_000
"""Of one column; a file in which every cell is odd says so by its first ten thousand and their count."""
LOOKED_AT: Final = ("dbf", "delimited", "fixed_width", "spreadsheet")
ASCII_SAMPLE: Final = 1_000


class SourceEvidence:
    """Looks at one file while it is landed."""

    def __init__(self, path: Path, rule: FileRule) -> None:
        self._is_text = rule.format in LOOKED_AT
        self._encoding: FileEncoding = encoding_of(path, rule)
        # A workbook keeps letters, not bytes: its cells can be in no other encoding.
        self._reads_bytes = rule.format != "spreadsheet"
        self._odd: dict[str, list[OddCell]] = {}
        self._counts: dict[str, int] = {}
        self._scripts: dict[str, CodeScript] = {}
        self._totals: list[TotalRow] = []

    def look(self, batch: SourceBatch) -> None:
        """Look at the next rows."""
        self._totals += batch.totals
        if not self._is_text:
            return
        letters: dict[str, pa.Array] = {}
        for column, cells in batch.text.items():
            script = self._scripts.setdefault(column, CodeScript(column))
            if pc.all(pc.string_is_ascii(cells)).as_py():
                script.look_at_ascii(cells[:ASCII_SAMPLE])
            else:
                script.look(batch.row_no, cells)
                letters[column] = cells
        read_in = {column: self._encoding.of(column) if self._reads_bytes else "" for column in letters}
        for cell in odd_cells(batch.row_no, letters, read_in):
            self._keep_cell(cell)

    def _keep_cell(self, cell: OddCell) -> None:
        self._counts[cell.column] = self._counts.get(cell.column, 0) + 1
        kept = self._odd.setdefault(cell.column, [])
        if len(kept) < ODD_CELLS_MAX:
            kept.append(cell)

    @property
    def encoding(self) -> str:
        """The encoding of the file as a whole."""
        return self._encoding.encoding

    def odd_cells(self, file_id: int) -> Iterator[tuple]:
        """Rows of landing.odd_cell; asked once, when the whole file was looked at."""
        for script in self._scripts.values():
            for cell in script.odd_cells():
                self._keep_cell(cell)
        self._scripts.clear()
        for cells in self._odd.values():
            for cell in cells:
                yield (file_id, cell.row_no, cell.column, cell.kind, cell.text, cell.probably)

    def totals(self, file_id: int) -> Iterator[tuple]:
        """Rows of landing.total_row."""
        for row in self._totals:
            for cell in row.cells:
                yield (
                    file_id, row.row_no, cell.column, row.label, row.row_count, cell.stated, cell.summed,
                    cell.unreadable_count,
                )  # fmt: skip

    def encodings(self, file_id: int) -> Iterator[tuple]:
        """Rows of landing.file_encoding, once the odd cells are known."""
        told = {row.column for row in self._encoding.evidence}
        column_no = 0
        for column_no, row in enumerate(self._encoding.evidence):
            odd = sum(self._counts.values()) if row.column is None else self._counts.get(row.column, 0)
            yield (
                file_id, column_no, row.column, row.encoding, row.how, row.letters, round(row.common_share, 4),
                row.impossible, odd, row.evidence,
            )  # fmt: skip
        for column, count in self._counts.items():
            if column not in told:
                column_no += 1
                yield (
                    file_id, column_no, column, self._encoding.of(column), "of_file", 0, 0, 0, count,
                    "read as its file is; its odd cells came behind the sample, or in a workbook",
                )  # fmt: skip
