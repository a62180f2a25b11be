"""On PostgreSQL 15: constraints, roles, one bill and one close."""

from datetime import date

import psycopg
import pytest

from operational_db.billing.commands import bill_month, close_month
from operational_db.connections import Role, connect, connect_as_admin
from operational_db.refusal import Refusal
from operational_db.settings import Settings
from tests.small_book import ADMINISTRATOR, SmallBook

JANUARY, FEBRUARY, MARCH = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)
SOUM = 100


@pytest.fixture
def book(settings_on_15: Settings) -> SmallBook:
    return SmallBook(settings_on_15, first_month=JANUARY, res_codes=("SA01", "SA02"))


@pytest.mark.requirement("E150")
def test_two_months_are_billed_and_closed(book: SmallBook) -> None:
    book.consumer("SA01/1/1", res="SA01", readings={JANUARY: 0, FEBRUARY: 350})
    mill = book.consumer("U1", res="SA02", kind="legal", tariff="uz.legal", readings={JANUARY: 0, FEBRUARY: 90})
    # 200 x 600 + 150 x 800 for the household, 90 x 1000 for the mill.
    assert bill_month(book.settings, JANUARY, by=ADMINISTRATOR, unit_code="SA01").charge_minor == 240_000 * SOUM
    assert bill_month(book.settings, JANUARY, by=ADMINISTRATOR).charge_minor == 90_000 * SOUM
    assert bill_month(book.settings, JANUARY, by=ADMINISTRATOR).was_billed_already
    assert [closed.res_code for closed in close_month(book.settings, JANUARY, by=ADMINISTRATOR)] == ["SA01", "SA02"]
    with pytest.raises(Refusal, match="Month 2026-01 is closed for SA01, SA02"):
        bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    book.reading(mill, MARCH, 100)
    assert bill_month(book.settings, FEBRUARY, by=ADMINISTRATOR).charge_minor == 10_000 * SOUM  # 10 x 1000


def test_a_day_has_one_tariff_and_a_posted_row_stays(book: SmallBook) -> None:
    consumer = book.consumer("SA01/1/2", res="SA01", readings={JANUARY: 0, FEBRUARY: 10})
    bill_month(book.settings, JANUARY, by=ADMINISTRATOR)
    with connect_as_admin(book.settings) as session, pytest.raises(psycopg.errors.ExclusionViolation):
        session.execute(
            "INSERT INTO ops.metering_point_tariff (metering_point_id, tariff_code, valid_from, source_id)"
            " VALUES (%s, 'uz.household', %s, %s)",
            [consumer.metering_point_id, FEBRUARY, book.source_id],
        )
    for role in (Role.OWNER, Role.APP, Role.LOADER):
        with connect(book.settings, role) as session, pytest.raises(psycopg.Error, match="posted|permission denied"):
            session.execute("UPDATE ops.bill_line SET charge_minor = 0")
    with connect(book.settings, Role.WEB, user="nobody") as session:
        assert session.execute("SELECT count(*) FROM ops.bill").fetchone() == (0,)
    with connect(book.settings, Role.WEB, user=ADMINISTRATOR) as session:
        assert session.execute("SELECT count(*) FROM ops.bill").fetchone() == (1,)
