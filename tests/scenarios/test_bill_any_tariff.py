"""A month billed under tariffs of every kind: zones, ordered power, residents, contracted volume, net prices."""

from datetime import date
from decimal import Decimal

import psycopg
import pytest

from operational_db.billing.commands import bill_month, close_month
from operational_db.settings import Settings
from tests.small_book import ADMINISTRATOR, Consumer, SmallBook

JANUARY, FEBRUARY, MARCH = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)
SIXTEENTH = date(2026, 1, 16)
SOUM = 100


@pytest.fixture
def book(settings: Settings) -> SmallBook:
    return SmallBook(settings, first_month=JANUARY, res_codes=("SA01",))


def _lines(database: psycopg.Connection, consumer: Consumer) -> list[tuple]:
    return database.execute(
        "SELECT zone_code, step_no, energy_kwh, charge_minor FROM ops.bill_line"
        " WHERE account_id = %s ORDER BY booked_month, bill_no, line_no",
        [consumer.account_id],
    ).fetchall()


@pytest.mark.requirement("E100")
def test_a_two_zone_meter_is_billed_zone_by_zone(book: SmallBook, database: psycopg.Connection) -> None:
    # 3.60 net x 1.2 = 4.32 by day, half by night: 200 x 4.32 = 864.00, 150 x 2.16 = 324.00
    consumer = book.consumer(
        "SA01/1/1", res="SA01", tariff="ua.household",
        readings={JANUARY: {"day": 1000, "night": 500}, FEBRUARY: {"day": 1200, "night": 650}},
    )  # fmt: skip
    bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    assert _lines(database, consumer) == [("day", 1, 200, 86_400), ("night", 1, 150, 32_400)]


def test_zones_share_the_steps_of_the_month(book: SmallBook, database: psycopg.Connection) -> None:
    # A meter with zones under a tariff without zone prices: 300 kWh, two thirds by day, so the first step of 200 kWh is
    # split two to one, and so is the rest.
    consumer = book.consumer(
        "SA01/1/2", res="SA01", readings={JANUARY: {"day": 0, "night": 0}, FEBRUARY: {"day": 200, "night": 100}}
    )
    bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    assert _lines(database, consumer) == [
        ("day", 1, Decimal("133.333333"), 8_000_000),  # 133.333333 x 60 000 = 7 999 999.98
        ("day", 2, Decimal("66.666667"), 5_333_333),  # 66.666667 x 80 000 = 5 333 333.36
        ("night", 1, Decimal("66.666667"), 4_000_000),  # 66.666667 x 60 000 = 4 000 000.02
        ("night", 2, Decimal("33.333333"), 2_666_667),  # 33.333333 x 80 000 = 2 666 666.64
    ]


def test_a_second_reading_of_the_month_goes_on_where_the_zones_ended(
    book: SmallBook, database: psycopg.Connection
) -> None:
    # Until the 16th 150 + 150, then 100 + 0: the first step ends within the first half (100 + 100), the rest is step 2.
    consumer = book.consumer(
        "SA01/1/3", res="SA01",
        readings={
            JANUARY: {"day": 0, "night": 0},
            SIXTEENTH: {"day": 150, "night": 150},
            FEBRUARY: {"day": 250, "night": 150},
        },
    )  # fmt: skip
    bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    assert _lines(database, consumer) == [
        ("day", 1, 100, 60_000 * SOUM), ("day", 2, 50, 40_000 * SOUM),
        ("night", 1, 100, 60_000 * SOUM), ("night", 2, 50, 40_000 * SOUM),
        ("day", 2, 100, 80_000 * SOUM), ("night", 1, 0, 0),
    ]  # fmt: skip


@pytest.mark.requirement("A38", "B37")
def test_half_hours_fall_into_the_zones_of_their_hours(book: SmallBook, database: psycopg.Connection) -> None:
    # 10 kWh each half-hour, every day of January: peak 06-09 and 17-22, semi-peak 09-17, night 22-06, 8 hours each:
    # 8 x 20 x 31 = 4960 kWh each. 4960 x 1000 x 1.5; 4960 x 1000; 4960 x 1000 / 1.5 = 3 306 666.666... -> .67
    mill = book.consumer("U1", res="SA01", kind="legal", tariff="uz.legal_tou", readings={})
    book.half_hours(mill, JANUARY, days=31)
    bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    assert _lines(database, mill) == [
        ("night", 1, 4960, 330_666_667), ("peak", 1, 4960, 744_000_000), ("semi", 1, 4960, 496_000_000)
    ]  # fmt: skip


def test_half_hours_fall_into_one_set_of_zones_where_a_tariff_has_two(
    book: SmallBook, database: psycopg.Connection
) -> None:
    # 20 kWh each hour, 620 in January: night 23-07 is 8 hours, peak 08-11 and 20-22 are 5, the rest 11.
    # 4960 x 4.32 x 0.4 = 8570.88; 3100 x 4.32 x 1.5 = 20 088.00; 6820 x 4.32 = 29 462.40
    mill = book.consumer("U6", res="SA01", tariff="ua.household", readings={})
    book.half_hours(mill, JANUARY, days=31)
    bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    assert _lines(database, mill) == [
        ("night", 1, 4960, 857_088), ("peak", 1, 3100, 2_008_800), ("semi", 1, 6820, 2_946_240)
    ]  # fmt: skip


def test_half_hours_that_do_not_make_up_the_month_are_left_and_counted(
    book: SmallBook, database: psycopg.Connection
) -> None:
    mill = book.consumer("U2", res="SA01", kind="legal", tariff="uz.legal_tou", readings={})
    book.half_hours(mill, JANUARY, days=30)
    run = bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    assert (_lines(database, mill), run.unbilled_span_count) == ([], 1)


def test_declared_energy_entered_late_waits_for_its_own_month(book: SmallBook, database: psycopg.Connection) -> None:
    # The second of three parts of January is booked in February. January: 50 x 600 and 20 x 600; February goes on at
    # 70 kWh: 130 x 600 and 10 x 800.
    eleventh, twenty_first = date(2026, 1, 11), date(2026, 1, 21)
    book.open(FEBRUARY)
    shop = book.consumer("SA01/1/11", res="SA01", readings={})
    book.energy(shop, JANUARY, eleventh, 50, kind="declared")
    book.energy(shop, eleventh, twenty_first, 140, kind="declared", booked=FEBRUARY)
    book.energy(shop, twenty_first, FEBRUARY, 20, kind="declared")
    bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    bill_month(book.settings, FEBRUARY, by=ADMINISTRATOR)
    assert _lines(database, shop) == [
        ("all", 1, 50, 30_000 * SOUM), ("all", 1, 20, 12_000 * SOUM),
        ("all", 1, 130, 78_000 * SOUM), ("all", 2, 10, 8_000 * SOUM),
    ]  # fmt: skip


def test_ordered_power_is_paid_each_month_once(settings: Settings, database: psycopg.Connection) -> None:
    # November 2016: 1000 kWh x 147.95 = 147 950; 900 kW x 314 700 / 12 = 23 602 500. December without a reading:
    # the power alone.
    november, december, new_year = date(2016, 11, 1), date(2016, 12, 1), date(2017, 1, 1)
    book = SmallBook(settings, first_month=november, res_codes=("SA01",))
    mill = book.consumer(
        "U3", res="SA01", kind="legal", tariff="uz.legal_tou", since=november, ordered_power_kw=900,
        readings={november: 0, december: 1000},
    )  # fmt: skip
    run = bill_month(settings, november, by=ADMINISTRATOR)
    assert (run.bill_count, run.charge_minor) == (1, 23_750_450 * SOUM)
    assert bill_month(settings, november, by=ADMINISTRATOR).was_billed_already
    close_month(settings, november, by=ADMINISTRATOR)
    book.reading(mill, new_year, 1000)
    bill_month(settings, december, by=ADMINISTRATOR)
    assert _lines(database, mill) == [
        ("all", 1, 1000, 147_950 * SOUM), ("power", 0, 0, 23_602_500 * SOUM),
        ("all", 1, 0, 0), ("power", 0, 0, 23_602_500 * SOUM),
    ]  # fmt: skip


def test_power_ordered_from_the_middle_of_a_month_costs_its_days(
    settings: Settings, database: psycopg.Connection
) -> None:
    # Ordered from 16 November: 15 of 30 days: 900 x 314 700 / 12 / 2 = 11 801 250
    november = date(2016, 11, 1)
    book = SmallBook(settings, first_month=november, res_codes=("SA01",))
    mill = book.consumer(
        "U4", res="SA01", kind="legal", tariff="uz.legal_tou", since=date(2016, 11, 16), ordered_power_kw=900,
        readings={},
    )  # fmt: skip
    bill_month(settings, november, by=ADMINISTRATOR)
    assert _lines(database, mill) == [("power", 0, 0, 11_801_250 * SOUM)]


@pytest.mark.requirement("D23")
def test_residents_widen_the_levels_from_the_day_they_live_there(book: SmallBook, database: psycopg.Connection) -> None:
    # 310 kWh in January under Rudny's levels, 10 a day: one resident until the 16th (150 kWh), then three (160 kWh).
    # One resident: 100 x 33.13 + 50 x 41.33; three: bounds 300 and 450, volume goes on at 150: 150 to 300 is level 1
    # (150 x 33.13), 300 to 310 level 2 (10 x 41.33).
    consumer = book.consumer("SA01/1/4", res="SA01", tariff="kz.rudny", persons=1, readings={JANUARY: 0, FEBRUARY: 310})
    database.execute("UPDATE ops.family_size SET known_to = now() WHERE account_id = %s", [consumer.account_id])
    database.execute(
        "INSERT INTO ops.family_size (account_id, persons, valid_from, valid_to, source_id)"
        " VALUES (%(a)s, 1, '2026-01-01', '2026-01-16', %(s)s), (%(a)s, 3, '2026-01-16', NULL, %(s)s)",
        {"a": consumer.account_id, "s": book.source_id},
    )
    bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    assert _lines(database, consumer) == [
        ("all", 1, 100, 331_300), ("all", 2, 50, 206_650), ("all", 1, 150, 496_950), ("all", 2, 10, 41_330)
    ]  # fmt: skip


def test_a_volume_without_a_known_price_is_left_and_counted(book: SmallBook, database: psycopg.Connection) -> None:
    # Level 3 of Rudny (above 150 kWh of one resident) has no published price.
    consumer = book.consumer("SA01/1/5", res="SA01", tariff="kz.rudny", persons=1, readings={JANUARY: 0, FEBRUARY: 151})
    unknown_family = book.consumer("SA01/1/6", res="SA01", tariff="kz.rudny", readings={JANUARY: 0, FEBRUARY: 10})
    run = bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    assert (_lines(database, consumer), _lines(database, unknown_family), run.unbilled_span_count) == ([], [], 2)


def test_a_volume_without_a_known_price_uses_no_step(book: SmallBook, database: psycopg.Connection) -> None:
    # Until the 16th under Rudny's levels, 160 kWh: level 3 has no price. What follows under another tariff begins at 0:
    # 200 x 600 + 50 x 800.
    consumer = book.consumer(
        "SA01/1/8", res="SA01", tariff="kz.rudny", persons=1, readings={JANUARY: 0, SIXTEENTH: 160, FEBRUARY: 410}
    )
    database.execute(
        "UPDATE ops.metering_point_tariff SET valid_to = %s WHERE metering_point_id = %s",
        [SIXTEENTH, consumer.metering_point_id],
    )
    database.execute(
        "INSERT INTO ops.metering_point_tariff (metering_point_id, tariff_code, valid_from, source_id)"
        " VALUES (%s, 'uz.household', %s, %s)",
        [consumer.metering_point_id, SIXTEENTH, book.source_id],
    )
    run = bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    assert run.unbilled_span_count == 1
    assert _lines(database, consumer) == [("all", 1, 200, 120_000 * SOUM), ("all", 2, 50, 40_000 * SOUM)]


@pytest.mark.requirement("E100")
def test_a_zone_without_use_is_billed_beside_one_without_a_known_price(
    book: SmallBook, database: psycopg.Connection
) -> None:
    # One resident of Rudny, 200 kWh, all by night: beyond 150 there is no price. The day's register stood still.
    consumer = book.consumer(
        "SA01/1/9", res="SA01", tariff="kz.rudny", persons=1,
        readings={JANUARY: {"day": 0, "night": 0}, FEBRUARY: {"day": 0, "night": 200}},
    )  # fmt: skip
    run = bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    assert (_lines(database, consumer), run.unbilled_span_count) == ([("day", 1, 0, 0)], 1)


@pytest.mark.requirement("E100")
def test_half_a_millionth_of_a_share_is_rounded_away_from_zero(book: SmallBook, database: psycopg.Connection) -> None:
    # 300.000003 kWh until the 16th, then 250 by day and 50 by night: five sixths and one sixth. The day stands on
    # 300.000003 x 5/6 = 250.0000025 -> 250.000003, its bound is 500 x 5/6 = 416.666667: 166.666664 in step 2, the rest,
    # 83.333336, in step 3. The night stands on 50.0000005 -> 50.000001, bound 83.333333: 33.333332 and 16.666668.
    consumer = book.consumer(
        "SA01/1/10", res="SA01",
        readings={
            JANUARY: {"day": 0, "night": 0},
            SIXTEENTH: {"day": Decimal("150.000001"), "night": Decimal("150.000002")},
            FEBRUARY: {"day": Decimal("400.000001"), "night": Decimal("200.000002")},
        },
    )  # fmt: skip
    bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    assert [(zone, step, energy) for zone, step, energy, _ in _lines(database, consumer)[4:]] == [
        ("day", 2, Decimal("166.666664")), ("day", 3, Decimal("83.333336")),
        ("night", 2, Decimal("33.333332")), ("night", 3, Decimal("16.666668")),
    ]  # fmt: skip


def test_use_above_the_contract_costs_more(book: SmallBook, database: psycopg.Connection) -> None:
    # Contract 1000 kWh a month: to 1200 at 1000, above at 1200.
    mill = book.consumer(
        "U5", res="SA01", kind="legal", tariff="uz.legal", contracted_kwh_per_month=1000,
        readings={JANUARY: 0, FEBRUARY: 1500},
    )  # fmt: skip
    bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    assert _lines(database, mill) == [("all", 1, 1200, 1_200_000 * SOUM), ("all", 2, 300, 360_000 * SOUM)]


def test_steps_by_days_begin_anew_with_each_part(book: SmallBook, database: psycopg.Connection) -> None:
    # Iran, thirty days: 350 kWh from 1 January to 2 March are 60 days, bounds doubled in all. January has 31 days:
    # 350 x 31/60 = 180.833333; its first bound 100 x 31/30 = 103.333333. To the end of February 350 x 59/60 =
    # 344.166667, so February has 163.333334 and the bound 93.333333; 1 March has the rest, 5.833333, and 3.333333.
    book.open(FEBRUARY)
    book.open(MARCH)
    consumer = book.consumer(
        "SA01/1/7", res="SA01", tariff="ir.household", readings={JANUARY: 0, date(2026, 3, 2): 350}
    )
    bill_month(book.settings, MARCH, by=ADMINISTRATOR)
    lines = _lines(database, consumer)
    assert [(step, energy) for _, step, energy, _ in lines] == [
        (1, Decimal("103.333333")), (2, Decimal("77.5")),
        (1, Decimal("93.333333")), (2, Decimal("70.000001")),
        (1, Decimal("3.333333")), (2, Decimal("2.5")),
    ]  # fmt: skip
    # Each rounded to a rial: 31 000 + 27 125 + 28 000 + 24 500 + 1 000 + 875 = 112 500, as 60 days in one question cost
    assert sum(charge for *_, charge in lines) == 112_500
