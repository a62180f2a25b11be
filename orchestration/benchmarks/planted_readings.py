"""Readings of which we know what they are: ordinary ones, registers that passed zero, slips, true jumps.

A seeded generator makes consumers with fourteen months of history and one reading each for the month after. Only for
measuring the judge of readings; nothing here knows its rules.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import psycopg

from operational_db.connections import Role, connect
from operational_db.exchange.sources import record_command
from operational_db.metering.readings import ToldReading
from operational_db.settings import Settings

FIRST_MONTH = date(2025, 1, 1)
MONTHS = 14
RES_CODE = "SA01"
# Shares of the readings; slips are rarer in life, but then their figures would rest on a handful.
CASES = {
    "ordinary": 0.56,
    "passed zero": 0.10,
    "electric heating": 0.04,
    "digits transposed": 0.06,
    "digit missing": 0.05,
    "digit too many": 0.05,
    "another meter": 0.05,
    "old value again": 0.05,
    "zero": 0.04,
}
SLIPS = ("digits transposed", "digit missing", "digit too many", "another meter", "old value again", "zero")


@dataclass(frozen=True)
class PlantedReading:
    """A reading to tell, what it is, and the energy that was truly used, in kWh."""

    told: ToldReading
    case: str
    true_kwh: int


def month_at(count: int) -> date:
    """The first day of the month so many months after the first."""
    months = FIRST_MONTH.year * 12 + FIRST_MONTH.month - 1 + count
    return date(months // 12, months % 12 + 1, 1)


def plant(settings: Settings, seed: int, points: int) -> list[PlantedReading]:
    """Fill a fresh book with consumers and their history; returns the readings of the month after it."""
    rng = np.random.default_rng(seed)
    digits = rng.choice([5, 6], points, p=[0.6, 0.4])
    turn = 10**digits
    used = _uses(rng, points)
    cases = rng.choice(list(CASES), points, p=list(CASES.values()))
    used[cases == "electric heating", MONTHS] += rng.integers(600, 2500, points)[cases == "electric heating"]
    # Meters hang for years; those that are to pass zero stand shortly before it.
    opening = (rng.random(points) * turn * 0.97).astype(np.int64)
    history = used[:, :MONTHS].sum(axis=1)
    short_of_zero = 1 + (rng.random(points) * (used[:, MONTHS] - 1)).astype(np.int64)
    opening = np.where(cases == "passed zero", (turn - history - short_of_zero) % turn, opening)
    shown = (opening[:, None] + np.concatenate([np.zeros((points, 1), np.int64), used.cumsum(axis=1)], axis=1)) % turn[
        :, None
    ]
    _write_history(settings, seed, digits, shown[:, : MONTHS + 1])
    readings = []
    for point in range(points):
        told = _told(rng, str(cases[point]), shown, point)
        true = int(shown[point, MONTHS + 1])
        passed_zero = true < shown[point, MONTHS]
        case = str(cases[point])
        if case in SLIPS and told == true:
            case = "ordinary"
        if case == "ordinary" and passed_zero:
            case = "passed zero"
        place = f"{RES_CODE}/{seed}/{point}"
        readings.append(
            PlantedReading(ToldReading(place, month_at(MONTHS + 1), told, row_no=point), case, int(used[point, MONTHS]))
        )
    return readings


def _uses(rng: np.random.Generator, points: int) -> np.ndarray:
    """kWh by point and month: levels differ widely, winter is higher, months vary, some are away for a month."""
    level = np.clip(rng.lognormal(5.1, 0.65, points), 15, 4000)
    winter = rng.choice([0.1, 0.35, 1.2], points, p=[0.5, 0.35, 0.15])
    month = np.arange(MONTHS + 1)
    season = 1 + winter[:, None] * (0.5 + 0.5 * np.cos(2 * np.pi * month / 12))[None, :]
    vary = rng.lognormal(0, 0.22, (points, MONTHS + 1))
    away = np.where(rng.random((points, MONTHS + 1)) < 0.03, 0.15, 1.0)
    return np.maximum(1, level[:, None] * season * vary * away).astype(np.int64)


def _told(rng: np.random.Generator, case: str, shown: np.ndarray, point: int) -> int:
    true = int(shown[point, MONTHS + 1])
    text = str(true)
    place = int(rng.integers(0, max(1, len(text) - 1)))
    match case:
        case "digits transposed":
            pairs = [at for at in range(len(text) - 1) if text[at] != text[at + 1]]
            if not pairs:
                return true
            at = pairs[int(rng.integers(0, len(pairs)))]
            return int(text[:at] + text[at + 1] + text[at] + text[at + 2 :])
        case "digit missing":
            return int((text[:place] + text[place + 1 :]) or 0)
        case "digit too many":
            return int(text[:place] + text[place] + text[place:])
        case "another meter":
            return int(shown[int(rng.integers(0, len(shown))), MONTHS + 1])
        case "old value again":
            return int(shown[point, MONTHS - int(rng.integers(1, 7))])
        case "zero":
            return 0
    return true


def _write_history(settings: Settings, seed: int, digits: np.ndarray, shown: np.ndarray) -> None:
    with connect(settings, Role.LOADER) as session:
        source_id = record_command(session, "planted readings", {"seed": seed}, user_id=None)
        res_id = session.execute("SELECT ops.find_unit(%s)", [RES_CODE]).fetchone()[0]
        for count in range(MONTHS + 1):
            session.execute("SELECT ops.open_month(%s, %s)", [[res_id], month_at(count)])
        keys = {"seed": seed, "first": FIRST_MONTH, "source": source_id, "res": res_id}
        _write_points(session, digits, keys)
        # In the order of accounts, as they come from a round.
        session.execute(
            "INSERT INTO ops.reading (account_id, booked_month, reading_id, metering_point_id, meter_id, zone_code,"
            "  read_on, value_kwh, kind, is_opening, res_id, source_id)"
            " SELECT p.account_id, d.booked, nextval('ops.reading_id_seq'), p.metering_point_id, i.meter_id, 'all',"
            "  d.day, t.value, CASE WHEN t.month = 0 THEN 'opening' ELSE 'round' END, t.month = 0, %(res)s, %(source)s"
            " FROM unnest(%(points)s::integer[], %(months)s::integer[], %(values)s::bigint[])"
            "  AS t (point, month, value)"
            " INNER JOIN unnest(%(days)s::date[], %(booked)s::date[]) WITH ORDINALITY AS d (day, booked, no)"
            "  ON d.no = t.month + 1"
            " INNER JOIN ops.metering_point AS p ON p.code = 'SA01/' || %(seed)s::integer || '/' || t.point || '#1'"
            " INNER JOIN ops.meter_installation AS i ON i.metering_point_id = p.metering_point_id",
            {
                **keys,
                "points": np.repeat(np.arange(len(shown)), shown.shape[1]).tolist(),
                "months": np.tile(np.arange(shown.shape[1]), len(shown)).tolist(),
                "values": shown.ravel().tolist(),
                "days": [month_at(count) for count in range(shown.shape[1])],
                "booked": [month_at(max(count - 1, 0)) for count in range(shown.shape[1])],
            },
        )


def _write_points(session: psycopg.Connection, digits: np.ndarray, keys: dict[str, object]) -> None:
    given = {**keys, "digits": digits.tolist()}
    for statement in _POINTS:
        session.execute(statement, given)


_POINTS = (
    """
    INSERT INTO ops.account (account_no, kind, res_id, opened_on, source_id)
    SELECT 'SA01/' || %(seed)s::integer || '/' || (n - 1), 'household', %(res)s, %(first)s, %(source)s
    FROM generate_series(1, cardinality(%(digits)s::integer[])) AS n
    """,
    """
    INSERT INTO ops.metering_point (code, account_id, resource_code, connected_on, source_id)
    SELECT account_no || '#1', account_id, 'electricity', opened_on, source_id
    FROM ops.account
    WHERE source_id = %(source)s
    """,
    """
    INSERT INTO ops.meter (serial_no, meter_type_code, source_id)
    SELECT 'M' || account_no, 'unknown', source_id FROM ops.account WHERE source_id = %(source)s
    """,
    """
    INSERT INTO ops.meter_register (meter_id, zone_code, digits)
    SELECT m.meter_id, 'all', d.digits
    FROM unnest(%(digits)s::integer[]) WITH ORDINALITY AS d (digits, n)
    INNER JOIN ops.meter AS m ON m.serial_no = 'MSA01/' || %(seed)s::integer || '/' || (d.n - 1)
    """,
    """
    INSERT INTO ops.meter_installation (metering_point_id, meter_id, valid_from, source_id)
    SELECT p.metering_point_id, m.meter_id, %(first)s, %(source)s
    FROM ops.metering_point AS p
    INNER JOIN ops.meter AS m ON m.serial_no = 'M' || split_part(p.code, '#', 1)
    WHERE p.source_id = %(source)s
    """,
)
