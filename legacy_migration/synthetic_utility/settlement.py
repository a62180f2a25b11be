"""Who owes, who pays, and what do the old books say about it?

Belongs here: opening balances by year of origin, monthly charges, payments as they were sent and as they
were recognised, closing balances. Does not belong here: the channel that carries a payment (`payments`),
files.

About 92 % of what is charged is collected. Everything is in tiyin.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from .charges import TIYIN, household_charge_minor, legal_charge_minor
from .faults import PAYMENT_TO_UNKNOWN_ACCOUNT
from .households import Households
from .months import Months

YEARS_OF_DEBT: Final = 4
_SOUM_1000: Final = 1000 * TIYIN


@dataclass(frozen=True)
class Settlement:
    """Money of a set of accounts: opening columns by year (oldest first), the rest one column a month."""

    opening_debit_minor: np.ndarray
    opening_credit_minor: np.ndarray
    charge_minor: np.ndarray
    sent_minor: np.ndarray
    is_misdirected: np.ndarray
    closing_minor: np.ndarray

    @property
    def opening_minor(self) -> np.ndarray:
        """Balance before the first month, debit positive."""
        return self.opening_debit_minor.sum(axis=1) - self.opening_credit_minor

    @property
    def recognised_minor(self) -> np.ndarray:
        """Payments that found their account."""
        return np.where(self.is_misdirected, 0, self.sent_minor)


def years_of_debt(months: Months) -> list[int]:
    """The years an opening debt may come from, oldest first."""
    last = months.day_before.year
    return list(range(last - YEARS_OF_DEBT + 1, last + 1))


def settle_households(
    households: Households, months: Months, rng: np.random.Generator, *, are_planted: bool = True
) -> Settlement:
    """Most pay last month's bill, some a part of it, a few never."""
    charge = household_charge_minor(households.energy.recorded_kwh, households.has_e_stove[:, None])
    size = len(charge)
    draw = rng.random(size)
    never_pays = draw < 0.03
    pays_parts = (draw >= 0.03) & (draw < 0.15)
    debit = np.zeros((size, YEARS_OF_DEBT), dtype=np.int64)
    has_bill = households.is_active & ((rng.random(size) < 0.8) | never_pays | pays_parts)
    debit[:, -1] = np.where(has_bill, _whole_soums(charge[:, 0] * rng.uniform(0.7, 1.1, size)), 0)
    old_debtor = (never_pays & households.is_active) | (~households.is_active & (rng.random(size) < 0.15))
    old = np.exp(rng.normal(np.log(350_000), 0.9, (size, YEARS_OF_DEBT - 1))) * TIYIN
    is_old = old_debtor[:, None] & (rng.random(old.shape) < 0.6)
    debit[:, :-1] = np.where(is_old, np.rint(old).astype(np.int64), 0)
    has_credit = households.is_active & (debit.sum(axis=1) == 0) & (rng.random(size) < 0.5)
    credit = np.where(has_credit, _whole_soums(rng.uniform(5_000, 150_000, size) * TIYIN), 0)
    # Amounts that will be swapped between two accounts must differ, or nothing would be wrong.
    for first, second in households.victims["swapped_openings"].reshape(-1, 2):
        debit[first, -1], debit[second, -1] = 120_000 * TIYIN + debit[first, -1], 35_000 * TIYIN
        credit[first] = credit[second] = 0
    sent = np.zeros_like(charge)
    balance = debit.sum(axis=1) - credit
    closing = np.zeros_like(charge)
    is_misdirected = np.zeros(charge.shape, dtype=bool)
    for month in range(months.count):
        sent[:, month] = _household_payment(balance, households.is_active, never_pays, pays_parts, rng)
        lost = rng.random(size) < PAYMENT_TO_UNKNOWN_ACCOUNT.rate
        is_misdirected[:, month] = lost & (sent[:, month] > 0)
        if not are_planted:
            is_misdirected[:, month] = False
        elif households.district.ordinal == 0 and month == 0:
            # However small the company, one payment goes astray.
            is_misdirected[np.argmax(sent[:, month] > 0), month] = bool((sent[:, month] > 0).any())
        balance = balance + charge[:, month] - np.where(is_misdirected[:, month], 0, sent[:, month])
        closing[:, month] = balance
    return Settlement(debit, credit, charge, sent, is_misdirected, closing)


def _household_payment(
    balance: np.ndarray,
    is_active: np.ndarray,
    never_pays: np.ndarray,
    pays_parts: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    size = len(balance)
    rounds_up = rng.random(size) < 0.4
    whole = np.where(rounds_up, -(-balance // _SOUM_1000) * _SOUM_1000, balance)
    part = np.rint(balance * rng.uniform(0.4, 1.0, size) / _SOUM_1000).astype(np.int64) * _SOUM_1000
    comes = rng.random(size) < np.where(pays_parts, 0.7, 0.97)
    amount = np.where(pays_parts, part, whole)
    return np.where(is_active & comes & ~never_pays & (balance > 0), amount, 0)


def settle_legal(kwh: np.ndarray, is_active: np.ndarray, months: Months, rng: np.random.Generator) -> Settlement:
    """Legal consumers pay last month's bill by transfer; one in twenty is late."""
    charge = legal_charge_minor(kwh)
    size = len(kwh)
    balance = np.where(is_active, _whole_soums(charge[:, 0] * rng.uniform(-0.2, 1.2, size)), 0)
    debit = np.zeros((size, YEARS_OF_DEBT), dtype=np.int64)
    debit[:, -1] = np.maximum(balance, 0)
    sent, closing = np.zeros_like(charge), np.zeros_like(charge)
    credit = np.maximum(-balance, 0)
    for month in range(months.count):
        pays = is_active & (rng.random(size) < 0.95) & (balance > 0)
        sent[:, month] = np.where(pays, balance, 0)
        balance = balance + charge[:, month] - sent[:, month]
        closing[:, month] = balance
    return Settlement(debit, credit, charge, sent, np.zeros(charge.shape, dtype=bool), closing)


def _whole_soums(minor: np.ndarray) -> np.ndarray:
    return np.rint(minor / TIYIN).astype(np.int64) * TIYIN
