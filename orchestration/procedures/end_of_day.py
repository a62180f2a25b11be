"""The end of a day: what waits for a person, the marts, and whether what is closed is what was closed.

Nothing is posted at night: which package is right, whose money it is, which of two readings holds is for a person.
"""

from collections.abc import Iterator

from operational_db.billing.commands import closes_in_doubt
from operational_db.billing.waiting_work import WaitingWork, waiting_work
from operational_db.refusal import Refusal
from operational_db.settings import Settings
from orchestration.answers import grouped, money
from orchestration.book import book_currency
from orchestration.procedures.step import Outcome, Step, build_marts
from orchestration.progress import OnProgress, silently

# Kind of work: what it is called, and where a person looks at it.
_KINDS = {
    "packages": ("packages of payments are entered and not posted", "wattbook payments package list"),
    "quarantine": ("readings stand in quarantine", "wattbook readings quarantine"),
    "unrecognised": ("payments are of nobody known", "wattbook payments pool"),
    "doubled": ("payments may have come in twice", "wattbook payments doubled"),
    "amendments": ("corrections of billed months wait for the next bill run", "wattbook bill"),
    "readings": ("readings wait for the next bill run", "wattbook bill"),
}


def end_of_day(
    settings: Settings,
    *,
    by: str,
    unit_code: str | None = None,
    dry_run: bool = False,
    on_progress: OnProgress = silently,
) -> Iterator[Step]:
    """Go through the end of a day for a unit, the whole supplier unless named; the marts are of all.

    Raises:
        Refusal: there is no such unit or user.
    """
    yield from _what_waits(settings, by=by, unit_code=unit_code)
    yield build_marts(settings, on_progress, dry_run=dry_run)
    yield _newest_closes(settings, by=by, unit_code=unit_code)


def _what_waits(settings: Settings, *, by: str, unit_code: str | None) -> Iterator[Step]:
    found = {work.work: work for work in waiting_work(settings, by=by, unit_code=unit_code)}
    currency = book_currency(settings)
    for kind, (what, command) in _KINDS.items():
        if kind not in found:
            yield Step(kind, Outcome.DONE, f"0 {what}.")
            continue
        sum_of_them = _sum_of(found[kind], currency.minor_per_major, currency.code)
        yield Step(
            kind,
            Outcome.WAITS,
            f"{grouped(found[kind].how_many)} {what}{sum_of_them}, the first of them {found[kind].first_one} "
            f"(`{command}`).",
        )


def _sum_of(work: WaitingWork, minor_per_major: int, currency_code: str) -> str:
    if work.amount_minor is None:
        return ""
    return f", {money(work.amount_minor, minor_per_major)} {currency_code}"


def _newest_closes(settings: Settings, *, by: str, unit_code: str | None) -> Step:
    try:
        doubts = closes_in_doubt(settings, by=by, unit_code=unit_code, newest_only=True)
    except Refusal as refusal:
        return Step("closes", Outcome.STANDS_IN_THE_WAY, refusal.sentence)
    if doubts:
        return Step(
            "closes",
            Outcome.STANDS_IN_THE_WAY,
            f"{grouped(len(doubts))} closed months are not what was closed; see all with `wattbook verify-closed`.",
            tuple(f"{one.month:%Y-%m} of {one.res_code}: {one.doubt}." for one in doubts),
        )
    return Step("closes", Outcome.DONE, "The newest closed month of each RES is what was closed.")
