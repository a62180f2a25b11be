"""Who are the legal consumers of one RES, and what stood on their meters?

Belongs here: inventing organisations, their meters, registers and money. Does not belong here: the files
(`legal_files`), half-hours (`half_hours`).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from . import vocabulary
from .company import District
from .consumption import legal_energy
from .months import Months
from .settlement import Settlement, settle_legal

DIGITS: Final = 6
# A register shows thousandths, so only ratios that divide a thousand make whole kWh exact.
MILLI: Final = 1000
_CLOSED_SHARE: Final = 0.02
_METER_TYPE: Final = 5


@dataclass(frozen=True)
class LegalConsumers:
    """The legal consumers of one RES; `number` is counted through the company from 1."""

    district: District
    number: np.ndarray
    name: list[str]
    inn: np.ndarray
    group: np.ndarray
    is_large: np.ndarray
    is_active: np.ndarray
    tp: np.ndarray
    feeder: np.ndarray
    street: list[str]
    house: np.ndarray
    tenths_of_kva: np.ndarray
    ratio: np.ndarray
    contract_on: np.ndarray
    installed_on: np.ndarray
    kwh: np.ndarray
    register_milli: np.ndarray
    settlement: Settlement

    @property
    def meter_type(self) -> int:
        """All have the same make."""
        return _METER_TYPE

    def contract(self, consumer: int) -> str:
        """Contract number, which is the account number."""
        return f"U{self.number[consumer]:06d}"

    def serial(self, consumer: int) -> str:
        """Serial number of the meter; households' numbers begin with their meter type, never with 8."""
        return f"8{self.number[consumer]:08d}"

    def point_code(self, consumer: int) -> str:
        """Code of the measuring point in layout 80020."""
        return f"{self.district.inn}2{self.number[consumer]:06d}"

    def key(self, consumer: int) -> str:
        """How faults and the truth name it."""
        return f"UR:{self.contract(consumer)}"


def large_consumers(district: District) -> np.ndarray:
    """Which of the RES's legal consumers have 750 kVA or more: the first ones."""
    return np.arange(district.legal) < district.large_legal


def invent_legal(
    district: District,
    first_number: int,
    legal_tp: np.ndarray,
    tp_feeder: np.ndarray,
    months: Months,
    rng: np.random.Generator,
) -> LegalConsumers:
    """All legal consumers of one RES."""
    size = district.legal
    is_large = large_consumers(district)
    is_active = is_large | (rng.random(size) >= _CLOSED_SHARE)
    kwh = legal_energy(is_large, is_active, months, rng)
    is_budget = ~is_large & (rng.random(size) < 0.3)
    group = np.where(is_large, "1", np.where(is_budget, "2B", np.where(rng.random(size) < 0.05, "4", "2")))
    busiest_kw = (kwh / months.hours).max(axis=1, initial=0)
    ratio = np.where(is_large, 200, np.where(busiest_kw > 25, 40, np.where(busiest_kw > 10, 20, 1)))
    tenths_of_kva = np.where(
        is_large,
        rng.integers(7_500, 16_000, size),
        np.clip(np.rint(busiest_kw * 45), 50, 6_300).astype(np.int64),
    )
    opening = rng.integers(1_000 * MILLI, 60_000 * MILLI, size)
    used_milli = np.cumsum(kwh, axis=1) * MILLI // ratio[:, None]
    register = (opening[:, None] + np.concatenate([np.zeros((size, 1), np.int64), used_milli], axis=1)) % (
        10**DIGITS * MILLI
    )
    installed_on = np.datetime64(months.first) - rng.integers(200, 2_500, size)
    streets = vocabulary.street_names(40)
    return LegalConsumers(
        district=district,
        number=first_number + np.arange(size),
        name=_names(is_budget, first_number, rng),
        inn=200_000_000 + first_number + np.arange(size) + 7_000_000,
        group=group,
        is_large=is_large,
        is_active=is_active,
        tp=legal_tp,
        feeder=tp_feeder[legal_tp],
        street=[streets[index] for index in rng.integers(0, len(streets), size)],
        house=rng.integers(1, 200, size),
        tenths_of_kva=tenths_of_kva,
        ratio=ratio,
        contract_on=installed_on - rng.integers(0, 3_500, size),
        installed_on=installed_on,
        kwh=kwh,
        register_milli=register,
        settlement=settle_legal(kwh, is_active, months, rng),
    )


def _names(is_budget: np.ndarray, first_number: int, rng: np.random.Generator) -> list[str]:
    firms, bodies = vocabulary.business_names(), vocabulary.budget_bodies()
    forms = ("МЧЖ", "ХК", "АЖ", "ОК")
    which, form, number = (rng.integers(0, 10**6, len(is_budget)) for _ in range(3))
    return [
        f"{number[at] % 90 + 1}-{bodies[which[at] % len(bodies)]}"
        if budget
        else f'"{firms[which[at] % len(firms)]} {first_number + at}" {forms[form[at] % len(forms)]}'
        for at, budget in enumerate(is_budget)
    ]
