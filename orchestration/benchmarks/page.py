"""The page of figures: what was measured, on how much data, beside what, and how to measure it again."""

import platform
from pathlib import Path

from operational_db.settings import REPOSITORY_DIR
from orchestration.benchmarks.bill_run import ORM_SAMPLE, RUNS, Way

PAGE = REPOSITORY_DIR / "docs" / "benchmarks.md"

EXPLAINED = {
    "ours": "`bill_month`: bills, lines, ledger, billed days, provenance, checks, keys and indexes, one transaction",
    "naive SQL": "one numeric statement inserting into the same tables",
    "per account": f"an ORM loop, one account a transaction, measured on {ORM_SAMPLE:,} accounts",
    "floor": "binary COPY of the same bills, lines and ledger rows into bare tables, two sessions",
}


def table(ways: list[Way]) -> list[list[str]]:
    """The ways as rows of text: name, bills, seconds, bills per second, ratio of ours to it, hash of the lines."""
    ours = next(way for way in ways if way.name == "ours")
    return [
        [
            way.name,
            f"{way.bill_count:,}",
            f"{way.seconds:.2f}",
            f"{way.bills_per_second:,.0f}",
            f"{ours.bills_per_second / way.bills_per_second:.2f}",
            way.result[:12],
        ]
        for way in ways
    ]


COLUMNS = ["way", "bills", "seconds", "bills/s", "ours to it", "hash of lines"]


INTRODUCTION = """# Benchmarks

Written by `make bench`; all figures of a table come from one run on one machine. Ratios travel, seconds do not.
"""

BILL_RUN = """## Bill run: {accounts:,} household accounts, one month
`wattbook bench --accounts {accounts}`, {machine}, Python {python}; the median of {runs} runs (of the ORM loop one
run over a sample, so its hash is of other lines).

| {columns} | what it does |
|---|--:|--:|--:|--:|---|---|
{rows}
"""


def write(ways: list[Way], accounts: int, page: Path = PAGE) -> Path:
    """Write docs/benchmarks.md from the ways of one run."""
    bill_run = BILL_RUN.format(
        accounts=accounts,
        machine=platform.machine(),
        python=platform.python_version(),
        runs=RUNS,
        columns=" | ".join(COLUMNS),
        rows="\n".join("| " + " | ".join([*row, EXPLAINED[row[0]]]) + " |" for row in table(ways)),
    )
    page.write_text(INTRODUCTION + "\n" + bill_run, encoding="utf-8")
    return page
