"""Which rows stand in ABON.DBF? The accounts, and among them repeated, contradicting and deleted ones.

Belongs here: ABON.DBF of one RES and its faults. Does not belong here: inventing people and addresses.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from operational_db.file_formats.dbf import DELETION_FLAG

from . import layouts, vocabulary
from .household_database import HouseholdDatabase
from .households import Households
from .months import dates_in_dbf
from .network import feeder_codes, tp_codes

# STREET.DBF never comes near this code.
_STREET_OF_NOWHERE: Final = 9001
_FILE: Final = "ABON.DBF"


@dataclass(frozen=True)
class _RowPlan:
    """Which account each row tells of, in the order of the file."""

    account: np.ndarray
    is_other_person: np.ndarray
    is_deleted: np.ndarray
    first_row: np.ndarray
    extra_row: dict[str, np.ndarray]


def _plan_rows(households: Households, rng: np.random.Generator) -> _RowPlan:
    size, victims = len(households.book), households.victims
    repeated, contradicting, former = (
        victims[kind] for kind in ("duplicate_account", "contradicting_account", "deleted_account")
    )
    extras = np.concatenate([repeated, contradicting, former])
    account = np.concatenate([np.arange(size), extras])
    # A repeated or contradicting row comes somewhere after the row it quarrels with; a former holder's row anywhere.
    earliest = np.concatenate([repeated, contradicting, np.zeros(len(former))])
    position = np.concatenate([np.arange(size), earliest + 0.5 + rng.random(len(extras)) * (size - earliest)])
    is_other = np.zeros(len(account), dtype=bool)
    is_other[size + len(repeated) :] = True
    is_deleted = np.zeros(len(account), dtype=bool)
    is_deleted[size + len(repeated) + len(contradicting) :] = True
    order = np.argsort(position, kind="stable")
    row = np.empty(len(account), dtype=np.int64)
    row[order] = np.arange(1, len(account) + 1)
    extra_rows = np.split(row[size:], [len(repeated), len(repeated) + len(contradicting)])
    names = ("duplicate_account", "contradicting_account", "deleted_account")
    return _RowPlan(
        account[order],
        is_other[order],
        is_deleted[order],
        row[:size],
        dict(zip(names, extra_rows, strict=True)),
    )


def write_accounts(database: HouseholdDatabase, rng: np.random.Generator) -> None:
    """Write ABON.DBF and put down its faults."""
    home = database.households
    people, places, victims = home.people, home.addresses, home.victims
    plan = _plan_rows(home, rng)
    street = places.street_code.copy()
    nowhere = victims["account_without_street"]
    street[nowhere] = np.where(np.arange(len(nowhere)) % 2 == 0, _STREET_OF_NOWHERE, 0)
    tariff = home.tariff_code.copy()
    tariff[victims["unknown_tariff"]] = layouts.TARIFF_UNKNOWN
    contract_on = home.contract_on.copy()
    contract_on[victims["blank_contract_date"]] = np.datetime64("NaT")
    names, names_unspoiled = _names(home)
    # Another person's row carries the name of the next account and a house a few doors on.
    next_account = (plan.account + 1) % len(home.book)
    named_after = np.where(plan.is_other_person, next_account, plan.account)
    take = pa.array(plan.account)
    columns = {
        **database.numbers.columns(home.book[plan.account], home.code[plan.account]),
        "FIO": names.take(pa.array(named_after)),
        "KVUL": street[plan.account],
        "HOUSE": places.house[plan.account] + np.where(plan.is_other_person, 7, 0),
        "HLET": places.letter.take(take),
        "KORP": places.corpus.take(take),
        "FLAT": places.flat.take(take),
        "TP": tp_codes(home.district.code, home.tp[plan.account]),
        "FIDER": feeder_codes(home.district.code, home.feeder[plan.account]),
        "TAR": tariff[plan.account],
        "DOGOVOR": dates_in_dbf(contract_on[plan.account]),
        "OSOB": people.residents[plan.account],
        "TEL": people.phone.take(take),
        "ARH": ~home.is_active[plan.account],
        "PASP": people.passport.take(pa.array(named_after)),
        "PINFL": people.tax_number.take(pa.array(named_after)),
        DELETION_FLAG: plan.is_deleted,
    }
    database.write(_FILE, (*database.numbers.fields(), *layouts.ABON), [columns], {"accounts": len(home.book)})

    for kind, rows in plan.extra_row.items():
        for account, row in zip(victims[kind], rows, strict=True):
            database.fault(kind, _FILE, row, home.key(account), truth=f"row {plan.first_row[account]}")
    for account in victims["lost_letters"]:
        database.fault(
            "lost_letters",
            _FILE,
            plan.first_row[account],
            home.key(account),
            "FIO",
            names[account],
            names_unspoiled[account],
        )
    for account in nowhere:
        database.fault(
            "account_without_street",
            _FILE,
            plan.first_row[account],
            home.key(account),
            "KVUL",
            street[account],
            places.street_code[account],
        )
    for account in victims["unknown_tariff"]:
        database.fault(
            "unknown_tariff",
            _FILE,
            plan.first_row[account],
            home.key(account),
            "TAR",
            tariff[account],
            home.tariff_code[account],
        )
    for account in victims["blank_contract_date"]:
        database.fault(
            "blank_contract_date",
            _FILE,
            plan.first_row[account],
            home.key(account),
            "DOGOVOR",
            "",
            home.contract_on[account],
        )


def _names(home: Households) -> tuple[pa.Array, dict[int, str]]:
    """Full names as the file has them, and for those with lost letters what they should be."""
    people = home.people
    names = pc.binary_join_element_wise(people.surnames(), people.given_names(), people.fathers(), " ")
    victims = home.victims["lost_letters"]
    if not len(victims):
        return names, {}
    texts, unspoiled = names.to_pylist(), {}
    rare = vocabulary.male_surnames().with_rare_letters
    for account in victims:
        spelled = vocabulary.female_surnames() if people.is_woman[account] else vocabulary.male_surnames()
        surname = rare[people.surname[account] % len(rare)]
        rest = texts[account].split(" ", 1)[1]
        unspoiled[account] = f"{spelled.kept[surname]} {rest}"
        texts[account] = f"{spelled.lost[surname]} {rest}"
    return pa.array(texts), unspoiled
