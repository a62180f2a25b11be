"""The addresses of the screens: what a link says, read and written.

An address holds everything that a page shows: the question, the place or load, the month, the comparison and the sort.
Which places and months there are is known to `queries`, not here.
"""

import re
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Self
from urllib.parse import parse_qs, quote, unquote, urlencode

from dashboards.words.refusals import RefusedInWords

_SORT = re.compile(r"(?P<column>[a-z_]{1,40})\.(?P<direction>asc|desc)")


class Question(StrEnum):
    """One page each; named as the question's subject."""

    BALANCE = "balance"
    LOSSES = "losses"
    RECEIVABLES = "receivables"
    MIGRATION = "migration"


class Comparison(StrEnum):
    """The month that the shown month is compared with."""

    PREVIOUS_MONTH = "month"
    LAST_YEAR = "year"

    def month_before(self, month: date) -> date:
        return months_earlier(month, 1 if self is Comparison.PREVIOUS_MONTH else 12)


@dataclass(frozen=True)
class Sort:
    column: str
    is_descending: bool

    def __str__(self) -> str:
        return f"{self.column}.{'desc' if self.is_descending else 'asc'}"


@dataclass(frozen=True)
class Address:
    """Codes of units below the top of the hierarchy for questions about places, the load for migration."""

    question: Question
    steps: tuple[str, ...] = ()
    month: date | None = None
    comparison: Comparison = Comparison.PREVIOUS_MONTH
    sort: Sort | None = None

    @classmethod
    def read(cls, pathname: str, search: str) -> Self | None:
        """The address that a browser asks for; None for the front door, which has no question yet."""
        question, *steps = [unquote(step) for step in pathname.split("/") if step] or [""]
        if not question:
            return None
        if question not in set(Question):
            raise RefusedInWords(
                "There is no page at the address {address}; choose one of the pages in the line at the top.",
                address=pathname,
            )
        asked = {name: values[-1] for name, values in parse_qs(search.removeprefix("?")).items()}
        comparison = asked.get("compare", Comparison.PREVIOUS_MONTH)
        if comparison not in set(Comparison):
            raise RefusedInWords(
                'The comparison "{comparison}" in the address is not known; write compare=month or compare=year.',
                comparison=comparison,
            )
        return cls(
            question=Question(question),
            steps=tuple(steps),
            month=_month(asked["month"]) if "month" in asked else None,
            comparison=Comparison(comparison),
            sort=_sort(asked["sort"]) if "sort" in asked else None,
        )

    @property
    def href(self) -> str:
        path = "/" + "/".join([self.question.value, *(quote(step, safe="") for step in self.steps)])
        asked = {}
        if self.month is not None:
            asked["month"] = f"{self.month:%Y-%m}"
        if self.comparison is not Comparison.PREVIOUS_MONTH:
            asked["compare"] = self.comparison.value
        if self.sort is not None:
            asked["sort"] = str(self.sort)
        return f"{path}?{urlencode(asked)}" if asked else path

    def at(self, *steps: str) -> Self:
        """The same question, month and comparison at another place; the sort belongs to the table left behind."""
        return replace(self, steps=steps, sort=None)

    def asking(self, question: Question) -> Self:
        """Another question about the same place and month."""
        keeps_place = Question.MIGRATION not in (question, self.question)
        return replace(self, question=question, steps=self.steps if keeps_place else (), sort=None)


def months_earlier(month: date, count: int) -> date:
    years, months = divmod(month.year * 12 + month.month - 1 - count, 12)
    return date(years, months + 1, 1)


def _month(text: str) -> date:
    if re.fullmatch(r"(19|20)\d\d-(0[1-9]|1[0-2])", text) is None:
        raise RefusedInWords(
            'The month "{month}" in the address is not a month; write it like month=2026-03.', month=text
        )
    return date(int(text[:4]), int(text[5:]), 1)


def _sort(text: str) -> Sort:
    found = _SORT.fullmatch(text)
    if found is None:
        raise RefusedInWords(
            'The sort "{sort}" in the address is not known; click the head of a column to sort by it.', sort=text
        )
    return Sort(found["column"], found["direction"] == "desc")
