"""How well the judge of readings tells slips, registers that passed zero, and what is merely unusual.

`python -m orchestration.benchmarks.reading_judge` measures on the seeds that were not used while building and writes
the figures into docs/readings.md; with --check it exits with 1 where they differ. A test repeats the first seed.
"""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from operational_db import schema
from operational_db.connections import connect_as_admin
from operational_db.metering.readings import ACCEPTED, QUARANTINED, REFUSED, enter_readings
from operational_db.reference.loading import FIRST_LOGIN, load_reference
from operational_db.settings import REPOSITORY_DIR, Settings, load_settings
from orchestration.benchmarks.planted_readings import CASES, SLIPS, PlantedReading, plant

PAGE = REPOSITORY_DIR / "docs" / "readings.md"
POINTS = 2000
HELD_OUT_SEEDS = (201, 202, 203, 204, 205)
"""Bounds and rules were set while looking at seeds 1 to 3 and 101 to 105."""

PASSED_ZERO = "passed zero"
SECTION = "judge"


@dataclass(frozen=True)
class Measured:
    """Of one seed: how often each case got each verdict, and what the judge's two answers were worth.

    Quarantine: a slip that is quarantined or refused is found. Rollover: a passage through zero that is accepted as
    one. `worst_missed_kwh` is the most that an accepted reading asks for beyond the true use.
    """

    seed: int
    verdicts: dict[str, Counter[str]]
    rollovers: Counter[str]
    worst_missed_kwh: Decimal

    def count(self, cases: Sequence[str], verdicts: Sequence[str]) -> int:
        return sum(self.verdicts[case][verdict] for case in cases for verdict in verdicts)

    @property
    def row(self) -> list[str]:
        stopped = (QUARANTINED, REFUSED)
        slips = self.count(SLIPS, (ACCEPTED, *stopped))
        all_stopped = self.count(list(CASES), stopped)
        true_rollovers = self.count([PASSED_ZERO], (ACCEPTED, *stopped))
        said_rollovers = sum(self.rollovers.values())
        return [
            str(self.seed),
            str(slips),
            _share(self.count(SLIPS, stopped), all_stopped),
            _share(self.count(SLIPS, stopped), slips),
            str(true_rollovers),
            _share(self.rollovers[PASSED_ZERO], said_rollovers),
            _share(self.rollovers[PASSED_ZERO], true_rollovers),
            f"{self.worst_missed_kwh:,.0f}",
        ]


def measure(settings: Settings, seed: int, points: int = POINTS) -> Measured:
    """Plant the readings of a seed in a fresh book and let the judge have them; nothing of them is kept."""
    planted = {one.told.row_no: one for one in plant(settings, seed, points)}
    with connect_as_admin(settings, autocommit=True) as session:
        session.execute("ANALYZE")
    answer = enter_readings(
        settings, [one.told for one in planted.values()], leave_out_refused=True, dry_run=True, by=FIRST_LOGIN
    )
    verdicts: dict[str, Counter[str]] = {case: Counter() for case in CASES}
    rollovers: Counter[str] = Counter()
    worst = Decimal(0)
    for judged in answer.readings:
        one: PlantedReading = planted[judged.row_no]
        verdicts[one.case][judged.verdict] += 1
        if judged.verdict == ACCEPTED:
            rollovers[one.case] += judged.is_rollover
            worst = max(worst, Decimal(judged.energy_kwh or 0) - one.true_kwh)
    return Measured(seed, verdicts, rollovers, worst)


COLUMNS = (
    "seed", "slips", "quarantine: precision", "recall", "passed zero", "rollover: precision", "recall",
    "most kWh too much let through",
)  # fmt: skip


def figures(measured: Sequence[Measured]) -> str:
    """The tables of the page."""
    seeds = ", ".join(str(one.seed) for one in measured)
    lines = [
        f"{POINTS:,} readings a seed, of seeds {seeds} that were not used while building.",
        "",
        "| " + " | ".join(COLUMNS) + " |",
        "|" + "--:|" * len(COLUMNS),
        *("| " + " | ".join(one.row) + " |" for one in measured),
        "",
        "Of all seeds together:",
        "",
        "| what was planted | readings | accepted | quarantined | refused |",
        "|---|--:|--:|--:|--:|",
    ]
    for case in CASES:
        counts = Counter[str]()
        for one in measured:
            counts += one.verdicts[case]
        shown = [sum(counts.values()), counts[ACCEPTED], counts[QUARANTINED], counts[REFUSED]]
        lines.append(f"| {case} | " + " | ".join(f"{count:,}" for count in shown) + " |")
    return "\n".join(lines)


def page_with(text: str, tables: str, section: str = SECTION) -> str:
    """The page with the figures of a section replaced."""
    begin, end = f"<!-- figures of the {section}: begin -->", f"<!-- figures of the {section}: end -->"
    before, _, rest = text.partition(begin)
    _, _, after = rest.partition(end)
    return f"{before}{begin}\n{tables}\n{end}{after}"


def main(arguments: Sequence[str], page: Path = PAGE) -> int:
    """Measure all held-out seeds and write the page, or only compare; returns the exit status."""
    measured = []
    for seed in HELD_OUT_SEEDS:
        with own_book(load_settings(), f"bench_readings_{seed}") as settings:
            measured.append(measure(settings, seed))
    text = page.read_text(encoding="utf-8")
    wanted = page_with(text, figures(measured))
    if "--check" in arguments:
        if text != wanted:
            sys.stderr.write(f"{page} is out of date; run `python -m orchestration.benchmarks.reading_judge`.\n")
        return int(text != wanted)
    page.write_text(wanted, encoding="utf-8")
    return 0


@contextmanager
def own_book(settings: Settings, database_name: str) -> Iterator[Settings]:
    """A database of its own with schema and reference data, dropped afterwards."""
    own = settings.model_copy(update={"database_name": database_name})
    with connect_as_admin(settings.model_copy(update={"database_name": "postgres"}), autocommit=True) as session:
        session.execute(f"DROP DATABASE IF EXISTS {own.database_name} WITH (FORCE)")
        session.execute(f"CREATE DATABASE {own.database_name}")
        try:
            schema.upgrade(own)
            load_reference(own)
            yield own
        finally:
            session.execute(f"DROP DATABASE IF EXISTS {own.database_name} WITH (FORCE)")


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.3f}" if whole else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
