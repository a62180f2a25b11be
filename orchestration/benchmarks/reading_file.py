"""How long a large file of readings takes, from its bytes to rows in the book.

`python -m orchestration.benchmarks.reading_file` measures and writes the figures into docs/readings.md; `--readings`
measures another size and only prints it. What the judge is worth is measured beside (`reading_judge`).
"""

import argparse
import csv
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from operational_db.connections import connect_as_admin
from operational_db.metering.reading_files import load_readings
from operational_db.reference.loading import FIRST_LOGIN
from operational_db.settings import Settings, load_settings
from orchestration.benchmarks.planted_readings import MONTHS, plant
from orchestration.benchmarks.reading_judge import PAGE, own_book, page_with

READINGS = 100_000
SEED = 301
SECTION = "speed"


@dataclass(frozen=True)
class Loaded:
    """One file: its size, the seconds of loading it, the seconds of loading it again, and its verdicts."""

    reading_count: int
    seconds: float
    again_seconds: float
    counts: dict[str, int]

    @property
    def table(self) -> str:
        cells = [
            f"{self.reading_count:,}", f"{self.reading_count * (MONTHS + 1):,}", f"{self.seconds:.1f}",
            f"{self.reading_count / self.seconds:,.0f}", f"{self.again_seconds:.1f}",
        ]  # fmt: skip
        told = ", ".join(f"{count:,} {verdict}" for verdict, count in sorted(self.counts.items()))
        return "\n".join(
            [
                "| readings in the file | values in the book before | seconds | readings a second | again, seconds |",
                "|--:|--:|--:|--:|--:|",
                f"| {' | '.join(cells)} |",
                "",
                f"Verdicts: {told}.",
            ]
        )


def measure(settings: Settings, readings: int = READINGS) -> Loaded:
    """Write the planted readings of a fresh book to a CSV file and load it twice."""
    planted = plant(settings, SEED, readings)
    with connect_as_admin(settings, autocommit=True) as session:
        session.execute("VACUUM ANALYZE")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "readings.csv"
        with file.open("w", encoding="utf-8", newline="") as target:
            rows = csv.writer(target)
            rows.writerow(("account_no", "read_on", "value_kwh"))
            rows.writerows((one.told.place, one.told.read_on, one.told.value_kwh) for one in planted)
        began = time.perf_counter()
        first, _ = load_readings(settings, file, leave_out_refused=True, by=FIRST_LOGIN)
        seconds = time.perf_counter() - began
        began = time.perf_counter()
        load_readings(settings, file, leave_out_refused=True, by=FIRST_LOGIN)
        return Loaded(readings, seconds, time.perf_counter() - began, first.counts)


def main(arguments: Sequence[str], page: Path = PAGE) -> int:
    """Measure the usual size and write the page, or another size and print it; returns the exit status."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--readings", type=int, default=READINGS, help="how many readings the file has")
    readings = parser.parse_args(arguments).readings
    with own_book(load_settings(), "bench_reading_file") as settings:
        table = measure(settings, readings).table
    sys.stdout.write(f"{table}\n")
    if readings == READINGS:
        page.write_text(page_with(page.read_text(encoding="utf-8"), table, SECTION), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
