"""Which months does the dump cover, and how are their dates written?

Belongs here: month arithmetic of the dump and dates as the files write them. Does not belong here: anything
with a year in it by meaning (tariff dates, contract dates).
"""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pyarrow as pa

_EPOCH = np.datetime64("1990-01-01")
_ALL_DAYS = np.arange(_EPOCH, np.datetime64("2050-01-01"))
_DAYS_IN_DBF = pa.array([str(day).replace("-", "") for day in _ALL_DAYS])
_DAYS_IN_TEXT = pa.array([f"{text[8:]}.{text[5:7]}.{text[:4]}" for text in _ALL_DAYS.astype(str)])


@dataclass(frozen=True)
class Months:
    """Consecutive calendar months from the first one on."""

    first: date
    count: int

    @property
    def starts(self) -> list[date]:
        """First day of every month and of the month behind the last: count + 1 dates."""
        zero = self.first.year * 12 + self.first.month - 1
        return [date(number // 12, number % 12 + 1, 1) for number in range(zero, zero + self.count + 1)]

    @property
    def days(self) -> np.ndarray:
        """Days of each month."""
        starts = np.array(self.starts, dtype="datetime64[D]")
        return np.diff(starts).astype(np.int64)

    @property
    def hours(self) -> np.ndarray:
        """Hours of each month; Uzbekistan has no summer time."""
        return self.days * 24

    @property
    def calendar_numbers(self) -> np.ndarray:
        """1 for January ... 12 for December, for each month."""
        return np.array([start.month for start in self.starts[:-1]])

    @property
    def labels(self) -> list[str]:
        """yyyymm of each month."""
        return [f"{start:%Y%m}" for start in self.starts[:-1]]

    @property
    def day_before(self) -> date:
        """The last day of the old books."""
        return self.first - timedelta(days=1)


def dates_in_dbf(days: np.ndarray) -> pa.Array:
    """datetime64 days as yyyymmdd; NaT as blank."""
    return _written(days, _DAYS_IN_DBF)


def dates_in_text(days: np.ndarray) -> pa.Array:
    """datetime64 days as dd.mm.yyyy; NaT as blank."""
    return _written(days, _DAYS_IN_TEXT)


def _written(days: np.ndarray, texts: pa.Array) -> pa.Array:
    missing = np.isnat(days)
    places = np.where(missing, 0, (days - _EPOCH).astype(np.int64))
    return texts.take(pa.array(places, mask=missing)).fill_null("")
