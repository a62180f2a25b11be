"""What benefits are worth, day by day, as a person with a pocket calculator would find it.

It shares nothing with the book's own way: days are looked at one by one, energy is kept in fractions, and nothing is
rounded. Lines are those of one metering point and one month of use, in one zone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from itertools import groupby


@dataclass(frozen=True)
class FullLine:
    """A billed line at the full price; the days are [first, end)."""

    key: tuple[date, int, int]
    first: date
    end: date
    step_no: int
    energy_kwh: Fraction
    coins_a_kwh: Fraction


@dataclass(frozen=True)
class Giving:
    """What a grant gives on its days [first, end): a share, and a norm a month, None for all consumption."""

    grant_no: int
    first: date
    end: date
    share: Fraction
    norm_kwh: Fraction | None


@dataclass(frozen=True)
class Covered:
    """Energy of a line at a grant, and what it is worth, not rounded."""

    key: tuple[date, int, int]
    grant_no: int
    stretch_from: date
    energy_kwh: Fraction
    benefit_coins: Fraction


def benefits_of_month(lines: Sequence[FullLine], givings: Sequence[Giving], month: date) -> list[Covered]:
    """All that the benefits cover of a month."""
    next_month = (month + timedelta(days=31)).replace(day=1)
    days = [month + timedelta(days=n) for n in range((next_month - month).days)]

    def given_on(day: date) -> tuple[Giving, ...]:
        return tuple(sorted((g for g in givings if g.first <= day < g.end), key=lambda g: (-g.share, g.grant_no)))

    found = []
    for given, stretch in groupby(days, key=given_on):
        in_stretch = list(stretch)
        if given:
            found += _of_stretch(lines, given, in_stretch, len(days))
    return found


def _of_stretch(
    lines: Sequence[FullLine], given: Sequence[Giving], stretch: Sequence[date], days_of_month: int
) -> list[Covered]:
    """The stretch's energy, kWh by kWh from the first day and the lowest step on, against the norms one by one."""
    found = []
    stands_at = Fraction(0)
    for line in sorted(lines, key=lambda one: (one.first, one.step_no)):
        shared_days = sum(1 for day in stretch if line.first <= day < line.end)
        energy = line.energy_kwh * shared_days / (line.end - line.first).days
        taken_up_to = Fraction(0)
        for one in given:
            norm = None if one.norm_kwh is None else one.norm_kwh * len(stretch) / days_of_month
            up_to = stands_at + energy if norm is None else min(norm, stands_at + energy)
            begins = max(stands_at, taken_up_to)
            if up_to > begins:
                covered = up_to - begins
                found.append(
                    Covered(line.key, one.grant_no, stretch[0], covered, covered * line.coins_a_kwh * one.share)
                )
            taken_up_to = stands_at + energy if norm is None else max(taken_up_to, norm)
        stands_at += energy
    return found
