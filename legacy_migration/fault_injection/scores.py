"""How many faults of each kind were named, over several dumps? Measured and told as tables.

Belongs here: one seed measured, sums over seeds, the lines of the page. Does not belong here: which seeds
(`orchestration.benchmarks.injected_faults`).
"""

import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from legacy_migration.fault_injection.confusion import confuse_column, is_refused
from legacy_migration.fault_injection.injector import InjectedFault, inject
from legacy_migration.fault_injection.judging import HARMLESS, Named, judge_dump
from legacy_migration.fault_injection.kinds import CONFUSED_COLUMN, InjectedKind, catalogue
from legacy_migration.synthetic_utility.generation import generate
from operational_db.settings import Settings

ACCOUNTS: Final = 700
MONTHS: Final = 4
UNSEEN: Final = Path(__file__).parent / "unseen.csv"


@dataclass
class Score:
    """What was planted and named; sums over dumps by `add`."""

    planted: Counter[str] = field(default_factory=Counter)
    named: Counter[str] = field(default_factory=Counter)
    reasons: dict[str, Counter[str]] = field(default_factory=dict)
    missed: list[InjectedFault] = field(default_factory=list)
    alarms_on_clean: list[Named] = field(default_factory=list)
    alarms_on_spoiled: list[Named] = field(default_factory=list)
    harmless: Counter[str] = field(default_factory=Counter)
    clean_dumps: int = 0
    spoiled_dumps: int = 0
    named_things: int = 0

    def add(self, other: "Score") -> None:
        """Take the figures of other dumps in."""
        self.planted += other.planted
        self.named += other.named
        for kind, counts in other.reasons.items():
            self.reasons[kind] = self.reasons.get(kind, Counter()) + counts
        self.missed += other.missed
        self.alarms_on_clean += other.alarms_on_clean
        self.alarms_on_spoiled += other.alarms_on_spoiled
        self.harmless += other.harmless
        self.clean_dumps += other.clean_dumps
        self.spoiled_dumps += other.spoiled_dumps
        self.named_things += other.named_things

    def put(self, fault: InjectedFault, reasons: Iterable[str]) -> None:
        """One fault, and for which reasons it was named: none where it was missed."""
        counted = Counter(reasons)
        self.planted[fault.kind] += 1
        self.named[fault.kind] += bool(counted)
        self.reasons[fault.kind] = self.reasons.get(fault.kind, Counter()) + counted
        if not counted:
            self.missed.append(fault)


def measure(
    settings: Settings, folder: Path, seed: int, count: int, *, by: str, kinds: Sequence[str] | None = None
) -> Score:
    """One clean dump and one with so many faults of each kind, of one seed; and dumps with a confused column."""
    wanted = list(kinds or catalogue())
    score = Score(clean_dumps=1, spoiled_dumps=1)
    clean, spoiled = folder / f"clean_{seed}", folder / f"spoiled_{seed}"
    for dump in (clean, spoiled):
        generate(ACCOUNTS, MONTHS, seed, dump, with_faults=False)
    judged = judge_dump(settings, clean, [], by=by)
    score.alarms_on_clean += judged.false_alarms
    score.harmless += judged.harmless
    judged = judge_dump(settings, spoiled, inject(spoiled, seed, count, wanted), by=by)
    score.alarms_on_spoiled += judged.false_alarms
    score.harmless += judged.harmless
    score.named_things += judged.named_count
    for fault, reasons in judged.found.items():
        score.put(fault, reasons)
    for number in range(count if CONFUSED_COLUMN in wanted else 0):
        other = folder / f"confused_{seed}_{number}"
        fault = confuse_column(clean, other, seed, number)
        score.put(fault, ["REFUSED"] if is_refused(settings, other, fault, by=by) else ())
    return score


def row_head(kind: InjectedKind) -> str:
    """The part of a kind's line that does not depend on a measurement."""
    return f"| {kind.group} | `{kind.code}` | {kind.done} |"


def kinds_table(score: Score) -> list[str]:
    """A line a kind."""
    lines = ["| group | kind | what is done to the files | planted | named | as |", "|---|---|---|--:|--:|---|"]
    for kind in catalogue().values():
        counted = sorted(score.reasons.get(kind.code, Counter()).items(), key=lambda pair: (-pair[1], pair[0]))
        told = ", ".join(f"{reason} {count}" for reason, count in counted)
        lines.append(f"{row_head(kind)} {score.planted[kind.code]} | {score.named[kind.code]} | {told} |")
    lines.append(f"| | all | | {score.planted.total()} | {score.named.total()} | |")
    return lines


def alarms_lines(score: Score) -> list[str]:
    """What was named though nothing was wrong, and the notes that may be."""
    right = score.named_things - len(score.alarms_on_spoiled)
    share = right / max(score.named_things, 1)
    told = (
        f"- {score.spoiled_dumps} spoiled dumps: {score.named_things:,} things named, of them about rows and keys that"
        f" no fault touched: {len(score.alarms_on_spoiled)}; precision {share:.4f}."
    )
    lines = [
        f"- {score.clean_dumps} clean dumps: {len(score.alarms_on_clean)} false alarms.",
        told,
        f"- Harmless notes, counted apart: {score.harmless.total()}.",
    ]
    return lines + [f"  - `{reason}` {score.harmless[reason]}: {why}." for reason, why in HARMLESS.items()]


def missed_lines(score: Score) -> list[str]:
    """Each fault that was not named."""
    return [
        f"- `{fault.kind}` in {fault.file}{f', row {fault.row}' if fault.row else ''} ({', '.join(fault.keys)}): "
        f'written "{fault.written}", right is "{fault.truth}".'
        for fault in score.missed
    ] or ["None."]


def unseen_table() -> list[str]:
    """What no dump shows by itself, with the reason."""
    with UNSEEN.open(encoding="utf-8", newline="") as file:
        told = list(csv.reader(file))
    head, *rows = (f"| {fault} | {why} |" for fault, why in told)
    return [head, "|---|---|", *rows]
