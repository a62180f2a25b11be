"""Billing a month, told as the clerk who does it would tell it."""

from datetime import date
from decimal import Decimal

import psycopg
import pytest

from operational_db.access.commands import create_user
from operational_db.billing.commands import bill_month, close_month, close_obstacles
from operational_db.connections import Role, connect
from operational_db.refusal import Refusal
from operational_db.settings import Settings
from tests.small_book import ADMINISTRATOR, Consumer, SmallBook

JANUARY, FEBRUARY, MARCH, APRIL = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1), date(2026, 4, 1)
SOUM = 100


@pytest.fixture
def book(settings: Settings) -> SmallBook:
    return SmallBook(settings, first_month=JANUARY, res_codes=("SA01", "SA02"))


def _lines(database: psycopg.Connection, consumer: Consumer) -> list[tuple]:
    return database.execute(
        "SELECT service_month, span_from, span_to, step_no, energy_kwh, charge_minor FROM ops.bill_line"
        " WHERE account_id = %s ORDER BY booked_month, bill_no, line_no",
        [consumer.account_id],
    ).fetchall()


def _balance_minor(database: psycopg.Connection, consumer: Consumer) -> int:
    return database.execute(
        "SELECT coalesce(sum(CASE WHEN d.is_consumer_balance THEN amount_minor ELSE -amount_minor END), 0)::bigint"
        " FROM ops.ledger AS g INNER JOIN ops.ledger_account AS d ON d.ledger_account_code = g.debit_code"
        " WHERE g.account_id = %s",
        [consumer.account_id],
    ).fetchone()[0]


@pytest.mark.requirement("A41", "D32", "E31")
def test_a_household_is_billed_by_steps(book: SmallBook, database: psycopg.Connection) -> None:
    karimov = book.consumer("SA01/1/1", res="SA01", readings={JANUARY: 1000, FEBRUARY: 1350})
    run = bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    # 350 kWh: 200 x 600 + 150 x 800 = 120 000 + 120 000
    assert (run.bill_count, run.line_count, run.energy_kwh, run.charge_minor) == (1, 2, 350, 240_000 * SOUM)
    assert _lines(database, karimov) == [
        (JANUARY, JANUARY, FEBRUARY, 1, 200, 120_000 * SOUM),
        (JANUARY, JANUARY, FEBRUARY, 2, 150, 120_000 * SOUM),
    ]
    assert _balance_minor(database, karimov) == 240_000 * SOUM


@pytest.mark.requirement("A38", "D24", "E31")
def test_a_legal_consumer_pays_flat_through_its_current_transformers(
    book: SmallBook, database: psycopg.Connection
) -> None:
    readings = {JANUARY: Decimal("10.5"), FEBRUARY: Decimal("12.75")}
    mill = book.consumer("U1", res="SA01", kind="legal", tariff="uz.legal", ratio=Decimal(40), readings=readings)
    bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    # 2.25 x 40 = 90 kWh x 1000
    assert _lines(database, mill) == [(JANUARY, JANUARY, FEBRUARY, 1, 90, 90_000 * SOUM)]


def test_energy_behind_a_broken_ratio_is_rounded_to_a_millionth(book: SmallBook, database: psycopg.Connection) -> None:
    # 12.345 x 1.2345 = 15.2399025 -> 15.239903 kWh x 600 = 9143.9418 soum
    consumer = book.consumer(
        "SA01/1/18", res="SA01", ratio=Decimal("1.2345"), readings={JANUARY: 0, FEBRUARY: Decimal("12.345")}
    )
    bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    assert _lines(database, consumer) == [(JANUARY, JANUARY, FEBRUARY, 1, Decimal("15.239903"), 914_394)]


def test_a_register_that_passes_zero_is_billed_for_what_passed(book: SmallBook, database: psycopg.Connection) -> None:
    # five digits: 99 990 -> 00 040 is 10 + 40 = 50 kWh, 50 x 600
    consumer = book.consumer("SA01/1/2", res="SA01", digits=5, readings={JANUARY: 99_990, FEBRUARY: 40})
    bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    assert _lines(database, consumer) == [(JANUARY, JANUARY, FEBRUARY, 1, 50, 30_000 * SOUM)]


def test_readings_in_the_middle_of_months_share_the_steps_of_the_month(
    book: SmallBook, database: psycopg.Connection
) -> None:
    # 16 January to 16 March is 59 days and 590 kWh: January 16 days = 160, February 28 = 280, March 15 = 150.
    middle = date(2026, 1, 16)
    book.open(FEBRUARY)
    book.open(MARCH)
    consumer = book.consumer("SA01/1/3", res="SA01", since=middle, readings={middle: 0})
    book.reading(consumer, date(2026, 3, 16), 590)
    bill_month(book.settings, MARCH, by=ADMINISTRATOR)
    assert _lines(database, consumer) == [
        (JANUARY, middle, FEBRUARY, 1, 160, 96_000 * SOUM),  # 160 x 600
        (FEBRUARY, FEBRUARY, MARCH, 1, 200, 120_000 * SOUM),  # 200 x 600
        (FEBRUARY, FEBRUARY, MARCH, 2, 80, 64_000 * SOUM),  # 80 x 800
        (MARCH, MARCH, date(2026, 3, 16), 1, 150, 90_000 * SOUM),  # 150 x 600
    ]
    # The rest of March, 100 kWh, goes on at 150: 50 x 600 and 50 x 800, although it is billed in April.
    book.open(APRIL)
    book.reading(consumer, APRIL, 690, booked_month=APRIL)
    bill_month(book.settings, APRIL, by=ADMINISTRATOR)
    assert _lines(database, consumer)[4:] == [
        (MARCH, date(2026, 3, 16), APRIL, 1, 50, 30_000 * SOUM),
        (MARCH, date(2026, 3, 16), APRIL, 2, 50, 40_000 * SOUM),
    ]


@pytest.mark.requirement("E154")
def test_a_change_of_tariff_inside_the_span_splits_it_by_days(settings: Settings, database: psycopg.Connection) -> None:
    # 1 April to 1 June 2025 is 61 days, 610 kWh: April 300 kWh at the steps of 2024, May 310 at those of 2025.
    book = SmallBook(settings, first_month=date(2025, 5, 1), res_codes=("SA01",))
    consumer = book.consumer("SA01/1/4", res="SA01", since=date(2025, 4, 1), readings={})
    book.reading(consumer, date(2025, 4, 1), 0, is_opening=True, booked_month=date(2025, 5, 1))
    book.reading(consumer, date(2025, 6, 1), 610)
    bill_month(settings, date(2025, 5, 1), by=ADMINISTRATOR)
    april, may, june = date(2025, 4, 1), date(2025, 5, 1), date(2025, 6, 1)
    assert _lines(database, consumer) == [
        (april, april, may, 1, 200, 90_000 * SOUM),  # 200 x 450
        (april, april, may, 2, 100, 90_000 * SOUM),  # 100 x 900
        (may, may, june, 1, 200, 120_000 * SOUM),  # 200 x 600
        (may, may, june, 2, 110, 88_000 * SOUM),  # 110 x 800
    ]


@pytest.mark.parametrize("total_kwh", ["100.000001", "1", "0.000002", "777.777777"])
def test_no_part_of_a_kilowatt_hour_is_lost_when_a_span_is_split(
    book: SmallBook, database: psycopg.Connection, total_kwh: str
) -> None:
    book.open(FEBRUARY)
    book.open(MARCH)
    consumer = book.consumer("SA01/1/5", res="SA01", readings={JANUARY: 0})
    book.reading(consumer, date(2026, 3, 8), Decimal(total_kwh))
    bill_month(book.settings, MARCH, by=ADMINISTRATOR)
    assert sum(line[4] for line in _lines(database, consumer)) == Decimal(total_kwh)


def test_a_month_without_use_is_a_bill_of_zero(book: SmallBook, database: psycopg.Connection) -> None:
    consumer = book.consumer("SA01/1/6", res="SA01", readings={JANUARY: 77, FEBRUARY: 77})
    run = bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    assert (run.bill_count, run.charge_minor) == (1, 0)
    assert _lines(database, consumer) == [(JANUARY, JANUARY, FEBRUARY, 1, 0, 0)]


def test_billing_again_says_already_billed(book: SmallBook) -> None:
    book.consumer("SA01/1/7", res="SA01", readings={JANUARY: 0, FEBRUARY: 10})
    first = bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    second = bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    assert not first.was_billed_already
    assert second.was_billed_already
    assert second.bill_count == 0


def test_one_account_and_then_the_rest_give_what_one_run_gives(book: SmallBook, database: psycopg.Connection) -> None:
    first = book.consumer("SA01/1/8", res="SA01", readings={JANUARY: 0, FEBRUARY: 250})
    second = book.consumer("SA02/1/9", res="SA02", readings={JANUARY: 0, FEBRUARY: 250})
    one = bill_month(book.settings, JANUARY, by=ADMINISTRATOR, account_no="SA01/1/8")
    rest = bill_month(book.settings, JANUARY, by=ADMINISTRATOR, unit_code="UZ")
    assert (one.bill_count, rest.bill_count) == (1, 1)
    assert _lines(database, first) == _lines(database, second)
    assert _balance_minor(database, first) == _balance_minor(database, second) == 160_000 * SOUM  # 120 000 + 50 x 800


def test_a_later_month_waits_for_the_earlier_one(book: SmallBook) -> None:
    book.open(FEBRUARY)
    book.consumer("SA01/1/10", res="SA01", readings={JANUARY: 0, FEBRUARY: 10, MARCH: 30})
    with pytest.raises(Refusal, match="Month 2026-01 still has 1 readings to bill; bill it before 2026-02"):
        bill_month(book.settings, FEBRUARY, by=ADMINISTRATOR)


def test_a_day_cannot_be_billed_twice(book: SmallBook, database: psycopg.Connection) -> None:
    consumer = book.consumer("SA01/1/11", res="SA01", readings={JANUARY: 0, FEBRUARY: 10})
    other_meter = database.execute(
        "INSERT INTO ops.meter (serial_no, meter_type_code, source_id) VALUES ('X', 'unknown', %s) RETURNING meter_id",
        [book.source_id],
    ).fetchone()[0]
    database.execute(
        "INSERT INTO ops.meter_register (meter_id, zone_code, digits) VALUES (%s, 'all', 5)", [other_meter]
    )
    database.execute(
        "INSERT INTO ops.meter_installation (metering_point_id, meter_id, valid_from, source_id)"
        " VALUES (%s, %s, %s, %s)",
        [consumer.metering_point_id, other_meter, JANUARY, book.source_id],
    )
    twin = Consumer(consumer.account_id, consumer.metering_point_id, other_meter, consumer.res_id)
    book.reading(twin, date(2026, 1, 15), 0, is_opening=True)
    book.reading(twin, FEBRUARY, 5)
    with pytest.raises(Refusal, match="cover the same day of 2026-01"):
        bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    assert database.execute("SELECT count(*) FROM ops.bill").fetchone() == (0,)


def test_days_without_a_price_in_force_are_reported_and_left(book: SmallBook, database: psycopg.Connection) -> None:
    database.execute(
        "UPDATE ops.tariff_version SET valid_to = '2026-01-20' WHERE tariff_code = 'uz.legal' AND valid_to IS NULL"
    )
    book.consumer("SA01/1/12", res="SA01", tariff="uz.legal", readings={JANUARY: 0, FEBRUARY: 10})
    run = bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    assert (run.bill_count, run.unbilled_span_count) == (0, 1)


@pytest.mark.requirement("E149", "E150")
def test_a_closed_month_takes_no_more_bills(book: SmallBook, database: psycopg.Connection) -> None:
    book.consumer("SA01/1/13", res="SA01", readings={JANUARY: 0, FEBRUARY: 10})
    assert close_obstacles(book.settings, JANUARY, unit_code="SA01", by=ADMINISTRATOR) == [
        (
            "SA01: 1 readings of 2026-01 are neither billed nor set aside, the first of account SA01/1/13; run "
            "`wattbook bill`, and see `wattbook unbilled` where they stay."
        )
    ]
    with pytest.raises(Refusal, match="cannot be closed. SA01: 1 readings of 2026-01"):
        close_month(book.settings, JANUARY, unit_code="SA01", by=ADMINISTRATOR)
    bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    closed = close_month(book.settings, JANUARY, unit_code="SA01", by=ADMINISTRATOR)
    assert [c.res_code for c in closed] == ["SA01"]
    with pytest.raises(Refusal, match="Month 2026-01 is closed for SA01; post a correction in the open month"):
        bill_month(book.settings, JANUARY, by=ADMINISTRATOR, unit_code="SA01")
    with pytest.raises(Refusal, match="closed already for all 1 RES there"):
        close_month(book.settings, JANUARY, unit_code="SA01", by=ADMINISTRATOR)
    assert database.execute("SELECT count(*) FROM ops.open_period WHERE booked_month = %s", [FEBRUARY]).fetchone() == (
        1,
    )


@pytest.mark.requirement("E150")
def test_each_close_is_chained_to_the_one_before(book: SmallBook, database: psycopg.Connection) -> None:
    consumer = book.consumer("SA01/1/14", res="SA01", readings={JANUARY: 0, FEBRUARY: 10})
    bill_month(book.settings, JANUARY, by=ADMINISTRATOR, unit_code="SA01")
    close_month(book.settings, JANUARY, unit_code="SA01", by=ADMINISTRATOR)
    book.reading(consumer, MARCH, 30)
    bill_month(book.settings, FEBRUARY, by=ADMINISTRATOR, unit_code="SA01")
    close_month(book.settings, FEBRUARY, unit_code="SA01", by=ADMINISTRATOR)
    # chain = sha256(chain before || content), checked by PostgreSQL's own sha256 outside our function
    assert database.execute(
        "SELECT later.chain_hash = encode(sha256(convert_to(first.chain_hash || later.content_hash, 'UTF8')), 'hex'),"
        "  first.chain_hash = encode(sha256(convert_to(first.content_hash, 'UTF8')), 'hex')"
        " FROM ops.period_close AS first, ops.period_close AS later"
        " WHERE first.booked_month = %s AND later.booked_month = %s",
        [JANUARY, FEBRUARY],
    ).fetchone() == (True, True)


@pytest.mark.parametrize("statement", [
    "UPDATE ops.bill SET charge_minor = 0",
    "DELETE FROM ops.bill_line",
    "TRUNCATE ops.ledger",
    "UPDATE ops.reading SET value_kwh = 0",
    "TRUNCATE ops.bill_202601",
    "DELETE FROM ops.ledger_202601",
    "DELETE FROM ops.period_close",
])  # fmt: skip
def test_posted_rows_cannot_be_changed_by_any_role(book: SmallBook, statement: str) -> None:
    book.consumer("SA01/1/15", res="SA01", readings={JANUARY: 0, FEBRUARY: 10})
    bill_month(book.settings, JANUARY, by=ADMINISTRATOR, unit_code="SA01")
    close_month(book.settings, JANUARY, by=ADMINISTRATOR, unit_code="SA01")
    for role in (Role.OWNER, Role.APP, Role.LOADER):
        with connect(book.settings, role) as session, pytest.raises(psycopg.Error, match="posted|permission denied"):
            session.execute(statement)


def test_a_register_opened_anew_at_the_end_of_a_month_is_billed_from_its_opening(book: SmallBook) -> None:
    karimov = book.consumer("SA01/1/18", res="SA01", readings={JANUARY: 1000, FEBRUARY: 1100})
    # As a legacy system tells of a meter that came back from the bench the same day, wound on by 50 kWh.
    book.reading(karimov, FEBRUARY, 1150, is_opening=True, booked_month=JANUARY)
    bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    book.open(FEBRUARY)
    book.reading(karimov, MARCH, 1200)
    # 1200 - 1150; the 50 kWh of the bench were used by nobody.
    assert bill_month(book.settings, FEBRUARY, by=ADMINISTRATOR).energy_kwh == 50


@pytest.mark.requirement("A32", "B31", "E151")
def test_a_clerk_bills_and_sees_the_own_res_only(book: SmallBook) -> None:
    book.consumer("SA01/1/16", res="SA01", readings={JANUARY: 0, FEBRUARY: 10})
    book.consumer("SA02/1/17", res="SA02", readings={JANUARY: 0, FEBRUARY: 10})
    create_user(
        book.settings, login="clerk", full_name="Clerk of SA01", group_code="billing_clerks", unit_code="SA01",
        by=ADMINISTRATOR,
    )  # fmt: skip
    with pytest.raises(Refusal, match='User "clerk" does not hold the right "bill" for SA02'):
        bill_month(book.settings, JANUARY, by="clerk", unit_code="SA02")
    with pytest.raises(Refusal, match='There is no active user "nobody"'):
        bill_month(book.settings, JANUARY, by="nobody", unit_code="SA01")
    with pytest.raises(Refusal, match='does not hold the right "close" for SA01'):
        close_month(book.settings, JANUARY, by="clerk", unit_code="SA01")
    bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    for role in (Role.APP, Role.WEB, Role.READER):
        with connect(book.settings, role, user="clerk") as session:
            seen = session.execute("SELECT DISTINCT res_id FROM ops.bill").fetchall()
            assert seen == [(book.res_ids["SA01"],)]
            assert session.execute("SELECT count(*) FROM ops.account").fetchone() == (1,)
        with connect(book.settings, role, user="nobody") as session:
            assert session.execute("SELECT count(*) FROM ops.ledger").fetchone() == (0,)


@pytest.mark.parametrize(
    ("unit", "month", "words"),
    [
        ("XX99", JANUARY, 'There is no unit "XX99"'),
        ("SA01", date(2031, 5, 1), "Nothing is open in 2031-05 for SA01"),
    ],
)
def test_a_run_over_nothing_known_is_refused(book: SmallBook, unit: str, month: date, words: str) -> None:
    with pytest.raises(Refusal, match=words):
        bill_month(book.settings, month, by=ADMINISTRATOR, unit_code=unit)
