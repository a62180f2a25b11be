"""Months without a reading: what stands in for it, and how it is shown."""

from datetime import date

import psycopg
import pytest

from operational_db.billing.commands import bill_month
from operational_db.metering.contract_use import set_contract_use
from operational_db.metering.reading_decisions import cancel_reading, reading_history
from operational_db.metering.reading_estimates import estimate_readings, missing_readings, round_sheet
from operational_db.metering.readings import enter_reading
from operational_db.refusal import Refusal
from operational_db.settings import Settings
from tests.meter_yard import MeterYard
from tests.reading_desk import BY, ReadingDesk

JANUARY, FEBRUARY, MARCH, APRIL = (date(2026, month, 1) for month in (1, 2, 3, 4))


@pytest.fixture
def desk(settings: Settings, database: psycopg.Connection) -> ReadingDesk:
    return ReadingDesk(settings, database, first_month=JANUARY, months=3)


def test_the_list_of_what_is_missing_says_what_stands_in_for_it(desk: ReadingDesk) -> None:
    desk.consumer("SA01/1/1", opening=1000, used=[310, 280])
    desk.consumer("SA01/1/2", opening=1000, used=[310])
    desk.consumer("SA01/1/3", opening=5, used=[310])
    desk.consumer("SA02/1/1", opening=1000)
    enter_reading(desk.settings, "SA01/1/3", 3, on=MARCH, **BY)
    missing = missing_readings(desk.settings, FEBRUARY, unit_code="SA01", **BY)
    assert [(m.account_no, m.last_on, m.last_values, m.is_estimated, m.is_in_doubt) for m in missing] == [
        ("SA01/1/2", FEBRUARY, "1310", False, False),
        ("SA01/1/3", FEBRUARY, "315", False, True),
    ]
    estimate_readings(desk.settings, FEBRUARY, place="SA01/1/2", **BY)
    missing = missing_readings(desk.settings, FEBRUARY, book="SA01/1", **BY)
    assert [(m.account_no, m.is_estimated) for m in missing] == [("SA01/1/2", True), ("SA01/1/3", False)]


def test_an_estimate_by_average_goes_on_from_the_last_value_and_is_billed_as_such(desk: ReadingDesk) -> None:
    desk.consumer("SA01/1/4", opening=1000, used=[310])
    with pytest.raises(
        Refusal, match="Month 2100-01 is not over yet; what is not read in it can be estimated from 2100-"
    ):
        estimate_readings(desk.settings, date(2100, 1, 1), place="SA01/1/4", **BY)
    (dry,) = estimate_readings(desk.settings, FEBRUARY, place="SA01/1/4", dry_run=True, **BY)
    (made,) = estimate_readings(desk.settings, FEBRUARY, place="SA01/1/4", **BY)
    assert made == dry
    # 310 kWh in January's 31 days are 10 a day, 280 in February's 28; 1310 + 280
    assert (made.kind, made.basis, made.daily_kwh, made.energy_kwh) == ("average", "year", 10, 280)
    assert (made.span_from, made.span_to, made.value_kwh, made.booked_month) == (FEBRUARY, MARCH, 1590, FEBRUARY)
    with pytest.raises(Refusal, match="Nothing is missing at SA01/1/4 in 2026-02: it was read or estimated already"):
        estimate_readings(desk.settings, FEBRUARY, place="SA01/1/4", **BY)
    bill_month(desk.settings, JANUARY, **BY)
    assert bill_month(desk.settings, FEBRUARY, **BY).energy_kwh == 280
    newest = reading_history(desk.settings, "SA01/1/4", **BY)[0]
    assert (newest.kind, newest.state, newest.is_passed_over) == ("average", "billed", False)


def test_the_same_season_of_the_last_year_comes_before_the_mean_of_twelve_months(
    settings: Settings, database: psycopg.Connection
) -> None:
    desk = ReadingDesk(settings, database, first_month=date(2025, 1, 1), months=13, res_codes=("SA01",))
    # 1550 in January 2025 (50 a day), 150 in each month to December
    desk.consumer("SA01/1/5", opening=1000, used=[1550, *[150] * 11])
    (made,) = estimate_readings(settings, JANUARY, place="SA01/1/5", **BY)
    # 1000 + 1550 + 11 x 150 = 4200, and 31 x 50 = 1550 more
    assert (made.kind, made.basis, made.daily_kwh) == ("average", "season", 50)
    assert (made.last_kwh, made.value_kwh) == (4200, 5750)


def test_an_estimate_goes_on_from_an_estimate_and_passes_zero_where_the_register_would(desk: ReadingDesk) -> None:
    desk.consumer("SA01/1/6", opening=99_300, used=[310])
    estimate_readings(desk.settings, FEBRUARY, place="SA01/1/6", **BY)
    (made,) = estimate_readings(desk.settings, MARCH, place="SA01/1/6", **BY)
    # 99 610 + 28 x 10 = 99 890; + 31 x 10 = 100 200, which the register shows as 200
    assert (made.last_kwh, made.energy_kwh, made.value_kwh) == (99_890, 310, 200)


def test_an_estimate_counts_through_transformers(desk: ReadingDesk) -> None:
    desk.book.consumer(
        "U1", res="SA01", kind="legal", tariff="uz.legal", ratio=40, readings={JANUARY: 10, FEBRUARY: 41}
    )
    (made,) = estimate_readings(desk.settings, FEBRUARY, place="U1", **BY)
    # 31 x 40 = 1240 kWh in 31 days are 40 a day, 1120 in February, 28 on the register
    assert (made.energy_kwh, made.value_kwh) == (1120, 69)


def test_each_scale_is_estimated_by_its_own_use(desk: ReadingDesk) -> None:
    desk.book.consumer(
        "SA01/1/7", res="SA01", tariff="ua.household",
        readings={JANUARY: {"day": 100, "night": 50}, FEBRUARY: {"day": 255, "night": 112}},
    )  # fmt: skip
    made = estimate_readings(desk.settings, FEBRUARY, place="SA01/1/7", **BY)
    # 155 / 31 = 5 and 62 / 31 = 2 a day
    assert {e.zone_code: (e.daily_kwh, e.value_kwh) for e in made} == {"day": (5, 395), "night": (2, 168)}
    cancel_reading(desk.settings, "SA01/1/7", on=MARCH, reason="The contract holds", **BY)
    set_contract_use(desk.settings, "SA01/1/7#1", 365, on=JANUARY, **BY)
    made = estimate_readings(desk.settings, FEBRUARY, place="SA01/1/7", method="contract", **BY)
    # 12 a day shared as 5 to 2: 12 x 5 / 7 = 8.571429, 12 x 2 / 7 = 3.428571; in 28 days 240 and 96
    assert {e.zone_code: (e.kind, e.energy_kwh) for e in made} == {
        "day": ("contract", 240),
        "night": ("contract", 96),
    }


def test_an_estimate_by_contract_and_what_to_do_without_one(desk: ReadingDesk) -> None:
    desk.consumer("SA01/1/8", opening=1000)
    with pytest.raises(
        Refusal, match="Nothing was measured at SA01/1/8#1 in the 12 months before; estimate by contract"
    ):
        estimate_readings(desk.settings, JANUARY, place="SA01/1/8", method="average", **BY)
    with pytest.raises(Refusal, match="No use by contract holds at SA01/1/8#1.*`wattbook meter contract`"):
        estimate_readings(desk.settings, JANUARY, place="SA01/1/8", method="contract", **BY)
    with pytest.raises(
        Refusal, match="Too few like consumers of the RES were measured in the month to estimate SA01/1/8#1"
    ):
        estimate_readings(desk.settings, JANUARY, place="SA01/1/8", method="group", **BY)
    with pytest.raises(
        Refusal, match="Neither measured use, nor a use by contract, nor enough like consumers tell what S"
    ):
        estimate_readings(desk.settings, JANUARY, place="SA01/1/8", **BY)
    with pytest.raises(Refusal, match='not estimated by "guess"; methods are best, average, contract, group'):
        estimate_readings(desk.settings, JANUARY, place="SA01/1/8", method="guess", **BY)
    set_contract_use(desk.settings, "SA01/1/8#1", 365, on=JANUARY, **BY)
    (made,) = estimate_readings(desk.settings, JANUARY, place="SA01/1/8", **BY)
    # 12 a day in 31 days
    assert (made.kind, made.energy_kwh, made.value_kwh) == ("contract", 372, 1372)


def test_an_estimate_by_the_group_is_what_like_consumers_of_the_res_used_a_day(desk: ReadingDesk) -> None:
    for number, energy in enumerate([62, 93, 124, 155, 186], start=1):
        desk.consumer(f"SA01/2/{number}", opening=1000, used=[energy])
    # Others: a legal consumer, and another RES.
    desk.book.consumer("U2", res="SA01", kind="legal", tariff="uz.legal", readings={JANUARY: 0, FEBRUARY: 9300})
    desk.consumer("SA02/2/1", opening=1000, used=[3100])
    desk.consumer("SA01/2/9", opening=1000)
    (made,) = estimate_readings(desk.settings, JANUARY, place="SA01/2/9", **BY)
    # (62 + 93 + 124 + 155 + 186) / (5 x 31) = 620 / 155 = 4 a day, 124 in January
    assert (made.kind, made.basis, made.point_count) == ("group", "dwelling", 5)
    assert (made.daily_kwh, made.energy_kwh, made.value_kwh) == (4, 124, 1124)


@pytest.mark.requirement("E93")
def test_a_point_without_a_meter_is_billed_by_contract_as_energy(
    desk: ReadingDesk, settings: Settings, database: psycopg.Connection
) -> None:
    consumer = desk.book.consumer("SA01/3/1", res="SA01", readings={})
    database.execute("DELETE FROM ops.meter_installation WHERE meter_id = %s", [consumer.meter_id])
    set_contract_use(settings, "SA01/3/1#1", 365, on=JANUARY, **BY)
    (made,) = estimate_readings(settings, JANUARY, unit_code="SA01", **BY)
    assert (made.kind, made.serial_no, made.span_from, made.span_to) == ("contract", None, JANUARY, FEBRUARY)
    # 12 a day in 31 days; 200 x 600 + 172 x 800 = 257 600
    assert (made.energy_kwh, made.value_kwh) == (372, None)
    run = bill_month(settings, JANUARY, **BY)
    assert (run.energy_kwh, run.charge_minor) == (372, 257_600 * 100)
    assert estimate_readings(settings, JANUARY, unit_code="SA01", **BY) == []
    (missing,) = missing_readings(settings, JANUARY, unit_code="SA01", **BY)
    assert (missing.serial_no, missing.is_estimated) == (None, True)


def test_days_that_were_estimated_without_a_meter_are_no_gap_when_one_is_hung(
    settings: Settings, database: psycopg.Connection
) -> None:
    yard = MeterYard(settings, database)
    yard.book.open(FEBRUARY)
    consumer = yard.point_without_meter("SA01/3/2")
    set_contract_use(settings, "SA01/3/2#1", 365, on=JANUARY, **BY)
    estimate_readings(settings, JANUARY, place="SA01/3/2", **BY)
    # January is told, so an installation in February tells the days from its first on.
    gap_from = database.execute(
        "SELECT ops.first_day_without_meter(%s, '2026-02-11', NULL)", [consumer.metering_point_id]
    ).fetchone()
    assert gap_from == (FEBRUARY,)


def test_a_true_reading_is_judged_by_the_last_true_one_and_passes_over_the_estimate(desk: ReadingDesk) -> None:
    desk.consumer("SA01/3/3", opening=1000, used=[310])
    estimate_readings(desk.settings, FEBRUARY, place="SA01/3/3", **BY)
    # The estimate says 1590; the meter shows less, which is no decrease: 1400 - 1310 = 90.
    (true,) = enter_reading(desk.settings, "SA01/3/3", 1400, on=APRIL, **BY).readings
    assert (true.verdict, true.counted_from, true.energy_kwh) == ("accepted", FEBRUARY, 90)
    history = reading_history(desk.settings, "SA01/3/3", **BY)
    assert [(r.kind, r.value_kwh, r.is_passed_over) for r in history[:2]] == [
        ("round", 1400, False),
        ("average", 1590, True),
    ]


def test_a_true_reading_corrects_what_was_billed_on_the_estimate(desk: ReadingDesk) -> None:
    desk.consumer("SA01/3/31", opening=1000, used=[310])
    estimate_readings(desk.settings, FEBRUARY, place="SA01/3/31", **BY)
    bill_month(desk.settings, JANUARY, **BY)
    assert bill_month(desk.settings, FEBRUARY, **BY).energy_kwh == 280
    # 1310 - 1310 + 90: the estimate told 280, truly 90 were used in February and March together.
    enter_reading(desk.settings, "SA01/3/31", 1400, on=APRIL, **BY)
    assert bill_month(desk.settings, MARCH, **BY).energy_kwh == 90 - 280
    estimate = reading_history(desk.settings, "SA01/3/31", **BY)[1]
    assert (estimate.kind, estimate.state) == ("average", "superseded")


def test_the_true_reading_of_the_day_that_was_estimated_enters_beside_the_estimate(desk: ReadingDesk) -> None:
    desk.consumer("SA01/3/4", opening=1000, used=[310])
    estimate_readings(desk.settings, FEBRUARY, place="SA01/3/4", **BY)
    (true,) = enter_reading(desk.settings, "SA01/3/4", 1600, on=MARCH, **BY).readings
    assert (true.verdict, true.energy_kwh) == ("accepted", 290)
    assert missing_readings(desk.settings, FEBRUARY, book="SA01/3", **BY) == []


def test_the_sheet_for_the_controller_holds_each_scale_once_and_no_expected_value(desk: ReadingDesk) -> None:
    desk.consumer("SA01/4/1", opening=1000, used=[310])
    desk.book.consumer("SA01/4/2", res="SA01", readings={JANUARY: {"day": 100, "night": 50}})
    desk.consumer("SA01/5/1", opening=1000)
    rows = round_sheet(desk.settings, FEBRUARY, book="SA01/4", **BY)
    assert [(r.point_code, r.zone_code, r.digits, r.last_on, r.last_kwh) for r in rows] == [
        ("SA01/4/1#1", "all", 5, FEBRUARY, 1310),
        ("SA01/4/2#1", "day", 5, JANUARY, 100),
        ("SA01/4/2#1", "night", 5, JANUARY, 50),
    ]
