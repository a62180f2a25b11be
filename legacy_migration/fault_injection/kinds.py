"""Which faults can be put into a dump, and what counts as having named each? Read from `kinds.csv`.

Belongs here: the catalogue. Does not belong here: how a fault is put into files (`injector`).
"""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

CATALOGUE: Final = Path(__file__).parent / "kinds.csv"

CONFUSED_COLUMN: Final = "confused_column"
"""The one kind for which a dump is refused; it has dumps of its own."""
LEADING_ZERO: Final = "leading_zero_account"
"""The one kind that must be healed rather than named."""


@dataclass(frozen=True)
class InjectedKind:
    """One kind: its group in the issue, what is done, reasons of verdicts, remarks and differences that name it."""

    code: str
    group: str
    done: str
    reasons: frozenset[str]


@cache
def catalogue() -> dict[str, InjectedKind]:
    """All kinds by code, in the order of the page."""
    with CATALOGUE.open(encoding="utf-8", newline="") as file:
        return {
            row["kind"]: InjectedKind(row["kind"], row["group"], row["what is done"], frozenset(row["reasons"].split()))
            for row in csv.DictReader(file)
        }
