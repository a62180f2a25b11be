"""Tariffs as the reference CSV files tell them: which price list holds on a day, and what it says."""

import csv
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

FOREVER = date.max

Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a price list; `price_minor` (smallest coins per kWh) is None where no price is known."""

    step_no: int
    over_kwh: Decimal
    up_to_kwh: Decimal | None
    price_minor: Decimal | None


@dataclass(frozen=True, eq=False, slots=True)
class Version:
    """A tariff between two changes of it, days half open.

    Attributes:
        price_lists: steps by variant and season.
        seasons: season by month of the year, for months that are not in the season `all`.
        zone_sets: by set of zones the fraction of the price of each zone.
        zone_hours: by set of zones the zone of each of the 24 hours.
        power_prices: smallest coins per kW and year by variant.
    """

    tariff_code: str
    country: str
    valid_from: date
    valid_to: date
    price_includes_vat: bool
    step_basis: str
    step_mode: str
    price_lists: Mapping[tuple[str, str], tuple[Step, ...]]
    seasons: Mapping[int, str]
    zone_sets: Mapping[str, Mapping[str, tuple[int, int]]]
    zone_hours: Mapping[str, Mapping[int, str]]
    power_prices: Mapping[str, Decimal | None]

    def has_variant(self, variant: str) -> bool:
        return any(of_list == variant for of_list, _ in self.price_lists)

    def steps(self, variant: str, month_of_year: int) -> tuple[Step, ...]:
        return self.price_lists[variant, self.seasons.get(month_of_year, "all")]

    def fraction(self, zones_of_meter: frozenset[str], zone: str) -> tuple[int, int] | None:
        """By what the price is multiplied in a zone: from the smallest set that has all zones of the meter."""
        fitting = [
            (len(zones), name, zones) for name, zones in self.zone_sets.items() if zones_of_meter <= zones.keys()
        ]
        return min(fitting)[2].get(zone) if zone != "all" and fitting else None


class TariffBook:
    """All tariffs of a folder of reference files."""

    def __init__(self, directory: Path) -> None:
        def rows(name: str) -> list[Row]:
            with (directory / f"{name}.csv").open(encoding="utf-8", newline="") as file:
                return list(csv.DictReader(file))

        self.tariffs = {row["tariff_code"]: row for row in rows("tariff")}
        self.vat_rates = [
            (row["country"], Decimal(row["rate"]), _day(row["valid_from"]), _day(row["valid_to"]))
            for row in rows("vat_rate")
        ]
        parts = {name: _by_version(rows(f"tariff_{name}")) for name in ("step", "season", "power_price")}
        zones = rows("tariff_zone")
        self.versions: dict[str, list[Version]] = defaultdict(list)
        for row in rows("tariff_version"):
            key = (row["tariff_code"], row["valid_from"])
            version = _version(
                row, self.tariffs[key[0]], *(parts[name][key] for name in ("step", "season", "power_price")),
                _zones_since(key, zones),
            )  # fmt: skip
            self.versions[key[0]].append(version)
        self.version_on = lru_cache(maxsize=None)(self._version_on)
        self.vat_on = lru_cache(maxsize=None)(self._vat_on)

    def _version_on(self, tariff_code: str, day: date) -> Version | None:
        return next((v for v in self.versions[tariff_code] if v.valid_from <= day < v.valid_to), None)

    def _vat_on(self, country: str, day: date) -> tuple[Decimal, date] | None:
        """The rate on a day, and the first day on which it no longer holds."""
        return next(
            ((rate, until) for of_country, rate, since, until in self.vat_rates
             if of_country == country and since <= day < until),
            None,
        )  # fmt: skip


def _version(
    row: Row, tariff: Row, steps: list[Row], seasons: list[Row], power_prices: list[Row], zones: list[Row]
) -> Version:
    coins = Decimal(tariff["minor_per_major"])
    price_lists: dict[tuple[str, str], list[Step]] = defaultdict(list)
    for step in sorted(steps, key=lambda s: int(s["step_no"])):
        price_lists[step["variant"], step["season_code"]].append(
            Step(int(step["step_no"]), Decimal(step["over_kwh"]), _decimal(step["up_to_kwh"]),
                 _coins(step["price"], coins))
        )  # fmt: skip
    zone_sets: dict[str, dict[str, tuple[int, int]]] = defaultdict(dict)
    zone_hours: dict[str, dict[int, str]] = defaultdict(dict)
    for zone in zones:
        zone_sets[zone["zone_set"]][zone["zone_code"]] = (int(zone["numerator"]), int(zone["denominator"]))
        for hours in zone["hours"].split("|"):
            begin, end = hours.split("-")
            zone_hours[zone["zone_set"]].update(dict.fromkeys(range(int(begin), int(end)), zone["zone_code"]))
    return Version(
        tariff_code=row["tariff_code"],
        country=tariff["country"],
        valid_from=_day(row["valid_from"]),
        valid_to=_day(row["valid_to"]),
        price_includes_vat=row["price_includes_vat"] == "true",
        step_basis=row["step_basis"],
        step_mode=row["step_mode"],
        price_lists={key: tuple(of_list) for key, of_list in price_lists.items()},
        seasons={int(month): row["season_code"] for row in seasons for month in row["months"].split("|")},
        zone_sets=zone_sets,
        zone_hours=zone_hours,
        power_prices={row["variant"]: _coins(row["price_per_kw_year"], coins) for row in power_prices},
    )


def _by_version(rows: list[Row]) -> dict[tuple[str, str], list[Row]]:
    grouped: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        grouped[row["tariff_code"], row["valid_from"]].append(row)
    return grouped


def _zones_since(key: tuple[str, str], zones: list[Row]) -> list[Row]:
    """Zones stand once for all versions from their day on, until the next block of them."""
    own = [zone for zone in zones if zone["tariff_code"] == key[0] and zone["valid_from"] <= key[1]]
    newest = max((zone["valid_from"] for zone in own), default="")
    return [zone for zone in own if zone["valid_from"] == newest and zone["zone_set"]]


def _day(text: str) -> date:
    return date.fromisoformat(text) if text else FOREVER


def _decimal(text: str) -> Decimal | None:
    return Decimal(text) if text else None


def _coins(text: str, coins: Decimal) -> Decimal | None:
    return Decimal(text) * coins if text else None
