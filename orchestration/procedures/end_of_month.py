"""The end of a month: bills, penalties, subsidies, credits, checks, closes, marts, forms.

A RES at which a step was refused is left out of those after it, and does not close; the others do.
"""

from collections.abc import Iterator
from datetime import date

from operational_db.billing.commands import bill_month, close_checks, close_month, month_of_res
from operational_db.billing.preview import try_month
from operational_db.billing.unwinding import unwind_credits
from operational_db.debt.penalties import charge_penalties
from operational_db.refusal import Refusal
from operational_db.settings import Settings
from operational_db.subsidies.accruals import use_subsidies
from orchestration.answers import energy, grouped, money
from orchestration.book import book_currency, root_unit_code
from orchestration.monthly_forms import issue_for_units, marts_by_form
from orchestration.procedures.over_res import Answers, over_res
from orchestration.procedures.step import Outcome, Step, build_marts
from orchestration.progress import OnProgress, silently
from orchestration.workplace import Workplace


def end_of_month(
    settings: Settings,
    month: date,
    *,
    by: str,
    unit_code: str | None = None,
    dry_run: bool = False,
    on_progress: OnProgress = silently,
) -> Iterator[Step]:
    """Go through the end of a month for a unit, the whole supplier unless named; marts are of all.

    Tried dry, each step says what it would do to the book as it is, so without what the steps before it would post.

    Raises:
        Refusal: no such unit or user, no right to see it, or the month was opened at none of its RES.
    """
    run = _EndOfMonth(settings, month.replace(day=1), by=by, unit_code=unit_code, dry_run=dry_run)
    if run.open_res:
        yield run.bill()
        yield run.charge_penalties()
        yield run.use_subsidies()
        yield run.unwind_credits()
        yield run.check()
        yield run.close()
    else:
        yield Step("close", Outcome.DONE, f"{run.shown_month} is closed already at all {run.res_count} RES there.")
    marts = build_marts(settings, on_progress, dry_run=dry_run)
    yield marts
    if run.is_closed_everywhere and marts.outcome is Outcome.DONE:
        yield run.issue_forms(on_progress)


class _EndOfMonth:
    """The steps over the RES of a unit; `open_res` are those that are still to be closed and that nothing holds up."""

    def __init__(self, settings: Settings, month: date, *, by: str, unit_code: str | None, dry_run: bool) -> None:
        self._settings = settings
        self._month = month
        self._by = by
        self._unit_code = unit_code
        self._dry_run = dry_run
        states = month_of_res(settings, month, unit_code=unit_code, by=by)
        self.open_res = list(states.open)
        self.res_count = len(states.open) + len(states.closed)
        self._closed_count = len(states.closed)
        self._currency = book_currency(settings)
        self._is_whole_supplier = unit_code in (None, root_unit_code(settings))

    @property
    def shown_month(self) -> str:
        return f"{self._month:%Y-%m}"

    @property
    def is_closed_everywhere(self) -> bool:
        return self._is_whole_supplier and self._closed_count == self.res_count

    def bill(self) -> Step:
        """All that the month has to bill."""
        command = try_month if self._dry_run else bill_month
        runs = over_res(
            lambda unit: command(self._settings, self._month, by=self._by, unit_code=unit),
            self._unit_code, self.open_res, is_whole_unit=self._is_whole_unit,
        )  # fmt: skip
        bill_count = sum(run.bill_count for run in runs.given)
        waiting = sum(run.unbilled_span_count for run in runs.given)
        told = (
            f"{'Would bill' if self._dry_run else 'Billed'} {self.shown_month}: {grouped(bill_count)} bills, "
            f"{energy(sum((run.energy_kwh for run in runs.given), start=0))} kWh, "
            f"{self._money(sum(run.charge_minor for run in runs.given))}"
        )
        if waiting:
            told += f"; {grouped(waiting)} spans between readings are left (`wattbook unbilled`)"
        return self._step("bills", told, runs, waits=waiting > 0)

    def charge_penalties(self) -> Step:
        """The days of delay up to the end of the month."""
        runs = over_res(
            lambda unit: charge_penalties(
                self._settings, self._month, by=self._by, unit_code=unit, dry_run=self._dry_run
            ),
            self._unit_code, self.open_res, is_whole_unit=self._is_whole_unit,
        )  # fmt: skip
        waiting = sum(run.waiting_count for run in runs.given)
        told = (
            f"{'Would charge' if self._dry_run else 'Charged'} penalties to "
            f"{grouped(sum(run.account_count for run in runs.given))} accounts: "
            f"{self._money(sum(run.charged_minor for run in runs.given))}, corrections "
            f"{self._money(sum(run.corrected_minor for run in runs.given))}"
        )
        if waiting:
            told += f"; {grouped(waiting)} accounts wait for a rate or an index (`wattbook penalty rate`, `index`)"
        return self._step("penalties", told, runs, waits=waiting > 0)

    def use_subsidies(self) -> Step:
        """What bills take of the subsidies that were awarded."""
        runs = over_res(
            lambda unit: use_subsidies(self._settings, self._month, by=self._by, unit_code=unit, dry_run=self._dry_run),
            self._unit_code, self.open_res, is_whole_unit=self._is_whole_unit,
        )  # fmt: skip
        told = (
            f"{'Would use' if self._dry_run else 'Used'} subsidies of "
            f"{grouped(sum(run.account_count for run in runs.given))} accounts: "
            f"{self._money(sum(run.used_minor for run in runs.given))}"
        )
        return self._step("subsidies", told, runs, waits=False)

    def unwind_credits(self) -> Step:
        """What is in advance, into the energy that it pays for."""
        runs = over_res(
            lambda unit: unwind_credits(
                self._settings, self._month, by=self._by, unit_code=unit, dry_run=self._dry_run
            ),
            self._unit_code, self.open_res, is_whole_unit=self._is_whole_unit,
        )  # fmt: skip
        told = (
            f"{'Would unwind' if self._dry_run else 'Unwound'} "
            f"{grouped(sum(run.account_count for run in runs.given))} credits: "
            f"{energy(sum((run.energy_kwh for run in runs.given), start=0))} kWh for "
            f"{self._money(sum(run.charge_minor for run in runs.given))}"
        )
        return self._step("credits", told, runs, waits=False)

    def check(self) -> Step:
        """What stands in the way of a close, RES by RES; those where something does are not closed."""
        asked = list(self.open_res)
        if not asked:
            return Step("checks", Outcome.STANDS_IN_THE_WAY, "No RES is left to check.")
        try:
            checks = close_checks(self._settings, self._month, unit_code=self._unit_code, by=self._by)
        except Refusal as refusal:
            self.open_res = []
            return Step("checks", Outcome.STANDS_IN_THE_WAY, refusal.sentence)
        checks = [one for one in checks if one.res_code in asked]
        self.open_res = [one.res_code for one in checks if not one.obstacles]
        obstacles = tuple(obstacle for one in checks for obstacle in one.obstacles)
        notes = tuple(note for one in checks for note in one.notes)
        if not obstacles:
            return Step(
                "checks",
                Outcome.WAITS if notes else Outcome.DONE,
                f"Nothing stands in the way of closing {self.shown_month} at {len(asked)} RES.",
                notes,
            )
        return Step(
            "checks",
            Outcome.STANDS_IN_THE_WAY,
            f"Something stands in the way of closing {self.shown_month} at {len(asked) - len(self.open_res)} of "
            f"{len(asked)} RES{', as the book is now' if self._dry_run else ''}:",
            obstacles + notes,
        )

    def close(self) -> Step:
        """The close of each RES that is left, one by one."""
        if self._dry_run:
            told = f"Would close {self.shown_month} at {len(self.open_res)} RES{_listed(self.open_res)}."
            return Step("close", Outcome.DONE, told)
        closed = over_res(
            lambda unit: close_month(self._settings, self._month, unit_code=unit, by=self._by),
            self._unit_code, self.open_res, is_whole_unit=False,
        )  # fmt: skip
        codes = [one.res_code for closes in closed.given for one in closes]
        self._closed_count += len(codes)
        return self._step(
            "close", f"Closed {self.shown_month} at {len(codes)} RES{_listed(codes)}", closed, waits=False
        )

    def issue_forms(self, on_progress: OnProgress) -> Step:
        """The forms of the month that is closed everywhere, for the supplier and each region.

        One that is refused holds nothing up; a supplier without a network has nothing to state in some.
        """
        forms = list(marts_by_form())
        if self._dry_run:
            return Step("forms", Outcome.DONE, f"Would write the forms {', '.join(forms)} of {self.shown_month}.")
        workplace = Workplace(self._settings, self._by, on_progress)
        written, refused = 0, []
        for form_code in forms:
            try:
                issued = issue_for_units(workplace, form_code, self._month)
            except Refusal as refusal:
                refused.append(refusal.sentence)
                continue
            written += len(issued.paths)
            refused += [*issued.refused, *issued.unexpected]
        return Step(
            "forms",
            Outcome.WAITS if refused else Outcome.DONE,
            f"Wrote {grouped(written)} workbooks of {self.shown_month} into {workplace.forms_dir}"
            f"{f'; {len(refused)} were refused:' if refused else '.'}",
            tuple(refused),
        )

    @property
    def _is_whole_unit(self) -> bool:
        return len(self.open_res) == self.res_count

    def _money(self, amount_minor: int) -> str:
        return f"{money(amount_minor, self._currency.minor_per_major)} {self._currency.code}"

    def _step(self, name: str, told: str, answers: Answers, *, waits: bool) -> Step:
        """The step as its answers say; RES that were refused are left out of what follows."""
        refused = answers.refused
        self.open_res = [code for code in self.open_res if code not in refused]
        if refused:
            lines = tuple(f"{code}: {sentence}" for code, sentence in refused.items())
            return Step(name, Outcome.STANDS_IN_THE_WAY, f"{told}; refused at {len(refused)} RES:", lines)
        return Step(name, Outcome.WAITS if waits else Outcome.DONE, f"{told}.")


def _listed(codes: list[str]) -> str:
    return f": {', '.join(codes)}" if codes else ""
