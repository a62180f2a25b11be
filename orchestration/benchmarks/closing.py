"""What closing a month costs when 24 months lie behind it, beside what it costs when none does.

A book of households with a life: everybody is read and billed each month, most pay, one reading in a hundred is doubted
and believed again. What a close looks at grows with nothing but the month. A second book stays in its first month, and
is closed turn by turn with the one that has grown old: the speed of a machine swings more within half an hour than what
is asked here. `python -m orchestration.benchmarks.closing` writes the section of docs/benchmarks.md; what bills cost is
in bill_run.py and smaller_and_later_runs.py.
"""

import argparse
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from operational_db import schema
from operational_db.billing.commands import bill_month, close_month
from operational_db.connections import Role, connect, connect_as_admin
from operational_db.exchange.sources import record_command
from operational_db.reference.loading import FIRST_LOGIN, load_reference
from operational_db.settings import Settings, load_settings
from orchestration.benchmarks.consumers import MONTH, fill, read_month
from orchestration.benchmarks.databases import drop
from orchestration.benchmarks.page import PAGE

ACCOUNTS = 20_000
MONTHS = 24
TIMES = 11
TIMED = (1, 12)
GOAL = 1.1

HEADING = "## Closing: {accounts:,} household accounts, month after month"

SECTION = (
    HEADING
    + """
`python -m orchestration.benchmarks.closing --accounts {accounts} --months {months}`, {machine}, Python {python}.
All RES closed in one transaction, turn by turn with a second book that stays in its first month; each figure is the
median of {times} closes that are taken back. Processor seconds are those of the server's session, which other work on
the machine does not lengthen.

| month | RES | bills and payments | seconds | month 1 | ratio | processor seconds | month 1 | ratio |
|--:|--:|--:|--:|--:|--:|--:|--:|--:|
{rows}

Goal: month 24 at most {goal:.0%} of the first.
"""
)

# Of ten consumers, nine pay what they owe; the others pay nothing in that month.
PAYMENTS = """
CREATE TABLE work.paid AS
SELECT
    'bank' AS channel_code, 'P' || b.account_id || '-' || %(month)s AS external_id, b.account_id, b.booked_month,
    NULL::bigint AS payment_package_id, %(month)s::date + 27 AS paid_on, b.charge_minor AS amount_minor,
    'electricity' AS article_code, NULL::text AS payer_text, b.res_id, %(source)s::bigint AS source_id, 0 AS source_row
FROM ops.bill AS b
WHERE b.booked_month = %(month)s AND (b.account_id + date_part('month', b.booked_month)::integer) %% 10 <> 0
    AND b.charge_minor > 0
"""

DOUBTS = """
INSERT INTO ops.reading_event (account_id, booked_month, reading_id, event, rule, reason, source_id)
SELECT r.account_id, r.booked_month, r.reading_id, e.event, e.rule, 'Doubted and believed again.', %(source)s
FROM ops.reading AS r
CROSS JOIN (VALUES (1, 'quarantined', 'jump'), (2, 'released', NULL)) AS e (place, event, rule)
WHERE r.booked_month = %(month)s AND NOT r.is_opening
    AND (r.account_id + date_part('month', r.booked_month)::integer) %% 100 = 0
ORDER BY r.reading_id, e.place
"""


@dataclass(frozen=True)
class Cost:
    """What one close costs: the median seconds, and those of the server's processors.

    `processor_seconds` are hardly lengthened by other work on the machine; None where the server runs elsewhere.
    """

    seconds: float
    processor_seconds: float | None


@dataclass(frozen=True)
class TimedClose:
    """The close of one month of all RES beside that of the first month of a book as large: how much is in it."""

    number: int
    res_count: int
    document_count: int
    cost: Cost
    first: Cost


def measure(
    settings: Settings, accounts: int, months: int, on_progress: Callable[[str], None] = print
) -> list[TimedClose]:
    """Live through the months one after the other, each closed before the next; both databases made are dropped."""
    book, young = (
        settings.model_copy(update={"database_name": name})
        for name in ("wattbook_bench_closing", "wattbook_bench_closing_young")
    )
    for each in (book, young):
        drop(each)
        schema.upgrade(each)
        load_reference(each)
        on_progress(f"filling a book of {accounts:,} accounts")
        fill(each, accounts)
    _live(young, MONTH)
    closes = []
    month = MONTH
    for number in range(1, months + 1):
        if number > 1:
            read_month(book, month)
        document_count = _live(book, month)
        if number in TIMED or number == months:
            cost, first = _timed(book, month, young)
            closes.append(TimedClose(number, 0, document_count, cost, first))
            on_progress(f"month {number}: {cost.seconds:.2f} s, a first month beside it {first.seconds:.2f} s")
        closed = close_month(book, month, by=FIRST_LOGIN)
        if closes[-1].number == number:
            closes[-1] = replace(closes[-1], res_count=len(closed))
        month = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    drop(book)
    drop(young)
    return closes


def _live(book: Settings, month: date) -> int:
    """What happens in a month before it is closed; returns how many bills and payments that makes."""
    with connect(book, Role.LOADER) as session:
        told = {
            "month": month,
            "source": record_command(session, "bench", {"month": f"{month:%Y-%m}"}, user_id=None),
        }
        session.execute(DOUBTS, told)
    billed = bill_month(book, month, by=FIRST_LOGIN)
    with connect(book, Role.LOADER) as session:
        session.execute(PAYMENTS, told)
        session.execute("GRANT ALL ON work.paid TO wattbook_owner")
        paid = session.execute("SELECT ops.post_payments('work.paid')").fetchone()[0]
        session.execute("DROP TABLE work.paid")
    with connect_as_admin(book, autocommit=True) as session:
        # As the server's own analyze would have done by the end of a month.
        session.execute("ANALYZE ops.payment, ops.ledger, ops.reading_event")
        session.execute("CHECKPOINT")
    return billed.bill_count + paid


def _timed(book: Settings, month: date, young: Settings) -> tuple[Cost, Cost]:
    """Close both books turn by turn, each close taken back; the one that begins changes with every turn."""
    timed: dict[str, list[tuple[float, float | None]]] = {book.database_name: [], young.database_name: []}
    for time_no in range(TIMES):
        turns = [(book, month), (young, MONTH)]
        for each, its_month in turns if time_no % 2 else reversed(turns):
            timed[each.database_name].append(_close_once(each, its_month))
    return _median(timed[book.database_name]), _median(timed[young.database_name])


def _close_once(book: Settings, month: date) -> tuple[float, float | None]:
    spent, began = _processor_seconds(book), time.perf_counter()
    close_month(book, month, by=FIRST_LOGIN, dry_run=True)
    seconds = time.perf_counter() - began
    spent_then = _processor_seconds(book)
    return seconds, spent_then - spent if spent is not None and spent_then is not None else None


def _median(timed: Sequence[tuple[float, float | None]]) -> Cost:
    processor = [spent for _, spent in timed if spent is not None]
    return Cost(statistics.median(seconds for seconds, _ in timed), statistics.median(processor) if processor else None)


def _processor_seconds(book: Settings) -> float | None:
    """What sessions of the server that have ended cost so far, as the system keeps it for their parent."""
    with connect_as_admin(book) as session:
        pid = session.execute("SELECT pg_backend_pid()").fetchone()[0]
        try:
            server_pid = int(_of_process(pid)[1])
        except OSError:
            return None
    # This session, and the one that closed, have to be gone first.
    time.sleep(0.5)
    user, system = _of_process(server_pid)[13:15]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _of_process(pid: int) -> list[str]:
    """What Linux tells of a process, from its state on (proc(5), stat)."""
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()


def section(closes: Sequence[TimedClose], accounts: int) -> str:
    """The section of the page."""
    return SECTION.format(
        accounts=accounts,
        months=closes[-1].number,
        machine=platform.machine(),
        python=platform.python_version(),
        times=TIMES,
        goal=GOAL,
        rows="\n".join(
            f"| {one.number} | {one.res_count} | {one.document_count:,} |"
            f" {_beside(one.cost.seconds, one.first.seconds)} |"
            f" {_beside(one.cost.processor_seconds, one.first.processor_seconds)} |"
            for one in closes
        ),
    )


def _beside(spent: float | None, first: float | None) -> str:
    return f"{spent:.2f} | {first:.2f} | {spent / first:.1%}" if spent is not None and first else " |  | "


def write(closes: Sequence[TimedClose], accounts: int, page: Path = PAGE) -> None:
    """Put the section in the place of the older one of this size; all others stay."""
    heading = HEADING.format(accounts=accounts)
    introduction, *others = page.read_text(encoding="utf-8").split("\n## ")
    kept = [f"## {other}".rstrip() for other in others if not f"## {other}".startswith(heading)]
    page.write_text(
        "\n\n".join([introduction.rstrip(), *kept, section(closes, accounts).rstrip()]) + "\n", encoding="utf-8"
    )


def main(arguments: Sequence[str]) -> int:
    """Measure, say, and write the page unless told not to."""
    parser = argparse.ArgumentParser(prog="python -m orchestration.benchmarks.closing")
    parser.add_argument("--accounts", type=int, default=ACCOUNTS)
    parser.add_argument("--months", type=int, default=MONTHS)
    parser.add_argument("--no-page", action="store_true")
    told = parser.parse_args(arguments)
    closes = measure(load_settings(), told.accounts, told.months, lambda line: sys.stderr.write(f"{line}\n"))
    sys.stdout.write(section(closes, told.accounts))
    if not told.no_page:
        write(closes, told.accounts)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
