"""Which rows stand in NARAH.DBF and SALDO.DBF? Accruals by month and the debts that the old books began with.

Belongs here: both files of one RES and their faults. Does not belong here: who owes what (`settlement`).
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
import pyarrow as pa

from operational_db.file_formats.dbf import ScaledIntegers

from . import layouts
from .faults import LOST_OPENING
from .household_database import Columns, HouseholdDatabase
from .households import Households, account_text
from .opening_workbook import FIRST_ROW, Opening
from .settlement import Settlement, years_of_debt
from .text_files import soums

_CHARGES: Final = "NARAH.DBF"
_OPENINGS: Final = "SALDO.DBF"
_OPENINGS_BY_HAND: Final = "SALDO.XLSX"
_STARS: Final = "*********"
MONEY_DECIMALS: Final = 2


def write_charges(database: HouseholdDatabase, settlement: Settlement) -> None:
    """Write NARAH.DBF: a block of rows for every month."""
    home, victims = database.households, database.households.victims
    active, months = home.active, database.months
    charge = settlement.charge_minor.copy()
    month = months.count - 1
    pairs = victims["swapped_charges"].reshape(-1, 2)
    # A pair that was charged the same by chance is exchanged in no visible way, so it is left alone.
    pairs = pairs[charge[pairs[:, 0], month] != charge[pairs[:, 1], month]]
    charge[pairs[:, 0], month], charge[pairs[:, 1], month] = (
        charge[pairs[:, 1], month],
        charge[pairs[:, 0], month],
    )
    fields = (*database.numbers.fields(), *layouts.NARAH)
    sums = {
        "KWH": int(home.energy.recorded_kwh.sum()),
        "SUMA": int(settlement.charge_minor.sum()),
        "OPL": int(settlement.recognised_minor.sum()),
        "SALDO_of_last_month": int(settlement.closing_minor[active, -1].sum()),
    }
    breaker = database.write(_CHARGES, fields, _charge_batches(database, settlement, charge), sums)

    def row_of(account: int, column: int) -> int:
        return column * len(active) + int(np.searchsorted(active, account)) + 1

    for account in pairs.ravel():
        database.fault(
            "swapped_charges", _CHARGES, row_of(account, month), home.key(account), "SUMA",
            soums(charge[account, month]), soums(settlement.charge_minor[account, month]),
        )  # fmt: skip
    for account in victims["charge_with_comma"]:
        truth = soums(charge[account, 0])
        breaker.overwrite(row_of(account, 0), "SUMA", truth.replace(".", ","))
        database.fault(
            "charge_with_comma",
            _CHARGES,
            row_of(account, 0),
            home.key(account),
            "SUMA",
            truth.replace(".", ","),
            truth,
        )
    for account in victims["consumption_overflow"]:
        truth = breaker.overwrite(row_of(account, 0), "KWH", _STARS)
        database.fault("consumption_overflow", _CHARGES, row_of(account, 0), home.key(account), "KWH", _STARS, truth)


def _charge_batches(database: HouseholdDatabase, settlement: Settlement, charge: np.ndarray) -> Iterator[Columns]:
    home, active = database.households, database.households.active
    account = database.numbers.columns(home.book[active], home.code[active])
    recognised = settlement.recognised_minor
    for month, label in enumerate(database.months.labels):
        yield {
            **account,
            "MES": pa.array([label] * len(active), pa.string()),
            "KWH": home.energy.recorded_kwh[active, month],
            "SUMA": ScaledIntegers(charge[active, month], MONEY_DECIMALS),
            "OPL": ScaledIntegers(recognised[active, month], MONEY_DECIMALS),
            "SALDO": ScaledIntegers(settlement.closing_minor[active, month], MONEY_DECIMALS),
        }


def write_openings(database: HouseholdDatabase, settlement: Settlement) -> None:
    """Write SALDO.DBF: a row for every account and year with a debt or an overpayment."""
    home, years = database.households, years_of_debt(database.months)
    debit = settlement.opening_debit_minor.copy()
    pairs = home.victims["swapped_openings"].reshape(-1, 2)
    debit[pairs[:, 0], -1], debit[pairs[:, 1], -1] = debit[pairs[:, 1], -1], debit[pairs[:, 0], -1]
    credit = np.zeros_like(debit)
    credit[:, -1] = settlement.opening_credit_minor
    account, year = np.nonzero((debit != 0) | (credit != 0))
    columns = {
        **database.numbers.columns(home.book[account], home.code[account]),
        "GOD": np.array(years)[year],
        "DEB": ScaledIntegers(debit[account, year], MONEY_DECIMALS),
        "KRD": ScaledIntegers(credit[account, year], MONEY_DECIMALS),
    }
    sums = {
        "DEB": int(settlement.opening_debit_minor.sum()),
        "KRD": int(settlement.opening_credit_minor.sum()),
    }
    name, first_row, lost = _OPENINGS, 1, None
    if home.district.openings_in_workbook:
        name, first_row = _OPENINGS_BY_HAND, FIRST_ROW
        texts = account_text(home.book[account], home.code[account]).to_pylist()
        openings = [
            Opening(text, years[at_year], int(debit[at, at_year]), int(credit[at, at_year]))
            for text, at, at_year in zip(texts, account.tolist(), year.tolist(), strict=True)
        ]
        lost = _lost_row(home, account, debit[account, year]) if database.has_faults else None
        total_row = database.write_openings_by_hand(name, openings, lost, sums)
        if lost is not None:
            amount = soums(openings[lost].debit_minor)
            database.fault(LOST_OPENING.code, name, total_row, home.key(account[lost]), "", "", amount)
    else:
        database.write(name, (*database.numbers.fields(), *layouts.SALDO), [columns], sums)
    for victim in pairs.ravel():
        index = int(np.flatnonzero((account == victim) & (year == len(years) - 1))[0])
        row = first_row + index - (lost is not None and index > lost)
        database.fault(
            "swapped_openings", name, row, home.key(victim), "DEB",
            soums(debit[victim, -1]), soums(settlement.opening_debit_minor[victim, -1]),
        )  # fmt: skip


def _lost_row(home: Households, account: np.ndarray, debit: np.ndarray) -> int | None:
    """The last debt of an active account that no other fault has befallen, so that its balances show it."""
    untouched = np.isin(account, home.victims["untouched"]) & home.is_active[account] & (debit > 0)
    places = np.flatnonzero(untouched)
    return int(places[-1]) if len(places) else None
