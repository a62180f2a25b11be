"""The page of figures: what was measured, on how much data, beside what, and how to measure it again."""

import platform
from collections.abc import Iterable
from pathlib import Path

from operational_db.settings import REPOSITORY_DIR
from orchestration.benchmarks.bill_run import ORM_SAMPLE, RUNS, Way
from orchestration.benchmarks.smaller_and_later_runs import AROUND, RES_COUNT, Run

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

Written by `make bench`; all figures of a section come from one run on one machine. Ratios travel, seconds do not.
"""

HEADING = "## Bill run: {accounts:,} household accounts, one month"

BILL_RUN = (
    HEADING
    + """
`wattbook bench --accounts {accounts}`, {machine}, Python {python}; the median of {runs} runs (of the ORM loop one
run over a sample, so its hash is of other lines).

| {columns} | what it does |
|---|--:|--:|--:|--:|---|---|
{rows}
"""
)

SMALLER_AND_LATER = """
| run | bills | seconds | beside | its share |
|---|--:|--:|---|--:|
{rows}

One RES is the median of {res_count} that are billed one after the other. A month is billed once the months before it
are billed and closed; the first is the median of the first {around}, the last of the last {around}.
"""

RUN_COLUMNS = ["run", "bills", "seconds", "beside", "its share"]


def run_table(runs: list[Run]) -> list[list[str]]:
    """The smaller and later runs as rows of text."""
    return [
        [run.name, f"{run.bill_count:,}", f"{run.seconds:.2f}", run.beside, f"{run.ratio:.1%}" if run.beside else ""]
        for run in runs
    ]


def write(ways: list[Way], runs: list[Run], accounts: int, page: Path = PAGE) -> Path:
    """Write the section of this many accounts into docs/benchmarks.md; sections of other sizes stay."""
    section = BILL_RUN.format(
        accounts=accounts,
        machine=platform.machine(),
        python=platform.python_version(),
        runs=RUNS,
        columns=" | ".join(COLUMNS),
        rows=_rows([*row, EXPLAINED[row[0]]] for row in table(ways)),
    )
    if runs:
        section += SMALLER_AND_LATER.format(rows=_rows(run_table(runs)), res_count=RES_COUNT, around=AROUND)
    heading = HEADING.format(accounts=accounts)
    others = [
        f"## {other}"
        for other in page.read_text(encoding="utf-8").split("\n## ")[1:]
        if not f"## {other}".startswith(heading)
    ]
    page.write_text("\n".join([INTRODUCTION, section, *others]).rstrip() + "\n", encoding="utf-8")
    return page


def keep_section(page: Path, heading: str, section: str) -> None:
    """Put a section where the one of this heading stands, or at the end; all others stay."""
    introduction, *others = page.read_text(encoding="utf-8").split("\n## ")
    sections = [f"## {other}".rstrip() + "\n" for other in others]
    place = next((no for no, other in enumerate(sections) if other.startswith(heading)), len(sections))
    sections[place : place + 1] = [section.rstrip() + "\n"]
    page.write_text("\n".join([introduction.rstrip() + "\n", *sections]), encoding="utf-8")


def _rows(rows: Iterable[list[str]]) -> str:
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)
