"""How much does each consumer use, and how much of it reaches the meter?

Belongs here: monthly energy of households and legal consumers, seasons, theft. The shape is fitted to two
published facts: 72 % of households stay within 200 kWh in June (Samarkand, 2024), and households take a
minor part of all energy. Does not belong here: meters, readings, money.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from .months import Months

# June is the month the published share is known for, so it is 1.
_SEASON: Final = np.array([1.25, 1.18, 1.02, 0.92, 0.88, 1.00, 1.18, 1.15, 0.95, 0.92, 1.02, 1.20])
_LEGAL_SEASON: Final = np.array([1.10, 1.08, 1.02, 0.98, 0.96, 1.00, 1.06, 1.05, 0.98, 0.98, 1.02, 1.08])
_SPREAD_BETWEEN_HOMES: Final = 0.735
_SPREAD_BETWEEN_MONTHS: Final = 0.15
_VACANT_SHARE: Final = 0.02
# ln 200 minus the quantile of the normal law for (0.72 - vacant) / (1 - vacant) = 0.714, times the joint spread 0.75.
_LOG_MEDIAN_KWH: Final = float(np.log(200) - 0.566 * 0.75)
_HOUSEHOLD_MONTH_MAX_KWH: Final = 12_000
_THIEF_SHARE: Final = 0.015
_LEGAL_MEDIAN_KWH, _LEGAL_SPREAD, _LEGAL_MONTH_MAX_KWH = 900, 1.1, 40_000
_LARGE_MIN_KWH, _LARGE_MAX_KWH = 90_000, 320_000


@dataclass(frozen=True)
class HouseholdEnergy:
    """Whole kWh, one row a household, one column a month."""

    true_kwh: np.ndarray
    recorded_kwh: np.ndarray
    is_thief: np.ndarray

    @property
    def stolen_kwh(self) -> np.ndarray:
        """What was used and not metered."""
        return self.true_kwh - self.recorded_kwh


def household_energy(is_active: np.ndarray, months: Months, rng: np.random.Generator) -> HouseholdEnergy:
    """Consumption of every household; closed accounts use nothing, thieves record a part."""
    homes, width = len(is_active), months.count
    log_level = _LOG_MEDIAN_KWH + _SPREAD_BETWEEN_HOMES * rng.standard_normal(homes)
    level = np.where(rng.random(homes) < _VACANT_SHARE, 0.0, np.exp(log_level))
    noise = np.exp(_SPREAD_BETWEEN_MONTHS * rng.standard_normal((homes, width)))
    seasonal = _SEASON[months.calendar_numbers - 1]
    metered = np.minimum(np.rint(level[:, None] * seasonal * noise), _HOUSEHOLD_MONTH_MAX_KWH).astype(np.int64)
    metered[~is_active] = 0
    is_thief = is_active & (level > 60) & (rng.random(homes) < _THIEF_SHARE)
    begins = np.where(rng.random(homes) < 0.6, 0, rng.integers(0, width, homes))
    steals = is_thief[:, None] & (np.arange(width) >= begins[:, None])
    bypassed_share = rng.uniform(0.3, 0.8, homes)
    # The meter keeps the household inside the published distribution; what bypasses it comes on top.
    stolen = np.where(steals, np.rint(metered * (bypassed_share / (1 - bypassed_share))[:, None]), 0).astype(np.int64)
    return HouseholdEnergy(metered + stolen, metered, stolen.any(axis=1))


def legal_energy(is_large: np.ndarray, is_active: np.ndarray, months: Months, rng: np.random.Generator) -> np.ndarray:
    """Whole kWh of legal consumers by month; those of 750 kVA and more use as much as a small feeder."""
    size, width = len(is_large), months.count
    small = np.minimum(_LEGAL_MEDIAN_KWH * np.exp(_LEGAL_SPREAD * rng.standard_normal(size)), _LEGAL_MONTH_MAX_KWH)
    large = rng.uniform(_LARGE_MIN_KWH, _LARGE_MAX_KWH, size)
    noise = np.exp(0.1 * rng.standard_normal((size, width)))
    level = np.where(is_large, large, small)[:, None]
    kwh = np.rint(level * _LEGAL_SEASON[months.calendar_numbers - 1] * noise).astype(np.int64)
    kwh[~is_active] = 0
    return kwh
