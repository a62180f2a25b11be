"""The made-up utility's files, written once: the same request again finds them there.

How they are made is in `legacy_migration.synthetic_utility`.
"""

import json
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from legacy_migration.synthetic_utility.generation import generate
from orchestration.progress import OnProgress

FIRST_MONTH = date(2026, 1, 1)


@dataclass(frozen=True)
class MadeUpUtility:
    """What decides every byte of its files."""

    accounts: int
    months: int
    seed: int

    @property
    def covered_months(self) -> list[date]:
        """The months that its readings cover, oldest first."""
        first = FIRST_MONTH.year * 12 + FIRST_MONTH.month - 1
        return [date(number // 12, number % 12 + 1, 1) for number in range(first, first + self.months)]


def write_once(utility: MadeUpUtility, directory: Path, on_progress: OnProgress) -> bool:
    """Write the files unless this very utility is there whole; True when they were written."""
    if is_written(utility, directory):
        return False
    note = _note(directory)
    note.unlink(missing_ok=True)
    write(utility, directory, on_progress)
    unfinished = note.with_suffix(".unfinished")
    unfinished.write_text(json.dumps(asdict(utility)), encoding="utf-8")
    unfinished.replace(note)
    return True


def write(utility: MadeUpUtility, directory: Path, on_progress: OnProgress) -> None:
    generate(
        utility.accounts,
        utility.months,
        utility.seed,
        directory,
        first_month=FIRST_MONTH,
        on_progress=lambda done, total: on_progress("writing legacy files", done, total),
    )


def is_written(utility: MadeUpUtility, directory: Path) -> bool:
    note = _note(directory)
    return note.is_file() and json.loads(note.read_text(encoding="utf-8")) == asdict(utility)


def _note(directory: Path) -> Path:
    """Beside the files and written last, so that a run that was killed leaves none."""
    return directory.with_name(f"{directory.name}.json")
