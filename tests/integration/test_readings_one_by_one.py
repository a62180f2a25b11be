"""A file of readings is judged as the same readings entered one after another: same verdicts, same rows."""

from collections.abc import Sequence
from datetime import date, timedelta

import psycopg
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from psycopg.rows import tuple_row

from operational_db.connections import connect_as_admin
from operational_db.metering.readings import EnteredReadings, JudgedReading, ToldReading, enter_readings
from operational_db.reference.loading import FIRST_LOGIN
from operational_db.settings import Settings
from orchestration.benchmarks.planted_readings import plant
from tests.reading_desk import BY, ReadingDesk

JANUARY = date(2026, 1, 1)
ZONES = ("day", "night")
# The database is the same for all examples on purpose: all that is entered is taken back.
shared = HealthCheck.function_scoped_fixture

ENTERED = """
SELECT p.code, r.zone_code, r.read_on, r.value_kwh, r.kind, r.booked_month, r.is_opening, r.res_id, e.event, e.rule,
    e.reason
FROM ops.reading AS r
INNER JOIN ops.metering_point AS p ON p.metering_point_id = r.metering_point_id
LEFT JOIN ops.reading_event AS e ON e.reading_id = r.reading_id
UNION ALL
SELECT f.told ->> 'place', f.told ->> 'zone_code', (f.told ->> 'read_on')::date, (f.told ->> 'value_kwh')::numeric,
    f.told ->> 'kind', NULL, NULL, f.res_id, 'refused', f.rule, f.reason
FROM ops.refused_reading AS f
"""


def _entered(settings: Settings) -> list[tuple[object, ...]]:
    with connect_as_admin(settings) as session:
        rows = session.cursor(row_factory=tuple_row).execute(ENTERED).fetchall()
        # Only what was entered since is compared; the book is left as it was.
        return sorted(rows, key=str)


def _forget(settings: Settings, last_id: int) -> None:
    """Take readings after this one back, past the guard of posted rows, for the next way of entering them."""
    with connect_as_admin(settings) as session:
        session.execute("SET session_replication_role = replica")
        session.execute("DELETE FROM ops.refused_reading")
        session.execute("DELETE FROM ops.reading_event WHERE reading_id > %s", [last_id])
        session.execute("DELETE FROM ops.reading WHERE reading_id > %s", [last_id])


def _last_id(settings: Settings) -> int:
    with connect_as_admin(settings) as session:
        return session.execute("SELECT max(reading_id) FROM ops.reading").fetchone()[0]


def _meters_in_order(told: Sequence[ToldReading]) -> list[list[ToldReading]]:
    """What is told of a place on a day together, day after day: the order in which a clerk would enter it."""
    together: dict[tuple[date, str], list[ToldReading]] = {}
    for one in told:
        together.setdefault((one.read_on, one.place), []).append(one)
    return [together[key] for key in sorted(together)]


def _enter(settings: Settings, told: Sequence[ToldReading]) -> EnteredReadings:
    return enter_readings(settings, told, leave_out_refused=True, by=FIRST_LOGIN)


def _both_ways(settings: Settings, told: Sequence[ToldReading]) -> tuple[list[JudgedReading], list[JudgedReading]]:
    """What the file answers and what single entry answers; asserts that both leave the same rows behind."""
    last_id = _last_id(settings)
    of_file = _enter(settings, told).readings
    left_by_file = _entered(settings)
    _forget(settings, last_id)
    singly = [judged for meter in _meters_in_order(told) for judged in _enter(settings, meter).readings]
    left_singly = _entered(settings)
    _forget(settings, last_id)
    assert left_by_file == left_singly
    return of_file, sorted(singly, key=lambda judged: judged.row_no)


@pytest.mark.requirement("E101", "D35")
def test_slips_rollovers_and_jumps_of_a_file_are_judged_as_at_the_counter(settings: Settings) -> None:
    told = [planted.told for planted in plant(settings, 11, 150)]
    of_file, singly = _both_ways(settings, told)
    assert of_file == singly
    assert {judged.verdict for judged in of_file} == {"accepted", "quarantined", "refused"}


@st.composite
def _files(draw: st.DrawFn) -> list[ToldReading]:
    """Readings of two meters and one with scales, in any order, some wrong, some of places that do not exist."""
    told: dict[tuple[str, str | None, date], ToldReading] = {}
    for row_no in range(1, draw(st.integers(1, 12)) + 1):
        place = draw(st.sampled_from(["SA01/8/1", "SA01/8/2", "SA01/8/3", "SA01/8/9"]))
        day = JANUARY + timedelta(days=draw(st.sampled_from([0, 10, 31, 59])))
        value = draw(st.sampled_from([0, 5, 1100, 1250, 9990, 99_990, 120_000]) | st.integers(1000, 2000))
        zone = draw(st.sampled_from(ZONES)) if place == "SA01/8/3" else None
        told[place, zone, day] = ToldReading(place, day, value, zone, row_no=row_no)
    return list(told.values())


@pytest.fixture
def desk(settings: Settings, database: psycopg.Connection) -> ReadingDesk:
    desk = ReadingDesk(settings, database, first_month=date(2025, 11, 1), months=4)
    desk.consumer("SA01/8/1", opening=800, used=(100, 120))
    desk.consumer("SA01/8/2", opening=99_600, used=(100, 120))
    desk.book.consumer(
        "SA01/8/3", res="SA01", since=JANUARY, tariff="uz.legal_tou", kind="legal",
        readings={JANUARY: {"day": 1000, "night": 1000}},
    )  # fmt: skip
    return desk


@pytest.mark.requirement("E101", "E100", "D35")
def test_any_file_is_judged_as_its_readings_one_after_another(desk: ReadingDesk) -> None:
    @examples(max_examples=25, suppress_health_check=[shared])
    @given(_files())
    def each(told: list[ToldReading]) -> None:
        of_file, singly = _both_ways(desk.settings, told)
        assert of_file == singly

    each()
    assert enter_readings(desk.settings, [ToldReading("SA01/8/1", JANUARY + timedelta(31), 1250)], **BY).was_entered
