"""A desk where readings come in: a book with consumers and their past months, for tests about readings."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

import psycopg

from operational_db.metering.reading_decisions import reading_history
from operational_db.settings import Settings
from tests.small_book import ADMINISTRATOR, Consumer, SmallBook

BY = {"by": ADMINISTRATOR}


def month_after(month: date, count: int = 1) -> date:
    """The first day of the month so many months later."""
    months = month.year * 12 + month.month - 1 + count
    return date(months // 12, months % 12 + 1, 1)


class ReadingDesk:
    """A book open from `first_month` for so many months, with short ways to consumers who were read every month."""

    def __init__(
        self,
        settings: Settings,
        database: psycopg.Connection,
        *,
        first_month: date = date(2025, 1, 1),
        months: int = 14,
        res_codes: tuple[str, ...] = ("SA01", "SA02"),
    ) -> None:
        self.settings = settings
        self.database = database
        self.first_month = first_month
        self.book = SmallBook(settings, first_month=first_month, res_codes=res_codes)
        for count in range(1, months):
            self.book.open(month_after(first_month, count))

    def consumer(
        self,
        account_no: str,
        *,
        opening: int = 1000,
        used: Sequence[int] = (),
        since: date | None = None,
        digits: int = 5,
        **keys: object,
    ) -> Consumer:
        """An account whose meter counted `used` kWh in one month after another; the register passes zero as it must."""
        since = since or self.first_month
        readings: dict[date, int | Mapping[str, int]] = {since: opening}
        value = opening
        for count, energy in enumerate(used, start=1):
            value = (value + energy) % 10**digits
            readings[month_after(since, count)] = value
        return self.book.consumer(
            account_no, res=account_no.partition("/")[0], since=since, digits=digits, readings=readings, **keys
        )  # fmt: skip

    def states(self, place: str) -> list[tuple[date, Decimal, str]]:
        """Day, value and state of the readings there, oldest first."""
        history = reading_history(self.settings, place, **BY)
        return [(reading.read_on, reading.value_kwh, reading.state) for reading in reversed(history)]
