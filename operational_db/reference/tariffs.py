"""Bringing tariff prices into the book: a version that changed is closed in knowledge time and entered anew.

A version is what tariff_version.csv says of it, its price lists by variant and season (tariff_step.csv), the months of
its seasons (tariff_season.csv), its zones with their hours (tariff_zone.csv) and its price of ordered power
(tariff_power_price.csv). Zones are written once for all versions from a day on, since they outlive many prices.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import psycopg

from operational_db.refusal import Refusal

Row = dict[str, str]


@dataclass(frozen=True)
class TariffTables:
    """The rows of the tariff files, prices in the currency's main unit as published."""

    vat_rates: list[Row]
    versions: list[Row]
    steps: list[Row]
    seasons: list[Row]
    zones: list[Row]
    power_prices: list[Row]


@dataclass(frozen=True)
class Version:
    """All that makes one tariff version, in the smallest coin; equal to the standing one or a new version of it."""

    head: tuple
    steps: tuple[tuple, ...]
    seasons: tuple[tuple, ...]
    zones: tuple[tuple, ...]
    zone_hours: tuple[tuple, ...]
    power_prices: tuple[tuple, ...]


def load_tariffs(session: psycopg.Connection, tables: TariffTables) -> int:
    """Load VAT rates and tariff versions with all that belongs to them; returns how many are new or changed."""
    _require_steps_join(tables.versions, tables.steps)
    for file, rows in (("tariff_season.csv", tables.seasons), ("tariff_power_price.csv", tables.power_prices)):
        _require_version(file, rows, tables.versions)
    changed = sum(_load_vat_rate(session, row) for row in tables.vat_rates)
    coins = dict(session.execute("SELECT tariff_code, minor_per_major FROM ops.tariff").fetchall())
    return changed + sum(
        _load_version(session, row, _version(row, tables, coins[row["tariff_code"]])) for row in tables.versions
    )


def _version(row: Row, tables: TariffTables, coins: int) -> Version:
    def own(rows: list[Row]) -> list[Row]:
        return [r for r in rows if (r["tariff_code"], r["valid_from"]) == (row["tariff_code"], row["valid_from"])]

    zones = _zones_since(row, tables.zones)
    return Version(
        head=(
            row["price_includes_vat"] == "true",
            row["step_basis"],
            row["step_mode"],
            row["source"],
            row["verified"] == "true",
            _day_or_none(row["valid_to"]),
        ),
        steps=_in_order(
            (
                step["variant"],
                step["season_code"],
                int(step["step_no"]),
                Decimal(step["over_kwh"]),
                _decimal_or_none(step["up_to_kwh"]),
                _coins_or_none(step["price"], coins),
                step["verified"] == "true",
            )
            for step in own(tables.steps)
        ),
        seasons=_in_order(
            (int(month), season["season_code"])
            for season in own(tables.seasons)
            for month in season["months"].split("|")
        ),
        zones=_in_order(
            (
                zone["zone_set"],
                zone["zone_code"],
                int(zone["numerator"]),
                int(zone["denominator"]),
                zone["verified"] == "true",
            )
            for zone in zones
        ),
        zone_hours=_in_order(
            (zone["zone_set"], int(begin), int(end), zone["zone_code"])
            for zone in zones
            for begin, end in (hours.split("-") for hours in zone["hours"].split("|"))
        ),
        power_prices=_in_order(
            (power["variant"], _coins_or_none(power["price_per_kw_year"], coins), power["verified"] == "true")
            for power in own(tables.power_prices)
        ),
    )


def _zones_since(version: Row, zones: list[Row]) -> list[Row]:
    """The zones of the newest block that begins no later than the version; ISO days compare as text."""
    own = [z for z in zones if z["tariff_code"] == version["tariff_code"] and z["valid_from"] <= version["valid_from"]]
    newest = max((z["valid_from"] for z in own), default=None)
    return [z for z in own if z["valid_from"] == newest and z["zone_set"]]


def _in_order(rows: object) -> tuple[tuple, ...]:
    return tuple(sorted(rows, key=lambda row: tuple(str(value) for value in row)))


def _require_version(file: str, rows: list[Row], versions: list[Row]) -> None:
    known = {(row["tariff_code"], row["valid_from"]) for row in versions}
    for number, row in enumerate(rows, start=2):
        if (row["tariff_code"], row["valid_from"]) not in known:
            raise Refusal(
                f"{file} row {number} ({row['tariff_code']} from {row['valid_from']}) has no version in "
                "tariff_version.csv; add the version or correct the row."
            )


def _require_steps_join(versions: list[Row], steps: list[Row]) -> None:
    """Every step belongs to a version; within a price list the steps begin at 0 and each begins where the last ends."""
    _require_version("tariff_step.csv", steps, versions)
    expected: dict[tuple[str, ...], str] = {}
    for number, step in enumerate(steps, start=2):
        key = (step["tariff_code"], step["valid_from"], step["variant"], step["season_code"])
        if step["over_kwh"] != expected.get(key, "0"):
            raise Refusal(
                f"tariff_step.csv row {number} ({step['tariff_code']} from {step['valid_from']}, step "
                f"{step['step_no']}) begins above {step['over_kwh']} kWh, but the step before ends at "
                f"{expected.get(key, '0')}; steps must join without a gap."
            )
        expected[key] = step["up_to_kwh"]


def _load_vat_rate(session: psycopg.Connection, row: Row) -> int:
    """A rate is a public fact: a row of the same first day is brought to what the file says."""
    values = [Decimal(row["rate"]), row["source"], row["verified"] == "true", _day_or_none(row["valid_to"])]
    key = [row["country"], date.fromisoformat(row["valid_from"])]
    updated = session.execute(
        "UPDATE ops.vat_rate SET rate = %s, source = %s, is_verified = %s, valid_to = %s"
        " WHERE country = %s AND valid_from = %s AND (rate, source, is_verified, valid_to)"
        "   IS DISTINCT FROM (%s, %s, %s, %s::date)",
        [*values, *key, *values],
    ).rowcount
    inserted = session.execute(
        "INSERT INTO ops.vat_rate (rate, source, is_verified, valid_to, country, valid_from)"
        " SELECT %s, %s, %s, %s, %s, %s WHERE NOT EXISTS ("
        "   SELECT 1 FROM ops.vat_rate WHERE country = %s AND valid_from = %s)",
        [*values, *key, *key],
    ).rowcount
    return updated + inserted


def _load_version(session: psycopg.Connection, row: Row, wanted: Version) -> int:
    key = [row["tariff_code"], date.fromisoformat(row["valid_from"])]
    standing_id = session.execute(
        "SELECT tariff_version_id FROM ops.tariff_version"
        " WHERE tariff_code = %s AND valid_from = %s AND known_to IS NULL",
        key,
    ).fetchone()
    if standing_id is not None:
        if _standing(session, standing_id[0]) == wanted:
            return 0
        session.execute("UPDATE ops.tariff_version SET known_to = now() WHERE tariff_version_id = %s", standing_id)
    version_id = session.execute(
        "INSERT INTO ops.tariff_version"
        " (tariff_code, valid_from, price_includes_vat, step_basis, step_mode, source, is_verified, valid_to)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s) RETURNING tariff_version_id",
        [*key, *wanted.head],
    ).fetchone()[0]
    with session.cursor() as cursor:
        for part, (table, columns) in PARTS.items():
            rows = getattr(wanted, part)
            if rows:
                cursor.executemany(
                    f"INSERT INTO ops.{table} (tariff_version_id, {', '.join(columns)})"  # noqa: S608, names of ours
                    f" VALUES ({', '.join(['%s'] * (len(columns) + 1))})",
                    [(version_id, *values) for values in rows],
                )
    return 1


PARTS = {
    "steps": (
        "tariff_step",
        ("variant_code", "season_code", "step_no", "over_kwh", "up_to_kwh", "price_minor", "is_verified"),
    ),
    "seasons": ("tariff_season", ("month_of_year", "season_code")),
    "zones": (
        "tariff_zone",
        ("zone_set", "zone_code", "price_factor_numerator", "price_factor_denominator", "is_verified"),
    ),
    "zone_hours": ("tariff_zone_hours", ("zone_set", "from_hour", "to_hour", "zone_code")),
    "power_prices": ("tariff_power_price", ("variant_code", "price_minor_per_kw_year", "is_verified")),
}
"""Where the parts of a version are kept, columns in the order of its tuples."""


def _standing(session: psycopg.Connection, version_id: int) -> Version:
    head = session.execute(
        "SELECT price_includes_vat, step_basis, step_mode, source, is_verified, valid_to"
        " FROM ops.tariff_version WHERE tariff_version_id = %s",
        [version_id],
    ).fetchone()
    return Version(
        head=head,
        **{
            part: _in_order(
                session.execute(
                    f"SELECT {', '.join(columns)} FROM ops.{table} WHERE tariff_version_id = %s",  # noqa: S608
                    [version_id],
                )
            )
            for part, (table, columns) in PARTS.items()
        },
    )


def _day_or_none(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _decimal_or_none(text: str) -> Decimal | None:
    return Decimal(text) if text else None


def _coins_or_none(text: str, coins: int) -> Decimal | None:
    return Decimal(text) * coins if text else None
