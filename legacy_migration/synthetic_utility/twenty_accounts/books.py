"""What do the old books of the twenty accounts say? Registers, charges and balances that follow from the
tables.

Belongs here: arithmetic on the tables. Does not belong here: files.
"""

from collections.abc import Iterable
from itertools import accumulate

import numpy as np

from legacy_migration.synthetic_utility import layouts
from legacy_migration.synthetic_utility.charges import household_charge_minor

from . import tables
from .tables import LABELS, Home, LegalConsumer


def register(home: Home) -> list[int]:
    """What the first meter showed on the first of each month and behind the last, had it not been replaced."""
    capacity = 10 ** layouts.METER_DIGITS[home.meter_type]
    return [value % capacity for value in accumulate(home.kwh, initial=home.opening_reading)]


def charges_minor(home: Home) -> list[int]:
    """What the old program charged in each month."""
    return household_charge_minor(np.array(home.kwh), np.full(len(home.kwh), home.charged_as_e_stove)).tolist()


def recognised_minor(key: str, month: int) -> int:
    """Payments of a month that found their account, each receipt once."""
    label = LABELS[month]
    return sum(
        payment.minor
        for payment in tables.PAYMENTS
        if payment.key == key and f"{payment.day:%Y%m}" == label and not payment.written_number
    )


def closings_minor(opening: int, key: str, charges: Iterable[int]) -> list[int]:
    """Balance after each month, debit positive."""
    balances = []
    for month, charge in enumerate(charges):
        opening += charge - recognised_minor(key, month)
        balances.append(opening)
    return balances


def point_code(legal: LegalConsumer) -> str:
    return f"{tables.CITY.inn}2{legal.number:06d}"
