"""Entering what meters show, told as the clerk at the counter would tell it."""

from datetime import date
from decimal import Decimal

import psycopg
import pytest

from operational_db.access.commands import create_user
from operational_db.billing.commands import bill_month, close_month
from operational_db.metering.reading_decisions import cancel_reading, quarantined_readings, reading_history
from operational_db.metering.readings import ToldReading, enter_reading, enter_readings
from operational_db.refusal import Refusal
from operational_db.settings import Settings
from tests.reading_desk import BY, ReadingDesk

JANUARY, FEBRUARY, MARCH, APRIL = (date(2026, month, 1) for month in (1, 2, 3, 4))
SOUM = 100


@pytest.fixture
def desk(settings: Settings, database: psycopg.Connection) -> ReadingDesk:
    return ReadingDesk(settings, database, first_month=JANUARY, months=3)


@pytest.mark.requirement("E110", "E149", "A18")
def test_a_reading_of_the_round_is_new_until_it_is_billed(desk: ReadingDesk) -> None:
    desk.consumer("SA01/1/1", opening=1000)
    (entered,) = enter_reading(desk.settings, "SA01/1/1", 1350, on=FEBRUARY, **BY).readings
    # 1350 - 1000, counted from the day the meter was hung; January's use is booked in January
    assert (entered.verdict, entered.energy_kwh, entered.counted_from) == ("accepted", 350, JANUARY)
    assert entered.booked_month == JANUARY
    assert desk.states("SA01/1/1") == [(JANUARY, 1000, "new"), (FEBRUARY, 1350, "new")]
    run = bill_month(desk.settings, JANUARY, **BY)
    # 200 x 600 + 150 x 800
    assert (run.energy_kwh, run.charge_minor) == (350, 240_000 * SOUM)
    assert desk.states("SA01/1/1") == [(JANUARY, 1000, "billed"), (FEBRUARY, 1350, "billed")]


@pytest.mark.requirement("E111", "E148")
def test_what_the_consumer_tells_when_paying_and_what_an_inspection_finds_are_kinds_of_their_own(
    desk: ReadingDesk,
) -> None:
    desk.consumer("SA01/1/2", opening=0)
    enter_reading(desk.settings, "SA01/1/2#1", 80, on=date(2026, 1, 20), kind="consumer", **BY)
    enter_reading(desk.settings, "SA01/1/2#1", 120, on=FEBRUARY, kind="control", **BY)
    kinds = [(r.kind, r.energy_kwh) for r in reading_history(desk.settings, "SA01/1/2", **BY)]
    assert kinds == [("control", 40), ("consumer", 80), ("opening", None)]
    with pytest.raises(Refusal, match='of kind "removal"; kinds that can be told are consumer, control, half_hours, r'):
        enter_reading(desk.settings, "SA01/1/2", 130, on=MARCH, kind="removal", **BY)


@pytest.mark.requirement("D35", "E101")
@pytest.mark.parametrize(
    ("value", "day", "sentence"),
    [
        (
            100_000,
            FEBRUARY,
            "The value 100000 of SA01/1/3#1 .* on 2026-02-01 cannot stand on this .* it has 5 whole dig",
        ),
        (-1, FEBRUARY, "shows nothing below zero"),
        (Decimal("1100.1234567"), FEBRUARY, "more than 6 digits after the point"),
        (Decimal("NaN"), FEBRUARY, "has no number as its value"),
        (1100, date(2100, 1, 1), "of a day that has not come yet; check the day"),
        (
            1100,
            JANUARY,
            "hangs at SA01/1/3 only since 2026-01-01, and the value of that day came with its installation",
        ),
        (1100, date(2025, 12, 1), "No meter hung at SA01/1/3 on 2025-12-01; check the day"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence_and_nothing_is_written(
    desk: ReadingDesk, value: Decimal | int, day: date, sentence: str
) -> None:
    desk.consumer("SA01/1/3", opening=1000)
    with pytest.raises(Refusal, match=sentence):
        enter_reading(desk.settings, "SA01/1/3", value, on=day, **BY)
    assert desk.states("SA01/1/3") == [(JANUARY, 1000, "new")]


def test_a_place_or_a_meter_that_is_not_there_is_named(desk: ReadingDesk) -> None:
    desk.consumer("SA01/1/4", opening=1000)
    with pytest.raises(Refusal, match='no metering point or account "SA01/9/9" among those you may see'):
        enter_reading(desk.settings, "SA01/9/9", 1100, on=FEBRUARY, **BY)
    with pytest.raises(Refusal, match='Meter "X77" did not count at SA01/1/4 on 2026-02-01; there hung "S'):
        enter_reading(desk.settings, "SA01/1/4", 1100, on=FEBRUARY, serial_no="X77", **BY)


def test_a_second_value_for_one_day_is_refused_and_the_same_value_does_nothing(desk: ReadingDesk) -> None:
    desk.consumer("SA01/1/5", opening=1000)
    enter_reading(desk.settings, "SA01/1/5", 1100, on=FEBRUARY, **BY)
    (again,) = enter_reading(desk.settings, "SA01/1/5", 1100, on=FEBRUARY, **BY).readings
    assert again.verdict == "entered_already"
    with pytest.raises(Refusal, match="contradicts the value 1100 that is entered for that day; cancel that one first"):
        enter_reading(desk.settings, "SA01/1/5", 1110, on=FEBRUARY, **BY)
    cancel_reading(desk.settings, "SA01/1/5", on=FEBRUARY, reason="Read on the neighbour's meter", **BY)
    enter_reading(desk.settings, "SA01/1/5", 1110, on=FEBRUARY, **BY)
    assert desk.states("SA01/1/5") == [
        (JANUARY, 1000, "new"),
        (FEBRUARY, 1100, "cancelled"),
        (FEBRUARY, 1110, "new"),
    ]
    # only 1110 - 1000 is billed
    assert bill_month(desk.settings, JANUARY, **BY).energy_kwh == 110


def test_a_late_reading_enters_between_its_neighbours_and_is_booked_in_the_open_month(desk: ReadingDesk) -> None:
    desk.consumer("SA01/1/6", opening=1000)
    enter_reading(desk.settings, "SA01/1/6", 1300, on=MARCH, **BY)
    (late,) = enter_reading(desk.settings, "SA01/1/6", 1120, on=FEBRUARY, **BY).readings
    assert (late.verdict, late.energy_kwh, late.booked_month) == ("accepted", 120, JANUARY)
    assert [r.energy_kwh for r in reading_history(desk.settings, "SA01/1/6", **BY)] == [180, 120, None]
    assert bill_month(desk.settings, JANUARY, **BY).energy_kwh == 120
    assert bill_month(desk.settings, FEBRUARY, **BY).energy_kwh == 180


def test_a_late_reading_is_not_booked_before_a_later_one_that_is_billed(desk: ReadingDesk) -> None:
    desk.consumer("SA01/1/61", opening=1000)
    enter_reading(desk.settings, "SA01/1/61", 1300, on=MARCH, **BY)
    bill_month(desk.settings, FEBRUARY, **BY)
    (late,) = enter_reading(desk.settings, "SA01/1/61", 1120, on=FEBRUARY, **BY).readings
    assert (late.verdict, late.booked_month) == ("accepted", FEBRUARY)
    # 300 kWh were billed already: 31/59 in January, the rest in February. The run only moves energy between the months.
    assert bill_month(desk.settings, FEBRUARY, **BY).energy_kwh == 0
    assert [r.state for r in reading_history(desk.settings, "SA01/1/61", **BY)] == ["billed", "billed", "billed"]


def test_a_late_reading_that_contradicts_its_neighbours_goes_to_quarantine(desk: ReadingDesk) -> None:
    desk.consumer("SA01/1/7", opening=1000)
    enter_reading(desk.settings, "SA01/1/7", 1300, on=MARCH, **BY)
    (late,) = enter_reading(desk.settings, "SA01/1/7", 1420, on=FEBRUARY, **BY).readings
    assert (late.verdict, late.rule) == ("quarantined", "between")
    assert late.sentence == (
        f'The reading 1420 of SA01/1/7#1 (meter "{late.serial_no}") on 2026-02-01 does not lie between its neighbours, '
        "1000 on 2026-01-01 and 1300 on 2026-03-01; check all three, then release or cancel it."
    )
    # 1300 - 1000: what stands in quarantine is looked through
    assert reading_history(desk.settings, "SA01/1/7", **BY)[0].energy_kwh == 300


@pytest.mark.requirement("E101", "D35")
def test_no_word_of_a_clerk_makes_a_late_value_above_the_next_one_a_passage_through_zero(desk: ReadingDesk) -> None:
    desk.consumer("SA01/1/7", opening=1000)
    enter_reading(desk.settings, "SA01/1/7", 1300, on=MARCH, **BY)
    (late,) = enter_reading(
        desk.settings, "SA01/1/7", 1550, on=FEBRUARY, confirmed=True, note="Seen on a photograph", **BY
    ).readings
    assert (late.verdict, late.rule) == ("quarantined", "between")
    # 1300 - 1000 and not 550 with 99 750 through zero.
    assert bill_month(desk.settings, JANUARY, **BY).energy_kwh == 0
    assert bill_month(desk.settings, FEBRUARY, **BY).energy_kwh == 300


def test_a_reading_of_a_closed_month_is_booked_in_the_open_one_and_of_one_not_yet_open_refused(
    settings: Settings, database: psycopg.Connection
) -> None:
    desk = ReadingDesk(settings, database, first_month=JANUARY, months=1, res_codes=("SA01",))
    desk.consumer("SA01/1/8", opening=1000)
    with pytest.raises(
        Refusal, match="cannot be booked: month 2026-02 is not open for SA01; close the months before it"
    ):
        enter_reading(settings, "SA01/1/8", 1100, on=MARCH, **BY)
    bill_month(settings, JANUARY, **BY)
    close_month(settings, JANUARY, **BY)
    (late,) = enter_reading(settings, "SA01/1/8", 1040, on=date(2026, 1, 20), **BY).readings
    assert (late.verdict, late.booked_month) == ("accepted", FEBRUARY)


@pytest.mark.requirement("E100")
def test_a_meter_with_zones_is_told_whole_or_not_at_all(desk: ReadingDesk) -> None:
    desk.book.consumer("SA01/1/9", res="SA01", tariff="ua.household", readings={JANUARY: {"day": 100, "night": 50}})
    with pytest.raises(Refusal, match="tells only part of the meter: its scale night is missing for that day"):
        enter_reading(desk.settings, "SA01/1/9", {"day": 220}, on=FEBRUARY, **BY)
    with pytest.raises(
        Refusal, match="on 2026-02-01 fits more than one scale; say which .*: day of meter .*, night of"
    ):
        enter_reading(desk.settings, "SA01/1/9", 220, on=FEBRUARY, **BY)
    with pytest.raises(Refusal, match='There is no scale "peak" at SA01/1/9 on 2026-02-01; tell day of meter'):
        enter_reading(desk.settings, "SA01/1/9", {"day": 220, "peak": 1}, on=FEBRUARY, **BY)
    # One scale cannot be: the other does not enter alone.
    with pytest.raises(Refusal, match="100000 of SA01/1/9#1 .*scale night.* cannot stand on this register"):
        enter_reading(desk.settings, "SA01/1/9", {"day": 220, "night": 100_000}, on=FEBRUARY, **BY)
    assert len(desk.states("SA01/1/9")) == 2
    both = enter_reading(desk.settings, "SA01/1/9", {"day": 220, "night": 90}, on=FEBRUARY, **BY)
    assert {r.zone_code: r.energy_kwh for r in both.readings} == {"day": 120, "night": 40}


def test_a_batch_is_judged_day_by_day_in_whatever_order_its_rows_stand(desk: ReadingDesk) -> None:
    desk.consumer("SA01/2/1", opening=1000)
    desk.consumer("SA01/2/2", opening=99_950)
    rows = [
        ToldReading("SA01/2/1", MARCH, 1250, row_no=1),
        ToldReading("SA01/2/2", MARCH, 150, row_no=2),
        ToldReading("SA01/2/1", FEBRUARY, 1100, row_no=3),
        ToldReading("SA01/2/2#1", FEBRUARY, 50, row_no=4),
        ToldReading("SA01/2/2", FEBRUARY, 50, row_no=5),
    ]
    answer = enter_readings(desk.settings, rows, **BY)
    assert answer.was_entered
    # 1100 - 1000, 1250 - 1100; 99 950 passes zero to 50 = 100, 150 - 50; the fifth row repeats the fourth
    assert [(r.row_no, r.verdict, r.energy_kwh, r.is_rollover) for r in answer.readings] == [
        (1, "accepted", 150, False),
        (2, "accepted", 100, False),
        (3, "accepted", 100, False),
        (4, "accepted", 100, True),
        (5, "entered_already", None, False),
    ]


def test_a_batch_with_a_refused_row_enters_whole_or_without_it_as_asked(
    desk: ReadingDesk, database: psycopg.Connection
) -> None:
    desk.consumer("SA01/3/1", opening=1000)
    desk.consumer("SA01/3/2", opening=1000)
    rows = [
        ToldReading("SA01/3/1", FEBRUARY, 1100, row_no=1),
        ToldReading("SA01/3/2", FEBRUARY, 210_000, row_no=2),
        ToldReading("SA01/3/3", FEBRUARY, 5, row_no=3),
    ]
    answer = enter_readings(desk.settings, rows, **BY)
    assert not answer.was_entered
    assert answer.counts == {"accepted": 1, "refused": 2}
    assert desk.states("SA01/3/1") == [(JANUARY, 1000, "new")]
    answer = enter_readings(desk.settings, rows, leave_out_refused=True, **BY)
    assert answer.was_entered
    assert desk.states("SA01/3/1") == [(JANUARY, 1000, "new"), (FEBRUARY, 1100, "new")]
    # What was left out is kept with its reason.
    kept = database.execute(
        "SELECT source_row, rule, told ->> 'value_kwh' FROM ops.refused_reading ORDER BY source_row"
    ).fetchall()
    assert kept == [(2, "range", "210000"), (3, "place", "5")]
    # The corrected batch again: what stands is passed by.
    corrected = [rows[0], ToldReading("SA01/3/2", FEBRUARY, 1210, row_no=2)]
    assert [r.verdict for r in enter_readings(desk.settings, corrected, **BY).readings] == [
        "entered_already",
        "accepted",
    ]


def test_two_values_for_one_day_in_a_batch_are_both_refused(desk: ReadingDesk) -> None:
    desk.consumer("SA01/4/1", opening=1000)
    rows = [ToldReading("SA01/4/1", FEBRUARY, 1100, row_no=1), ToldReading("SA01/4/1", FEBRUARY, 1101, row_no=2)]
    answer = enter_readings(desk.settings, rows, **BY)
    assert [(r.verdict, r.rule) for r in answer.readings] == [("refused", "told_twice")] * 2


def test_a_clerk_of_one_res_enters_nothing_in_another(desk: ReadingDesk) -> None:
    desk.consumer("SA01/5/1", opening=1000)
    desk.consumer("SA02/5/1", opening=1000)
    create_user(
        desk.settings, login="dilnoza", full_name="Dilnoza", group_code="billing_clerks", unit_code="SA01", **BY
    )
    create_user(desk.settings, login="sardor", full_name="Sardor", group_code="management", unit_code="SA01", **BY)
    enter_reading(desk.settings, "SA01/5/1", 1100, on=FEBRUARY, by="dilnoza")
    with pytest.raises(Refusal, match='no metering point or account "SA02/5/1" among those you may see'):
        enter_reading(desk.settings, "SA02/5/1", 1100, on=FEBRUARY, by="dilnoza")
    with pytest.raises(Refusal, match='"sardor" does not hold the right "enter_readings" for SA01'):
        enter_reading(desk.settings, "SA01/5/1", 1200, on=MARCH, by="sardor")
    assert quarantined_readings(desk.settings, by="sardor") == []


def test_a_dry_run_tells_all_and_writes_nothing(desk: ReadingDesk) -> None:
    desk.consumer("SA01/6/1", opening=1000)
    answer = enter_reading(desk.settings, "SA01/6/1", 1350, on=FEBRUARY, dry_run=True, **BY)
    assert (answer.was_entered, answer.is_dry_run, answer.readings[0].energy_kwh) == (False, True, 350)
    assert desk.states("SA01/6/1") == [(JANUARY, 1000, "new")]
