"""What did the old program charge? The household tariff in force since 01.05.2025, steps per calendar month,
VAT included.

Belongs here: the legacy program's own arithmetic, written apart from Wattbook's on purpose: two independent
computations are what shadow billing compares. Does not belong here: any other tariff, posting, rounding
(prices are whole soums).
"""

from datetime import date
from typing import Final

import numpy as np

FIRST_MONTH_KNOWN: Final = date(2025, 5, 1)
TIYIN: Final = 100
LEGAL_SOUM_PER_KWH: Final = 1000

# upper border of the step in kWh a month, soum per kWh
_ORDINARY: Final = ((200, 600), (500, 800), (1000, 1000), (5000, 1500), (10_000, 1750), (None, 2000))
_E_STOVE: Final = tuple((border, price // 2) for border, price in _ORDINARY)


def household_charge_minor(kwh: np.ndarray, has_e_stove: np.ndarray) -> np.ndarray:
    """Charge in tiyin for each month's consumption; an electric stove halves every price."""
    return np.where(has_e_stove, _by_steps(kwh, _E_STOVE), _by_steps(kwh, _ORDINARY)) * TIYIN


def legal_charge_minor(kwh: np.ndarray) -> np.ndarray:
    """Charge in tiyin of a legal consumer: one price for every kWh."""
    return kwh * (LEGAL_SOUM_PER_KWH * TIYIN)


def _by_steps(kwh: np.ndarray, steps: tuple[tuple[int | None, int], ...]) -> np.ndarray:
    soum = np.zeros_like(kwh, dtype=np.int64)
    lower = 0
    for upper, price in steps:
        in_step = np.maximum(kwh - lower, 0) if upper is None else np.clip(kwh - lower, 0, upper - lower)
        soum += in_step * price
        lower = upper or lower
    return soum
