"""Marts of what units collect against their targets, of corrections, and the tariff sheet, over a book worked by hand.

January 2026 to March 2026 in two RES of two regions. Households pay 600 UZS up to 200 kWh and 800 above.

| account | January | February | March |
|---|---|---|---|
| SA01/1/1 | 350 kWh: 120,000 + 120,000 = 240,000 | 200 kWh: 120,000 | 100 kWh: 60,000 |
| SA01/1/2 | estimated, 100 kWh: 60,000 | read for both months, 590 kWh | nothing |
| SA01/1/3 | not read | read for both months, 59 kWh | nothing |
| TK03/1/1 | 50 kWh: 30,000 | nothing used: 0 | 10 kWh: 6,000 |
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import psycopg
import pytest

from operational_db.access.commands import create_user
from operational_db.billing.commands import bill_month, close_month
from operational_db.connections import Role, connect
from operational_db.payments.services import bill_service, set_service_price
from operational_db.plans.collection_targets import set_collection_target
from operational_db.settings import Settings
from orchestration.dbt_runs import build
from tests.money_desk import pay, take_over
from tests.small_book import ADMINISTRATOR, SmallBook

pytestmark = pytest.mark.db

JANUARY, FEBRUARY, MARCH, APRIL = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1), date(2026, 4, 1)
SOUM = 100


class TwoCities:
    """The book of the table above, month by month."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.book = SmallBook(settings, first_month=JANUARY, res_codes=("SA01", "TK03"))
        self.teacher = self.book.consumer("SA01/1/1", res="SA01", readings={JANUARY: 0, FEBRUARY: 350})
        self.estimated = self.book.consumer("SA01/1/2", res="SA01", readings={JANUARY: 0})
        self.book.reading(self.estimated, FEBRUARY, 100, kind="average")
        self.late = self.book.consumer("SA01/1/3", res="SA01", readings={JANUARY: 0})
        self.baker = self.book.consumer("TK03/1/1", res="TK03", readings={JANUARY: 0, FEBRUARY: 50})

    def january(self) -> None:
        # The teacher owed 90,000 from 2024; the baker had 20,000 in advance.
        take_over(self.book, self.teacher, {2024: 90_000 * SOUM}, JANUARY)
        take_over(self.book, self.baker, {2025: -20_000 * SOUM}, JANUARY)
        bill_month(self.settings, JANUARY, by=ADMINISTRATOR)
        pay(self.book, self.teacher, date(2026, 1, 20), 99_000 * SOUM, channel="paynet")
        close_month(self.settings, JANUARY, by=ADMINISTRATOR)

    def february(self) -> None:
        for consumer, value in ((self.teacher, 550), (self.estimated, 590), (self.late, 59), (self.baker, 50)):
            self.book.reading(consumer, MARCH, value)
        bill_month(self.settings, FEBRUARY, by=ADMINISTRATOR)
        set_service_price(
            self.settings, "seal", 15_000 * SOUM, vat_rate=Decimal("0.12"), since=JANUARY, meaning="Sealing a meter",
            by=ADMINISTRATOR,
        )  # fmt: skip
        bill_service(self.settings, "TK03/1/1", "seal", done_on=date(2026, 2, 10), by=ADMINISTRATOR)
        pay(self.book, self.baker, date(2026, 2, 25), 5_000 * SOUM)


@pytest.fixture
def cities(settings: Settings, database: psycopg.Connection) -> TwoCities:
    # Rights on a database as such are not copied with its template.
    database.execute(f"GRANT CREATE ON DATABASE {settings.database_name} TO wattbook_dbt")
    return TwoCities(settings)


@pytest.fixture
def reader(settings: Settings) -> Iterator[psycopg.Connection]:
    with connect(settings, Role.READER, user=ADMINISTRATOR, autocommit=True) as session:
        yield session


def _collection(reader: psycopg.Connection, unit: str, month: date) -> tuple:
    return reader.execute(
        "SELECT c.opening_minor / 100, c.charged_minor / 100, c.paid_minor / 100, c.closing_minor / 100,"
        " c.overpaid_minor / 100, c.debt_growth_minor / 100, round(100 * c.collection_share, 2),"
        " 100 * c.target_share, t.code, c.is_closed"
        " FROM marts.fct_collection AS c INNER JOIN marts.dim_unit AS u ON u.unit_id = c.unit_id"
        " LEFT JOIN marts.dim_unit AS t ON t.unit_id = c.target_unit_id"
        " WHERE u.code = %s AND c.booked_month = %s",
        [unit, month],
    ).fetchone()


def _target(settings: Settings, unit: str, percent: int, from_month: date) -> None:
    set_collection_target(
        settings, unit, Decimal(percent) / 100, from_month=from_month, document="Order 12", by=ADMINISTRATOR
    )  # fmt: skip


@pytest.mark.requirement("A6", "B6")
def test_units_collect_against_their_own_target_or_that_of_the_unit_above(
    cities: TwoCities, reader: psycopg.Connection
) -> None:
    _target(cities.settings, "UZ", 95, JANUARY)
    _target(cities.settings, "UZ-SA", 98, FEBRUARY)
    cities.january()
    cities.february()
    assert not build(cities.settings).failed

    # SA01 in January: 90,000 + (240,000 + 60,000) charged - 99,000 paid = 291,000; 99 of 300 is 33 %.
    assert _collection(reader, "SA01", JANUARY) == (90_000, 300_000, 99_000, 291_000, 0, 201_000, 33, 95, "UZ", True)
    # February: the teacher 120,000; the estimate of 60,000 is taken back for 208,000 (200 x 600 + 110 x 800) in January
    # and 184,000 (200 x 600 + 80 x 800) in February; the late one 59 x 600 = 35,400: 487,400 charged, nothing paid.
    assert _collection(reader, "SA01", FEBRUARY) == (
        291_000, 487_400, 0, 778_400, 0, 487_400, 0, 98, "UZ-SA", False,
    )  # fmt: skip
    # TK03 in January: 30,000 against an advance of 20,000, nothing paid: 0 %, not blank.
    assert _collection(reader, "TK03", JANUARY) == (-20_000, 30_000, 0, 10_000, 0, 10_000, 0, 95, "UZ", True)
    # February: no energy, a service of 15,000, and 5,000 paid for electricity: one third. The Republic has both RES.
    assert _collection(reader, "TK03", FEBRUARY) == (
        10_000, 15_000, 5_000, 20_000, 0, 10_000, Decimal("33.33"), 95, "UZ", False,
    )  # fmt: skip
    # 5,000 of 487,400 + 15,000 = 502,400 is 1.00 %.
    assert _collection(reader, "UZ", FEBRUARY) == (
        301_000, 502_400, 5_000, 798_400, 0, 497_400, Decimal("1.00"), 95, "UZ", False,
    )  # fmt: skip
    by_article = reader.execute(
        "SELECT a.article_code, a.charged_minor / 100, a.paid_minor / 100, round(100 * a.collection_share, 2)"
        " FROM marts.fct_collection_by_article AS a INNER JOIN marts.dim_unit AS u ON u.unit_id = a.unit_id"
        " WHERE u.code = 'TK03' AND a.booked_month = %s ORDER BY 1",
        [FEBRUARY],
    ).fetchall()
    # Nothing was charged for electricity: what was paid for it is no share of anything.
    assert by_article == [("electricity", 0, 5_000, None), ("services", 15_000, 0, 0)]


def test_a_target_that_is_set_later_reaches_closed_months_too(cities: TwoCities, reader: psycopg.Connection) -> None:
    cities.january()
    build(cities.settings)
    assert _collection(reader, "SA01", JANUARY)[-3:] == (None, None, True)
    _target(cities.settings, "SA01", 90, JANUARY)
    build(cities.settings)
    assert _collection(reader, "SA01", JANUARY)[-3:] == (90, "SA01", True)


@pytest.mark.requirement("A32", "B31")
def test_a_person_sees_collection_of_units_whose_every_res_is_the_own(cities: TwoCities) -> None:
    create_user(
        cities.settings, login="samarkand", full_name="Rano", group_code="management", unit_code="UZ-SA",
        by=ADMINISTRATOR,
    )  # fmt: skip
    cities.january()
    build(cities.settings)
    for role in (Role.READER, Role.WEB):
        with connect(cities.settings, role, user="samarkand") as session:
            for mart in ("fct_collection", "fct_collection_by_article"):
                seen = session.execute(
                    f"SELECT DISTINCT u.code FROM marts.{mart} AS c INNER JOIN marts.dim_unit AS u"
                    " ON u.unit_id = c.unit_id ORDER BY 1"
                ).fetchall()
                assert [code for (code,) in seen] == ["P-SA", "SA01", "UZ-SA"], mart


@pytest.mark.requirement("E62")
def test_corrections_tell_the_month_used_and_the_month_booked(cities: TwoCities, reader: psycopg.Connection) -> None:
    cities.january()
    cities.february()
    assert not build(cities.settings).failed
    told = reader.execute(
        "SELECT u.code, c.booked_month, c.service_month, c.consumer_kind, c.reason, c.account_count, c.reversed_kwh,"
        " c.right_kwh, c.energy_kwh, c.reversed_minor / 100, c.right_minor / 100, c.charge_minor / 100, c.is_closed"
        " FROM marts.fct_corrections AS c INNER JOIN marts.dim_unit AS u ON u.unit_id = c.leaf_unit_id"
        " ORDER BY c.reason"
    ).fetchall()
    assert told == [
        # 31 of the 59 days are January's: 31 kWh x 600.
        ("SA01", FEBRUARY, JANUARY, "household", "billed_late", 1, 0, 31, 31, 0, 18_600, 18_600, False),
        # 310 kWh in place of the estimate: 200 x 600 + 110 x 800 = 208,000.
        (
            "SA01", FEBRUARY, JANUARY, "household", "reading_superseded", 1, -100, 310, 210, -60_000, 208_000, 148_000,
            False,
        ),
    ]  # fmt: skip


@pytest.mark.requirement("E165", "E56")
def test_the_tariff_sheet_tells_what_was_billed_at_each_price(cities: TwoCities, reader: psycopg.Connection) -> None:
    cities.january()
    cities.february()
    assert not build(cities.settings).failed
    sheet = reader.execute(
        "SELECT u.code, t.booked_month, t.step_no, t.price_minor / 100, t.account_count, t.energy_kwh,"
        " t.charge_minor / 100, t.vat_minor FROM marts.fct_tariff_sheet AS t"
        " INNER JOIN marts.dim_unit AS u ON u.unit_id = t.res_id WHERE t.tariff_code = 'uz.household'"
        " ORDER BY u.code, t.booked_month, t.step_no"
    ).fetchall()
    # VAT of 12 % is within: 180,000 x 12 / 112 = 19,285.71 and so on, line by line.
    assert sheet == [
        # The teacher 200 kWh and the estimate of 100; the teacher's other 150 at 800.
        ("SA01", JANUARY, 1, 600, 2, 300, 180_000, 1_285_714 + 642_857),
        ("SA01", JANUARY, 2, 800, 1, 150, 120_000, 1_285_714),
        # 200 of the teacher, 200 + 200 - 100 of the estimated, 59 of the late one = 559 x 600 = 335,400;
        # VAT of 120,000 three times, of 60,000 back, of 31 x 600 = 18,600 and 28 x 600 = 16,800.
        ("SA01", FEBRUARY, 1, 600, 3, 559, 335_400, 3 * 1_285_714 - 642_857 + 199_286 + 180_000),
        # 110 + 80 kWh at 800: 88,000 and 64,000.
        ("SA01", FEBRUARY, 2, 800, 1, 190, 152_000, 942_857 + 685_714),
        ("TK03", JANUARY, 1, 600, 1, 50, 30_000, 321_429),
        ("TK03", FEBRUARY, 1, 600, 1, 0, 0, 0),
    ]  # fmt: skip


def test_debts_are_told_by_year_of_origin(cities: TwoCities, reader: psycopg.Connection) -> None:
    cities.january()
    cities.february()
    assert not build(cities.settings).failed
    years = reader.execute(
        "SELECT u.code, y.booked_month, y.year_of_origin, y.balance_minor / 100, y.advance_minor / 100,"
        " y.current_minor / 100, y.days_1_30_minor / 100, y.years_1_3_minor / 100"
        " FROM marts.fct_debt_by_year AS y INNER JOIN marts.dim_unit AS u ON u.unit_id = y.res_id"
        " WHERE y.article_code = 'electricity' ORDER BY u.code, y.booked_month, y.year_of_origin"
    ).fetchall()
    assert years == [
        # The teacher's 99,000 paid the 90,000 of 2024 and 9,000 of January's: 231,000; the estimated owes 60,000.
        ("SA01", JANUARY, 2026, 291_000, 0, 291_000, 0, 0),
        # January: 231,000 of the teacher, nothing of the estimate. February: 120,000 + 208,000 + 184,000 + 35,400.
        ("SA01", FEBRUARY, 2026, 778_400, 0, 547_400, 231_000, 0),
        # 30,000 - 20,000 in advance; then 5,000 of the 10,000 are paid.
        ("TK03", JANUARY, 2026, 10_000, 0, 10_000, 0, 0),
        ("TK03", FEBRUARY, 2026, 5_000, 0, 0, 5_000, 0),
    ]  # fmt: skip


def test_old_debt_keeps_its_year_and_an_advance_has_none(cities: TwoCities, reader: psycopg.Connection) -> None:
    take_over(cities.book, cities.teacher, {2022: 70_000 * SOUM, 2024: 90_000 * SOUM}, JANUARY)
    take_over(cities.book, cities.estimated, {2025: -20_000 * SOUM}, JANUARY)
    build(cities.settings)
    years = reader.execute(
        "SELECT y.year_of_origin, y.balance_minor / 100, y.advance_minor / 100, y.years_1_3_minor / 100,"
        " y.over_3_years_minor / 100 FROM marts.fct_debt_by_year AS y ORDER BY 1"
    ).fetchall()
    # At the end of January 2026 December 2024 is more than a year back, December 2022 more than three.
    assert years == [
        (2022, 70_000, 0, 0, 70_000), (2024, 90_000, 0, 90_000, 0), (None, -20_000, 20_000, 0, 0),
    ]  # fmt: skip
