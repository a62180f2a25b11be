"""Who are the households of one RES, and what stood on their meters?

Belongs here: inventing accounts, people, addresses, meters and register values of one RES. Does not belong
here: money (`settlement`), files (`household_files`), how much is used (`consumption`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from . import layouts, vocabulary
from .company import District
from .consumption import HouseholdEnergy, household_energy
from .faults import HOUSEHOLD_FAULTS, choose_victims
from .months import Months
from .network import Hanging

_ACCOUNTS_PER_BOOK: Final = 250
# Added to a real code it gives one that no account has: codes in a book stay below 300.
CODE_OF_NOBODY: Final = 900
_ARCHIVE_SHARE: Final = 0.02
_E_STOVE_SHARE_IN_CITY, _E_STOVE_SHARE_IN_COUNTRY = 0.18, 0.02
_REPLACED_SHARE: Final = 0.007
_HOMES_PER_STREET: Final = 40


@dataclass(frozen=True)
class People:
    """Who holds each account."""

    is_woman: np.ndarray
    surname: np.ndarray
    given: np.ndarray
    father: np.ndarray
    phone: pa.Array
    passport: pa.Array
    tax_number: pa.Array
    residents: np.ndarray

    def surnames(self) -> pa.Array:
        """Surnames as the old code pages hold them."""
        return _by_sex(self.is_woman, self.surname, vocabulary.female_surnames().kept, vocabulary.male_surnames().kept)

    def given_names(self) -> pa.Array:
        """Given names."""
        return _by_sex(self.is_woman, self.given, vocabulary.female_names().kept, vocabulary.male_names().kept)

    def fathers(self) -> pa.Array:
        """Patronymics."""
        return _by_sex(self.is_woman, self.father, vocabulary.daughters_of().kept, vocabulary.sons_of().kept)


def _by_sex(is_woman: np.ndarray, word: np.ndarray, women: pa.Array, men: pa.Array) -> pa.Array:
    return pa.concat_arrays([women, men]).take(pa.array(np.where(is_woman, word, len(women) + word)))


@dataclass(frozen=True)
class Addresses:
    """Where each account is; street codes count from 1."""

    street_names: list[str]
    street_towns: list[str]
    street_code: np.ndarray
    house: np.ndarray
    letter: pa.Array
    corpus: pa.Array
    flat: pa.Array


@dataclass(frozen=True)
class Meters:
    """The meter of each account on the first day, and the one that replaced it in a few homes."""

    serial: np.ndarray
    type_code: np.ndarray
    installed_on: np.ndarray
    value_at_installation: np.ndarray
    removed_on: np.ndarray
    value_at_removal: np.ndarray
    replaced: np.ndarray
    replaced_in: np.ndarray
    new_serial: np.ndarray
    new_type_code: np.ndarray
    new_value_at_installation: np.ndarray
    register: np.ndarray

    @property
    def digits(self) -> np.ndarray:
        """Digits of the first meter's register."""
        return digits_of(self.type_code)


def digits_of(type_code: np.ndarray) -> np.ndarray:
    """Digits of the register of each meter type."""
    by_type = np.zeros(max(layouts.METER_DIGITS) + 1, dtype=np.int64)
    for code, digits in layouts.METER_DIGITS.items():
        by_type[code] = digits
    return by_type[type_code]


@dataclass(frozen=True)
class Households:
    """The household accounts of one RES; all arrays in the order of the account numbers."""

    district: District
    book: np.ndarray
    code: np.ndarray
    tp: np.ndarray
    feeder: np.ndarray
    tariff_code: np.ndarray
    contract_on: np.ndarray
    is_active: np.ndarray
    people: People
    addresses: Addresses
    energy: HouseholdEnergy
    meters: Meters
    reading_kind: np.ndarray
    victims: Mapping[str, np.ndarray]

    @property
    def active(self) -> np.ndarray:
        """Indexes of the accounts that are not archived."""
        return np.flatnonzero(self.is_active)

    @property
    def has_e_stove(self) -> np.ndarray:
        """Whether the account pays half prices."""
        return self.tariff_code == layouts.TARIFF_E_STOVE

    def key(self, account: int) -> str:
        """RES and account number, as faults and the truth name it."""
        return f"{self.district.code}:{self.book[account]}/{self.code[account]}"


def account_text(book: np.ndarray, code: np.ndarray) -> pa.Array:
    """Account numbers as book/code."""
    return pc.binary_join_element_wise(pa.array(book).cast(pa.string()), pa.array(code).cast(pa.string()), "/")


def invent_households(
    district: District,
    hanging: Hanging,
    months: Months,
    districts: int,
    rng: np.random.Generator,
    *,
    are_planted: bool = True,
) -> Households:
    """All household accounts of one RES of so many."""
    size = district.households
    book = 1 + np.arange(size) // _ACCOUNTS_PER_BOOK
    # Numbers of closed and forgotten accounts are missing in every book.
    code = 1 + np.arange(size) % _ACCOUNTS_PER_BOOK
    code += np.where(code > 30, 1, 0) + np.where(code > 120, 2, 0)
    is_active = rng.random(size) >= _ARCHIVE_SHARE
    energy = household_energy(is_active, months, rng)
    e_stove_share = _E_STOVE_SHARE_IN_CITY if district.is_city else _E_STOVE_SHARE_IN_COUNTRY
    ordinary = layouts.TARIFF_ORDINARY if district.is_city else layouts.TARIFF_RURAL
    tariff = np.where(rng.random(size) < e_stove_share, layouts.TARIFF_E_STOVE, ordinary)
    tariff = np.where((tariff == layouts.TARIFF_RURAL) & (rng.random(size) < 0.3), layouts.TARIFF_ORDINARY, tariff)
    is_plain = is_active & (energy.recorded_kwh.min(axis=1) > 30) & ~energy.is_thief
    victims = choose_victims(
        HOUSEHOLD_FAULTS,
        np.flatnonzero(is_plain),
        size,
        district.ordinal,
        districts,
        rng,
        are_planted=are_planted,
    )
    meters = _meters(district, is_active, energy.recorded_kwh, victims, months, rng)
    kinds = [layouts.READ_BY_CONTROLLER, layouts.READ_BY_CONSUMER, layouts.READ_BY_AVERAGE]
    return Households(
        district=district,
        book=book,
        code=code,
        tp=hanging.household_tp,
        feeder=hanging.tp_feeder[hanging.household_tp],
        tariff_code=tariff,
        contract_on=meters.installed_on - rng.integers(0, 4_000, size),
        is_active=is_active,
        people=_people(size, rng),
        addresses=_addresses(district, size, rng),
        energy=energy,
        meters=meters,
        reading_kind=rng.choice(kinds, (size, months.count), p=[0.82, 0.13, 0.05]),
        victims=victims,
    )


def _people(size: int, rng: np.random.Generator) -> People:
    is_woman = rng.random(size) < 0.42
    given = np.where(
        is_woman,
        rng.integers(0, len(vocabulary.female_names().kept), size),
        rng.integers(0, len(vocabulary.male_names().kept), size),
    )
    phone = pa.array(998_900_000_000 + rng.integers(0, 99_999_999, size)).cast(pa.string())
    has_phone = pa.array(rng.random(size) < 0.85)
    series = pa.array(["AA", "AB", "AC", "AD"]).take(pa.array(rng.integers(0, 4, size)))
    passport = pa.array(rng.integers(1_000_000, 9_999_999, size)).cast(pa.string())
    tax_number = pa.array(30_000_000_000_000 + rng.integers(0, 9_999_999_999_999, size)).cast(pa.string())
    return People(
        is_woman=is_woman,
        surname=rng.integers(0, len(vocabulary.male_surnames().kept), size),
        given=given,
        father=rng.integers(0, len(vocabulary.sons_of().kept), size),
        phone=pc.if_else(has_phone, pc.binary_join_element_wise("+", phone, ""), ""),
        passport=pc.binary_join_element_wise(series, passport, ""),
        tax_number=tax_number,
        residents=np.clip(rng.poisson(4.2, size), 1, 14),
    )


def _addresses(district: District, size: int, rng: np.random.Generator) -> Addresses:
    streets = max(3, size // _HOMES_PER_STREET)
    centre = vocabulary.place_name(district.place)
    villages = vocabulary.village_names()
    towns = [
        centre if district.is_city or index % 3 == 0 else villages[index % len(villages)] for index in range(streets)
    ]
    in_flat = rng.random(size) < (0.5 if district.is_city else 0.05)
    letters = pa.array(["", "А", "Б", "В"]).take(pa.array(rng.choice(4, size, p=[0.88, 0.07, 0.03, 0.02])))
    corpuses = pa.array(["", "1", "2", "3"]).take(
        pa.array(np.where(in_flat, rng.choice(4, size, p=[0.8, 0.1, 0.06, 0.04]), 0))
    )
    flats = pc.if_else(pa.array(in_flat), pa.array(rng.integers(1, 120, size)).cast(pa.string()), "")
    return Addresses(
        street_names=vocabulary.street_names(streets),
        street_towns=towns,
        street_code=1 + np.arange(size) * streets // max(size, 1),
        house=rng.integers(1, 180, size),
        letter=letters,
        corpus=corpuses,
        flat=flats,
    )


def _meters(
    district: District,
    is_active: np.ndarray,
    recorded_kwh: np.ndarray,
    victims: Mapping[str, np.ndarray],
    months: Months,
    rng: np.random.Generator,
) -> Meters:
    size, first_day = len(is_active), np.datetime64(months.first)
    used = np.concatenate([np.zeros((size, 1), np.int64), np.cumsum(recorded_kwh, axis=1)], axis=1)
    used_kwh = used[:, -1]
    type_code = rng.choice([1, 2, 3, 4], size, p=[0.25, 0.35, 0.35, 0.05])
    type_code = np.where(used_kwh > 60_000, 2, type_code)
    going_over = victims["register_rollover"]
    type_code[going_over] = 1
    capacity = 10 ** digits_of(type_code)
    opening = 500 + np.rint(rng.uniform(0.0, 0.85, size) * (capacity - used_kwh - 1000)).astype(np.int64)
    opening[going_over] = capacity[going_over] - np.rint(
        used_kwh[going_over] * rng.uniform(0.2, 0.8, len(going_over))
    ).astype(np.int64)
    register = (opening[:, None] + used) % capacity[:, None]
    may_change = victims["untouched"]
    replaced = np.sort(may_change[: round(_REPLACED_SHARE * size)])
    replaced_in = rng.integers(0, months.count, len(replaced))
    starts = np.array(months.starts[:-1], dtype="datetime64[D]")
    removed_on = np.full(size, np.datetime64("NaT"), dtype="datetime64[D]")
    removed_on[replaced] = starts[replaced_in] + rng.integers(3, 25, len(replaced))
    used_before = np.rint(recorded_kwh[replaced, replaced_in] * rng.uniform(0.1, 0.9, len(replaced))).astype(np.int64)
    value_at_removal = np.full(size, -1, dtype=np.int64)
    value_at_removal[replaced] = register[replaced, replaced_in] + used_before
    new_value = rng.integers(0, 12, len(replaced))
    columns = np.arange(months.count + 1)
    since_new = used[replaced] - used[replaced, replaced_in][:, None] - used_before[:, None]
    on_new_meter = columns > replaced_in[:, None]
    register[replaced] = np.where(on_new_meter, new_value[:, None] + since_new, register[replaced])
    closed = np.flatnonzero(~is_active)
    removed_on[closed] = first_day - rng.integers(40, 2500, len(closed))
    value_at_removal[closed] = opening[closed]
    installed_on = first_day - rng.integers(3000, 7000, size)
    serial = _serial_numbers(district, np.arange(size), type_code)
    pairs = victims["duplicate_serial"]
    serial[pairs[1::2]] = serial[pairs[::2]]
    new_type = np.full(len(replaced), 3)
    return Meters(
        serial=serial,
        type_code=type_code,
        installed_on=installed_on,
        value_at_installation=np.zeros(size, dtype=np.int64),
        removed_on=removed_on,
        value_at_removal=value_at_removal,
        replaced=replaced,
        replaced_in=replaced_in,
        new_serial=_serial_numbers(district, size + np.arange(len(replaced)), new_type),
        new_type_code=new_type,
        new_value_at_installation=new_value,
        register=register,
    )


def _serial_numbers(district: District, number: np.ndarray, type_code: np.ndarray) -> np.ndarray:
    """Twelve digits: type, RES, number within the RES; the makers' own numbers would look no different."""
    return (type_code * 10**11 + (district.ordinal + 1) * 10**8 + number * 7 + 1_000_003).astype(np.int64).astype("U12")
