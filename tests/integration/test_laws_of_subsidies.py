"""What holds for any months of subsidies: what a clerk writes down beside the book comes to the same."""

import random
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

import pytest

from operational_db.accounting.reconciliation import reconcile_account
from operational_db.billing.commands import bill_month, close_month, closes_in_doubt
from operational_db.settings import Settings
from operational_db.subsidies.accruals import (
    ToldSubsidy,
    accrue_subsidies,
    reverse_subsidy,
    subsidies_of_month,
    subsidy_history,
    use_subsidies,
)
from tests.small_book import ADMINISTRATOR, SmallBook

MONTHS = [date(2026, month, 1) for month in range(1, 6)]
BY = {"by": ADMINISTRATOR}
MINOR_A_KWH = 60_000
"""The first step of the household list, which holds 200 kWh: 600 soum."""


@dataclass
class Household:
    """What a clerk would write down: accruals by the month from which they serve, and what is left."""

    account_no: str
    accruals: list[tuple[date, date, int, int, str]] = field(default_factory=list)
    """Month from which it serves, month in which it is booked, number there, coins, decision."""
    awarded: set[date] = field(default_factory=set)
    unused: int = 0
    used: dict[date, int] = field(default_factory=dict)

    def accrue(self, booked: date, for_month: date, minor: int, decision: str) -> None:
        number = 1 + sum(1 for _, month, *_ in self.accruals if month == booked)
        self.accruals.append((max(booked, for_month), booked, number, minor, decision))

    def end_month(self, month: date, charged: int) -> None:
        available = self.unused + sum(minor for serves, _, _, minor, _ in self.accruals if serves == month)
        self.used[month] = max(0, min(available, charged))
        self.unused = available - self.used[month]


@pytest.mark.requirement("E63", "E144")
@pytest.mark.parametrize("seed", [*range(2), *(pytest.param(seed, marks=pytest.mark.torture) for seed in range(2, 40))])
def test_the_book_comes_to_what_a_clerk_writes_down(settings: Settings, seed: int) -> None:
    chance = random.Random(seed)
    book = SmallBook(settings, first_month=MONTHS[0], res_codes=("SA01",))
    households = [Household(f"SA01/1/{number}") for number in range(1, 7)]
    consumers = [book.consumer(h.account_no, res="SA01", readings={MONTHS[0]: 0}) for h in households]
    shown = [0] * len(households)
    for month, next_month in pairwise(MONTHS):
        use_at_once = chance.random() < 0.5
        kwh = [chance.choice([0, 20, 100, 200]) for _ in households]
        for place, consumer in enumerate(consumers):
            shown[place] += kwh[place]
            book.reading(consumer, next_month, shown[place])
        bill_month(settings, month, **BY)
        for household in households:
            _social_security(settings, chance, household, month)
            if use_at_once:
                use_subsidies(settings, month, account_no=household.account_no, **BY)
        use_subsidies(settings, month, unit_code="SA01", **BY)
        again = use_subsidies(settings, month, unit_code="SA01", **BY)
        assert (again.account_count, again.reversed_count) == (0, 0)
        for household, used_kwh in zip(households, kwh, strict=True):
            household.end_month(month, used_kwh * MINOR_A_KWH)
        close_month(settings, month, **BY)
    # Months that were closed stand as they stood when they were.
    for month in MONTHS[:-1]:
        found = {s.account_no: s for s in subsidies_of_month(settings, month, **BY)}
        for household in households:
            used = found[household.account_no].used_minor if household.account_no in found else 0
            assert used == household.used[month], (seed, household.account_no, month)
    assert closes_in_doubt(settings, **BY) == []
    for household in households:
        # The statement is refused where its documents are not the ledger's.
        stated = reconcile_account(settings, household.account_no, to_day=MONTHS[-1], **BY)
        assert (stated.unused_subsidy_minor or 0) == household.unused, (seed, household.account_no)
        later = sum(minor for serves, _, _, minor, _ in household.accruals if serves >= MONTHS[-1])
        steps = subsidy_history(settings, household.account_no, **BY)
        assert (steps[-1].unused_minor if steps else 0) == household.unused + later, (seed, household.account_no)


def _social_security(settings: Settings, chance: random.Random, household: Household, month: date) -> None:
    """Up to three letters in a month: awards for this or a later month, differences, an award that was wrong."""
    for letter in range(chance.randrange(4)):
        decision = f"{month:%m}-{letter}"
        minor = chance.choice([1, 999_999, 3_000_000, 12_000_000, 20_000_000])
        kind = chance.choice(["award", "award", "recalculation", "reverse"])
        told: ToldSubsidy | None = None
        if kind == "award":
            for_month = chance.choice([m for m in MONTHS if m not in household.awarded] or [None])
            if for_month is None:
                continue
            household.awarded.add(for_month)
            told = ToldSubsidy(household.account_no, for_month, minor, decision)
        elif kind == "recalculation" and household.awarded:
            for_month = chance.choice(sorted(household.awarded))
            minor *= chance.choice([-1, 1])
            told = ToldSubsidy(household.account_no, for_month, minor, decision, "recalculation")
        elif kind == "reverse":
            recalculated = [a for a in household.accruals if a[4].startswith("R")]
            if not recalculated:
                continue
            _, booked, number, wrong, _ = chance.choice(recalculated)
            done = reverse_subsidy(settings, household.account_no, booked, number, reason="A slip", **BY)
            assert done.amount_minor == -wrong
            household.accruals = [
                (*a[:4], "taken back") if a[1:3] == (booked, number) else a for a in household.accruals
            ]
            household.accrue(done.booked_month, _for_month_of(household, booked, number), -wrong, "takes back")
        if told is not None:
            assert accrue_subsidies(settings, [told], **BY) == []
            name = f"R{decision}" if told.kind == "recalculation" else decision
            household.accrue(month, told.for_month, told.amount_minor, name)


def _for_month_of(household: Household, booked: date, number: int) -> date:
    """What takes back serves from the month of what it takes back, or from now on."""
    return next(serves for serves, month, no, *_ in household.accruals if (month, no) == (booked, number))
