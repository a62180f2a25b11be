"""How many faults, put into clean dumps on purpose, does a migration name?

`python -m orchestration.benchmarks.injected_faults` measures on the seeds that were not used while building, prints the
scores and writes docs/migration_faults.md; with --check it measures nothing and exits with 1 where the page does not
show the kinds, reasons and seeds as they are now. `--seeds 1,2` prints the scores of other seeds and writes nothing.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from legacy_migration.fault_injection.kinds import catalogue
from legacy_migration.fault_injection.scores import (
    ACCOUNTS,
    MONTHS,
    Score,
    alarms_lines,
    kinds_table,
    measure,
    missed_lines,
    row_head,
    unseen_table,
)
from operational_db import server
from operational_db.reference.loading import FIRST_LOGIN
from operational_db.settings import REPOSITORY_DIR, Settings, load_settings
from orchestration.benchmarks.reading_judge import own_book

PAGE: Final = REPOSITORY_DIR / "docs" / "migration_faults.md"
BUILDING_SEEDS: Final = (1, 2, 3, 4, 5, 6)
SPENT_SEEDS: Final = tuple(range(8101, 8111))
"""Judged a first pass, whose misses were read: checks were added since, so they judge no more."""
JUDGING_SEEDS: Final = tuple(range(8201, 8211))
FAULTS_A_DUMP: Final = 5

INTRODUCTION: Final = """# Faults put in on purpose

Written by `python -m orchestration.benchmarks.injected_faults`. Each dump is a utility of {accounts} accounts and
{months} months without any fault; {count} faults of every kind are put into its files, each at a consumer of its own,
and it is migrated with the profile `merged_utility` and not accepted. A fault is found where a verdict, remark or
difference names it by its old key, or by file and row, for a reason that fits its kind
(`legacy_migration/fault_injection/kinds.csv`); where two consumers are exchanged, both must be named.
What is named about a spoiled consumer for other reasons follows from the fault and is counted neither way.
"""
SEEDS: Final = (
    "Built on seeds {building}; {spent} judged a first pass before the last checks came and were set aside; judged on "
    "seeds {judging}, which were not looked at before."
)
"""Rules and reasons were set while looking at the former."""


def seeds_line() -> str:
    """Which seeds were used for what."""
    return SEEDS.format(
        building=", ".join(map(str, BUILDING_SEEDS)),
        spent=f"{SPENT_SEEDS[0]} to {SPENT_SEEDS[-1]}",
        judging=f"{JUDGING_SEEDS[0]} to {JUDGING_SEEDS[-1]}",
    )


def measure_all(settings: Settings, seeds: Sequence[int], count: int = FAULTS_A_DUMP) -> Score:
    """Every seed in a book of its own."""
    score = Score()
    for seed in seeds:
        with own_book(settings, f"bench_faults_{seed}") as own, tempfile.TemporaryDirectory() as folder:
            score.add(measure(own, Path(folder), seed, count, by=FIRST_LOGIN))
        sys.stderr.write(f"seed {seed}: {score.named.total()} of {score.planted.total()} named so far\n")
    return score


def page(score: Score, seconds: float) -> str:
    """The whole page."""
    parts = [
        INTRODUCTION.format(accounts=ACCOUNTS, months=MONTHS, count=FAULTS_A_DUMP),
        f"{seeds_line()} One pass took {seconds:.0f} seconds.\n",
        "## Found\n",
        *kinds_table(score),
        "",
        "## False alarms\n",
        *alarms_lines(score),
        "",
        "## Missed\n",
        *missed_lines(score),
        "",
        "## What no dump shows by itself\n",
        *unseen_table(),
    ]
    return "\n".join(parts) + "\n"


def outdated(text: str) -> list[str]:
    """What a page lacks that does not depend on a measurement."""
    wanted = [seeds_line(), *(row_head(kind) for kind in catalogue().values()), *unseen_table()]
    lacking = [line for line in wanted if line not in text]
    told = {line.split("`")[1] for line in text.splitlines() if line.startswith("| ") and line.count("`") == 2}
    return lacking + [f"{code}: no kind any more" for code in sorted(told - set(catalogue()))]


def main(arguments: Sequence[str], path: Path = PAGE) -> int:
    """Measure and write, or check; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--seeds", type=lambda text: tuple(map(int, text.split(","))))
    chosen = parser.parse_args(arguments)
    if chosen.check:
        lacking = outdated(path.read_text(encoding="utf-8") if path.is_file() else "")
        if lacking:
            sys.stderr.write(f"{path} is out of date ({lacking[0]}); run `python -m {__spec__.name}`.\n")
        return int(bool(lacking))
    settings = load_settings()
    server.start(settings)
    began = time.monotonic()
    score = measure_all(settings, chosen.seeds or JUDGING_SEEDS)
    told = page(score, time.monotonic() - began)
    sys.stdout.write(told)
    if not chosen.seeds:
        path.write_text(told, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
