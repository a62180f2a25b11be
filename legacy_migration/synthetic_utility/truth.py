"""What is true about the generated utility? Written beside the dump for tests, never into it.

Belongs here: the folder of the truth and its files. Does not belong here: deciding what is true.

`<folder>_truth/manifest.json` has the parameters, the totals per file, the kinds of faults with their
counts; `faults.csv`, `thefts.csv` and `feeder_losses.csv` have one row each. manifest.json is written last:
where it is, the dump is whole.
"""

import csv
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .faults import ALL_KINDS, Fault, FaultList

THEFT_COLUMNS = ("key", "tp", "feeder", "month", "true_kwh", "recorded_kwh", "stolen_kwh")
LOSS_COLUMNS = (
    "feeder", "month", "intake_kwh", "true_use_kwh", "recorded_kwh", "stolen_kwh",
    "no_load_loss_kwh", "load_loss_kwh", "line_loss_kwh",
)  # fmt: skip


@dataclass(frozen=True)
class FileTotals:
    """One file: its rows (deleted ones included), how many are flagged deleted, and the true sums of its live rows.

    Amounts are in tiyin, energy in kWh. Where a fault spoiled a cell, the sum has what should have stood there.
    """

    path: str
    rows: int
    deleted_rows: int
    sums: dict[str, int]


def truth_folder(dump: Path) -> Path:
    """Where the truth about a dump lies: beside it, so that a migration of the folder cannot read it."""
    return dump.with_name(dump.name + "_truth")


class Truth:
    """Gathers the truth while the files are written and writes it at the end."""

    def __init__(self, dump: Path, *, are_planted: bool = True) -> None:
        self.folder = truth_folder(dump)
        self.faults = FaultList(are_planted=are_planted)
        self.files: list[FileTotals] = []
        self.thefts: list[Sequence[object]] = []
        self.losses: list[Sequence[object]] = []

    def write(self, parameters: dict[str, Any], counts: dict[str, int]) -> None:
        """Write the four files, the manifest last."""
        self.folder.mkdir(parents=True, exist_ok=True)
        _write_csv(self.folder / "faults.csv", Fault._fields, self.faults.faults)
        _write_csv(self.folder / "thefts.csv", THEFT_COLUMNS, self.thefts)
        _write_csv(self.folder / "feeder_losses.csv", LOSS_COLUMNS, self.losses)
        manifest = {
            "parameters": parameters,
            "counts": counts,
            "fault_kinds": {kind.code: kind.meaning for kind in ALL_KINDS},
            "faults": self.faults.count_by_kind(),
            "files": [asdict(totals) for totals in sorted(self.files, key=lambda totals: totals.path)],
        }
        text = json.dumps(manifest, ensure_ascii=False, indent=1)
        (self.folder / "manifest.json").write_text(text + "\n", encoding="utf-8", newline="\n")


def _write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
