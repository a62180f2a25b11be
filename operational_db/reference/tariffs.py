"""Bringing tariff prices into the book: a version that changed is closed in knowledge time and entered anew."""

from datetime import date
from decimal import Decimal

import psycopg

from operational_db.refusal import Refusal

Row = dict[str, str]


def load_tariffs(session: psycopg.Connection, vat_rates: list[Row], versions: list[Row], steps: list[Row]) -> int:
    """Load VAT rates, tariff versions and their steps; returns how many rates and versions are new or changed.

    Prices in the files are in the currency's main unit, as published; stored in its smallest coin.
    """
    _require_steps_join(versions, steps)
    changed = sum(_load_vat_rate(session, row) for row in vat_rates)
    coins = dict(session.execute("SELECT tariff_code, minor_per_major FROM ops.tariff").fetchall())
    for row in versions:
        own_steps = sorted(
            (
                step["season_code"],
                int(step["step_no"]),
                Decimal(step["over_kwh"]),
                Decimal(step["up_to_kwh"]) if step["up_to_kwh"] else None,
                Decimal(step["price"]) * coins[row["tariff_code"]],
                step["verified"] == "true",
            )
            for step in steps
            if (step["tariff_code"], step["valid_from"]) == (row["tariff_code"], row["valid_from"])
        )
        changed += _load_version(session, row, own_steps)
    return changed


def _require_steps_join(versions: list[Row], steps: list[Row]) -> None:
    """Every step belongs to a version; within a season the steps begin at 0 and each begins where the last one ends."""
    known = {(row["tariff_code"], row["valid_from"]) for row in versions}
    expected: dict[tuple[str, str, str], str | None] = {}
    for number, step in enumerate(steps, start=2):
        where = (
            f"tariff_step.csv row {number} ({step['tariff_code']} from {step['valid_from']}, step {step['step_no']})"
        )
        if (step["tariff_code"], step["valid_from"]) not in known:
            raise Refusal(f"{where} has no version in tariff_version.csv; add the version or correct the row.")
        key = (step["tariff_code"], step["valid_from"], step["season_code"])
        if step["over_kwh"] != expected.get(key, "0"):
            raise Refusal(
                f"{where} begins above {step['over_kwh']} kWh, but the step before ends at {expected.get(key, '0')}; "
                "steps must join without a gap."
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


def _load_version(session: psycopg.Connection, row: Row, steps: list[tuple]) -> int:
    wanted = (
        row["price_includes_vat"] == "true",
        row["step_basis"],
        row["source"],
        row["verified"] == "true",
        _day_or_none(row["valid_to"]),
    )
    key = [row["tariff_code"], date.fromisoformat(row["valid_from"])]
    standing = session.execute(
        "SELECT tariff_version_id, price_includes_vat, step_basis, source, is_verified, valid_to"
        " FROM ops.tariff_version"
        " WHERE tariff_code = %s AND valid_from = %s AND known_to IS NULL",
        key,
    ).fetchone()
    if standing is not None:
        standing_steps = session.execute(
            "SELECT season_code, step_no, over_kwh, up_to_kwh, price_minor, is_verified FROM ops.tariff_step"
            " WHERE tariff_version_id = %s ORDER BY season_code, step_no",
            [standing[0]],
        ).fetchall()
        if tuple(standing[1:]) == wanted and standing_steps == steps:
            return 0
        session.execute("UPDATE ops.tariff_version SET known_to = now() WHERE tariff_version_id = %s", [standing[0]])
    version_id = session.execute(
        "INSERT INTO ops.tariff_version"
        " (tariff_code, valid_from, price_includes_vat, step_basis, source, is_verified, valid_to)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s) RETURNING tariff_version_id",
        [*key, *wanted],
    ).fetchone()[0]
    with session.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO ops.tariff_step"
            " (tariff_version_id, season_code, step_no, over_kwh, up_to_kwh, price_minor, is_verified)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s)",
            [(version_id, *step) for step in steps],
        )
    return 1


def _day_or_none(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
