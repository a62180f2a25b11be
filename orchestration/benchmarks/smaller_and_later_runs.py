"""What a run over one RES costs beside the run over all, and what a month costs after two years of months.

The ways of billing one whole month beside each other are in bill_run.py.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from operational_db import schema
from operational_db.billing.commands import bill_month, close_month
from operational_db.connections import connect_as_admin
from operational_db.reference.loading import FIRST_LOGIN, load_reference
from operational_db.settings import Settings
from orchestration.benchmarks.consumers import MONTH, fill, read_month
from orchestration.benchmarks.databases import copy_of, drop

MONTHS = 24
AROUND = 3
"""How many months stand for the first and for the last: what the server does beside one of them is no part of it."""
RES_COUNT = 5


@dataclass(frozen=True)
class Run:
    """One bill run: what of, how many bills, the seconds, and the share of the run that it is compared with."""

    name: str
    bill_count: int
    seconds: float
    beside: str
    ratio: float


def measure_smaller_and_later(
    settings: Settings, accounts: int, months: int = MONTHS, on_progress: Callable[[str], None] = print
) -> list[Run]:
    """Bill months one after the other, each closed before the next; in a copy of the first, single RES of it."""
    book = settings.model_copy(update={"database_name": "wattbook_bench"})
    drop(book)
    schema.upgrade(book)
    load_reference(book)
    on_progress(f"filling a book of {accounts:,} accounts")
    fill(book, accounts)
    by_res = _one_res(copy_of(book))
    runs = []
    month = MONTH
    for number in range(1, months + 1):
        if number > 1:
            on_progress(f"reading and billing month {number}")
            read_month(book, month)
        runs.append(_timed(book, f"month {number}", month))
        close_month(book, month, by=FIRST_LOGIN)
        month = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    drop(book)
    first = _median(runs[:AROUND], "the first month")
    last = _median(runs[-AROUND:], f"month {months}")
    compared = [by_res] if months == 1 else [by_res, last]
    return [
        first,
        *(Run(run.name, run.bill_count, run.seconds, first.name, run.seconds / first.seconds) for run in compared),
    ]


def _median(runs: list[Run], name: str) -> Run:
    return Run(name, runs[0].bill_count, statistics.median(run.seconds for run in runs), "", 1)


def _one_res(book: Settings) -> Run:
    """The median of some RES billed one by one, the first of them not counted: it comes upon an empty month."""
    with connect_as_admin(book) as session:
        codes = [
            row[0]
            for row in session.execute(
                "SELECT code FROM ops.unit WHERE level = 'res' ORDER BY code LIMIT %s", [RES_COUNT + 1]
            )
        ]
    runs = [_timed(book, "one RES of many", MONTH, code) for code in codes][1:]
    drop(book)
    return Run(runs[0].name, runs[0].bill_count, statistics.median(run.seconds for run in runs), "", 1)


def _timed(book: Settings, name: str, month: date, unit_code: str | None = None) -> Run:
    began = time.perf_counter()
    posted = bill_month(book, month, unit_code=unit_code, by=FIRST_LOGIN)
    return Run(name, posted.bill_count, time.perf_counter() - began, "", 1)
